using FileDrop.Api.Catalog;
using Microsoft.Data.Sqlite;
using MongoDB.Bson;
using MongoDB.Driver;
using Xunit;
using static FileDrop.Api.Tests.Catalog.Documents;

namespace FileDrop.Api.Tests.Catalog;

/// <summary>The records of durable engines other than documents: keys, the audit log, and a record of usage that can be wrong.</summary>
public abstract class EngineRecordsTests(EngineStore store)
{
    private IKeyCatalog Keys => (IKeyCatalog)store.Engine;

    private ILinkKeyCatalog LinkKeys => (ILinkKeyCatalog)store.Engine;

    private IAuditCatalog Audit => (IAuditCatalog)store.Engine;

    [Fact]
    public async Task An_API_key_is_found_as_added_and_valid_keys_are_listed_first()
    {
        var plain = new ApiKey(Id(), Secret(1), Owner, null, ["read"], Noon, null);
        var full = new ApiKey(Id(), Secret(2), Owner, "backup", ["read", "write"], Minutes(1), Minutes(99));
        var revoked = new ApiKey(Id(), Secret(3), "bob", "old", ["admin"], Minutes(2), null);
        foreach (var key in new[] { plain, full, revoked })
            await Keys.AddApiKeyAsync(key, default);
        Assert.True(await Keys.HasApiKeysAsync(default));
        Assert.Equal(Text(full), Text(await Keys.FindApiKeyAsync(full.Id, default)));
        Assert.Equal(Text(plain), Text(await Keys.FindApiKeyAsync(plain.Id, default)));
        Assert.Null(await Keys.FindApiKeyAsync(Id(), default));

        Assert.True(await Keys.RevokeApiKeyAsync(revoked.Id, Minutes(3), default));
        Assert.False(await Keys.RevokeApiKeyAsync(revoked.Id, Minutes(4), default));
        Assert.False(await Keys.RevokeApiKeyAsync(Id(), Minutes(4), default));
        Assert.Equal(Minutes(3), (await Keys.FindApiKeyAsync(revoked.Id, default))?.RevokedAt);
        string[] mine = [plain.Id, full.Id, revoked.Id];
        Assert.Equal([full.Id, plain.Id, revoked.Id], (await Keys.ListApiKeysAsync(default)).Select(key => key.Id).Where(mine.Contains));
    }

    [Fact]
    public async Task A_use_of_a_key_is_recorded_unless_a_later_one_is_recorded()
    {
        var key = new ApiKey(Id(), Secret(1), Owner, null, ["read"], Noon, null);
        await Keys.AddApiKeyAsync(key, default);
        await Keys.NoteApiKeyUseAsync(key.Id, Minutes(5), unlessAfter: Minutes(4), default);
        await Keys.NoteApiKeyUseAsync(key.Id, Minutes(5.5), unlessAfter: Minutes(4.5), default);
        Assert.Equal(Minutes(5), (await Keys.FindApiKeyAsync(key.Id, default))?.LastUsedAt);
        await Keys.NoteApiKeyUseAsync(key.Id, Minutes(7), unlessAfter: Minutes(6), default);
        Assert.Equal(Minutes(7), (await Keys.FindApiKeyAsync(key.Id, default))?.LastUsedAt);
    }

    [Fact]
    public async Task Each_number_has_one_link_key_and_old_ones_are_forgotten()
    {
        Assert.True(await LinkKeys.AddLinkKeyAsync(new LinkKey(1, Secret(1), Noon), default));
        Assert.False(await LinkKeys.AddLinkKeyAsync(new LinkKey(1, Secret(9), Noon), default));
        Assert.True(await LinkKeys.AddLinkKeyAsync(new LinkKey(2, Secret(2), Minutes(1)), default));
        var keys = await LinkKeys.ListLinkKeysAsync(default);
        Assert.Equal([2, 1], keys.Select(key => key.Number));
        Assert.Equal(Secret(1).ToArray(), keys[1].Secret.ToArray());
        await LinkKeys.ForgetLinkKeysAsync(Minutes(1), default);
        Assert.Equal([2], (await LinkKeys.ListLinkKeysAsync(default)).Select(key => key.Number));
    }

