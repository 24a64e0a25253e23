using FileDrop.Api.Catalog;
using FileDrop.Api.Storage;
using Xunit;
using static FileDrop.Api.Tests.Catalog.Documents;

namespace FileDrop.Api.Tests.Catalog;

/// <summary>Tests every rule of a file as a function from one document to the next.</summary>
public sealed partial class FileDocumentTests
{
    [Fact]
    public void A_new_file_is_pending_with_one_intent_that_reserves_its_bytes_and_a_file()
    {
        var intent = NewIntent(fence: 3);
        var file = Pending(intent);

        Assert.Equal((FileState.Pending, 0L, false), (file.State, file.Version, file.IsFile));
        Assert.Equal(
            new BlobIntent(intent.BlobId, 3, Noon + Rules.Lease, new Reservation(10, Creates: true)), Assert.Single(file.Intents));
        Assert.Equal((0L, 0L), file.Usage());
        Assert.Throws<InvalidOperationException>(() => file.ToFile());
    }

    [Fact]
    public void The_first_commit_makes_the_file_live_at_version_1_with_the_time_of_the_commit()
    {
        var intent = NewIntent();
        var tags = new Dictionary<string, string> { ["k"] = "v" };
        var decision = Pending(intent).Commit(intent, Commit(7, "b.txt", tags: tags), Rules, Minutes(50));
        var file = decision.Saved();

        Assert.Equal(new ChangeResult(ChangeOutcome.Done, file.ToFile()), decision.Answer);
        Assert.Equal((FileState.Live, 1L, "b.txt"), (file.State, file.Version, file.Name));
        Assert.Equal((Minutes(50), Minutes(50)), (file.CreatedAt, file.UpdatedAt));
        Assert.Equal(new FileContent(intent.BlobId, 7, "text/plain", new string('0', 64), 7, 1, Minutes(50), CrcOf(7)), file.Content);
        Assert.Same(tags, file.Tags);
        Assert.Empty(file.Intents);
        Assert.Empty(file.Garbage);
        Assert.Equal((7L, 1L), file.Usage());
    }

    [Theory]
    [InlineData(null, "text/plain")]
    [InlineData("a", null)]
    public void The_first_commit_must_give_a_name_and_a_type(string? name, string? type)
    {
        var intent = NewIntent();
        Assert.Throws<ArgumentException>(() => Pending(intent).Commit(intent, Commit(1, name, type), Rules, Noon));
    }

    [Fact]
    public void A_later_commit_keeps_name_tags_and_type_unless_it_gives_new_ones()
    {
        var tags = new Dictionary<string, string> { ["k"] = "v" };
        var file = Live().Change(new MetadataChange(null, tags), Noon).Saved().Replaced(Minutes(1), Rules);
        Assert.Equal(("a.txt", "text/plain"), (file.Name, file.Content?.Type));
        Assert.Same(tags, file.Tags);

        var intent = NewIntent();
        var other = file.BeginReplace(intent, 1, Rules, Noon).Saved()
            .Commit(intent, Commit(1, "new", "image/png", tags: FileDocument.NoTags), Rules, Minutes(2)).Saved();
        Assert.Equal(("new", "image/png"), (other.Name, other.Content?.Type));
        Assert.Empty(other.Tags);
        Assert.Equal(Noon, other.CreatedAt);
    }

    [Fact]
    public void A_commit_needs_its_intent_with_its_fencing_number_but_not_a_running_lease()
    {
        var intent = NewIntent(fence: 2);
        var file = Pending(intent);

        file.Commit(NewIntent(), Commit(), Rules, Noon).Refused(ChangeOutcome.NotFound);
        file.Commit(intent with { Fence = 1 }, Commit(), Rules, Noon).Refused(ChangeOutcome.NotFound);
        Assert.Equal(ChangeOutcome.Done, file.Commit(intent, Commit(), Rules, Noon + (2 * Rules.Lease)).Answer.Outcome);
    }

    [Fact]
    public void A_repeated_commit_is_refused()
    {
        var intent = NewIntent();
        var file = Pending(intent).Commit(intent, Commit(), Rules, Noon).Saved();
        file.Commit(intent, Commit(), Rules, Noon).Refused(ChangeOutcome.NotFound);
    }

    [Fact]
    public void A_commit_for_another_version_is_refused_and_its_intent_stays()
    {
        var intent = NewIntent();
        var file = Live(1, 2).BeginReplace(intent, 1, Rules, Noon).Saved();
        file.Commit(intent, Commit(ifVersion: 1), Rules, Noon).Refused(ChangeOutcome.VersionMismatch);
        Assert.Equal(ChangeOutcome.Done, file.Commit(intent, Commit(ifVersion: 2), Rules, Noon).Answer.Outcome);
    }

