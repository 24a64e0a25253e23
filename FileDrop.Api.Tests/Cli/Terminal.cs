using System.Diagnostics;
using System.Text;
using Xunit;

namespace FileDrop.Api.Tests.Cli;

/// <summary>A program at a pseudo terminal, which <c>script</c> makes: a person types, and sees the screen.</summary>
internal sealed class Terminal : IDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _screen = new();
    private readonly Task _reading;

    private Terminal(Process process)
    {
        _process = process;
        _reading = ReadAsync();
    }

    /// <summary>Everything that was shown so far.</summary>
    public string Screen
    {
        get
        {
            lock (_screen)
                return _screen.ToString();
        }
    }

    /// <summary>Starts the tool at a terminal.</summary>
    public static Terminal Start(CliHome home, params string[] args) => StartProgram(home, ["dotnet", ToolProcess.Program, .. args]);

    /// <summary>Starts any program at a terminal.</summary>
    public static Terminal StartProgram(CliHome home, params string[] line)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/script"), "script is missing.");
        var start = new ProcessStartInfo("/usr/bin/script", ["-qefc", string.Join(' ', line.Select(word => $"'{word.Replace("'", @"'\''", StringComparison.Ordinal)}'")), "/dev/null"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            WorkingDirectory = home.Work,
        };
        foreach (var (name, value) in home.Variables)
            start.Environment[name] = value;
        start.Environment["TERM"] = "xterm";
        return new Terminal(Process.Start(start) ?? throw new InvalidOperationException("There is no terminal."));
    }

    public async Task TypeAsync(string keys)
    {
        await _process.StandardInput.WriteAsync(keys);
        await _process.StandardInput.FlushAsync();
    }

    /// <summary>Waits for the end; returns the program's exit code.</summary>
    public async Task<int> EndAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(1));
        await _reading;
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }

    private async Task ReadAsync()
    {
        var buffer = new char[1024];
        int count;
        while ((count = await _process.StandardOutput.ReadAsync(buffer)) > 0)
        {
            lock (_screen)
                _screen.Append(buffer, 0, count);
        }
    }
}
