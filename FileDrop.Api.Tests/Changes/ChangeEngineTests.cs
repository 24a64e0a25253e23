using FileDrop.Api.Catalog;
using FileDrop.Api.Catalog.Sqlite;
using FileDrop.Api.Tests.Catalog;
using MongoDB.Bson;
using MongoDB.Driver;
using Xunit;
using static FileDrop.Api.Tests.Catalog.Documents;

namespace FileDrop.Api.Tests.Changes;

/// <summary>The feed in an engine: numbers, retention, and sequencers that die at any step.</summary>
public abstract class ChangeEngineTests(EngineStore store)
{
    private protected IChangeEngine Engine => (IChangeEngine)store.Engine;

    private protected ChangeCatalog Changes => new(Engine, Engine as IMarkedChanges);

    private protected FileCatalog Files => new(store.Engine, (IFolderEngine)store.Engine, (IIdempotencyRecords)store.Engine, Rules);

    [Fact]
    public async Task Numbers_have_no_gaps_and_each_owner_has_its_own()
    {
        var (one, other) = (NewOwner(), NewOwner());
        for (var i = 0; i < 3; i++)
            await UploadAsync(one);
        await UploadAsync(other);
        await Changes.SayAsync(default);
        Assert.Equal([1, 2, 3], (await Engine.FindChangesAsync(one, 0, 10, default)).Select(mark => mark.Number));
        Assert.Equal([2], (await Engine.FindChangesAsync(one, 1, 1, default)).Select(mark => mark.Number));
        Assert.Equal((3, 1), (await Changes.FindLastAsync(one, default), await Changes.FindLastAsync(other, default)));
        Assert.Equal(0, await Changes.FindLastAsync(NewOwner(), default));
        var lasts = new Dictionary<string, long> { [one] = 2, [other] = 1, [NewOwner()] = 0 };
        Assert.Equal([one], await Changes.FindLaterAsync(lasts, default));
        Assert.Empty(await Changes.FindLaterAsync(new Dictionary<string, long>(), default));
    }

    [Fact]
    public async Task The_feed_has_one_id_for_all_who_ask()
    {
        var ids = await Task.WhenAll(
            Enumerable.Range(0, 8).Select(i => ((IChangeEngine)(i % 2 == 0 ? store.Engine : store.Other)).FindFeedAsync(default)));
        Assert.Single(ids.Distinct());
        Assert.NotEqual(Guid.Empty, ids[0]);
    }

    [Fact]
    public async Task What_is_older_than_the_retention_is_forgotten_but_numbers_go_on()
    {
        var owner = NewOwner();
        for (var i = 0; i < 3; i++)
        {
            await UploadAsync(owner);
            await Changes.SayAsync(default);
        }
        await Changes.ForgetAsync(TimeSpan.FromHours(1), default);
        Assert.Equal(3, (await Changes.ReadAsync(owner, 0, 10, default))?.Changes.Count);
        // All of them are older than that, and even so the next number must not be 1 again.
        await Changes.ForgetAsync(TimeSpan.FromSeconds(-10), default);
        await Changes.ForgetAsync(TimeSpan.FromSeconds(-10), default);
        Assert.Null(await Changes.ReadAsync(owner, 0, 10, default));
        Assert.Null(await Changes.ReadAsync(owner, 1, 10, default));
        Assert.Equal(3, (await Changes.ReadAsync(owner, 2, 10, default))?.Last);
        Assert.Equal(0, (await Changes.ReadAsync(owner, 3, 10, default))?.Changes.Count);
        Assert.Null(await Changes.ReadAsync(owner, 4, 10, default));
        await UploadAsync(owner);
        await Changes.SayAsync(default);
        Assert.Equal(4, (await Changes.ReadAsync(owner, 3, 10, default))?.Last);
        await Changes.ForgetAsync(TimeSpan.FromSeconds(-10), default);
        Assert.Equal([4], (await Changes.ReadAsync(owner, null, 10, default))?.Changes.Select(change => change.Mark.Number));
    }

