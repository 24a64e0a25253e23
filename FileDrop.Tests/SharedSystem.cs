namespace FileDrop.Tests;

/// <summary>One system for all tests that leave it as they found it.</summary>
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

    public async ValueTask InitializeAsync()
    {
        try
        {
            // What a writer that died has left is found soon.
            var environment = new Dictionary<string, string>
            {
                ["FileDrop__Lease"] = "00:00:05",
                ["FileDrop__SweepInterval"] = "00:00:01",
                ["FileDrop__LateWrites"] = "00:00:00",
                ["FileDrop__ReadersGrace"] = "00:00:00",
            };
            _system = await FileDropSystem.StartAsync(_volumes, environment);
        }
        catch (DistributedApplicationException failure) when (failure.Message.Contains("Container runtime", StringComparison.OrdinalIgnoreCase))
        {
            // A fixture cannot skip the tests that it is for: they skip when they ask for what is missing.
            _missing = failure.Message;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_system is null)
            return;
        await _system.DisposeAsync();
        await FileDropSystem.RemoveVolumesAsync(_volumes);
    }
}

[CollectionDefinition(Name)]
public sealed class SharedSystemTests : ICollectionFixture<SharedSystem>
{
    public const string Name = "One system";
}

/// <summary>A test that shows what the resources wrote if it fails.</summary>
public abstract class SystemTest(SharedSystem shared) : IDisposable
{
    protected FileDropSystem System => shared.System;

    protected HttpClient Http => System.Http;

    public void Dispose()
    {
        if (TestContext.Current.TestState?.Result == TestResult.Failed)
            TestContext.Current.TestOutputHelper?.WriteLine(System.Logs);
    }
}
