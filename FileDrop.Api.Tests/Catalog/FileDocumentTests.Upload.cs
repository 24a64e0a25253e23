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
    public void A_resumable_upload_begins_with_its_own_blob_as_an_intent_that_lives_as_long_as_the_upload()
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
    public void A_free_upload_is_taken_under_a_new_fencing_number_which_all_its_blobs_get()
    {
        var (main, piece, taker) = (NewIntent(), Guid.NewGuid(), Guid.NewGuid());
        var file = Upload(main).RecordStep(main, Step(1, 10, pieces: piece), Rules, Noon).Saved();
        var taken = file.TakeUpload(taker, Minutes(1));
        Assert.Equal((taker, 2L, true), (Told(taken).Holder, Told(taken).Intent.Fence, Told(taken).IsAlive));
        Assert.Equal([2, 2], taken.Saved().Intents.Select(intent => intent.Fence));
        // The former holder's changes are refused from then on.
        Assert.Equal(new Decision<ResumableUpload?>(null), taken.Saved().RecordStep(main, Step(2, 20), Rules, Minutes(1)));
        // A repeated call finds itself the holder.
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
        // A second one who asks changes nothing.
        Assert.Null(asked.Saved().TakeUpload(Guid.NewGuid(), Noon.AddSeconds(2)).Next);

        var taken = asked.Saved().TakeUpload(taker, Noon + CatalogRules.ResumableTerm);
        Assert.Equal((taker, 2L, false), (Told(taken).Holder, Told(taken).Intent.Fence, Told(taken).IsWanted));
    }

    [Fact]
    public void A_step_is_a_sign_of_life_and_a_released_upload_is_free()
    {
        var (main, holder) = (NewIntent(), Guid.NewGuid());
        var file = Upload(main, holder).TakeUpload(Guid.NewGuid(), Noon).Saved();
        var stepped = file.RecordStep(main, Step(1, 0), Rules, Noon.AddSeconds(10));
        Assert.Equal((true, true), (Told(stepped).IsAlive, Told(stepped).IsWanted));
        var released = stepped.Saved().RecordStep(main, Step(2, 0, release: true), Rules, Noon.AddSeconds(11));
        Assert.Equal((null, false), (Told(released).Holder, Told(released).IsWanted));
    }

    [Fact]
    public void A_step_records_the_progress_and_moves_the_expiry_only_when_bytes_have_come()
    {
        var main = NewIntent();
        var file = Upload(main, length: null);
        var still = file.RecordStep(main, Step(1, 0), Rules, Minutes(10));
        Assert.Equal((Noon + Rules.ResumableExpiry, 100L), (Told(still).ExpiresAt, Told(still).Length));
        var moved = still.Saved().RecordStep(main, Step(2, 40), Rules, Minutes(20));
        Assert.Equal((40L, 2L, Minutes(20) + Rules.ResumableExpiry), (Told(moved).Progress.Offset, Told(moved).Step, Told(moved).ExpiresAt));
        Assert.Equal("store", Told(moved).Progress.Store);
        Assert.Equal([1, 2], Told(moved).Progress.Hashes.ToArray());
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
    public void A_piece_that_a_step_does_not_name_any_more_becomes_garbage_for_as_long_as_a_call_may_be_late()
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
    public void The_commit_that_ends_an_upload_tells_of_it_for_a_while_and_drops_the_pieces()
    {
        var (main, piece) = (NewIntent(), Guid.NewGuid());
        var file = Upload(main).RecordStep(main, Step(1, 100, ResumableStage.Sealed, pieces: piece), Rules, Noon).Saved()
            .Commit(main, Commit(100, upload: Plan), Rules, Minutes(5)).Saved();
        Assert.Equal((FileState.Live, main.BlobId), (file.State, file.Content?.BlobId));
        Assert.Empty(file.Intents);
        Assert.Equal(new GarbageBlob(piece, Minutes(5), Minutes(5) + s_late, Committed: false), Assert.Single(file.Garbage));

        var upload = file.FindUpload(Minutes(5)) ?? throw new InvalidOperationException();
        Assert.Equal((ResumableStage.Complete, 100L, main.BlobId), (upload.Stage, upload.Progress.Offset, upload.BlobId));
        // Whatever becomes of the file.
        Assert.NotNull(file.Delete(null, permanent: true, Rules, Minutes(6)).Saved().FindUpload(Minutes(7)));
        Assert.Null(file.FindUpload(Minutes(5) + Rules.ResumableExpiry));
        Assert.Equal(Minutes(5), file.DueAt(Noon));
    }

    [Fact]
    public void A_piece_can_be_what_is_committed_and_the_upload_s_own_blob_becomes_garbage()
    {
        var (main, whole) = (NewIntent(), Guid.NewGuid());
        var file = Upload(main).RecordStep(main, Step(1, 100, ResumableStage.Sealed, pieces: whole), Rules, Noon).Saved()
            .Commit(new WriteIntent(whole, main.Fence), Commit(100, upload: Plan), Rules, Noon).Saved();
        Assert.Equal((whole, main.BlobId), (file.Content?.BlobId, Assert.Single(file.Garbage).BlobId));
    }

    [Fact]
    public void A_completed_upload_can_neither_be_taken_nor_stepped_nor_ended()
    {
        var main = NewIntent();
        var file = Upload(main).Commit(main, Commit(100, upload: Plan), Rules, Noon).Saved();
        Assert.Null(file.TakeUpload(Guid.NewGuid(), Noon).Next);
        Assert.Equal(ResumableStage.Complete, Told(file.TakeUpload(Guid.NewGuid(), Noon)).Stage);
        Assert.Equal(new Decision<ResumableUpload?>(null), file.RecordStep(main, Step(9, 100), Rules, Noon));
        Assert.Equal(new Decision<bool>(false), file.EndUpload(main, Rules, Noon));
    }

    [Fact]
    public void An_upload_that_is_given_up_leaves_all_it_stored_as_garbage_and_nothing_to_find()
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
    public void An_expired_upload_is_gone_for_everyone_and_the_sweeper_buries_it()
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
    public void The_sweeper_forgets_a_completed_upload_and_leaves_its_file_alone()
    {
        var main = NewIntent();
        var file = Upload(main).Commit(main, Commit(100, upload: Plan), Rules, Noon).Saved();
        Assert.Null(file.Claim(Rules, Minutes(1)).Next);
        var claimed = file.Claim(Rules, Noon + Rules.ResumableExpiry).Saved();
        Assert.Equal((FileState.Live, null), (claimed.State, claimed.Upload));
        Assert.Null(claimed.DueAt(Noon));
    }
}