    [Fact]
    public async Task A_page_has_the_file_as_it_is_and_says_when_there_is_more()
    {
        var owner = NewOwner();
        var (a, b) = (await UploadAsync(owner), await UploadAsync(owner));
        await Changes.SayAsync(default);
        await Files.ChangeAsync(owner, a, new MetadataChange("new", null), default);
        await Files.DeleteAsync(owner, b, null, permanent: true, default);
        var page = await Changes.ReadAsync(owner, 0, 1, default);
        Assert.Equal((1, true), (page?.Last, page?.HasMore));
        Assert.Equal("new", page?.Changes[0].Entry?.File?.Name);
        await Changes.SayAsync(default);
        page = await Changes.ReadAsync(owner, 0, 10, default);
        Assert.Equal((4, false), (page?.Last, page?.HasMore));
        Assert.Equal(
            [(a, true), (b, false)],
            page?.Changes.Select(change => (change.Mark.Id, change.Entry is not null)).OrderBy(change => change.Id == b));
    }

    private protected async Task<Guid> UploadAsync(string owner, string name = "a.txt")
    {
        var (id, intent) = (Guid.CreateVersion7(), NewIntent());
        await Files.BeginCreateAsync(owner, id, intent, 1, default);
        Assert.Equal(ChangeOutcome.Done, (await Files.CommitAsync(owner, id, intent, Commit(name: name), default)).Outcome);
        return id;
    }

    private protected static string NewOwner() => $"owner-{Guid.NewGuid():N}";
}

/// <summary>The feed in SQLite.</summary>
public sealed class ChangeEngineOnSqliteTests(SqliteEngineStore store) : ChangeEngineTests(store), IClassFixture<SqliteEngineStore>
{
    private readonly SqliteEngineStore _store = store;

    [Fact]
    public async Task A_change_that_is_undone_has_no_number()
    {
        var (owner, engine) = (NewOwner(), (SqliteEngine)_store.Engine);
        var id = await UploadAsync(owner);
        await Assert.ThrowsAsync<InvalidOperationException>(() => engine.ChangeAsync<int>(
            session =>
            {
                var (n, file) = SqliteDocuments.Find(session, owner, id) ?? default;
                SqliteSaves.Update(session, n, file, file.Change(new MetadataChange("b", null), Noon).Saved(), Noon);
                throw new InvalidOperationException();
            },
            default));
        Assert.Equal(1, await Changes.FindLastAsync(owner, default));
    }
}

/// <summary>The feed in MongoDB, whose changes are marked first and numbered by sequencers.</summary>
public sealed class ChangeEngineOnClusterTests(MongoEngineStore store) : ChangeEngineTests(store), IClassFixture<MongoEngineStore>
{
    private readonly MongoEngineStore _store = store;

    private IMarkedChanges Marks => (IMarkedChanges)_store.Engine;

    [Fact]
    public async Task Marking_and_clearing_change_no_revision_so_no_writer_loses_its_save()
    {
        var owner = NewOwner();
        var id = await UploadAsync(owner);
        var before = await ReadAsync(id);
        Assert.Equal(before["rev"], before["unsaid"]);
        await Changes.SayAsync(default);
        var after = await ReadAsync(id);
        before.Remove("unsaid");
        Assert.Equal(before, after);
    }

    [Fact]
    public async Task A_mark_that_a_later_change_has_replaced_is_not_cleared()
    {
        var owner = NewOwner();
        var id = await UploadAsync(owner);
        var marked = await Marks.FindMarkedAsync(owner, 10, default);
        await Files.ChangeAsync(owner, id, new MetadataChange("b", null), default);
        await Marks.ClearMarksAsync(owner, marked, default);
        Assert.NotEqual(Assert.Single(marked), Assert.Single(await Marks.FindMarkedAsync(owner, 10, default)));
        await Changes.SayAsync(default);
        Assert.Empty(await Marks.FindMarkedAsync(owner, 10, default));
    }