    [Fact]
    public void A_deleted_file_refuses_commits_and_new_intents()
    {
        var intent = NewIntent();
        var file = Live().BeginReplace(intent, 1, Rules, Noon).Saved();
        foreach (var permanent in new[] { false, true })
        {
            var deleted = file.Delete(null, permanent, Rules, Noon).Saved();
            deleted.Commit(intent, Commit(), Rules, Noon).Refused(ChangeOutcome.NotFound);
            Assert.Equal(new Decision<bool>(false), deleted.BeginReplace(NewIntent(), 1, Rules, Noon));
        }
        Assert.Equal(new Decision<bool>(false), Pending(intent).BeginReplace(NewIntent(), 1, Rules, Noon));
    }

    [Fact]
    public void New_content_moves_the_former_one_to_the_versions_and_keeps_other_intents()
    {
        var (first, second) = (NewIntent(), NewIntent());
        var file = Live(5).BeginReplace(first, 1, Rules, Noon).Saved().BeginReplace(second, 2, Rules, Noon).Saved();
        Assert.Equal([new Reservation(1, false), new Reservation(2, false)], file.Intents.Select(intent => intent.Reserved ?? default));

        var next = file.Commit(second, Commit(6), Rules, Minutes(1)).Saved();
        Assert.Equal((2L, 6L, second.BlobId), (next.Version, next.Content?.Size, next.Content?.BlobId));
        Assert.Equal(file.Content, Assert.Single(next.Versions));
        Assert.Equal(first.BlobId, Assert.Single(next.Intents).BlobId);
        Assert.Equal((11L, 1L), next.Usage());
    }

    [Fact]
    public void A_change_is_never_earlier_than_the_one_before_even_if_the_clock_was_set_back()
    {
        var file = Live().Change(new MetadataChange("b", null), Minutes(10)).Saved();
        var next = file.Replaced(Minutes(5), Rules);
        Assert.Equal((Minutes(10), Minutes(10)), (next.UpdatedAt, next.Content?.CreatedAt));
        var deleted = next.Delete(null, permanent: false, Rules, Minutes(1)).Saved();
        Assert.Equal((Minutes(10), Minutes(10) + Rules.TrashRetention), (deleted.DeletedAt, deleted.PurgeAt));
    }

    [Fact]
    public void An_inline_write_is_begun_and_committed_in_one_change()
    {
        var (id, blob) = (Guid.CreateVersion7(), NewIntent());
        var created = FileDocument.CommitInline(null, Owner, id, blob, creates: true, Commit(3), Rules, Noon).Saved();
        Assert.Equal((id, FileState.Live, 1L, blob.BlobId), (created.Id, created.State, created.Version, created.Content?.BlobId));
        Assert.Empty(created.Intents);

        var other = NewIntent();
        var replaced = FileDocument.CommitInline(created, Owner, id, other, creates: false, Commit(4), Rules, Noon).Saved();
        Assert.Equal((2L, other.BlobId), (replaced.Version, replaced.Content?.BlobId));

        FileDocument.CommitInline(created, Owner, id, other, creates: false, Commit(ifVersion: 7), Rules, Noon).Refused(ChangeOutcome.VersionMismatch);
        FileDocument.CommitInline(null, Owner, id, other, creates: false, Commit(), Rules, Noon).Refused(ChangeOutcome.NotFound);
        FileDocument.CommitInline(created.Delete(null, false, Rules, Noon).Saved(), Owner, id, other, creates: false, Commit(), Rules, Noon)
            .Refused(ChangeOutcome.NotFound);
        Assert.Throws<StorageException>(() => FileDocument.CommitInline(created, Owner, id, other, creates: true, Commit(), Rules, Noon));
    }

    [Fact]
    public void An_abandoned_write_becomes_garbage_and_an_unwritten_file_becomes_a_tombstone()
    {
        var intent = NewIntent();
        var buried = Pending(intent).Abandon(intent, Rules, Noon).Saved();
        Assert.Equal(FileState.Deleted, buried.State);
        Assert.Empty(buried.Intents);
        // The blob is deleted at once, and again when no call of the write can arrive any more.
        Assert.Equal(
            new GarbageBlob(intent.BlobId, Noon, Noon + Rules.Lease + Rules.LateWrites, Committed: false), Assert.Single(buried.Garbage));

        var live = Live().BeginReplace(intent, 1, Rules, Noon).Saved().Abandon(intent, Rules, Noon).Saved();
        Assert.Equal((FileState.Live, 0, 1), (live.State, live.Intents.Count, live.Garbage.Count));
    }