    [Fact]
    public async Task Audit_events_are_listed_newest_first_and_added_once()
    {
        // Use times in the future; otherwise MongoDB might remove the events.
        var at = DateTimeOffset.FromUnixTimeMilliseconds(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());
        var events = Enumerable.Range(0, 5).Select(i => new AuditEvent(
            Guid.CreateVersion7(at.AddSeconds(i)), at.AddSeconds(i), "deleteFile", "key", i == 0 ? null : Owner, i == 0 ? null : "subject", "DELETE",
            "/files/$x.y", 200 + i, "done", "127.0.0.1", "trace")).ToList();
        await Audit.AddAuditAsync(events[..3], TimeSpan.FromDays(1), default);
        await Audit.AddAuditAsync(events, TimeSpan.FromDays(1), default);
        Assert.Equal(Enumerable.Reverse(events), await Audit.ListAuditAsync(null, 10, default));
        Assert.Equal([events[2], events[1]], await Audit.ListAuditAsync(events[3].Id, 2, default));
    }

    [Fact]
    public async Task A_wrong_record_of_usage_is_found_and_corrected()
    {
        var owner = $"owner-{Guid.NewGuid():N}";
        var file = FileDocument.Imported(Live(5, 6).ToCatalogDocument(Noon)) with { Owner = owner };
        await store.WithQuota.InsertAsync(owner, file.Id, _ => file, default);
        Assert.DoesNotContain(await store.WithQuota.CheckUsageAsync(repair: false, default), difference => difference.Owner == owner);

        await DamageUsageAsync(owner);
        var expected = new UsageDifference(owner, new OwnerUsage(111, 1, 0), new OwnerUsage(11, 1, 0), Repaired: false);
        Assert.Contains(expected, await store.WithQuota.CheckUsageAsync(repair: false, default));
        Assert.Equal(111, (await store.WithQuota.FindUsageAsync(owner, default)).Bytes);
        Assert.Contains(expected with { Repaired = true }, await store.WithQuota.CheckUsageAsync(repair: true, default));
        Assert.Equal(11, (await store.WithQuota.FindUsageAsync(owner, default)).Bytes);
        Assert.DoesNotContain(await store.WithQuota.CheckUsageAsync(repair: false, default), difference => difference.Owner == owner);
    }

    /// <summary>Changes the record to 100 bytes more than the owner has.</summary>
    protected abstract Task DamageUsageAsync(string owner);

    private static string Text(object? answer) => Described.Text(answer);

    private static string Id() => Convert.ToHexStringLower(Guid.NewGuid().ToByteArray())[..16];

    private static ReadOnlyMemory<byte> Secret(byte first) => Enumerable.Repeat(first, 32).ToArray();
}

public sealed class SqliteEngineRecordsTests(SqliteEngineStore store) : EngineRecordsTests(store), IClassFixture<SqliteEngineStore>
{
    private readonly SqliteEngineStore _store = store;

    protected override async Task DamageUsageAsync(string owner)
    {
        await using var connection = new SqliteConnection($"Data Source={_store.Path};Pooling=False");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = "UPDATE usage SET bytes = bytes + 100 WHERE owner = $owner";
        command.Parameters.AddWithValue("$owner", owner);
        Assert.Equal(1, await command.ExecuteNonQueryAsync());
    }
}

public sealed class MongoEngineRecordsTests(MongoEngineStore store) : EngineRecordsTests(store), IClassFixture<MongoEngineStore>
{
    private readonly MongoEngineStore _store = store;

    protected override async Task DamageUsageAsync(string owner)
    {
        var result = await _store.Database.GetCollection<BsonDocument>("owners")
            .UpdateOneAsync(new BsonDocument("_id", owner), new BsonDocument("$inc", new BsonDocument("bytes", 100L)));
        Assert.Equal(1, result.ModifiedCount);
    }
}
