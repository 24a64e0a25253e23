using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Reflection;
using System.Runtime.InteropServices;

namespace FileDrop.Bench;

/// <summary>The service in a process of its own, as it is deployed; ended, by its id, when this is disposed of.</summary>
internal sealed class MeasuredService : IAsyncDisposable
{
    private const int OutputKept = 50;
    private const int SigTerm = 15;
    private static readonly TimeSpan HealthPause = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan LongestStart = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan LongestStop = TimeSpan.FromSeconds(30);

    private static readonly string[] s_settings = ["ASPNETCORE_", "ConnectionStrings__", "FileDrop__", "Logging__", "OTEL_"];

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = new();

    private MeasuredService(ProcessStartInfo start, Uri address)
    {
        Http = new HttpClient(new SocketsHttpHandler { UseProxy = false, UseCookies = false, AllowAutoRedirect = false })
        {
            BaseAddress = address,
            Timeout = Timeout.InfiniteTimeSpan,
        };
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public HttpClient Http { get; }

    /// <summary>Processor time that it has used so far.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>The most memory that it ever had resident, in bytes.</summary>
    public long PeakMemory => Memory("VmHWM");

    /// <summary>The memory that it has resident now, in bytes.</summary>
    public long CurrentMemory => Memory("VmRSS");

    /// <summary>Why the memory of a process cannot be read here; null where it can.</summary>
    public static string? MemoryUnknown => File.Exists("/proc/self/status") ? null
        : "This system has no /proc, from which the peak memory of a process is read.";

    /// <summary>Starts it, and waits until it is healthy.</summary>
    public static async Task<MeasuredService> StartAsync(BenchOptions options, BenchStores stores, CancellationToken cancellation)
    {
        var service = new MeasuredService(Prepare(options, stores, out var address), address);
        try
        {
            var clock = Stopwatch.StartNew();
            while (!await service.IsHealthyAsync(cancellation))
            {
                if (service._process.HasExited || clock.Elapsed > LongestStart)
                    throw new BenchException($"The service did not start:\n{string.Join('\n', service._output)}");
                await Task.Delay(HealthPause, cancellation);
            }
            return service;
        }
        catch
        {
            await service.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        // As an operator stops it, so that the next start finds what it finds after a stop, and not after a crash.
        if (!OperatingSystem.IsWindows() && !_process.HasExited)
            _ = Native.kill(_process.Id, SigTerm);
        try
        {
            using var limit = new CancellationTokenSource(OperatingSystem.IsWindows() ? TimeSpan.Zero : LongestStop);
            await _process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill();
            await _process.WaitForExitAsync(CancellationToken.None);
        }
        _process.Dispose();
    }

    private static ProcessStartInfo Prepare(BenchOptions options, BenchStores stores, out Uri address)
    {
        var program = options.Service ?? Metadata("ServiceProgram");
        if (options.Service is null && Metadata("Configuration") is not "Release")
            throw new BenchException("Only the Release build is worth measuring: dotnet run -c Release --project FileDrop.Bench -- …");
        if (!File.Exists(program))
            throw new BenchException($"There is no {program}: build FileDrop.Api in Release, or name another with --service.");
        address = new Uri($"http://127.0.0.1:{FreePort()}");
        var start = new ProcessStartInfo("dotnet")
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetDirectoryName(program),
        };
        start.ArgumentList.Add(program);
        foreach (var name in start.Environment.Keys.Where(IsOfTheService).ToList())
            start.Environment.Remove(name);
        start.Environment["ASPNETCORE_URLS"] = address.ToString();
        // What the bench deletes goes at once: the next figure shall not find the disk full.
        start.Environment["FileDrop__ReadersGrace"] = "00:00:00";
        start.Environment["FileDrop__SweepInterval"] = "00:00:02";
        foreach (var (name, value) in stores.Settings)
            start.Environment[name] = value;
        return start;
    }

    /// <summary>Settings of another service in this environment would be measured along. The runtime's own stay: they are what one may want to try.</summary>
    private static bool IsOfTheService(string name) =>
        s_settings.Any(prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase));

    private static string Metadata(string key) => typeof(MeasuredService).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .First(item => item.Key.Equals(key, StringComparison.Ordinal)).Value ?? "";

    private static int FreePort()
    {
        using var socket = new TcpListener(IPAddress.Loopback, 0);
        socket.Start();
        return ((IPEndPoint)socket.LocalEndpoint).Port;
    }

    private async Task<bool> IsHealthyAsync(CancellationToken cancellation)
    {
        try
        {
            using var answer = await Http.GetAsync("/health", cancellation);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private long Memory(string field)
    {
        var line = File.ReadLines($"/proc/{_process.Id}/status").First(line => line.StartsWith(field, StringComparison.Ordinal));
        return long.Parse(line.Split(':', 2)[1].Replace("kB", "", StringComparison.Ordinal), NumberStyles.Integer, CultureInfo.InvariantCulture) << 10;
    }

    private void Keep(string? line)
    {
        _output.Enqueue(line ?? "");
        while (_output.Count > OutputKept)
            _output.TryDequeue(out _);
    }

    private static class Native
    {
        [DllImport("libc")]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        public static extern int kill(int process, int signal);
    }
}
