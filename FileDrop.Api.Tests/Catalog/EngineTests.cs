using FileDrop.Api.Catalog;
using Xunit;
using static FileDrop.Api.Tests.Catalog.Documents;

namespace FileDrop.Api.Tests.Catalog;

/// <summary>The promises of every engine about documents. Each test has its own owner in the shared store.</summary>
public abstract partial class EngineTests(EngineStore store)
{
    private const int Writers = 12;

    private readonly string _owner = $"owner-{Guid.NewGuid():N}";

    [Fact]
    public async Task An_inserted_document_is_loaded_unchanged()
    {
        var live = Live(5, 6, 7).RestoreVersion(1, null, Rules, Minutes(9)).Saved();
        FileDocument[] made =
        [
            FileDocument.Begin(_owner, Guid.CreateVersion7(), NewIntent(7), 10, Rules, Noon),
            FileDocument.BeginResumable(_owner, Guid.CreateVersion7(), NewIntent(), Plan, 100, Guid.NewGuid(), Rules, Noon),
            Imported(live),
            Imported(live.Delete(null, permanent: false, Rules, Minutes(10)).Saved()),
        ];
        foreach (var document in made)
        {
            Assert.Equal(document.Describe(), (await store.Engine.InsertAsync(_owner, document.Id, _ => document, default)).Describe());
            Assert.Equal(document.Describe(), await LoadedAsync(document.Id));
        }
    }

    [Fact]
    public async Task An_existing_id_of_any_owner_is_not_inserted_again()
    {
        var first = await PutAsync(Imported(Live(5)));
        Assert.Null(await store.Engine.InsertAsync(_owner, first.Id, _ => Imported(Live(6)) with { Id = first.Id }, default));
        Assert.Null(await store.Other.InsertAsync("bob", first.Id, _ => Imported(Live(6)) with { Id = first.Id, Owner = "bob" }, default));
        Assert.Equal(first.Describe(), await LoadedAsync(first.Id));
        Assert.Null((await store.Engine.LoadAsync("bob", first.Id, DocumentParts.Settled, default)).Document);
    }

