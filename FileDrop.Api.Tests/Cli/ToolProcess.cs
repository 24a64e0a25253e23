using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;

namespace FileDrop.Api.Tests.Cli;

/// <summary>The tool as a process, for signals.</summary>
internal sealed class ToolProcess : IDisposable
{
    /// <summary>The signal of Ctrl+C.</summary>
    public const int Interrupt = 2;

    /// <summary>The signal that ends a process without warning.</summary>
    public const int Kill = 9;

    /// <summary>The signal that stops a process until <see cref="Continue"/>.</summary>
    public const int Stop = 19;

    /// <inheritdoc cref="Stop"/>
    public const int Continue = 18;

    private readonly Process _process;
    private readonly Task<string> _output;
    private readonly StringBuilder _errors = new();

    private ToolProcess(Process process)
    {
        (_process, _output) = (process, process.StandardOutput.ReadToEndAsync());
        process.ErrorDataReceived += (_, line) =>
        {
            lock (_errors)
                _errors.AppendLine(line.Data);
        };
        process.BeginErrorReadLine();
    }

    /// <summary>The tool's file.</summary>
    public static string Program { get; } =
        typeof(ToolProcess).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().First(item => item.Key == "ToolProgram").Value ?? "";

    /// <summary>The lines of standard error so far.</summary>
    public string Errors
    {
        get
        {
            lock (_errors)
                return _errors.ToString();
        }
    }

    /// <summary>The processor time that the process has used.</summary>
    public TimeSpan Used
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    public static ToolProcess Start(CliHome home, params string[] args) => StartBy([], home, args);

    /// <summary>Starts the tool by another program, which becomes the tool: the last arguments of its command line are the tool's.</summary>
    public static ToolProcess StartBy(string[] program, CliHome home, params string[] args)
    {
        string[] line = [.. program, "dotnet", Program, .. args];
        var start = new ProcessStartInfo(line[0], line[1..]) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = home.Work };
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
