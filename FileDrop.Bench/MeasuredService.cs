using System.Diagnostics;
using System.Reflection;

namespace FileDrop.Bench;

/// <summary>The service in its own process, as it is deployed; disposal ends it.</summary>
internal sealed class MeasuredService : IAsyncDisposable
{
    private static readonly TimeSpan HealthPause = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan LongestStart = TimeSpan.FromMinutes(10);

    private static readonly string[] s_settings = ["ASPNETCORE_", "ConnectionStrings__", "FileDrop__", "Logging__", "OTEL_"];

    private readonly ChildProcess _process;

    private MeasuredService(ProcessStartInfo start, Uri address)
    {
        Address = address;
        Http = new HttpClient(new SocketsHttpHandler { UseProxy = false, UseCookies = false, AllowAutoRedirect = false })
        {
            BaseAddress = address,
            Timeout = Timeout.InfiniteTimeSpan,
        };
        _process = new ChildProcess(start);
    }

    public Uri Address { get; }

    public HttpClient Http { get; }

    public int ProcessId => _process.Id;

    /// <summary>Processor time that it has used so far.</summary>
    public TimeSpan ProcessorTime => _process.ProcessorTime;

    /// <summary>Its peak resident memory, in bytes.</summary>
    public long PeakMemory => Memory("VmHWM:");

    /// <summary>Its resident memory now, in bytes.</summary>
    public long CurrentMemory => Memory("VmRSS:");

    /// <summary>Its resident memory now without mapped files, in bytes. The system's cache has those, and takes them back if it needs memory.</summary>
    public long OwnMemory => Memory("RssAnon:");

    /// <summary>Starts it, and waits until it is healthy.</summary>
    public static async Task<MeasuredService> StartAsync(
        BenchOptions options, BenchStores stores, CancellationToken cancellation, params (string Name, string Value)[] settings)
    {
        var start = Prepare(options, stores, out var address);
        foreach (var (name, value) in settings)
            start.Environment[name] = value;
        var service = new MeasuredService(start, address);
        try
        {
            var clock = Stopwatch.StartNew();
            while (!await service.IsHealthyAsync(cancellation))
            {
                if (service._process.HasExited || clock.Elapsed > LongestStart)
                    throw new BenchException($"The service did not start:\n{service._process.Output}");
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
        await _process.DisposeAsync();
    }

    private static ProcessStartInfo Prepare(BenchOptions options, BenchStores stores, out Uri address)
    {
        var program = options.Service ?? Metadata("ServiceProgram");
        if (options.Service is null && Metadata("Configuration") is not "Release")
            throw new BenchException("Only the Release build is worth measuring: dotnet run -c Release --project FileDrop.Bench -- …");
        if (!File.Exists(program))
            throw new BenchException($"There is no {program}: build FileDrop.Api in Release, or name another with --service.");
        address = new Uri($"http://127.0.0.1:{ChildProcess.FreePort()}");
        var start = new ProcessStartInfo("dotnet") { WorkingDirectory = Path.GetDirectoryName(program) };
        start.ArgumentList.Add(program);
        foreach (var name in start.Environment.Keys.Where(IsOfTheService).ToList())
            start.Environment.Remove(name);
        start.Environment["ASPNETCORE_URLS"] = address.ToString();
        // Deletions take effect at once, so that the disk does not fill up.
        start.Environment["FileDrop__ReadersGrace"] = "00:00:00";
        start.Environment["FileDrop__SweepInterval"] = "00:00:02";
        foreach (var (name, value) in stores.Settings)
            start.Environment[name] = value;
        return start;
    }

    /// <summary>
    /// Removes the settings of another service from this environment. The runtime's own stay, so that you can try them.
    /// </summary>
    private static bool IsOfTheService(string name) =>
        s_settings.Any(prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase));

    /// <summary>A value that the build wrote into this program.</summary>
    public static string Metadata(string key) => typeof(MeasuredService).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .First(item => item.Key.Equals(key, StringComparison.Ordinal)).Value ?? "";

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

    private long Memory(string field) => ProcessUse.Number($"/proc/{_process.Id}/status", field) << 10;
}
