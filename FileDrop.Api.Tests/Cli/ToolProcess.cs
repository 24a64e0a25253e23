using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;

namespace FileDrop.Api.Tests.Cli;

/// <summary>The tool as a process, for signals.</summary>
internal sealed class ToolProcess : IDisposable
{
    /// <summary>The signal of Ctrl+C.</summary>
    public const int Interrupt = 2;

    /// <summary>The signal that ends a process without warning.</summary>
    public const int Kill = 9;

    private readonly Process _process;
    private readonly Task<string> _output;

    private ToolProcess(Process process) => (_process, _output) = (process, process.StandardOutput.ReadToEndAsync());

    public static ToolProcess Start(CliHome home, params string[] args)
    {
        var program = typeof(ToolProcess).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().First(item => item.Key == "ToolProgram").Value ?? "";
        var start = new ProcessStartInfo("dotnet", [program, .. args]) { RedirectStandardOutput = true, WorkingDirectory = home.Work };
        foreach (var (name, value) in home.Variables)
            start.Environment[name] = value;
        return new ToolProcess(Process.Start(start) ?? throw new InvalidOperationException("The tool did not start."));
    }

    public void Signal(int signal) => Marshal.ThrowExceptionForHR(Native.kill(_process.Id, signal) == 0 ? 0 : -1);

    /// <summary>Waits for the end.</summary>
    public async Task<(int Exit, string Output)> EndAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(1));
        return (_process.ExitCode, await _output);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.Dispose();
    }

    private static class Native
    {
        [DllImport("libc", SetLastError = true)]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        public static extern int kill(int process, int signal);
    }
}
