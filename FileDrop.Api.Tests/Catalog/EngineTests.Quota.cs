using FileDrop.Api.Catalog;
using Xunit;
using static FileDrop.Api.Tests.Catalog.Documents;

namespace FileDrop.Api.Tests.Catalog;

// Quotas: an owner may store 1,000 bytes in three files.
public abstract partial class EngineTests
{
    private static readonly CatalogRules s_limited = EngineStore.Limited;

    private FileCatalog Limited => new(store.WithQuota, (IFolderEngine)store.WithQuota, (IIdempotencyRecords)store.WithQuota, s_limited);

    [Fact]
    public async Task A_write_is_admitted_only_if_its_bytes_fit_into_the_quota_with_those_of_other_writes()
    {
        var (first, _) = await BegunAsync(600);
        Assert.Equal(new OwnerUsage(0, 0, 600), await UsageAsync());
        await Assert.ThrowsAsync<QuotaExceededException>(() => BegunAsync(401));
        Assert.Equal(new OwnerUsage(0, 0, 600), await UsageAsync());

        var (second, intent) = await BegunAsync(400);
        Assert.Equal(ChangeOutcome.Done, (await Limited.CommitAsync(_owner, second, intent, Commit(400), default)).Outcome);
        Assert.Equal(new OwnerUsage(400, 1, 600), await UsageAsync());
        await Assert.ThrowsAsync<QuotaExceededException>(() => Limited.BeginReplaceAsync(_owner, second, NewIntent(), 1, default));
        // Zero bytes always fit; a refused write leaves no intent.
        Assert.True(await Limited.BeginReplaceAsync(_owner, second, NewIntent(), 0, default));
        Assert.Single((await store.WithQuota.LoadAsync(_owner, second, DocumentParts.Settled, default)).Document?.Intents ?? []);
        Assert.NotEqual(first, second);
    }

    [Fact]
    public async Task A_file_beyond_the_quota_is_refused_and_the_trash_counts()
    {
        var files = new List<Guid>();
        for (var i = 0; i < 3; i++)
            files.Add(await StoredAsync(1));
        await Assert.ThrowsAsync<QuotaExceededException>(() => BegunAsync(0));
        await Limited.DeleteAsync(_owner, files[0], null, permanent: false, default);
        await Assert.ThrowsAsync<QuotaExceededException>(() => BegunAsync(0));
        await Limited.PurgeAsync(_owner, files[0], default);
        Assert.Equal(new OwnerUsage(2, 2, 0), await UsageAsync());
        await BegunAsync(0);
        // A file in creation counts too.
        await Assert.ThrowsAsync<QuotaExceededException>(() => BegunAsync(0));
    }

    [Fact]
    public async Task A_continuing_writer_reserves_the_bytes_it_needs_and_more_if_there_is_room()
    {
        var (id, intent) = await BegunAsync(100);
        Assert.Equal(300, await Limited.ReserveAsync(_owner, id, intent, 200, 300, default));
        Assert.Equal(new OwnerUsage(0, 0, 300), await UsageAsync());
        Assert.Equal(1_000, await Limited.ReserveAsync(_owner, id, intent, 400, 5_000, default));
        await Assert.ThrowsAsync<QuotaExceededException>(() => Limited.ReserveAsync(_owner, id, intent, 1_001, 5_000, default));
        Assert.Equal(new OwnerUsage(0, 0, 1_000), await UsageAsync());
        Assert.Equal(50, await Limited.ReserveAsync(_owner, id, intent, 10, 50, default));
        Assert.Equal(new OwnerUsage(0, 0, 50), await UsageAsync());
        // Without a quota, no reservation is needed.
        Assert.Equal(long.MaxValue, await new FileCatalog(store.Engine, (IFolderEngine)store.Engine, (IIdempotencyRecords)store.Engine, Rules).ReserveAsync(_owner, id, intent, 1, 1, default));
    }

    [Fact]
    public async Task Usage_adds_up_after_every_end_of_a_write()
    {
        var id = await StoredAsync(100);
        Assert.Equal(new OwnerUsage(100, 1, 0), await UsageAsync());

        var intent = await ReplacingAsync(id, 50);
        Assert.Equal(new OwnerUsage(100, 1, 50), await UsageAsync());
        await Limited.CommitAsync(_owner, id, intent, Commit(40), default);
        Assert.Equal(new OwnerUsage(140, 1, 0), await UsageAsync());

        await Limited.AbandonAsync(_owner, id, await ReplacingAsync(id, 50), default);
        Assert.Equal(new OwnerUsage(140, 1, 0), await UsageAsync());

        // A refused commit keeps its reservation until it is abandoned.
        var refused = await ReplacingAsync(id, 50);
        await Limited.CommitAsync(_owner, id, refused, Commit(40, ifVersion: 9), default);
        Assert.Equal(new OwnerUsage(140, 1, 50), await UsageAsync());
        await Limited.AbandonAsync(_owner, id, refused, default);

        await Limited.RestoreVersionAsync(_owner, id, 1, null, default);
        Assert.Equal(new OwnerUsage(140, 1, 0), await UsageAsync());
        await Limited.DeleteVersionAsync(_owner, id, 2, null, default);
        Assert.Equal(new OwnerUsage(100, 1, 0), await UsageAsync());

        await ReplacingAsync(id, 50);
        await Limited.DeleteAsync(_owner, id, null, permanent: false, default);
        Assert.Equal(new OwnerUsage(100, 1, 0), await UsageAsync());
        await Limited.RestoreAsync(_owner, id, null, OnConflict.Fail, default);
        await Limited.DeleteAsync(_owner, id, null, permanent: true, default);
        Assert.Equal(new OwnerUsage(0, 0, 0), await UsageAsync());

        Assert.DoesNotContain(await store.WithQuota.CheckUsageAsync(repair: false, default), difference => difference.Owner == _owner);
    }

