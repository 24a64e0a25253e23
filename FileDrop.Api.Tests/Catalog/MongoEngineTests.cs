using FileDrop.Api.Catalog;
using FileDrop.Api.Catalog.Mongo;
using MongoDB.Bson;
using MongoDB.Driver;
using Xunit;
using static FileDrop.Api.Tests.Catalog.Documents;

namespace FileDrop.Api.Tests.Catalog;

/// <summary>The promises of every engine, and those of this one, which may run a rule again.</summary>
public sealed class MongoEngineTests(MongoEngineStore store) : EngineTests(store), IClassFixture<MongoEngineStore>
{
    private readonly MongoEngineStore _store = store;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_rule_runs_again_if_another_replica_has_changed_its_document_meanwhile(bool atHand)
    {
        var file = FileDocument.Imported(Live(5).ToCatalogDocument(Noon));
        await (atHand ? _store.Engine : _store.Other).InsertAsync(Owner, file.Id, _ => file, default);
        var seen = new List<long?>();
        var answer = await _store.Engine.ChangeAsync(
            Owner,
            file.Id,
            (document, now) =>
            {
                seen.Add(document?.Version);
                if (seen.Count == 1)
                    RenameElsewhere(file.Id);
                return document?.Change(new MetadataChange("here", null), now) ?? default;
            },
            ChangeKind.Plain,
            default);
        Assert.Equal([1, 2], seen);
        Assert.Equal((3L, "here"), (answer.File?.Version, answer.File?.Name));
    }

    [Fact]
    public async Task A_document_that_is_removed_meanwhile_is_absent_when_the_rule_runs_again()
    {
        var file = FileDocument.Imported(Live(5).ToCatalogDocument(Noon));
        await _store.Engine.InsertAsync(Owner, file.Id, _ => file, default);
        var asked = 0;
        var isAbsent = await _store.Engine.ChangeAsync(
            Owner,
            file.Id,
            (document, now) =>
            {
                if (asked++ == 0)
                    _store.Other.ChangeAsync(Owner, file.Id, (other, _) => new Decision<bool>(true, other, Removes: true), ChangeKind.Plain, default).Wait();
                return document is null ? new Decision<bool>(true) : new Decision<bool>(false, document.Change(new MetadataChange("b", null), now).Next);
            },
            ChangeKind.Plain,
            default);
        Assert.True(isAbsent);
    }

    /// <summary>A server may drop what an index's condition says from the bounds of a search, and then walks over entries that a page does not need.</summary>
    [Fact]
    public async Task No_condition_of_a_lists_index_names_the_state_or_the_sort_key()
    {
        var names = new List<string>();
        foreach (var collection in new[] { MongoSchema.Files, MongoFolders.Folders })
        {
            using var found = await _store.Database.GetCollection<BsonDocument>(collection).Indexes.ListAsync();
            foreach (var index in await found.ToListAsync())
            {
                names.Add(index["name"].AsString);
                var key = index["key"].AsBsonDocument.Names.ToList();
                var conditions = index.GetValue("partialFilterExpression", new BsonDocument()).AsBsonDocument;
                if (key is [.., var sorted, "_id"])
                    Assert.DoesNotContain(conditions.Names, name => name == "state" || name == sorted);
            }
        }
        Assert.Contains("in_folder_by_name", names);
        Assert.Contains("list_by_deletion", names);
    }