    [Fact]
    public async Task Of_sequencers_that_have_read_the_same_last_number_one_adds_its_batch()
    {
        var owner = NewOwner();
        IReadOnlyList<ChangeMark> batch = [new(1, EntryKind.File, Guid.NewGuid())];
        var added = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Marks.AddChangesAsync(owner, batch, default)));
        Assert.Single(added, each => each);
    }

    [Fact]
    public async Task A_sequencer_that_dies_at_any_step_leaves_nothing_unsaid_to_the_next()
    {
        for (var step = 1; ; step++)
        {
            var owner = NewOwner();
            var folder = await new FolderCatalog((IFolderEngine)_store.Engine, Rules)
                .CreateFolderAsync(owner, Guid.CreateVersion7(), new Target(Place.Root, "f"), default);
            List<Guid> wanted = [await UploadAsync(owner), await UploadAsync(owner), folder.Folder?.Id ?? default];
            foreach (var fault in new[] { Fault.Before, Fault.After })
            {
                var dying = new DyingCalls(step, fault);
                var isDead = false;
                try
                {
                    await new ChangeCatalog(Engine, dying.WrapOne(Marks)).SayAsync(default);
                }
                catch (CutException)
                {
                    isDead = true;
                }
                await Changes.SayAsync(default);
                var said = await Engine.FindChangesAsync(owner, 0, 100, default);
                Assert.Equal(Enumerable.Range(1, said.Count).Select(number => (long)number), said.Select(mark => mark.Number));
                Assert.Superset(wanted.ToHashSet(), said.Select(mark => mark.Id).ToHashSet());
                Assert.Empty(await Marks.FindMarkedAsync(owner, 10, default));
                if (!isDead)
                    return;
                await Files.ChangeAsync(owner, wanted[0], new MetadataChange($"{step}", null), default);
            }
        }
    }

    [Fact]
    public async Task A_tombstone_goes_only_after_the_feed_has_its_deletion()
    {
        var owner = NewOwner();
        var id = await UploadAsync(owner);
        await Changes.SayAsync(default);
        await Files.DeleteAsync(owner, id, null, permanent: true, default);
        var work = await Files.ClaimExpiredAsync(owner, id, default);
        // As if the readers' grace were over.
        var document = await ReadAsync(id);
        var garbage = document["garbage"].AsBsonArray
            .Select(blob => new BlobDeletion(blob["blob"].AsBsonBinaryData.ToGuid(GuidRepresentation.Standard), Last: true));
        await Files.SweptAsync(owner, id, [.. garbage], default);
        Assert.NotNull(work);
        Assert.True((await ReadAsync(id)).Contains("unsaid"));
        await Changes.SayAsync(default);
        await Files.SweptAsync(owner, id, [], default);
        Assert.Empty((await Files.FindDocumentsAsync([id], default)));
        Assert.Null((await Changes.ReadAsync(owner, 1, 10, default))?.Changes.Single().Entry);
    }

    private async Task<BsonDocument> ReadAsync(Guid id)
    {
        using var client = new MongoClient(_store.ConnectionString);
        return await client.GetDatabase(new MongoUrl(_store.ConnectionString).DatabaseName).GetCollection<BsonDocument>("files")
            .Find(new BsonDocument("_id", new BsonBinaryData(id, GuidRepresentation.Standard))).SingleAsync();
    }
}

/// <summary>Ends a process at a step, before or after its effect.</summary>
internal sealed class DyingCalls(int step, Fault fault) : StoreCalls
{
    private int _left = step;

    protected override void Before(string method, object?[] arguments)
    {
        if (fault == Fault.Before && Interlocked.Decrement(ref _left) == 0)
            throw new CutException();
    }

    protected override void After(string method)
    {
        if (fault == Fault.After && Interlocked.Decrement(ref _left) == 0)
            throw new CutException();
    }
}
