using FileDrop.Api.Catalog;
using Xunit;
using static FileDrop.Api.Tests.Catalog.Documents;

namespace FileDrop.Api.Tests.Catalog;

// Renewals, due documents, scans, lists and idempotency keys.
public abstract partial class EngineTests
{
    private static readonly TimeSpan s_long = TimeSpan.FromHours(1);

    [Fact]
    public async Task A_renewal_starts_the_lease_again()
    {
        var intent = NewIntent();
        var file = await PutAsync(FileDocument.Begin(_owner, Guid.CreateVersion7(), intent, 1, Rules, Noon));
        var before = await store.ClockAsync();
        Assert.True(await store.Engine.RenewAsync(_owner, file.Id, intent, s_long, default));
        var after = await store.ClockAsync();
        var until = await LeaseAsync(file.Id);
        Assert.InRange(until, before.AddSeconds(-10) + s_long, after + s_long);
        // A claim does not find the intent expired, and the writer can still commit.
        Assert.Empty((await ChangeAsync(file.Id, (document, now) => document.Claim(Rules, now)))?.Deletions ?? throw new InvalidOperationException());
        Assert.Equal(ChangeOutcome.Done, (await ChangeAsync(file.Id, (document, now) => document.Commit(intent, Commit(), Rules, now))).Outcome);
    }

    [Fact]
    public async Task A_renewal_of_an_unknown_intent_is_refused_and_changes_nothing()
    {
        var intent = NewIntent(fence: 2);
        var file = await PutAsync(FileDocument.Begin(_owner, Guid.CreateVersion7(), intent, 1, Rules, Noon));
        Assert.False(await store.Engine.RenewAsync(_owner, file.Id, intent with { Fence = 1 }, s_long, default));
        Assert.False(await store.Engine.RenewAsync(_owner, file.Id, NewIntent(2), s_long, default));
        Assert.False(await store.Engine.RenewAsync("bob", file.Id, intent, s_long, default));
        Assert.False(await store.Engine.RenewAsync(_owner, Guid.NewGuid(), intent, s_long, default));
        Assert.Equal(file.Describe(), await LoadedAsync(file.Id));

        await ChangeAsync(file.Id, (document, now) => document.Claim(Rules, now));
        Assert.False(await store.Engine.RenewAsync(_owner, file.Id, intent, s_long, default));
    }

    [Fact]
    public async Task A_save_does_not_restore_a_lease_that_was_renewed_meanwhile()
    {
        var (intent, second) = (NewIntent(), NewIntent());
        var file = await PutAsync(Imported(Live(5)));
        await ChangeAsync(file.Id, (document, _) => document.BeginReplace(intent, 1, Rules, Noon));
        // The engine may have cached the document with the lease of noon; another replica renews it.
        Assert.True(await store.Other.RenewAsync(_owner, file.Id, intent, s_long, default));
        await ChangeAsync(file.Id, (document, _) => document.BeginReplace(second, 1, Rules, Noon));
        var (document, now) = await store.Engine.LoadAsync(_owner, file.Id, DocumentParts.Settled, default);
        Assert.Equal(2, document?.Intents.Count);
        Assert.True(document?.Intents.Single(each => each.BlobId == intent.BlobId).LeaseUntil > now);
    }

