using FileDrop.Api.Catalog;
using Xunit;
using static FileDrop.Api.Tests.Catalog.Documents;

namespace FileDrop.Api.Tests.Catalog;

// Resumable uploads.
public sealed partial class FileDocumentTests
{
    private static readonly TimeSpan s_late = Rules.ResumableLateWrites;

    private static ResumableUpload Told(Decision<ResumableUpload?> decision) =>
        decision.Answer ?? throw new InvalidOperationException("There is no upload.");

    [Fact]
    public void A_resumable_upload_begins_with_one_intent_that_lives_as_long_as_the_upload()
    {
        var (main, holder) = (NewIntent(), Guid.NewGuid());
        var file = Upload(main, holder);
        Assert.Equal(
            new BlobIntent(main.BlobId, 1, Noon + Rules.ResumableExpiry, new Reservation(100, Creates: true)), Assert.Single(file.Intents));
        var upload = file.FindUpload(Noon) ?? throw new InvalidOperationException();
        Assert.Equal((0L, 100L, ResumableStage.Open), (upload.Progress.Offset, upload.Length, upload.Stage));
        Assert.Equal((holder, true, false), (upload.Holder, upload.IsAlive, upload.IsWanted));
        Assert.Empty(upload.Progress.Pieces);
        Assert.Null(file.FindUpload(Noon + Rules.ResumableExpiry));
    }

    [Fact]
    public void A_part_of_a_concatenation_reserves_no_file()
    {
        var part = FileDocument.BeginResumable(Owner, Guid.CreateVersion7(), NewIntent(), Plan with { Concat = "partial" }, null, null, Rules, Noon);
        Assert.Equal(new Reservation(0, Creates: false), part.Intents[0].Reserved);
    }

    [Fact]
    public void Taking_a_free_upload_gives_it_and_its_blobs_a_new_fencing_number()
    {
        var (main, piece, taker) = (NewIntent(), Guid.NewGuid(), Guid.NewGuid());
        var file = Upload(main).RecordStep(main, Step(1, 10, pieces: piece), Rules, Noon).Saved();
        var taken = file.TakeUpload(taker, Minutes(1));
        Assert.Equal((taker, 2L, true), (Told(taken).Holder, Told(taken).Intent.Fence, Told(taken).IsAlive));
        Assert.Equal([2, 2], taken.Saved().Intents.Select(intent => intent.Fence));
        // The former holder's changes are now refused.
        Assert.Equal(new Decision<ResumableUpload?>(null), taken.Saved().RecordStep(main, Step(2, 20), Rules, Minutes(1)));
        // A repeated call finds that it is already the holder.
        Assert.Null(taken.Saved().TakeUpload(taker, Minutes(1)).Next);
        Assert.Equal(taker, Told(taken.Saved().TakeUpload(taker, Minutes(1))).Holder);
    }

    [Fact]
    public void A_living_holder_is_asked_to_let_go_and_a_silent_one_is_replaced()
    {
        var (main, holder, taker) = (NewIntent(), Guid.NewGuid(), Guid.NewGuid());
        var file = Upload(main, holder);
        var asked = file.TakeUpload(taker, Noon.AddSeconds(1));
        Assert.Equal((holder, 1L, true), (Told(asked).Holder, Told(asked).Intent.Fence, Told(asked).IsWanted));
        // A second request changes nothing.
        Assert.Null(asked.Saved().TakeUpload(Guid.NewGuid(), Noon.AddSeconds(2)).Next);

        var taken = asked.Saved().TakeUpload(taker, Noon + CatalogRules.ResumableTerm);
        Assert.Equal((taker, 2L, false), (Told(taken).Holder, Told(taken).Intent.Fence, Told(taken).IsWanted));
    }

    [Fact]
    public void A_step_proves_that_the_holder_is_alive_and_a_release_frees_the_upload()
    {
        var (main, holder) = (NewIntent(), Guid.NewGuid());
        var file = Upload(main, holder).TakeUpload(Guid.NewGuid(), Noon).Saved();
        var stepped = file.RecordStep(main, Step(1, 0), Rules, Noon.AddSeconds(10));
        Assert.Equal((true, true), (Told(stepped).IsAlive, Told(stepped).IsWanted));
        var released = stepped.Saved().RecordStep(main, Step(2, 0, release: true), Rules, Noon.AddSeconds(11));
        Assert.Equal((null, false), (Told(released).Holder, Told(released).IsWanted));
    }

