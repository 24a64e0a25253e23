using System.Diagnostics;
using System.Text.RegularExpressions;
using Xunit;

namespace FileDrop.Api.Tests;

/// <summary>Follows the system calls of a running process, and can make them fail.</summary>
internal sealed class Strace : IAsyncDisposable
{
    private readonly Process _process;
    private readonly string _file;

    private Strace(Process process, string file) => (_process, _file) = (process, file);

    /// <summary>Attaches to all threads of a process; skips the test if that is not possible.</summary>
    public static async Task<Strace> AttachAsync(int target, params string[] arguments)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "strace needs Linux.");
        var file = Path.GetTempFileName();
        var process = new Process
        {
            StartInfo = new ProcessStartInfo("strace", ["-f", "-p", $"{target}", "-o", file, .. arguments]) { RedirectStandardError = true },
        };
        try
        {
            process.Start();
        }
        catch (System.ComponentModel.Win32Exception missing)
        {
            Assert.Skip($"There is no strace here: {missing.Message}");
        }
        var said = await process.StandardError.ReadLineAsync() ?? "";
        if (!said.Contains("attached", StringComparison.Ordinal))
        {
            said += await process.StandardError.ReadToEndAsync();
            await process.WaitForExitAsync();
            Assert.Skip($"strace may not follow a process here: {said}");
        }
        _ = process.StandardError.ReadToEndAsync();
        return new Strace(process, file);
    }

    /// <summary>Detaches from the process.</summary>
    /// <returns>The calls, in the order in which they ended.</returns>
    public async Task<IReadOnlyList<SystemCall>> DetachAsync()
    {
        if (!_process.HasExited)
            await Shell.RunAsync("kill -INT \"$1\"", $"{_process.Id}");
        await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));
        return SystemCall.Read(await File.ReadAllLinesAsync(_file));
    }

    public async ValueTask DisposeAsync()
    {
        await DetachAsync();
        _process.Dispose();
        File.Delete(_file);
    }
}

/// <summary>One system call in strace's output.</summary>
/// <param name="Name">The name of the call.</param>
/// <param name="Text">The call with its arguments and its result.</param>
/// <param name="Began">The line at which it began.</param>
/// <param name="Ended">The line at which it ended, which differs if calls of other threads came in between.</param>
internal sealed partial record SystemCall(string Name, string Text, int Began, int Ended)
{
    public static IReadOnlyList<SystemCall> Read(IReadOnlyList<string> lines)
    {
        var calls = new List<SystemCall>();
        var unfinished = new Dictionary<string, (string Text, int Began)>(StringComparer.Ordinal);
        for (var i = 0; i < lines.Count; i++)
        {
            var (thread, text) = lines[i].Split(' ', 2) is [var id, var rest] ? (id, rest.TrimStart()) : ("", lines[i]);
            if (text.IndexOf(" <unfinished ...>", StringComparison.Ordinal) is >= 0 and var cut)
            {
                unfinished[thread] = (text[..cut], i);
                continue;
            }
            var began = i;
            if (Resumed().Match(text) is { Success: true } resumed && unfinished.Remove(thread, out var first))
                (text, began) = (first.Text + text[resumed.Length..], first.Began);
            if (text.IndexOf('(', StringComparison.Ordinal) is > 0 and var parenthesis)
                calls.Add(new SystemCall(text[..parenthesis], text, began, i));
        }
        return calls;
    }

    [GeneratedRegex(@"^<\.\.\. \w+ resumed>", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Resumed();
}
