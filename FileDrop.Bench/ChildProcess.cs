using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace FileDrop.Bench;

/// <summary>A server in its own process; disposal ends it by its id.</summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    private const int OutputKept = 50;
    private static readonly TimeSpan LongestStop = TimeSpan.FromSeconds(30);

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = new();

    public ChildProcess(ProcessStartInfo start)
    {
        (start.UseShellExecute, start.RedirectStandardOutput, start.RedirectStandardError) = (false, true, true);
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>The last lines of its output.</summary>
    public string Output => string.Join('\n', _output);

    /// <summary>Processor time that it has used so far, without its children.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    public static int FreePort()
    {
        using var socket = new TcpListener(IPAddress.Loopback, 0);
        socket.Start();
        return ((IPEndPoint)socket.LocalEndpoint).Port;
    }

    /// <summary>
    /// Ends it as an operator does, so that it ends its children, and the next start follows a stop, not a crash.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        if (!OperatingSystem.IsWindows() && !_process.HasExited)
            LibC.Terminate(_process.Id);
        try
        {
            using var limit = new CancellationTokenSource(OperatingSystem.IsWindows() ? TimeSpan.Zero : LongestStop);
            await _process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync(CancellationToken.None);
        }
        _process.Dispose();
    }

    private void Keep(string? line)
    {
        _output.Enqueue(line ?? "");
        while (_output.Count > OutputKept)
            _output.TryDequeue(out _);
    }
}
