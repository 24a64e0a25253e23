using System.Diagnostics;
using System.Globalization;

namespace FileDrop.Bench;

/// <summary>tus's own server (@tus/server from npm) in its own process, over its own stores.</summary>
internal sealed class TusPeer : IAsyncDisposable
{
    private static readonly TimeSpan LongestStart = TimeSpan.FromSeconds(30);

    private readonly ChildProcess _process;

    private TusPeer(ChildProcess process, Uri address)
    {
        _process = process;
        Http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = address, Timeout = Timeout.InfiniteTimeSpan };
    }

    public HttpClient Http { get; }

    /// <summary>Processor time that it has used so far.</summary>
    public TimeSpan ProcessorTime => _process.ProcessorTime;

    /// <summary>Starts it, after installing its packages if they are missing.</summary>
    /// <param name="isSynced">Whether it syncs each request before it answers, as FileDrop does; only on a disk.</param>
    public static async Task<TusPeer> StartAsync(BenchStores stores, bool isSynced, CancellationToken cancellation)
    {
        var folder = Path.Combine(AppContext.BaseDirectory, "peers", "tus");
        if (!Directory.Exists(Path.Combine(folder, "node_modules")))
            await RunAsync("npm", folder, cancellation, "ci");
        var port = ChildProcess.FreePort();
        var start = new ProcessStartInfo("node", "server.mjs") { WorkingDirectory = folder };
        start.Environment["PORT"] = port.ToString(CultureInfo.InvariantCulture);
        foreach (var (name, value) in stores.PeerSettings)
            start.Environment[name] = value;
        if (isSynced)
            start.Environment["SYNC"] = "1";
        var peer = new TusPeer(Start(() => new ChildProcess(start), start.FileName), new Uri($"http://127.0.0.1:{port}"));
        var clock = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                using var request = new HttpRequestMessage(HttpMethod.Options, "/uploads");
                using var answer = await peer.Http.SendAsync(request, cancellation);
                return peer;
            }
            catch (HttpRequestException) when (!peer._process.HasExited && clock.Elapsed < LongestStart)
            {
                await Task.Delay(50, cancellation);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _process.DisposeAsync();
    }

    private static async Task RunAsync(string program, string folder, CancellationToken cancellation, params string[] arguments)
    {
        using var process = Start(() => Process.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, UseShellExecute = false }), program)
            ?? throw new BenchException($"{program} did not start.");
        await process.WaitForExitAsync(cancellation);
        if (process.ExitCode != 0)
            throw new BenchException($"{program} {string.Join(' ', arguments)} in {folder} failed.");
    }

    private static T Start<T>(Func<T> start, string program)
    {
        try
        {
            return start();
        }
        catch (System.ComponentModel.Win32Exception missing)
        {
            throw new BenchException($"{program} is not installed. Install Node.js 20 or later with npm: tus's own server runs on it.", missing);
        }
    }
}
