using FileDrop.AppHost;

namespace FileDrop.Tests;

/// <summary>One system for all tests.</summary>
public sealed class SharedSystem : IAsyncLifetime
{
    private readonly string _volumes = $"filedrop-test-{Guid.NewGuid():N}";
    private FileDropSystem? _system;
    private string? _missing;

    public FileDropSystem System
    {
        get
        {
            Assert.SkipWhen(_missing is not null, _missing ?? "");
            return _system ?? throw new InvalidOperationException("The system was not started.");
        }
    }

    /// <summary>The warnings and errors that the service logged until it was healthy for the first time.</summary>
    public IReadOnlyList<string> WarningsOfStart { get; private set; } = [];

    public async ValueTask InitializeAsync()
    {
        try
        {
            _system = await StartAsync();
        }
        catch (NoContainerEngineException none)
        {
            // A fixture cannot skip its tests. They skip when they ask for the system.
            _missing = none.Message;
            return;
        }
        await FileDropSystem.UntilAsync("the service's logs reach the dashboard", async () => (await _system.Dashboard.SpansAsync()).Count > 0 || await SendOneAsync());
        WarningsOfStart = await _system.Dashboard.WarningsAsync();
    }

    /// <summary>Ends the AppHost and starts another one on the same volumes.</summary>
    public async Task RestartAsync()
    {
        await System.DisposeAsync();
        _system = null;
        _system = await StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_system is not null)
            await _system.DisposeAsync();
        if (_missing is null)
            await FileDropSystem.RemoveVolumesAsync(_volumes);
    }

    private async Task<bool> SendOneAsync()
    {
        using var answer = await System.Http.GetAsync("/files");
        return false;
    }

    /// <summary>Makes the service find a dead writer's leftovers soon.</summary>
    private Task<FileDropSystem> StartAsync() => FileDropSystem.StartAsync(_volumes, new Dictionary<string, string>
    {
        ["FileDrop__Lease"] = "00:00:05",
        ["FileDrop__SweepInterval"] = "00:00:01",
        ["FileDrop__LateWrites"] = "00:00:00",
        ["FileDrop__ReadersGrace"] = "00:00:00",
    });
}

[CollectionDefinition(Name)]
public sealed class SharedSystemTests : ICollectionFixture<SharedSystem>
{
    public const string Name = "One system";
}

/// <summary>A test that shows the resources' logs if it fails.</summary>
public abstract class SystemTest(SharedSystem shared) : IDisposable
{
    protected SharedSystem Shared => shared;

    protected FileDropSystem System => shared.System;

    protected HttpClient Http => System.Http;

    public void Dispose()
    {
        if (TestContext.Current.TestState?.Result == TestResult.Failed)
            TestContext.Current.TestOutputHelper?.WriteLine(System.Logs);
    }
}
