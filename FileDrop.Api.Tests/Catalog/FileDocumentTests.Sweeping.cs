using FileDrop.Api.Catalog;
using Xunit;
using static FileDrop.Api.Tests.Catalog.Documents;

namespace FileDrop.Api.Tests.Catalog;

// The sweeper: claims, deletions and due times.
public sealed partial class FileDocumentTests
{
    [Fact]
    public void A_claim_ignores_a_lease_until_it_has_run_out()
    {
        var intent = NewIntent();
        var file = Pending(intent);
        var early = file.Claim(Rules, Noon + Rules.Lease - TimeSpan.FromMilliseconds(1));
        Assert.Null(early.Next);
        Assert.Empty(early.Answer?.Deletions ?? throw new InvalidOperationException());

        var now = Noon + Rules.Lease;
        var claim = file.Claim(Rules, now);
        var claimed = claim.Saved();
        Assert.Equal(FileState.Deleted, claimed.State);
        Assert.Empty(claimed.Intents);
        Assert.Equal(new GarbageBlob(intent.BlobId, now, now + Rules.LateWrites, Committed: false), Assert.Single(claimed.Garbage));
        // The deletion is due now but not the last, because the writer's last call may still arrive.
        Assert.Equal([new BlobDeletion(intent.BlobId, Last: false)], claim.Answer?.Deletions);
    }

    [Fact]
    public void A_claim_takes_expired_intents_of_a_live_file_and_no_others()
    {
        var (old, young) = (NewIntent(), NewIntent());
        var file = Live().BeginReplace(old, 1, Rules, Noon).Saved().BeginReplace(young, 1, Rules, Minutes(0.5)).Saved();
        var claimed = file.Claim(Rules, Minutes(1)).Saved();
        Assert.Equal((FileState.Live, young.BlobId, old.BlobId),
            (claimed.State, Assert.Single(claimed.Intents).BlobId, Assert.Single(claimed.Garbage).BlobId));
    }

    [Fact]
    public void A_claim_purges_a_file_past_its_retention_in_the_trash()
    {
        var trash = Live(5).Delete(null, permanent: false, Rules, Noon).Saved();
        Assert.Null(trash.Claim(Rules, Noon + Rules.TrashRetention - TimeSpan.FromMilliseconds(1)).Next);
        var claim = trash.Claim(Rules, Noon + Rules.TrashRetention);
        Assert.Equal(FileState.Deleted, claim.Saved().State);
        // Readers get their grace first.
        Assert.Empty(claim.Answer?.Deletions ?? throw new InvalidOperationException());
    }

    [Fact]
    public void A_claim_returns_the_due_garbage_and_marks_last_deletions()
    {
        var intent = NewIntent();
        var file = Live(5, 6).DeleteVersion(1, null, Rules, Noon).Saved().BeginReplace(intent, 1, Rules, Noon).Saved().Abandon(intent, Rules, Noon).Saved();
        var pruned = file.Garbage[0].BlobId;

        Assert.Equal([new BlobDeletion(intent.BlobId, Last: false)], file.Claim(Rules, Minutes(1)).Answer?.Deletions);
        Assert.Equal([new BlobDeletion(intent.BlobId, Last: true), new BlobDeletion(pruned, Last: true)], file.Claim(Rules, Minutes(60)).Answer?.Deletions);
        Assert.Null(file.Claim(Rules, Minutes(60)).Next);
    }

    [Fact]
    public void A_first_deletion_keeps_the_entry_and_a_last_one_removes_it()
    {
        var intent = NewIntent();
        var file = Live().BeginReplace(intent, 1, Rules, Noon).Saved().Abandon(intent, Rules, Noon).Saved();
        var once = file.Swept([new BlobDeletion(intent.BlobId, Last: false)], Minutes(0.1)).Saved();
        var entry = Assert.Single(once.Garbage);
        Assert.Equal((entry.Until, intent.BlobId), (entry.Due, entry.BlobId));

        Assert.Empty(once.Swept([new BlobDeletion(intent.BlobId, Last: true)], Minutes(2)).Saved().Garbage);
        // Other entries stay, and a deletion of an unknown blob changes nothing.
        Assert.Equal(file.Garbage, file.Swept([new BlobDeletion(Guid.NewGuid(), Last: true)], Noon).Saved().Garbage);
    }