    [Fact]
    public async Task A_claimed_write_releases_its_reservation()
    {
        var intent = NewIntent();
        var file = FileDocument.Begin(_owner, Guid.CreateVersion7(), intent, 70, Rules, Noon);
        await store.WithQuota.InsertAsync(_owner, file.Id, _ => file, default);
        Assert.Equal(new OwnerUsage(0, 0, 70), await UsageAsync());
        await Limited.ClaimExpiredAsync(_owner, file.Id, default);
        Assert.Equal(new OwnerUsage(0, 0, 0), await UsageAsync());
    }

    [Fact]
    public async Task A_resumable_upload_s_reservation_ends_with_it()
    {
        var (id, main, ended) = (Guid.CreateVersion7(), NewIntent(), NewIntent());
        await Limited.BeginResumableAsync(_owner, id, main, Plan, 300, null, default);
        Assert.Equal(new OwnerUsage(0, 0, 300), await UsageAsync());
        var piece = Guid.NewGuid();
        await Limited.RecordResumableAsync(_owner, id, main, Step(1, 10, pieces: piece), default);
        await Limited.RecordResumableAsync(_owner, id, main, Step(2, 300, ResumableStage.Sealed, pieces: piece), default);
        Assert.Equal(new OwnerUsage(0, 0, 300), await UsageAsync());
        await Limited.CommitAsync(_owner, id, new WriteIntent(piece, main.Fence), Commit(300, upload: Plan), default);
        Assert.Equal(new OwnerUsage(300, 1, 0), await UsageAsync());

        var other = Guid.CreateVersion7();
        await Limited.BeginResumableAsync(_owner, other, ended, Plan, 200, null, default);
        Assert.True(await Limited.EndResumableAsync(_owner, other, ended, default));
        Assert.Equal(new OwnerUsage(300, 1, 0), await UsageAsync());
    }

    [Fact]
    public async Task An_imported_file_counts_although_it_exceeds_the_quota()
    {
        var file = Imported(Live(2_000, 3_000));
        await store.WithQuota.InsertAsync(_owner, file.Id, _ => file, default);
        Assert.Equal(new OwnerUsage(5_000, 1, 0), await UsageAsync());
        await Assert.ThrowsAsync<QuotaExceededException>(() => BegunAsync(1));
        await Limited.DeleteAsync(_owner, file.Id, null, permanent: true, default);
        Assert.Equal(new OwnerUsage(0, 0, 0), await UsageAsync());
    }

    [Fact]
    public async Task Concurrent_writers_never_exceed_the_quota()
    {
        var begun = await Task.WhenAll(Enumerable.Range(0, Writers).Select(async _ =>
        {
            try
            {
                return await BegunAsync(400);
            }
            catch (QuotaExceededException)
            {
                return default((Guid Id, WriteIntent Intent)?);
            }
        }));
        Assert.Equal(2, begun.Count(write => write is not null));
        Assert.Equal(new OwnerUsage(0, 0, 800), await UsageAsync());
    }

    [Fact]
    public async Task Concurrent_versions_are_all_counted()
    {
        var id = await StoredAsync(1);
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(async _ =>
        {
            var intent = await ReplacingAsync(id, 20);
            Assert.Equal(ChangeOutcome.Done, (await Limited.CommitAsync(_owner, id, intent, Commit(20), default)).Outcome);
        }));
        // Three earlier versions stay.
        Assert.Equal(new OwnerUsage(80, 1, 0), await UsageAsync());
    }

    private async Task<(Guid Id, WriteIntent Intent)> BegunAsync(long bytes)
    {
        var (id, intent) = (Guid.CreateVersion7(), NewIntent());
        await Limited.BeginCreateAsync(_owner, id, intent, bytes, default);
        return (id, intent);
    }

    private async Task<Guid> StoredAsync(long bytes)
    {
        var (id, intent) = await BegunAsync(bytes);
        Assert.Equal(ChangeOutcome.Done, (await Limited.CommitAsync(_owner, id, intent, Commit(bytes), default)).Outcome);
        return id;
    }

    private async Task<WriteIntent> ReplacingAsync(Guid id, long bytes)
    {
        var intent = NewIntent();
        Assert.True(await Limited.BeginReplaceAsync(_owner, id, intent, bytes, default));
        return intent;
    }

    private Task<OwnerUsage> UsageAsync() => store.WithQuota.FindUsageAsync(_owner, default);
}

public sealed class MemoryEngineTests(MemoryEngineStore store) : EngineTests(store), IClassFixture<MemoryEngineStore>;

public sealed class SqliteEngineTests(SqliteEngineStore store) : EngineTests(store), IClassFixture<SqliteEngineStore>;