    [Fact]
    public void Only_an_existing_intent_with_its_fencing_number_can_be_abandoned()
    {
        var intent = NewIntent(fence: 2);
        Assert.Equal(new Decision<bool>(false), Pending(intent).Abandon(intent with { Fence = 1 }, Rules, Noon));
        Assert.Equal(new Decision<bool>(false), Pending(intent).Abandon(NewIntent(), Rules, Noon));
    }

    [Fact]
    public void A_write_s_fate_is_open_committed_or_lost()
    {
        var intent = NewIntent(fence: 2);
        var pending = Pending(intent);
        Assert.Equal(WriteFate.Open, pending.Fate(intent));
        Assert.Equal(WriteFate.Lost, pending.Fate(intent with { Fence = 1 }));
        Assert.Equal(WriteFate.Lost, pending.Fate(NewIntent()));
        Assert.Equal(WriteFate.Lost, pending.Abandon(intent, Rules, Noon).Saved().Fate(intent));

        var live = pending.Commit(intent, Commit(), Rules, Noon).Saved();
        Assert.Equal(WriteFate.Committed, live.Fate(intent));
        Assert.Equal(WriteFate.Committed, live.Replaced(Noon, Rules).Fate(intent));
        Assert.Equal(WriteFate.Committed, live.Delete(null, permanent: false, Rules, Noon).Saved().Fate(intent));
        Assert.Equal(WriteFate.Committed, live.Delete(null, permanent: true, Rules, Noon).Saved().Fate(intent));
    }

    [Fact]
    public void An_idempotency_key_s_upload_is_running_expired_committed_or_failed()
    {
        var intent = NewIntent();
        var pending = Pending(intent);
        Assert.Equal(CreationState.Running, pending.Creation(Noon).State);
        Assert.Equal(CreationState.Expired, pending.Creation(Noon + Rules.Lease).State);
        Assert.Equal(CreationState.Failed, pending.Abandon(intent, Rules, Noon).Saved().Creation(Noon).State);

        var live = pending.Commit(intent, Commit(), Rules, Noon).Saved();
        Assert.Equal(new CreationRecord(CreationState.Committed, live.ToFile()), live.Creation(Noon));
        // The record of the creation does not show the trash.
        var trashed = live.Delete(null, permanent: false, Rules, Noon).Saved();
        Assert.Equal(new CreationRecord(CreationState.Committed, live.ToFile()), trashed.Creation(Noon));
        // Without an idempotency key nothing is remembered after the first version.
        Assert.Equal(new CreationRecord(CreationState.Committed), live.Replaced(Noon, Rules).Creation(Noon));
    }

    [Fact]
    public void A_file_created_with_an_idempotency_key_is_remembered_as_created_through_every_change()
    {
        var file = Live(Rules, TimeSpan.FromHours(24), 5);
        Assert.Equal(Noon.AddHours(24), file.RememberUntil);
        Assert.Null(file.First);
        var first = file.ToFile();

        FileDocument[] changed =
        [
            file.Change(new MetadataChange("b", null), Minutes(1)).Saved(),
            file.Replaced(Minutes(1), Rules),
            file.RestoreVersion(1, null, Rules, Minutes(1)).Saved(),
            file.Delete(null, permanent: true, Rules, Minutes(1)).Saved(),
            file.Delete(null, permanent: false, Rules, Minutes(1)).Saved().Purge(Rules, Minutes(2)).Saved(),
        ];
        Assert.All(changed, next => Assert.Equal(new CreationRecord(CreationState.Committed, first), next.Creation(Minutes(3))));
        // A second change keeps the remembered file.
        Assert.All(changed[..3], next => Assert.Equal(first, next.Change(new MetadataChange("c", null), Minutes(5)).Saved().First));
    }

    [Fact]
    public void The_first_change_after_the_remembered_time_forgets_the_creation()
    {
        var file = Live(Rules, TimeSpan.FromHours(1), 5).Change(new MetadataChange("b", null), Minutes(1)).Saved();
        Assert.NotNull(file.First);
        var later = file.Change(new MetadataChange("c", null), Minutes(60)).Saved();
        Assert.Equal((null, null), (later.First, later.RememberUntil));
    }

    [Fact]
    public void Only_the_first_commit_sets_the_time_to_remember()
    {
        var intent = NewIntent();
        var file = Live(1).BeginReplace(intent, 1, Rules, Noon).Saved()
            .Commit(intent, Commit(rememberFor: TimeSpan.FromHours(1)), Rules, Noon).Saved();
        Assert.Null(file.RememberUntil);
    }
}
