using FileDrop.Api.Catalog;
using FileDrop.Api.Catalog.Mongo;
using FileDrop.Api.Catalog.Sqlite;
using MongoDB.Bson;
using MongoDB.Driver;
using Xunit;

namespace FileDrop.Api.Tests.Catalog;

/// <summary>A store of documents, empty at the beginning, and engines over it.</summary>
public abstract class EngineStore : IAsyncLifetime
{
    /// <summary>Rules with a quota of three files and 1,000 bytes.</summary>
    internal static readonly CatalogRules Limited = Documents.Rules with
    {
        Quotas = new Quotas(new Quota(1_000, 3), new Dictionary<string, Quota>()),
    };

    private ICatalogEngine? _engine;
    private ICatalogEngine? _other;
    private ICatalogEngine? _limited;

    /// <summary>An engine without quotas.</summary>
    internal ICatalogEngine Engine => Started(_engine);

    /// <summary>Another engine over the same documents, like that of another replica.</summary>
    internal ICatalogEngine Other => Started(_other);

    /// <summary>An engine with the quotas of <see cref="Limited"/> over the same documents.</summary>
    internal ICatalogEngine WithQuota => Started(_limited);

    protected virtual string? Missing => null;

    /// <summary>Opens and starts an engine.</summary>
    internal async Task<ICatalogEngine> OpenAsync(CatalogRules rules)
    {
        Assert.SkipWhen(Missing is not null, Missing ?? "");
        var engine = Make(rules);
        await engine.StartAsync(default);
        return engine;
    }

    public virtual async ValueTask InitializeAsync()
    {
        if (Missing is not null)
            return;
        (_engine, _other, _limited) = (await OpenAsync(Documents.Rules), await OpenAsync(Documents.Rules), await OpenAsync(Limited));
    }

    public abstract ValueTask DisposeAsync();

    /// <summary>Reads the store's clock.</summary>
    internal abstract Task<DateTimeOffset> ClockAsync();

    internal abstract ICatalogEngine Make(CatalogRules rules);

    private ICatalogEngine Started(ICatalogEngine? engine)
    {
        Assert.SkipWhen(Missing is not null, Missing ?? "");
        return engine ?? throw new InvalidOperationException("The store was not opened.");
    }
}

/// <summary>Documents in memory; all engines of a store are the same object.</summary>
public sealed class MemoryEngineStore : EngineStore
{
    private MemoryEngine? _one;

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    internal override Task<DateTimeOffset> ClockAsync() => Task.FromResult(TimeProvider.System.GetUtcNow());

    internal override ICatalogEngine Make(CatalogRules rules) =>
        ReferenceEquals(rules, Limited) ? new MemoryEngine(rules, TimeProvider.System) : _one ??= new MemoryEngine(rules, TimeProvider.System);
}

/// <summary>SQLite in a new folder.</summary>
public sealed class SqliteEngineStore : EngineStore
{
    private readonly EmbeddedStores _stores = new();
    private readonly List<SqliteEngine> _engines = [];

    /// <summary>The database's file.</summary>
    internal string Path => System.IO.Path.Combine(_stores.Directory, "catalog.db");

    public override async ValueTask DisposeAsync()
    {
        foreach (var engine in _engines)
            await engine.DisposeAsync();
        await _stores.DisposeAsync();
    }

    internal override Task<DateTimeOffset> ClockAsync() => Task.FromResult(TimeProvider.System.GetUtcNow());

    internal override ICatalogEngine Make(CatalogRules rules) => Make(rules, TimeProvider.System);

    internal SqliteEngine Make(CatalogRules rules, TimeProvider time)
    {
        var engine = new SqliteEngine(Path, rules, time);
        _engines.Add(engine);
        return engine;
    }
}

/// <summary>MongoDB with a new database.</summary>
public sealed class MongoEngineStore : EngineStore
{
    private ClusterStores? _stores;
    private string? _missing;

    internal string ConnectionString => _stores?.MongoDb ?? throw new InvalidOperationException("The store was not opened.");

    /// <summary>The database, past the engine.</summary>
    internal IMongoDatabase Database => new MongoClient(ConnectionString).GetDatabase(MongoUrl.Create(ConnectionString).DatabaseName);

    protected override string? Missing => _missing;

    public override async ValueTask InitializeAsync()
    {
        _missing = await ClusterStores.MissingAsync();
        if (_missing is null)
            _stores = await ClusterStores.MakeAsync();
        await base.InitializeAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        if (_stores is not null)
            await _stores.DisposeAsync();
    }

    internal override async Task<DateTimeOffset> ClockAsync()
    {
        using var client = new MongoClient(ConnectionString);
        var hello = await client.GetDatabase("admin").RunCommandAsync<BsonDocument>(new BsonDocument("hello", 1));
        return hello["localTime"].ToUniversalTime();
    }

    internal override ICatalogEngine Make(CatalogRules rules) => new MongoEngine(ConnectionString, rules);
}