    [Fact]
    public async Task Exactly_one_of_many_concurrent_insertions_of_an_id_succeeds()
    {
        var id = Guid.CreateVersion7();
        var made = await Task.WhenAll(Enumerable.Range(0, Writers).Select(i =>
            Replica(i).InsertAsync(_owner, id, now => FileDocument.Begin(_owner, id, NewIntent(), 1, Rules, now), default)));
        var one = Assert.Single(made, document => document is not null);
        Assert.Equal(one.Describe(), await LoadedAsync(id));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Another_owner_s_document_is_as_absent_as_an_unknown_one(int parts)
    {
        var file = await PutAsync(Imported(Live(5)));
        Assert.Null((await store.Engine.LoadAsync("bob", file.Id, (DocumentParts)parts, default)).Document);
        Assert.Null((await store.Engine.LoadAsync(_owner, Guid.NewGuid(), (DocumentParts)parts, default)).Document);
        Assert.True(await store.Engine.ChangeAsync("bob", file.Id, (document, _) => new Decision<bool>(document is null), ChangeKind.Plain, default));
        Assert.Equal(file.Describe(), await LoadedAsync(file.Id));
    }

    [Fact]
    public async Task A_read_returns_the_requested_parts()
    {
        var file = await PutAsync(Imported(Live(5, 6)));
        await ChangeAsync(file.Id, (document, now) => document.BeginReplace(NewIntent(), 1, Rules, now));
        var (part, _) = await store.Other.LoadAsync(_owner, file.Id, DocumentParts.File, default);
        Assert.Equal(Text(file.ToFile()), Text(part?.ToFile()));
        Assert.Equal((0, 0), (part?.Versions.Count, part?.Intents.Count));
        var (contents, _) = await store.Other.LoadAsync(_owner, file.Id, DocumentParts.Contents, default);
        Assert.Equal(file.Contents, contents?.Contents);
        var (whole, _) = await store.Other.LoadAsync(_owner, file.Id, DocumentParts.Settled, default);
        Assert.Equal((1, 1), (whole?.Versions.Count, whole?.Intents.Count));
        var (change, _) = await store.Other.LoadAsync(_owner, file.Id, DocumentParts.ForChange, default);
        Assert.Equal(Text(file.ToFile()), Text(change?.ToFile()));
    }

    [Fact]
    public async Task Each_change_of_a_file_s_whole_life_is_stored_as_the_rule_made_it()
    {
        var (first, second, third) = (NewIntent(), NewIntent(), NewIntent());
        var tags = new Dictionary<string, string> { ["$a.b"] = "x:y", ["ż"] = "$now", ["last"] = "" };
        var file = await PutAsync(FileDocument.Begin(_owner, Guid.CreateVersion7(), first, 1, Rules, Noon));
        Func<FileDocument, FileDocument?>[] life =
        [
            document => document.Commit(first, Commit(3, "ż\"'", rememberFor: TimeSpan.FromDays(1), tags: tags), Rules, Noon).Next,
            document => document.Change(new MetadataChange("b", null), Minutes(1)).Next,
            document => document.BeginReplace(second, 1, Rules, Minutes(2)).Next,
            document => document.BeginReplace(third, 1, Rules, Minutes(2)).Next,
            document => document.Commit(second, Commit(4, null, null), Rules, Minutes(3)).Next,
            document => document.Commit(third, Commit(5, null, null), Rules, Minutes(3)).Next,
            document => document.RestoreVersion(1, null, Rules, Minutes(4)).Next,
            document => document.RestoreVersion(3, null, Rules, Minutes(5)).Next,
            document => document.RecordCrc(second.BlobId, uint.MaxValue).Next,
            document => document.DeleteVersion(4, null, Rules, Minutes(6)).Next,
            document => document.BeginReplace(first with { BlobId = Guid.NewGuid() }, 1, Rules, Minutes(6)).Next,
            document => document.Claim(Rules, Minutes(7)).Next,
            document => document.Swept([new BlobDeletion(document.Garbage[^1].BlobId, Last: false)], Minutes(8)).Next,
            document => document.Swept([new BlobDeletion(document.Garbage[^1].BlobId, Last: true)], Minutes(9)).Next,
            document => document.Delete(null, permanent: false, Rules, Minutes(10)).Next,
            document => document.Restore().Next,
            document => document.Delete(null, permanent: false, Rules, Minutes(11)).Next,
            document => document.Purge(Rules, Minutes(12)).Next,
            document => document.Swept([.. document.Garbage.Select(blob => new BlobDeletion(blob.BlobId, Last: true))], Minutes(90)).Next,
        ];
        foreach (var change in life)
        {
            FileDocument? next = null;
            Assert.True(await ChangeAsync(file.Id, (document, _) => new Decision<bool>(true, next = change(document))));
            Assert.NotNull(next);
            Assert.Equal(next.Describe(), await LoadedAsync(file.Id));
        }
        // A tombstone waits for the feed.
        if (store.Engine is IMarkedChanges marks)
            await new ChangeCatalog((IChangeEngine)store.Engine, marks).SayAsync(_owner, default);
        Assert.True(await ChangeAsync(file.Id, (document, _) => document.Swept([], Noon.AddDays(2))));
        Assert.Equal("absent", await LoadedAsync(file.Id));
    }

    [Fact]
    public async Task Each_step_of_a_resumable_upload_is_stored_as_the_rule_made_it()
    {
        var (main, taker, piece) = (NewIntent(), Guid.NewGuid(), Guid.NewGuid());
        var file = await PutAsync(FileDocument.BeginResumable(_owner, Guid.CreateVersion7(), main, Plan, null, null, Rules, Noon));
        var held = main with { Fence = 2 };
        Func<FileDocument, FileDocument?>[] steps =
        [
            document => document.TakeUpload(taker, Noon).Next,
            document => document.RecordStep(held, Step(1, 10, pieces: [piece, Guid.NewGuid()]), Rules, Noon).Next,
            document => document.RecordStep(held, Step(2, 20, pieces: piece), Rules, Minutes(1)).Next,
            document => document.TakeUpload(Guid.NewGuid(), Minutes(1)).Next,
            document => document.RecordStep(held, Step(3, 100, ResumableStage.Sealed, release: true), Rules, Minutes(2)).Next,
            document => document.Commit(held, Commit(100, upload: Plan), Rules, Minutes(3)).Next,
            document => document.Delete(null, permanent: true, Rules, Minutes(4)).Next,
            document => document.Claim(Rules, Noon.AddDays(2)).Next,
        ];
        foreach (var step in steps)
        {
            FileDocument? next = null;
            Assert.True(await ChangeAsync(file.Id, (document, _) => new Decision<bool>(true, next = step(document))));
            Assert.NotNull(next);
            Assert.Equal(next.Describe(), await LoadedAsync(file.Id));
        }
    }

    [Fact]
    public async Task A_rule_that_changes_nothing_or_throws_leaves_the_document_unchanged()
    {
        var file = await PutAsync(Imported(Live(5)));
        Assert.Equal(7, await store.Engine.ChangeAsync(_owner, file.Id, (_, _) => new Decision<int>(7), ChangeKind.Plain, default));
        await Assert.ThrowsAsync<ArgumentException>(() => store.Engine.ChangeAsync(
            _owner, file.Id, Decision<int> (_, _) => throw new ArgumentException("no"), ChangeKind.Plain, default));
        Assert.Equal(file.Describe(), await LoadedAsync(file.Id));
        // The next change need not wait.
        await ChangeAsync(file.Id, (document, now) => document.Change(new MetadataChange("b", null), now));
    }

    [Fact]
    public async Task Only_an_existing_document_can_be_changed()
    {
        var file = Imported(Live(5)) with { Owner = _owner };
        await Assert.ThrowsAsync<InvalidOperationException>(() => store.Engine.ChangeAsync(
            _owner, file.Id, (_, _) => new Decision<bool>(true, file), ChangeKind.Plain, default));
        Assert.Equal("absent", await LoadedAsync(file.Id));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Concurrent_changes_of_one_document_are_all_saved_and_answered_as_saved(int kind)
    {
        var file = await PutAsync(Imported(Live(5)));
        var answers = await Task.WhenAll(Enumerable.Range(0, Writers).Select(i => Replica(i).ChangeAsync(
            _owner,
            file.Id,
            (document, now) => document?.Change(new MetadataChange(document.Name + i % 10, null), now) ?? default,
            (ChangeKind)kind,
            default)));

        Assert.Equal(Enumerable.Range(2, Writers).Select(version => (long)version), answers.Select(answer => answer.File?.Version ?? 0).Order());
        var last = Assert.Single(answers, answer => answer.File?.Version == Writers + 1);
        var (document, _) = await store.Engine.LoadAsync(_owner, file.Id, DocumentParts.Settled, default);
        Assert.Equal(Text(last.File), Text(document?.ToFile()));
        Assert.Equal(Writers + "a.txt".Length, document?.Name?.Length);
    }

    [Fact]
    public async Task Many_concurrent_intents_of_one_document_are_all_kept_and_committed()
    {
        var file = await PutAsync(Imported(Live(5)));
        var intents = Enumerable.Range(0, Writers).Select(_ => NewIntent()).ToList();
        await Task.WhenAll(intents.Select((intent, i) => Replica(i).ChangeAsync(
            _owner, file.Id, (document, now) => document?.BeginReplace(intent, 1, Rules, now) ?? default, ChangeKind.Plain, default)));
        var (begun, _) = await store.Engine.LoadAsync(_owner, file.Id, DocumentParts.Settled, default);
        Assert.Equal(intents.Select(intent => intent.BlobId).Order(), begun?.Intents.Select(intent => intent.BlobId).Order());

        var rules = Rules with { VersionsKept = 100 };
        await Task.WhenAll(intents.Select((intent, i) => Replica(i + 1).ChangeAsync(
            _owner, file.Id, (document, now) => document?.Commit(intent, Commit(1), rules, now) ?? default, ChangeKind.Plain, default)));
        var (committed, _) = await store.Engine.LoadAsync(_owner, file.Id, DocumentParts.Settled, default);
        Assert.Equal(
            intents.Select(intent => intent.BlobId).Append(file.Content?.BlobId ?? default).Order(),
            committed?.Contents.Select(content => content.BlobId).Order());
        Assert.Equal((Writers + 1L, 0), (committed?.Version, committed?.Intents.Count));
        Assert.Equal(Enumerable.Range(1, Writers + 1).Reverse().Select(version => (long)version), committed?.Contents.Select(content => content.Version));
    }

    [Fact]
    public async Task A_rule_refuses_only_on_the_current_state_even_after_another_replicas_change()
    {
        var file = await PutAsync(Imported(Live(5)));
        await ChangeAsync(file.Id, (document, now) => document.Change(new MetadataChange("b", null), now));
        await store.Other.ChangeAsync(
            _owner, file.Id, (document, now) => document?.Change(new MetadataChange("c", null), now) ?? default, ChangeKind.Plain, default);
        // This engine may still have version 2 in its cache.
        var answer = await ChangeAsync(file.Id, (document, now) => document.Change(new MetadataChange("d", null, IfVersion: 3), now));
        Assert.Equal((ChangeOutcome.Done, "d"), (answer.Outcome, answer.File?.Name));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_change_that_did_not_load_the_garbage_keeps_it_and_adds_its_own(int kind)
    {
        var file = await PutAsync(Imported(Live(5, 6, 7)));
        var former = await ChangeAsync(file.Id, (document, _) => Named(document.DeleteVersion(1, null, Rules, Noon)));
        foreach (var version in new[] { 2, 0 })
        {
            await store.Engine.ChangeAsync(
                _owner,
                file.Id,
                (document, _) => version > 0 ? document?.DeleteVersion(version, null, Rules, Minutes(1)) ?? default : document?.Change(new MetadataChange("b", null), Noon) ?? default,
                (ChangeKind)kind,
                default);
        }
        var (whole, _) = await store.Engine.LoadAsync(_owner, file.Id, DocumentParts.Settled, default);
        Assert.Equal(
            former.Append(new GarbageBlob(file.Versions[0].BlobId, Minutes(1) + Rules.ReadersGrace, Minutes(1) + Rules.ReadersGrace, Committed: true))
                .OrderBy(blob => blob.BlobId),
            whole?.Garbage.OrderBy(blob => blob.BlobId));

        static Decision<IReadOnlyList<GarbageBlob>> Named(Decision<ChangeResult> change) => new(change.Next?.Garbage ?? [], change.Next);
    }

    [Fact]
    public async Task A_document_is_removed_only_if_unchanged_since_the_rule_saw_it()
    {
        var intent = NewIntent();
        var file = await PutAsync(FileDocument.Begin(_owner, Guid.CreateVersion7(), intent, 1, Rules, Noon));
        await ChangeAsync(file.Id, (document, now) => document.Abandon(intent, Rules, now));
        var blob = new BlobDeletion(intent.BlobId, Last: true);
        var removed = await Task.WhenAll(Enumerable.Range(0, Writers).Select(i => Replica(i).ChangeAsync(
            _owner, file.Id, (document, now) => document?.Swept([blob], now) ?? default, ChangeKind.Sweep, default)));
        Assert.Single(removed, isRemoved => isRemoved);
        Assert.Equal("absent", await LoadedAsync(file.Id));
        // The id is free again, and no part of the former document is left.
        var next = Imported(Live(6)) with { Id = file.Id, Owner = _owner };
        Assert.NotNull(await store.Engine.InsertAsync(_owner, file.Id, _ => next, default));
        Assert.Equal(next.Describe(), await LoadedAsync(file.Id));
    }

    [Fact]
    public async Task A_rule_s_time_is_in_milliseconds_and_never_ahead_of_the_store_s_clock()
    {
        var file = await PutAsync(Imported(Live(5)));
        var last = DateTimeOffset.MinValue;
        for (var i = 0; i < 20; i++)
        {
            var before = await store.ClockAsync();
            var seen = await ChangeAsync(file.Id, (document, now) => new Decision<DateTimeOffset>(now, document.Change(new MetadataChange("b", null), now).Next));
            var (_, loaded) = await store.Engine.LoadAsync(_owner, file.Id, i % 2 == 0 ? DocumentParts.Settled : DocumentParts.ForChange, default);
            var after = await store.ClockAsync();
            // A server may round its time to a millisecond in one answer and truncate it in another.
            Assert.True(seen <= loaded && loaded <= after.AddMilliseconds(1), $"{seen:O}, {loaded:O}, the store's clock: {after:O}");
            Assert.True(seen >= last && seen > before.AddSeconds(-10), $"{last:O}, {seen:O}, before that the store's clock: {before:O}");
            Assert.Equal(0, seen.Ticks % TimeSpan.TicksPerMillisecond);
            last = seen;
        }
    }

    private static string Text(object? answer) => Described.Text(answer);

    private ICatalogEngine Replica(int number) => number % 2 == 0 ? store.Engine : store.Other;

    private FileDocument Imported(FileDocument file) => FileDocument.Imported(file.ToCatalogDocument(Noon)) with { Owner = _owner, Id = Guid.CreateVersion7() };

    private async Task<FileDocument> PutAsync(FileDocument document)
    {
        Assert.NotNull(await store.Engine.InsertAsync(_owner, document.Id, _ => document, default));
        return document;
    }

    private Task<T> ChangeAsync<T>(Guid id, Func<FileDocument, DateTimeOffset, Decision<T>> rule) => store.Engine.ChangeAsync(
        _owner, id, (document, now) => rule(document ?? throw new InvalidOperationException("There is no document."), now), ChangeKind.Sweep, default);

    private async Task<string> LoadedAsync(Guid id) => (await store.Engine.LoadAsync(_owner, id, DocumentParts.Settled, default)).Document.Describe();
}
