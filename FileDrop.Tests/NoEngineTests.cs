using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using FileDrop.AppHost;

namespace FileDrop.Tests;

/// <summary>Without a container engine the AppHost ends soon and says what to do. Each test starts the built AppHost in its own process.</summary>
public sealed class NoEngineTests : IDisposable
{
    private static readonly TimeSpan Promise = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("filedrop-test-");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public async Task No_engine_is_installed() =>
        Assert.Contains("docker: is not installed.", await RunAsync(("PATH", _directory.FullName)), StringComparison.Ordinal);

    [Fact]
    public async Task The_daemon_is_stopped()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The stand-in for the docker command is a shell script.");
        var docker = Path.Combine(_directory.FullName, "docker");
        await File.WriteAllTextAsync(docker, "#!/bin/sh\necho 'Cannot connect to the Docker daemon. Is the docker daemon running?' >&2\nexit 1\n");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(docker, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        Assert.Contains("docker: Cannot connect to the Docker daemon.", await RunAsync(("PATH", _directory.FullName)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task DOCKER_HOST_names_a_server_that_never_answers()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        await RunAsync(("DOCKER_HOST", $"tcp://{silent.LocalEndpoint}"), ("ASPIRE_CONTAINER_RUNTIME", "docker"));
    }

    /// <summary>Runs the AppHost to its end.</summary>
    /// <returns>Its error output, which names both remedies.</returns>
    private static async Task<string> RunAsync(params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", [typeof(SettingsException).Assembly.Location, $"--FileDrop:Port={FreePort()}"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["ASPNETCORE_URLS"] = $"http://localhost:{FreePort()}";
        start.Environment["ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL"] = $"http://localhost:{FreePort()}";
        start.Environment["ASPIRE_RESOURCE_SERVICE_ENDPOINT_URL"] = $"http://localhost:{FreePort()}";
        start.Environment["ASPIRE_ALLOW_UNSECURED_TRANSPORT"] = "true";
        start.Environment["DOTNET_ENVIRONMENT"] = "Development";
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        using var limit = new CancellationTokenSource(Patience);
        var began = Stopwatch.GetTimestamp();
        using var process = Process.Start(start) ?? throw new InvalidOperationException("The AppHost did not start.");
        try
        {
            var (output, error) = (process.StandardOutput.ReadToEndAsync(limit.Token), process.StandardError.ReadToEndAsync(limit.Token));
            await process.WaitForExitAsync(limit.Token);
            Assert.InRange(Stopwatch.GetElapsedTime(began), TimeSpan.Zero, Promise);
            Assert.True(process.ExitCode == 2, $"Exit code {process.ExitCode}\n{await output}\n{await error}");
            Assert.Contains("Start Docker or Podman", await error, StringComparison.Ordinal);
            Assert.Contains("--FileDrop:Stores=embedded", await error, StringComparison.Ordinal);
            return await error;
        }
        finally
        {
            process.Kill(entireProcessTree: true);
        }
    }

    /// <summary>A free port below those that the system gives to outgoing connections, which could take it before the AppHost does.</summary>
    private static int FreePort()
    {
        while (true)
        {
            var port = Random.Shared.Next(10_000, 30_000);
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, port);
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // It is taken.
            }
        }
    }
}