    [Fact]
    public async Task Concurrent_renewals_and_changes_do_not_lose_each_other()
    {
        var intent = NewIntent();
        var file = await PutAsync(Imported(Live(5)));
        await ChangeAsync(file.Id, (document, _) => document.BeginReplace(intent, 1, Rules, Noon));
        var changes = Enumerable.Range(0, Writers).Select(i => Replica(i).ChangeAsync(
            _owner, file.Id, (document, now) => document?.Change(new MetadataChange("b", null), now) ?? default, ChangeKind.Plain, default));
        var renewals = Enumerable.Range(1, Writers).Select(i => Replica(i).RenewAsync(_owner, file.Id, intent, i * s_long, default));
        await Task.WhenAll(changes.Zip(renewals).SelectMany(pair => new Task[] { pair.First, pair.Second }));

        var (document, now) = await store.Engine.LoadAsync(_owner, file.Id, DocumentParts.Settled, default);
        Assert.Equal(Writers + 1L, document?.Version);
        Assert.True(Assert.Single(document?.Intents ?? []).LeaseUntil > now + s_long - TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task Due_documents_of_every_kind_are_found_the_longest_due_first()
    {
        // A tombstone that names nothing is due from the moment at which it became one.
        var (_, now) = await store.Engine.LoadAsync(_owner, (await PutAsync(Imported(Live(1)))).Id, DocumentParts.ForChange, default);
        var lease = await PutAsync(FileDocument.Begin(_owner, Guid.CreateVersion7(), NewIntent(), 1, Rules, now.AddHours(-3)));
        var trash = await PutAsync(Imported(Live(1).Delete(null, false, Rules, now - Rules.TrashRetention - TimeSpan.FromHours(5)).Saved()));
        var garbage = await PutAsync(Imported(Live(1)));
        await ChangeAsync(garbage.Id, (document, _) => document.Delete(null, permanent: true, Rules, now.AddHours(-5)));
        var ended = NewIntent();
        var upload = await PutAsync(FileDocument.BeginResumable(_owner, Guid.CreateVersion7(), ended, Plan, 1, null, Rules, now.AddDays(-3)));
        await ChangeAsync(upload.Id, (document, _) => document.Commit(ended, Commit(upload: Plan), Rules, now.AddDays(-2)));
        await PutAsync(FileDocument.Begin(_owner, Guid.CreateVersion7(), NewIntent(), 1, Rules, now.AddHours(1)));
        await PutAsync(Imported(Live(1).Delete(null, permanent: false, Rules, now).Saved()));

        var due = (await store.Engine.FindDueAsync(10_000, default)).Where(each => each.Owner == _owner).Select(each => each.Id);
        Assert.Equal([upload.Id, trash.Id, garbage.Id, lease.Id], due);
        Assert.Single(await store.Engine.FindDueAsync(1, default));
        foreach (var id in new[] { upload.Id, trash.Id, garbage.Id, lease.Id })
        {
            var work = await ChangeAsync(id, (document, at) => document.Claim(Rules, at));
            await ChangeAsync(id, (document, at) => document.Swept(work?.Deletions ?? [], at));
        }
        Assert.DoesNotContain(await store.Engine.FindDueAsync(10_000, default), each => each.Owner == _owner);
    }

    [Fact]
    public async Task A_renewed_intent_is_not_due_once_the_sweeper_has_looked_at_it()
    {
        var intent = NewIntent();
        var file = await PutAsync(FileDocument.Begin(_owner, Guid.CreateVersion7(), intent, 1, Rules, Noon));
        Assert.Contains((_owner, file.Id), await store.Engine.FindDueAsync(10_000, default));
        Assert.True(await store.Engine.RenewAsync(_owner, file.Id, intent, s_long, default));
        await ChangeAsync(file.Id, (document, now) => document.Claim(Rules, now));
        Assert.DoesNotContain((_owner, file.Id), await store.Engine.FindDueAsync(10_000, default));
    }

    [Fact]
    public async Task A_scan_visits_every_document_once_in_the_order_of_ids()
    {
        var made = new List<FileDocument>();
        for (var i = 0; i < 7; i++)
            made.Add(await PutAsync(i % 2 == 0 ? Imported(Live(1, 2)) : FileDocument.Begin(_owner, Guid.CreateVersion7(), NewIntent(), 1, Rules, Noon)));
        var seen = new List<FileDocument>();
        Guid? after = null;
        while (true)
        {
            var (page, now) = await store.Engine.ScanAsync(after, 3, default);
            Assert.InRange(page.Count, 0, 3);
            if (page.Count == 0)
                break;
            // A server may round the times of two answers differently.
            Assert.True(now <= (await store.ClockAsync()).AddMilliseconds(1));
            seen.AddRange(page);
            after = page[^1].Id;
        }
        Assert.Equal(made.OrderBy(file => file.Id.ToString()).Select(file => file.Describe()),
            seen.Where(file => file.Owner == _owner).Select(file => file.Describe()));
        Assert.Equal(seen.Count, seen.DistinctBy(file => file.Id).Count());
    }

    [Fact]
    public async Task Documents_of_all_owners_are_found_by_their_ids()
    {
        var (one, other) = (await PutAsync(Imported(Live(1, 2))), Imported(Live(3)) with { Owner = "bob" });
        await store.Engine.InsertAsync("bob", other.Id, _ => other, default);
        var (found, _) = await store.Engine.FindManyAsync([other.Id, Guid.NewGuid(), one.Id], default);
        Assert.Equal(new[] { one.Describe(), other.Describe() }.Order(), found.Select(file => file.Describe()).Order());
        Assert.Empty((await store.Engine.FindManyAsync([], default)).Documents);
    }

    [Fact]
    public async Task The_backlog_counts_intents_and_garbage_and_the_sweepers_delay()
    {
        var before = await store.Engine.MeasureAsync(default);
        var now = await store.ClockAsync();
        var (intent, abandoned) = (NewIntent(), NewIntent());
        var file = await PutAsync(Imported(Live(1)));
        await ChangeAsync(file.Id, (document, at) => document.BeginReplace(intent, 1, Rules, at));
        await ChangeAsync(file.Id, (document, at) => document.BeginReplace(abandoned, 1, Rules, at));
        await ChangeAsync(file.Id, (document, at) => document.Abandon(abandoned, Rules, at));
        await PutAsync(FileDocument.Begin(_owner, Guid.CreateVersion7(), NewIntent(), 1, Rules, now.AddDays(-400)));
        var after = await store.Engine.MeasureAsync(default);
        Assert.Equal((before.Intents + 2, before.Garbage + 1), (after.Intents, after.Garbage));
        Assert.InRange(after.OldestOverdue, TimeSpan.FromDays(399), TimeSpan.FromDays(401));
        foreach (var (owner, id) in await store.Engine.FindDueAsync(10_000, default))
        {
            var work = await store.Engine.ChangeAsync(owner, id, (document, at) => document?.Claim(Rules, at) ?? default, ChangeKind.Sweep, default);
            await store.Engine.ChangeAsync(
                owner, id, (document, at) => document?.Swept(work?.Deletions ?? [], at) ?? default, ChangeKind.Sweep, default);
        }
        Assert.InRange((await store.Engine.MeasureAsync(default)).OldestOverdue, TimeSpan.Zero, TimeSpan.FromDays(1));
    }

    [Theory]
    [InlineData(FileSort.CreatedAt)]
    [InlineData(FileSort.UpdatedAt)]
    [InlineData(FileSort.FileName)]
    [InlineData(FileSort.FileSize)]
    [InlineData(FileSort.DeletedAt)]
    public async Task A_list_walks_one_owner_s_files_in_order_page_by_page(FileSort sort)
    {
        var inTrash = sort is FileSort.DeletedAt;
        string[] names = ["b", "A", "a", "\uE000", "🎉", "ż"];
        for (var i = 0; i < names.Length; i++)
        {
            var live = Imported(Live(i % 3)) with { Name = names[i], CreatedAt = Minutes(i % 2), UpdatedAt = Minutes(10 - (i % 3)) };
            await PutAsync(live);
            await PutAsync(live.Delete(null, permanent: false, Rules, Minutes(20 - (i % 4))).Saved() with { Id = Guid.CreateVersion7() });
        }
        await PutAsync(FileDocument.Begin(_owner, Guid.CreateVersion7(), NewIntent(), 1, Rules, Noon));

        foreach (var descending in new[] { false, true })
        {
            var files = new List<CatalogFile>();
            var query = new ListQuery(_owner, inTrash, sort, descending, Limit: 4, null, new ListFilter());
            do
            {
                var page = await store.Engine.ListAsync(query, default);
                Assert.InRange(page.Files.Count, 0, 4);
                files.AddRange(page.Files);
                query = query with { After = page.Next };
            }
            while (query.After is not null);
            var expected = files.OrderBy(file => Key(file, sort), StringComparer.Ordinal).ThenBy(file => file.Id.ToString(), StringComparer.Ordinal).ToList();
            if (descending)
                expected.Reverse();
            Assert.Equal(names.Length, files.DistinctBy(file => file.Id).Count());
            Assert.Equal(expected.Select(file => file.Id), files.Select(file => file.Id));
            Assert.All(files, file => Assert.Equal(inTrash, file.DeletedAt is not null));
        }
    }

    [Fact]
    public async Task A_filtered_list_has_the_files_that_match_the_whole_filter()
    {
        var tags = new Dictionary<string, string> { ["a.b"] = "$x" };
        var match = await PutAsync(Imported(Live(5)) with { Name = "Report.txt", Tags = tags });
        await PutAsync(Imported(Live(5)) with { Name = "report.txt" });
        await PutAsync(Imported(Live(50)) with { Name = "report.txt", Tags = tags });
        await PutAsync(Imported(Live(5)) with { Name = "other.txt", Tags = tags });
        var filter = new ListFilter(NameKeyParts: [NameKey.Of("port")], Tags: [new("a.b", "$x")], MaxSize: 5);
        var page = await store.Engine.ListAsync(new ListQuery(_owner, false, FileSort.FileName, false, 10, null, filter), default);
        Assert.Equal(Text(match.ToFile()), Text(Assert.Single(page.Files)));
        Assert.Null(page.Next);
    }

    [Fact]
    public async Task An_idempotency_key_names_one_file_until_it_expires_or_is_taken()
    {
        var keys = (IIdempotencyRecords)store.Engine;
        var (first, second) = (Guid.NewGuid(), Guid.NewGuid());
        Assert.Null(await keys.FindIdempotencyKeyAsync(_owner, "k", default));
        Assert.True(await keys.AddIdempotencyKeyAsync(_owner, "k", first, s_long, default));
        Assert.False(await keys.AddIdempotencyKeyAsync(_owner, "k", second, s_long, default));
        Assert.Equal(first, await ((IIdempotencyRecords)store.Other).FindIdempotencyKeyAsync(_owner, "k", default));
        Assert.Null(await keys.FindIdempotencyKeyAsync("bob", "k", default));
        Assert.Null(await keys.FindIdempotencyKeyAsync(_owner, "K", default));

        Assert.False(await keys.TakeIdempotencyKeyAsync(_owner, "k", second, second, s_long, default));
        Assert.True(await keys.TakeIdempotencyKeyAsync(_owner, "k", first, second, TimeSpan.Zero, default));
        // The key's lifetime has ended, so the key counts as absent.
        Assert.Null(await keys.FindIdempotencyKeyAsync(_owner, "k", default));
        Assert.False(await keys.TakeIdempotencyKeyAsync(_owner, "k", second, first, s_long, default));
        Assert.True(await keys.AddIdempotencyKeyAsync(_owner, "k", first, s_long, default));
        await keys.ForgetIdempotencyKeysAsync(default);
        Assert.Equal(first, await keys.FindIdempotencyKeyAsync(_owner, "k", default));
    }

    [Fact]
    public async Task Exactly_one_of_many_concurrent_additions_of_a_key_succeeds()
    {
        var ids = Enumerable.Range(0, Writers).Select(_ => Guid.NewGuid()).ToList();
        var added = await Task.WhenAll(ids.Select((id, i) => ((IIdempotencyRecords)Replica(i)).AddIdempotencyKeyAsync(_owner, "k", id, s_long, default)));
        var winner = Assert.Single(ids.Zip(added), pair => pair.Second).First;
        Assert.Equal(winner, await ((IIdempotencyRecords)store.Engine).FindIdempotencyKeyAsync(_owner, "k", default));
    }

    private static string Key(CatalogFile file, FileSort sort) => sort switch
    {
        // Surrogate pairs sort before some characters in UTF-16, but not in UTF-8.
        FileSort.FileName => Convert.ToHexString(System.Text.Encoding.UTF8.GetBytes(NameKey.Of(file.Name))),
        FileSort.FileSize => file.Content.Size.ToString("D9", null),
        FileSort.CreatedAt => file.CreatedAt.ToString("O", null),
        FileSort.UpdatedAt => file.UpdatedAt.ToString("O", null),
        _ => file.DeletedAt?.ToString("O", null) ?? "",
    };

    private async Task<DateTimeOffset> LeaseAsync(Guid id) =>
        Assert.Single((await store.Engine.LoadAsync(_owner, id, DocumentParts.Settled, default)).Document?.Intents ?? []).LeaseUntil;
}
