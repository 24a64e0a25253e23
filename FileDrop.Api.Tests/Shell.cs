using System.Diagnostics;
using Xunit;

namespace FileDrop.Api.Tests;

/// <summary>Runs the system's own programs.</summary>
internal static class Shell
{
    /// <summary>Runs a script; its arguments are <c>$1</c>, <c>$2</c>, …</summary>
    public static async Task<(int Exit, string Output)> RunAsync(string script, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", script, "sh", .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        }) ?? throw new InvalidOperationException("There is no shell.");
        var output = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, string.Concat(output));
    }

    /// <summary>Runs a script that mounts a file system; skips the test if mounting is not possible.</summary>
    public static async Task MountAsync(string script, params string[] arguments)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "Mounting needs root on Linux.");
        var (exit, output) = await RunAsync(script, arguments);
        Assert.SkipWhen(exit != 0, $"Nothing can be mounted here: {output}");
    }

    /// <summary>Mounts a small file system in memory on a folder, until it is disposed.</summary>
    public static async Task<IAsyncDisposable> MountMemoryAsync(string folder, string size)
    {
        await MountAsync("mount -t tmpfs -o size=\"$2\" tmpfs \"$1\"", folder, size);
        return new Mounted(folder);
    }

    private sealed class Mounted(string folder) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync() => Assert.Equal((0, ""), await RunAsync("umount -l \"$1\"", folder));
    }
}