    /// <summary>The release before sets the fields that it knows one by one, and so leaves a CRC-32 beside another content or offset.</summary>
    [Fact]
    public async Task A_CRC_32_that_another_release_left_beside_another_content_or_offset_does_not_count()
    {
        var (file, main) = (FileDocument.Imported(Live(5).ToCatalogDocument(Noon)), NewIntent());
        var upload = FileDocument.BeginResumable(Owner, Guid.CreateVersion7(), main, Plan, 100, null, Rules, Noon)
            .RecordStep(main, Step(1, 10), Rules, Noon).Saved();
        await _store.Engine.InsertAsync(Owner, file.Id, _ => file, default);
        await _store.Engine.InsertAsync(Owner, upload.Id, _ => upload, default);
        Assert.Equal((CrcOf(5), CrcOf(10)), await LoadAsync());
        var content = new BsonDocument { { "blob", MongoSchema.Uuid(Guid.NewGuid()) }, { "size", 6L }, { "version", 2L } };
        await SetAsync(file.Id, new BsonDocument { { "content", content }, { "version", 2L } });
        await SetAsync(upload.Id, new BsonDocument("upload", new BsonDocument("offset", 20L)));
        Assert.Equal(((uint?)null, (uint?)null), await LoadAsync());

        async Task<(uint? Content, uint? Upload)> LoadAsync() => (
            (await _store.Other.LoadAsync(Owner, file.Id, DocumentParts.File, default)).Document?.Content?.Crc32,
            (await _store.Other.LoadAsync(Owner, upload.Id, DocumentParts.Settled, default)).Document?.Upload?.Hashes.Crc32);

        async Task SetAsync(Guid id, BsonDocument fields)
        {
            var files = _store.Database.GetCollection<BsonDocument>(MongoSchema.Files);
            var changed = await files.UpdateOneAsync(new BsonDocument("_id", MongoSchema.Uuid(id)), MongoExpressions.Pipeline(fields));
            Assert.Equal(1, changed.ModifiedCount);
        }
    }

    [Fact]
    public async Task A_reservation_without_a_document_is_released_once_no_call_of_it_can_arrive()
    {
        var rules = EngineStore.Limited with { Lease = TimeSpan.FromSeconds(1), LateWrites = TimeSpan.Zero };
        var engine = await _store.OpenAsync(rules);
        var owner = $"owner-{Guid.NewGuid():N}";
        var file = FileDocument.Begin(owner, Guid.CreateVersion7(), NewIntent(), 100, rules, Noon);
        Assert.NotNull(await engine.InsertAsync(owner, file.Id, _ => file, default));
        // The insertion reserves its bytes, then fails because its id exists.
        var again = FileDocument.Begin(owner, file.Id, NewIntent(), 300, rules, Noon);
        Assert.Null(await engine.InsertAsync(owner, file.Id, _ => again, default));
        Assert.Equal(400, (await engine.FindUsageAsync(owner, default)).BytesReserved);
        await engine.ReleaseReservationsAsync(default);
        Assert.Equal(400, (await engine.FindUsageAsync(owner, default)).BytesReserved);

        await Service.UntilAsync("the reservation is released", async () =>
        {
            await engine.ReleaseReservationsAsync(default);
            return (await engine.FindUsageAsync(owner, default)).BytesReserved == 100;
        });
    }

    [Fact]
    public async Task A_slow_sum_is_returned_with_its_time_until_a_newer_one_exists()
    {
        var database = _store.Database;
        var sums = new MongoSums(database, new MongoClock(database)) { Patience = TimeSpan.Zero };
        var owner = $"owner-{Guid.NewGuid():N}";
        await InsertFileAsync();
        Assert.Equal((1L, null), await FilesAsync());
        await InsertFileAsync();
        var (files, asOf) = await FilesAsync();
        Assert.Equal(1, files);
        Assert.NotNull(asOf);
        await Service.UntilAsync("the sum is as of later", async () => await FilesAsync() is (2, { } now) && now > asOf);

        Task InsertFileAsync()
        {
            var file = FileDocument.Imported(Live(5).ToCatalogDocument(Noon) with { Owner = owner });
            return _store.Engine.InsertAsync(owner, file.Id, _ => file, default);
        }

        async Task<(long Files, DateTimeOffset? AsOf)> FilesAsync()
        {
            var usage = await sums.FindAsync(owner, default);
            return (usage.Files, usage.AsOf);
        }
    }

    [Fact]
    public async Task A_fast_sum_is_always_exact()
    {
        var owner = $"owner-{Guid.NewGuid():N}";
        for (var count = 1; count <= 3; count++)
        {
            var file = FileDocument.Imported(Live(5).ToCatalogDocument(Noon) with { Owner = owner });
            await _store.Engine.InsertAsync(owner, file.Id, _ => file, default);
            Assert.Equal(new OwnerUsage(count * 5, count, 0), await _store.Engine.FindUsageAsync(owner, default));
        }
    }

    private void RenameElsewhere(Guid id) => _store.Other.ChangeAsync(
        Owner, id, (document, now) => document?.Change(new MetadataChange("there", null), now) ?? default, ChangeKind.Plain, default).Wait();
}
