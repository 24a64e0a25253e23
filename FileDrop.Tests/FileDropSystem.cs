using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using FileDrop.AppHost;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FileDrop.Tests;

/// <summary>A replica of the service: its own address behind the common one, and its name for commands.</summary>
public sealed record Replica(string Id, Uri Address, ImmutableDictionary<string, string?> Environment, int ProcessId);

/// <summary>The whole system as the AppHost makes it, with its own data volumes.</summary>
public sealed class FileDropSystem : IAsyncDisposable
{
    /// <summary>Long enough to pull the images first.</summary>
    private static readonly TimeSpan StartTime = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan WaitTime = TimeSpan.FromMinutes(3);

    /// <summary>The end of the service's connection string for S3: a call is given up after 10 seconds instead of 60.</summary>
    public const string Patience = ";CallTimeout=10";

    private readonly DistributedApplication _app;
    private readonly ResourceLogs _logs;

    private FileDropSystem(DistributedApplication app, ResourceLogs logs, string key, Uri dashboard)
    {
        (_app, _logs, Key) = (app, logs, key);
        Dashboard = new Dashboard(dashboard, app.Services.GetRequiredService<IConfiguration>()["AppHost:DashboardApiKey"] ?? "");
        Address = app.GetEndpoint("api", "http");
        Http = Client(Address);
    }

    /// <summary>The address in front of all replicas.</summary>
    public Uri Address { get; }

    /// <summary>Sends the key.</summary>
    public HttpClient Http { get; }

    /// <summary>The API key that the AppHost generated.</summary>
    public string Key { get; }

    public Dashboard Dashboard { get; }

    /// <summary>The latest log lines of the resources.</summary>
    public string Logs => _logs.ToString();

    /// <summary>Starts the AppHost with its dashboard, and waits until the service is healthy.</summary>
    /// <param name="volumes">The start of the data volumes' names.</param>
    /// <param name="environment">For the service, besides the AppHost's own variables.</param>
    /// <param name="settings">For the AppHost, each as <c>Key=value</c>.</param>
    /// <exception cref="NoContainerEngineException">No container engine answers.</exception>
    /// <exception cref="InvalidOperationException">The system did not become healthy; the message has the resources' logs.</exception>
    public static async Task<FileDropSystem> StartAsync(
        string volumes, IReadOnlyDictionary<string, string> environment, params IEnumerable<string> settings)
    {
        using var limit = new CancellationTokenSource(StartTime);
        var logs = new ResourceLogs();
        var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.FileDrop_AppHost>(
            new DistributedApplicationTestingBuilderOptions { EnableDashboard = true },
            [$"--FileDrop:Volumes={volumes}", .. settings.Select(setting => $"--{setting}"), .. Images()], limit.Token);
        builder.Services.AddLogging(logging => logging.AddProvider(logs));
        var api = builder.CreateResourceBuilder<ProjectResource>("api");
        foreach (var (key, value) in environment)
            api.WithEnvironment(key, value);
        // The AppHost's proxy takes connections to a store that is away and never answers, so a call lasts until it is given up.
        if (builder.Resources.FirstOrDefault(resource => resource.Name == "storage") is IResourceWithConnectionString storage)
            api.WithEnvironment("ConnectionStrings__storage", ReferenceExpression.Create($"{storage.ConnectionStringExpression}{Patience}"));
        var app = await builder.BuildAsync(limit.Token);
        try
        {
            await app.StartAsync(limit.Token);
            await app.ResourceNotifications.WaitForResourceHealthyAsync("api", limit.Token);
            var key = app.Services.GetRequiredService<DistributedApplicationModel>().Resources.OfType<ParameterResource>()
                .Single(parameter => parameter.Name == "filedrop-key");
            return new FileDropSystem(app, logs, await key.GetValueAsync(limit.Token) ?? "", await app.GetDashboardUrlAsync(limit.Token));
        }
        catch (Exception failure)
        {
            await app.DisposeAsync();
            for (var cause = failure; cause is not null; cause = cause.InnerException)
            {
                if (cause is NoContainerEngineException none)
                    throw new NoContainerEngineException(none.Message);
            }
            throw new InvalidOperationException($"The system did not become healthy: {failure.Message}\n{logs}", failure);
        }
    }

