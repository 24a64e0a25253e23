using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Reflection;
using System.Runtime.InteropServices;

namespace FileDrop.Api.Tests;

/// <summary>The service as a process, for signals, exit codes and the console.</summary>
public sealed class ServiceProcess : IAsyncDisposable
{
    /// <summary>The setting of the listening address, to reuse that of an earlier process.</summary>
    public const string Urls = "ASPNETCORE_URLS";

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = new();

    private ServiceProcess(Process process, Uri address)
    {
        (_process, Address) = (process, address);
        process.OutputDataReceived += (_, line) => _output.Enqueue(line.Data ?? "");
        process.ErrorDataReceived += (_, line) => _output.Enqueue(line.Data ?? "");
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        Http = new HttpClient { BaseAddress = address, Timeout = TimeSpan.FromMinutes(2) };
    }

    public Uri Address { get; }

    public HttpClient Http { get; }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>The console output so far.</summary>
    public string Output => string.Join('\n', _output);

    /// <summary>Starts the process, and waits until it is healthy.</summary>
    public static Task<ServiceProcess> StartAsync(Stores stores, params (string Key, string Value)[] settings) =>
        StartAsync(stores, Program, settings);

    /// <summary>Starts another build of the service, and waits until it is healthy.</summary>
    public static async Task<ServiceProcess> StartAsync(Stores stores, string program, params (string Key, string Value)[] settings)
    {
        var service = Launch(program, stores.Settings, settings);
        await Service.UntilAsync("the process is healthy", async () =>
        {
            if (service._process.HasExited)
                throw new InvalidOperationException($"The service ended at its start:\n{service.Output}");
            return await service.IsHealthyAsync();
        }, 60);
        return service;
    }

    /// <summary>Runs a command of the program to its end.</summary>
    public static async Task<(int Exit, string Output)> CommandAsync(Stores stores, params string[] arguments)
    {
        var start = NewStart(Program, arguments);
        start.Environment["FileDrop__Trash__Retention"] = "1.00:00:00";
        foreach (var (key, value) in stores.Settings)
            start.Environment[key.Replace(":", "__", StringComparison.Ordinal)] = value;
        using var process = Process.Start(start) ?? throw new InvalidOperationException("The command did not start.");
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        var output = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(limit.Token), process.StandardError.ReadToEndAsync(limit.Token));
        await process.WaitForExitAsync(limit.Token);
        return (process.ExitCode, string.Concat(output));
    }

    /// <summary>Starts the process without waiting.</summary>
    public static ServiceProcess Launch(IReadOnlyDictionary<string, string?> stores, params (string Key, string Value)[] settings) =>
        Launch(Program, stores, settings);

    private static ServiceProcess Launch(string program, IReadOnlyDictionary<string, string?> stores, (string Key, string Value)[] settings)
    {
        if (!Uri.TryCreate(settings.FirstOrDefault(setting => setting.Key == Urls).Value, UriKind.Absolute, out var address))
            address = new Uri($"http://127.0.0.1:{FreePort()}");
        var start = NewStart(program);
        start.Environment[Urls] = address.ToString();
        start.Environment["FileDrop__SweepInterval"] = "00:00:00.100";
        start.Environment["FileDrop__ReadersGrace"] = "00:00:00";
        start.Environment["FileDrop__Trash__Retention"] = "00:00:00";
        foreach (var (key, value) in stores.Select(pair => (pair.Key, pair.Value)).Concat(settings.Select(pair => (pair.Key, (string?)pair.Value))))
            start.Environment[key.Replace(":", "__", StringComparison.Ordinal)] = value;
        return new ServiceProcess(new Process { StartInfo = start }, address);
    }

    public async Task<bool> IsHealthyAsync()
    {
        try
        {
            return (await Http.GetAsync("/health")).IsSuccessStatusCode;
        }
        catch (Exception cut) when (cut is HttpRequestException or SocketException)
        {
            return false;
        }
    }

    /// <summary>The current memory in MiB; Linux only.</summary>
    public Task<long> MemoryAsync() => MemoryAsync("VmRSS:");

    /// <summary>The peak memory in MiB; Linux only.</summary>
    public Task<long> PeakMemoryAsync() => MemoryAsync("VmHWM:");

    /// <summary>Sends a signal: 9 kills, 15 asks to stop, 19 pauses, 18 continues.</summary>
    public void Signal(int signal) => Marshal.ThrowExceptionForHR(Native.kill(_process.Id, signal) == 0 ? 0 : -1);

    /// <summary>Waits for the end of the process.</summary>
    public async Task<int> ExitAsync(TimeSpan? patience = null)
    {
        await _process.WaitForExitAsync().WaitAsync(patience ?? TimeSpan.FromMinutes(1));
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private async Task<long> MemoryAsync(string kind)
    {
        var line = (await File.ReadAllLinesAsync($"/proc/{Id}/status")).Single(line => line.StartsWith(kind, StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;
    }

    private static string Program => typeof(ServiceProcess).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .First(item => item.Key == "ServiceProgram").Value ?? "";

    private static ProcessStartInfo NewStart(string program, params string[] arguments) => new("dotnet", [program, .. arguments])
    {
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        WorkingDirectory = Path.GetDirectoryName(Path.GetFullPath(program)) ?? ".",
    };

    /// <summary>A port of loopback that nothing listens on.</summary>
    public static int FreePort()
    {
        using var socket = new TcpListener(IPAddress.Loopback, 0);
        socket.Start();
        return ((IPEndPoint)socket.LocalEndpoint).Port;
    }

    private static class Native
    {
        [DllImport("libc", SetLastError = true)]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        public static extern int kill(int process, int signal);
    }
}