    [Fact]
    public void A_tombstone_is_removed_with_its_last_garbage_unless_it_must_remember()
    {
        var tombstone = Live(5).Delete(null, permanent: true, Rules, Noon).Saved();
        var last = new BlobDeletion(tombstone.Garbage[0].BlobId, Last: true);
        Assert.False(tombstone.Swept([], Minutes(60)).Removes);
        var gone = tombstone.Swept([last], Minutes(60));
        Assert.True(gone.Removes);
        Assert.True(gone.Answer);

        var remembering = Live(Rules, TimeSpan.FromHours(24), 5).Delete(null, permanent: true, Rules, Noon).Saved();
        var kept = remembering.Swept([new BlobDeletion(remembering.Garbage[0].BlobId, Last: true)], Minutes(60)).Saved();
        Assert.True(kept.IsIdleTombstone);
        Assert.Equal(new Decision<bool>(false), kept.Swept([], Noon.AddHours(24).AddMilliseconds(-1)));
        Assert.True(kept.Swept([], Noon.AddHours(24)).Removes);
    }

    [Fact]
    public void A_live_file_is_never_removed_by_a_sweep()
    {
        Assert.Equal(new Decision<bool>(false), Live().Swept([], Minutes(999)));
        Assert.Equal(new Decision<bool>(false), Live().Delete(null, permanent: false, Rules, Noon).Saved().Swept([], Minutes(999)));
    }

    [Fact]
    public void A_document_is_due_at_the_earliest_time_of_its_parts()
    {
        var (early, late) = (NewIntent(), NewIntent());
        Assert.Null(Live(1, 2).DueAt(Noon));
        Assert.Equal(Noon + Rules.Lease, Pending(early).DueAt(Noon));
        var two = Live().BeginReplace(late, 1, Rules, Minutes(5)).Saved().BeginReplace(early, 1, Rules, Noon).Saved();
        Assert.Equal(Noon + Rules.Lease, two.DueAt(Noon));
        Assert.Equal(Minutes(2), two.Abandon(early, Rules, Minutes(2)).Saved().DueAt(Noon));
        Assert.Equal(Noon + Rules.TrashRetention, Live().Delete(null, permanent: false, Rules, Noon).Saved().DueAt(Noon));
        Assert.Equal(Noon + Rules.ReadersGrace, Live().Delete(null, permanent: true, Rules, Noon).Saved().DueAt(Noon));
    }

    [Fact]
    public void An_idle_tombstone_is_due_at_once_or_when_its_memory_ends()
    {
        var tombstone = new FileDocument { Owner = Owner, Id = Guid.CreateVersion7(), State = FileState.Deleted };
        Assert.Equal(Minutes(7), tombstone.DueAt(Minutes(7)));
        Assert.Equal(Noon, (tombstone with { RememberUntil = Noon }).DueAt(Minutes(7)));
        Assert.Equal(Minutes(9), (tombstone with { RememberUntil = Minutes(9) }).DueAt(Minutes(7)));
    }

    [Fact]
    public void A_document_is_not_due_again_right_after_a_sweep()
    {
        // Otherwise the sweeper would come again at once without work.
        var intent = NewIntent();
        FileDocument[] all =
        [
            Pending(intent), Live(1, 2, 3, 4, 5), Live().BeginReplace(intent, 1, Rules, Noon).Saved(),
            Live(1).Delete(null, permanent: false, Rules, Noon).Saved(), Live(1).Delete(null, permanent: true, Rules, Noon).Saved(), Upload(intent),
        ];
        foreach (var now in new[] { Noon, Minutes(1), Minutes(60), Minutes(60 * 24), Minutes(60 * 24 * 31) })
        {
            Assert.All(all, document =>
            {
                var claim = document.Claim(Rules, now);
                var claimed = claim.Next ?? document;
                var swept = claimed.Swept(claim.Answer?.Deletions ?? [], now);
                Assert.True(swept.Removes || !((swept.Next ?? claimed).DueAt(now) <= now));
            });
        }
    }

    [Fact]
    public void The_check_sees_a_files_contents_and_the_delay_of_each_blob()
    {
        var intent = NewIntent();
        var file = Live(1, 2).BeginReplace(intent, 1, Rules, Noon).Saved();
        var seen = file.ToCatalogDocument(Minutes(2));
        Assert.Equal(file.Contents, seen.Contents);
        Assert.Equal(new DueBlob(intent.BlobId, TimeSpan.FromMinutes(1)), Assert.Single(seen.Intents));
        var tombstone = file.Delete(null, permanent: true, Rules, Noon).Saved().ToCatalogDocument(Noon);
        Assert.Null(tombstone.File);
        Assert.Empty(tombstone.Contents);
        Assert.Equal([TimeSpan.Zero, -Rules.ReadersGrace, -Rules.ReadersGrace], tombstone.Garbage.Select(blob => blob.Overdue));
    }
}