    /// <summary>A client with the key that opens a connection for each request, so that requests spread over the replicas.</summary>
    public HttpClient Client(Uri address)
    {
        var client = StrangersClient(address);
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Key);
        return client;
    }

    /// <summary>The same without the key.</summary>
    public static HttpClient StrangersClient(Uri address) =>
        new(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.Zero, AllowAutoRedirect = false }) { BaseAddress = address, Timeout = WaitTime };

    public IResource Resource(string name) => _app.Services.GetRequiredService<DistributedApplicationModel>().Resources.Single(resource => resource.Name == name);

    public async Task<string> ConnectionStringAsync(string name) =>
        await _app.GetConnectionStringAsync(name) ?? throw new InvalidOperationException($"{name} has no connection string.");

    /// <summary>The replicas, once that many answer.</summary>
    public async Task<IReadOnlyList<Replica>> ReplicasAsync(int count)
    {
        IReadOnlyList<Replica> replicas = [];
        await UntilAsync($"{count} replicas answer", async () =>
        {
            replicas = await RunningAsync(count);
            return (await Task.WhenAll(replicas.Select(replica => AnswersAsync(replica.Address)))).All(answers => answers);
        });
        return replicas;
    }

    /// <summary>Whether a program listens there.</summary>
    public static async Task<bool> AnswersAsync(Uri address)
    {
        try
        {
            using var client = StrangersClient(address);
            using var answer = await client.GetAsync("/alive");
            return true;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    /// <summary>A resource's links on the dashboard, by their names.</summary>
    public async Task<IReadOnlyDictionary<string, Uri>> LinksAsync(string resource)
    {
        using var limit = new CancellationTokenSource(WaitTime);
        var change = await _app.ResourceNotifications.WaitForResourceAsync(
            resource, change => change.Snapshot.Urls.Any(url => !url.IsInactive && !url.IsInternal), limit.Token);
        return change.Snapshot.Urls.ToDictionary(url => url.DisplayProperties.DisplayName, url => new Uri(url.Url));
    }

    /// <summary>Gives a command to a resource, as its button on the dashboard does, and waits until it is done.</summary>
    /// <param name="attempts">More than one for a command for which a busy machine may be too slow.</param>
    public async Task<ExecuteCommandResult> CommandAsync(string resource, string command, int attempts = 1)
    {
        using var limit = new CancellationTokenSource(WaitTime);
        var result = await _app.ResourceCommands.ExecuteCommandAsync(Resource(resource), command, limit.Token);
        Assert.True(result.Success || attempts > 1, $"{command} {resource}: {result.Message}");
        return result.Success ? result : await CommandAsync(resource, command, attempts - 1);
    }

    /// <summary>Stops or starts one replica.</summary>
    public async Task CommandAsync(Replica replica, string command)
    {
        using var limit = new CancellationTokenSource(WaitTime);
        var result = await _app.ResourceCommands.ExecuteCommandAsync(replica.Id, command, limit.Token);
        Assert.True(result.Success, $"{command} {replica.Id}: {result.Message}");
    }

    public async Task HealthyAsync(string resource)
    {
        using var limit = new CancellationTokenSource(WaitTime);
        await _app.ResourceNotifications.WaitForResourceHealthyAsync(resource, limit.Token);
    }

    public async Task StoppedAsync(string resource)
    {
        using var limit = new CancellationTokenSource(WaitTime);
        await _app.ResourceNotifications.WaitForResourceAsync(
            resource, [KnownResourceStates.Exited, KnownResourceStates.Finished], limit.Token);
    }

    /// <summary>Waits until a condition holds.</summary>
    public static async Task UntilAsync(string what, Func<Task<bool>> condition)
    {
        var since = Stopwatch.StartNew();
        while (!await condition())
        {
            if (since.Elapsed > WaitTime)
                throw new TimeoutException($"Not within {WaitTime}: {what}");
            await Task.Delay(250);
        }
    }

    /// <summary>Removes the data volumes that a test made, since the AppHost does not.</summary>
    public static async Task RemoveVolumesAsync(string volumes)
    {
        var engine = Environment.GetEnvironmentVariable("ASPIRE_CONTAINER_RUNTIME") is { Length: > 0 } named ? named : "docker";
        using var process = Process.Start(new ProcessStartInfo(engine, ["volume", "rm", "--force", $"{volumes}-mongodb", $"{volumes}-minio"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        });
        if (process is not null)
            await process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        Dashboard.Dispose();
        await _app.DisposeAsync();
    }

    private async Task<IReadOnlyList<Replica>> RunningAsync(int count)
    {
        using var limit = new CancellationTokenSource(WaitTime);
        var running = new SortedDictionary<string, Replica>(StringComparer.Ordinal);
        await foreach (var change in _app.ResourceNotifications.WatchAsync(limit.Token))
        {
            if (change.Resource.Name != "api")
                continue;
            var environment = change.Snapshot.EnvironmentVariables.ToImmutableDictionary(variable => variable.Name, variable => variable.Value);
            if (change.Snapshot.State?.Text == KnownResourceStates.Running && environment.TryGetValue("ASPNETCORE_URLS", out var urls) && urls is not null)
                running[change.ResourceId] = new Replica(change.ResourceId, new Uri(urls.Split(';')[0]), environment, ProcessId(change.Snapshot));
            else
                running.Remove(change.ResourceId);
            if (running.Count == count)
                return [.. running.Values];
        }
        throw new InvalidOperationException("The system ended.");
    }

    private static int ProcessId(CustomResourceSnapshot snapshot) =>
        snapshot.Properties.FirstOrDefault(property => property.Name == "executable.pid")?.Value is { } id ? Convert.ToInt32(id, CultureInfo.InvariantCulture) : 0;

    /// <summary>The images to use if the usual ones cannot be pulled: <c>FILEDROP_TEST_IMAGES_MONGODB</c> and <c>FILEDROP_TEST_IMAGES_STORAGE</c>.</summary>
    private static IEnumerable<string> Images() =>
        from name in (string[])["mongodb", "storage"]
        let image = Environment.GetEnvironmentVariable($"FILEDROP_TEST_IMAGES_{name.ToUpperInvariant()}")
        where !string.IsNullOrEmpty(image)
        select $"--FileDrop:Images:{name}={image}";
}