    [Fact]
    public void A_step_records_the_progress_and_extends_the_expiry_only_with_new_bytes()
    {
        var main = NewIntent();
        var file = Upload(main, length: null);
        var still = file.RecordStep(main, Step(1, 0), Rules, Minutes(10));
        Assert.Equal((Noon + Rules.ResumableExpiry, 100L), (Told(still).ExpiresAt, Told(still).Length));
        var moved = still.Saved().RecordStep(main, Step(2, 41), Rules, Minutes(20));
        Assert.Equal((41L, 2L, Minutes(20) + Rules.ResumableExpiry), (Told(moved).Progress.Offset, Told(moved).Step, Told(moved).ExpiresAt));
        Assert.Equal("store", Told(moved).Progress.Store);
        Assert.Equal([1, 2], Told(moved).Progress.Hashes.State.ToArray());
        Assert.Equal(CrcOf(41), Told(moved).Progress.Hashes.Crc32);
        Assert.All(moved.Saved().Intents, intent => Assert.Equal(Minutes(20) + Rules.ResumableExpiry, intent.LeaseUntil));
    }

    [Fact]
    public void A_step_that_is_older_than_the_last_is_refused_and_the_last_may_be_repeated()
    {
        var main = NewIntent();
        var file = Upload(main).RecordStep(main, Step(5, 10), Rules, Noon).Saved();
        Assert.Equal(new Decision<ResumableUpload?>(null), file.RecordStep(main, Step(4, 5), Rules, Noon));
        Assert.Equal(10, Told(file.RecordStep(main, Step(5, 10), Rules, Noon)).Progress.Offset);
    }

    [Fact]
    public void A_piece_that_a_step_no_longer_names_becomes_garbage_of_an_unfinished_write()
    {
        var (main, kept, dropped) = (NewIntent(), Guid.NewGuid(), Guid.NewGuid());
        var file = Upload(main).RecordStep(main, Step(1, 10, pieces: [kept, dropped]), Rules, Noon).Saved();
        Assert.Equal([kept, dropped], file.FindUpload(Noon)?.Progress.Pieces);
        var next = file.RecordStep(main, Step(2, 20, pieces: kept), Rules, Minutes(1)).Saved();
        Assert.Equal([main.BlobId, kept], next.Intents.Select(intent => intent.BlobId));
        Assert.Equal(new GarbageBlob(dropped, Minutes(1), Minutes(1) + s_late, Committed: false), Assert.Single(next.Garbage));
        // The reservation stays with the upload's own blob.
        Assert.Equal([new Reservation(100, true), null], next.Intents.Select(intent => intent.Reserved));
    }

    [Fact]
    public void The_commit_that_ends_an_upload_remembers_it_for_a_while_and_drops_the_pieces()
    {
        var (main, piece) = (NewIntent(), Guid.NewGuid());
        var file = Upload(main).RecordStep(main, Step(1, 100, ResumableStage.Sealed, pieces: piece), Rules, Noon).Saved()
            .Commit(main, Commit(100, upload: Plan), Rules, Minutes(5)).Saved();
        Assert.Equal((FileState.Live, main.BlobId), (file.State, file.Content?.BlobId));
        Assert.Empty(file.Intents);
        Assert.Equal(new GarbageBlob(piece, Minutes(5), Minutes(5) + s_late, Committed: false), Assert.Single(file.Garbage));

        var upload = file.FindUpload(Minutes(5)) ?? throw new InvalidOperationException();
        Assert.Equal((ResumableStage.Complete, 100L, main.BlobId), (upload.Stage, upload.Progress.Offset, upload.BlobId));
        // Even after a deletion of the file.
        Assert.NotNull(file.Delete(null, permanent: true, Rules, Minutes(6)).Saved().FindUpload(Minutes(7)));
        Assert.Null(file.FindUpload(Minutes(5) + Rules.ResumableExpiry));
        Assert.Equal(Minutes(5), file.DueAt(Noon));
    }

    [Fact]
    public void A_piece_can_be_committed_and_the_uploads_own_blob_then_becomes_garbage()
    {
        var (main, whole) = (NewIntent(), Guid.NewGuid());
        var file = Upload(main).RecordStep(main, Step(1, 100, ResumableStage.Sealed, pieces: whole), Rules, Noon).Saved()
            .Commit(new WriteIntent(whole, main.Fence), Commit(100, upload: Plan), Rules, Noon).Saved();
        Assert.Equal((whole, main.BlobId), (file.Content?.BlobId, Assert.Single(file.Garbage).BlobId));
    }

    [Fact]
    public void A_completed_upload_can_be_neither_taken_nor_continued_nor_ended()
    {
        var main = NewIntent();
        var file = Upload(main).Commit(main, Commit(100, upload: Plan), Rules, Noon).Saved();
        Assert.Null(file.TakeUpload(Guid.NewGuid(), Noon).Next);
        Assert.Equal(ResumableStage.Complete, Told(file.TakeUpload(Guid.NewGuid(), Noon)).Stage);
        Assert.Equal(new Decision<ResumableUpload?>(null), file.RecordStep(main, Step(9, 100), Rules, Noon));
        Assert.Equal(new Decision<bool>(false), file.EndUpload(main, Rules, Noon));
    }

    [Fact]
    public void An_upload_that_is_given_up_becomes_garbage_and_is_not_found()
    {
        var (main, piece) = (NewIntent(), Guid.NewGuid());
        var file = Upload(main).RecordStep(main, Step(1, 10, pieces: piece), Rules, Noon).Saved();
        Assert.Equal(new Decision<bool>(false), file.EndUpload(main with { Fence = 2 }, Rules, Noon));
        var decision = file.EndUpload(main, Rules, Minutes(1));
        var ended = decision.Saved();
        Assert.True(decision.Answer);
        Assert.Equal((FileState.Deleted, null), (ended.State, ended.Upload));
        Assert.Equal([main.BlobId, piece], ended.Garbage.Select(blob => blob.BlobId));
        Assert.Null(ended.FindUpload(Minutes(1)));
        Assert.Equal(new Decision<bool>(false), ended.EndUpload(main, Rules, Noon));
    }

    [Fact]
    public void A_partial_upload_completes_without_a_file_and_can_still_be_given_up()
    {
        var main = NewIntent();
        var step = Step(1, 100, ResumableStage.Complete) with { BlobId = main.BlobId };
        var part = Upload(main).RecordStep(main, step, Rules, Minutes(3));
        Assert.Equal((ResumableStage.Complete, main.BlobId), (Told(part).Stage, Told(part).BlobId));
        Assert.Equal(Minutes(3) + Rules.ResumableExpiry, Told(part).ExpiresAt);
        Assert.Equal((FileState.Pending, 1), (part.Saved().State, part.Saved().Intents.Count));
        Assert.True(part.Saved().EndUpload(main, Rules, Noon).Answer);
    }

    [Fact]
    public void An_expired_upload_is_not_found_and_the_sweeper_buries_it()
    {
        var main = NewIntent();
        var (file, late) = (Upload(main, Guid.NewGuid()), Noon + Rules.ResumableExpiry);
        Assert.Equal(new Decision<ResumableUpload?>(null), file.TakeUpload(Guid.NewGuid(), late));
        Assert.Equal(new Decision<ResumableUpload?>(null), file.RecordStep(main, Step(1, 10), Rules, late));
        Assert.Equal(new Decision<bool>(false), file.EndUpload(main, Rules, late));
        Assert.Equal(late, file.DueAt(Noon));

        var claimed = file.Claim(Rules, late).Saved();
        Assert.Equal((FileState.Deleted, null, 1), (claimed.State, claimed.Upload, claimed.Garbage.Count));
    }

    [Fact]
    public void The_sweeper_forgets_a_completed_upload_and_keeps_its_file()
    {
        var main = NewIntent();
        var file = Upload(main).Commit(main, Commit(100, upload: Plan), Rules, Noon).Saved();
        Assert.Null(file.Claim(Rules, Minutes(1)).Next);
        var claimed = file.Claim(Rules, Noon + Rules.ResumableExpiry).Saved();
        Assert.Equal((FileState.Live, null), (claimed.State, claimed.Upload));
        Assert.Null(claimed.DueAt(Noon));
    }
}
