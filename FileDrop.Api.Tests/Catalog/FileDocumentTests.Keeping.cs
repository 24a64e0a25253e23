using FileDrop.Api.Catalog;
using FileDrop.Api.Text;
using Xunit;
using static FileDrop.Api.Tests.Catalog.Documents;

namespace FileDrop.Api.Tests.Catalog;

// Metadata, versions, the trash.
public sealed partial class FileDocumentTests
{
    [Fact]
    public void A_change_of_metadata_raises_the_version_and_keeps_the_content()
    {
        var file = Live(5);
        var decision = file.Change(new MetadataChange("b", null), Minutes(3));
        var next = decision.Saved();
        Assert.Equal(new ChangeResult(ChangeOutcome.Done, next.ToFile()), decision.Answer);
        Assert.Equal(("b", 2L, Noon, Minutes(3)), (next.Name, next.Version, next.CreatedAt, next.UpdatedAt));
        Assert.Same(file.Content, next.Content);
        Assert.Same(file.Tags, next.Tags);
        Assert.Same(file.Versions, next.Versions);

        var same = next.Change(new MetadataChange(null, null), Minutes(4)).Saved();
        Assert.Equal(("b", 3L), (same.Name, same.Version));
    }

    [Fact]
    public void A_CRC_32_is_recorded_in_each_content_with_its_blob_that_lacks_it_and_nothing_else_changes()
    {
        var file = Live(4, 3, 8).RestoreVersion(1, null, Rules, Minutes(3)).Saved();
        var (live, other) = (file.Content?.BlobId ?? default, file.Versions[0].BlobId);
        foreach (var one in new[] { file, file.Delete(null, permanent: false, Rules, Minutes(4)).Saved() })
        {
            var decision = one.RecordCrc(live, 7);
            var next = decision.Saved();
            Assert.True(decision.Answer);
            Assert.Equal((uint?[])[7, null, CrcOf(3), 7], next.Contents.Select(content => content.Crc32));
            Assert.Equal((4L, Minutes(3), one.State), (next.Version, next.UpdatedAt, next.State));
            Assert.Equal(one.Contents.Select(content => content with { Crc32 = null }), next.Contents.Select(content => content with { Crc32 = null }));
            Assert.Same(one.Garbage, next.Garbage);
            Assert.Same(next.Content, next.RecordCrc(other, 9).Saved().Content);
            Assert.Equal(new Decision<bool>(false), next.RecordCrc(live, 8));
        }
        var latest = Live(3, 4);
        Assert.Same(latest.Versions, latest.RecordCrc(latest.Content?.BlobId ?? default, 1).Saved().Versions);
    }

    [Fact]
    public void A_CRC_32_of_a_blob_that_is_no_content_is_not_recorded()
    {
        var (intent, file) = (NewIntent(), Live(4, 8));
        Assert.Equal(new Decision<bool>(false), file.RecordCrc(Guid.NewGuid(), 1));
        Assert.Equal(new Decision<bool>(false), Pending(intent).RecordCrc(intent.BlobId, 1));
        var pruned = file.DeleteVersion(1, null, Rules, Noon).Saved();
        Assert.Equal(new Decision<bool>(false), pruned.RecordCrc(file.Versions[0].BlobId, 1));
        var purged = file.Delete(null, permanent: true, Rules, Noon).Saved();
        Assert.Equal(new Decision<bool>(false), purged.RecordCrc(file.Versions[0].BlobId, 1));
    }

    [Fact]
    public void A_restored_version_keeps_its_CRC_32() =>
        Assert.Equal(CrcOf(5), Live(5, 4).RestoreVersion(1, null, Rules, Minutes(2)).Saved().Content?.Crc32);

    [Fact]
    public void Every_change_of_a_file_that_is_not_live_is_not_found()
    {
        var live = Live(1, 2);
        FileDocument[] others =
        [
            Pending(NewIntent()), live.Delete(null, permanent: false, Rules, Noon).Saved(), live.Delete(null, permanent: true, Rules, Noon).Saved(),
        ];
        Assert.All(others, file =>
        {
            file.Change(new MetadataChange("b", null), Noon).Refused(ChangeOutcome.NotFound);
            file.RestoreVersion(1, null, Rules, Noon).Refused(ChangeOutcome.NotFound);
            file.DeleteVersion(1, null, Rules, Noon).Refused(ChangeOutcome.NotFound);
            file.Delete(null, permanent: false, Rules, Noon).Refused(ChangeOutcome.NotFound);
            file.Delete(null, permanent: true, Rules, Noon).Refused(ChangeOutcome.NotFound);
        });
    }

    [Fact]
    public void Every_change_that_expects_another_version_is_refused()
    {
        var file = Live(1, 2);
        file.Change(new MetadataChange("b", null, IfVersion: 1), Noon).Refused(ChangeOutcome.VersionMismatch);
        file.RestoreVersion(1, ifVersion: 1, Rules, Noon).Refused(ChangeOutcome.VersionMismatch);
        file.DeleteVersion(1, ifVersion: 1, Rules, Noon).Refused(ChangeOutcome.VersionMismatch);
        file.Delete(ifVersion: 1, permanent: false, Rules, Noon).Refused(ChangeOutcome.VersionMismatch);

        Assert.NotNull(file.Change(new MetadataChange("b", null, IfVersion: 2), Noon).Next);
        Assert.NotNull(file.RestoreVersion(1, ifVersion: 2, Rules, Noon).Next);
        Assert.NotNull(file.DeleteVersion(1, ifVersion: 2, Rules, Noon).Next);
        Assert.NotNull(file.Delete(ifVersion: 2, permanent: false, Rules, Noon).Next);
    }

    [Fact]
    public void A_missing_version_is_reported_before_a_stale_precondition()
    {
        var file = Live(1, 2);
        file.RestoreVersion(9, ifVersion: 1, Rules, Noon).Refused(ChangeOutcome.ContentNotFound);
        file.DeleteVersion(9, ifVersion: 1, Rules, Noon).Refused(ChangeOutcome.ContentNotFound);
        file.DeleteVersion(2, ifVersion: 1, Rules, Noon).Refused(ChangeOutcome.ContentIsLive);
    }

    [Fact]
    public void Versions_beyond_the_limit_become_garbage_the_oldest_first()
    {
        var file = Live(1, 2, 3, 4);
        Assert.Equal([4, 3, 2, 1], file.Contents.Select(content => content.Size));
        Assert.Empty(file.Garbage);

        var next = file.Replaced(Minutes(10), Rules, 5);
        Assert.Equal([5, 4, 3, 2], next.Contents.Select(content => content.Size));
        var due = Minutes(10) + Rules.ReadersGrace;
        Assert.Equal(new GarbageBlob(file.Versions[^1].BlobId, due, due, Committed: true), Assert.Single(next.Garbage));
        Assert.Equal((14L, 1L), next.Usage());
    }

    [Fact]
    public void Without_versions_to_keep_a_replaced_content_is_garbage_at_once()
    {
        var none = Rules with { VersionsKept = 0 };
        var file = Live(none, null, 1, 2);
        Assert.Empty(file.Versions);
        Assert.Single(file.Garbage);
    }

    [Fact]
    public void A_version_is_pruned_by_the_time_since_its_replacement_not_since_its_commit()
    {
        var hour = Rules with { VersionsKept = 100, VersionsMaxAge = TimeSpan.FromHours(1) };
        // Contents committed at 0, 1, 2 and 3 minutes were replaced at 1, 2, 3 minutes and now.
        var file = Live(hour, null, 1, 2, 3, 4);
        Assert.Equal([5, 4, 3, 2, 1], file.Replaced(Minutes(61), hour, 5).Contents.Select(content => content.Size));
        Assert.Equal([5, 4, 3, 2], file.Replaced(Minutes(61.5), hour, 5).Contents.Select(content => content.Size));
        Assert.Equal([5, 4], file.Replaced(Minutes(600), hour, 5).Contents.Select(content => content.Size));
    }

    [Fact]
    public void The_stricter_of_both_limits_applies()
    {
        var rules = Rules with { VersionsKept = 1, VersionsMaxAge = TimeSpan.FromHours(1) };
        Assert.Equal([4, 3], Live(rules, null, 1, 2, 3, 4).Contents.Select(content => content.Size));
    }

    [Fact]
    public void An_age_longer_than_the_calendar_prunes_nothing()
    {
        var rules = Rules with { VersionsMaxAge = TimeSpan.MaxValue };
        Assert.Equal([3, 2, 1], Live(rules, null, 1, 2, 3).Contents.Select(content => content.Size));
    }

    [Fact]
    public void Times_beyond_the_calendar_stop_at_its_end()
    {
        var last = DateTimeOffset.FromUnixTimeMilliseconds(DateTimeOffset.MaxValue.ToUnixTimeMilliseconds());
        Assert.Equal(last, WholeMilliseconds.After(Noon, TimeSpan.MaxValue));
        Assert.Equal(Noon.AddMilliseconds(2), WholeMilliseconds.After(Noon, TimeSpan.FromMilliseconds(1.1)));
        var kept = Live().Delete(null, permanent: false, Rules with { TrashRetention = TimeSpan.MaxValue }, Noon).Saved();
        Assert.Equal(last, kept.PurgeAt);
    }

    [Fact]
    public void A_restored_version_shares_its_blob_under_a_new_number_and_the_former_content_stays()
    {
        var file = Live(5, 6);
        var old = file.Versions[0];
        var next = file.RestoreVersion(1, null, Rules, Minutes(9)).Saved();
        Assert.Equal(old with { Version = 3, CreatedAt = Minutes(9) }, next.Content);
        Assert.Equal([3, 2, 1], next.Contents.Select(content => content.Version));
        Assert.Equal((3L, Minutes(9)), (next.Version, next.UpdatedAt));
        // Each blob counts once.
        Assert.Equal((11L, 1L), next.Usage());
        // The live version can be restored too.
        Assert.Equal(file.Content?.BlobId, file.RestoreVersion(2, null, Rules, Noon).Saved().Content?.BlobId);
    }

    [Fact]
    public void A_blob_shared_by_two_versions_becomes_garbage_with_the_last_of_them()
    {
        var shared = Live(5, 6).RestoreVersion(1, null, Rules, Minutes(9)).Saved();
        var blob = shared.Content?.BlobId;
        var one = shared.DeleteVersion(1, null, Rules, Minutes(10)).Saved();
        Assert.Empty(one.Garbage);
        Assert.Equal([3, 2], one.Contents.Select(content => content.Version));

        var replaced = one.Replaced(Minutes(11), Rules, 7);
        Assert.Empty(replaced.Garbage);
        var none = replaced.DeleteVersion(3, null, Rules, Minutes(12)).Saved();
        Assert.Equal(blob, Assert.Single(none.Garbage).BlobId);
        // A purge lists each blob once.
        Assert.Equal(2, shared.Delete(null, permanent: true, Rules, Noon).Saved().Garbage.Count);
    }

    [Fact]
    public void A_deleted_version_becomes_garbage_and_the_file_s_version_stays()
    {
        var file = Live(5, 6);
        var decision = file.DeleteVersion(1, null, Rules, Minutes(9));
        var next = decision.Saved();
        Assert.Equal(new ChangeResult(ChangeOutcome.Done, next.ToFile()), decision.Answer);
        Assert.Equal((2L, file.UpdatedAt), (next.Version, next.UpdatedAt));
        Assert.Empty(next.Versions);
        Assert.Equal((file.Versions[0].BlobId, true), (next.Garbage[0].BlobId, next.Garbage[0].Committed));
    }

    [Fact]
    public void A_deletion_moves_the_whole_file_to_the_trash_and_cancels_writes_in_progress()
    {
        var intent = NewIntent();
        var file = Live(5, 6).BeginReplace(intent, 1, Rules, Noon).Saved();
        var decision = file.Delete(null, permanent: false, Rules, Minutes(0.5));
        var trash = decision.Saved();

        Assert.Equal(new ChangeResult(ChangeOutcome.Done), decision.Answer);
        Assert.Equal((FileState.Trash, file.Version, file.Name), (trash.State, trash.Version, trash.Name));
        Assert.Same(file.Versions, trash.Versions);
        // The clock is earlier than the file's last change.
        Assert.Equal((Minutes(1), Minutes(1) + Rules.TrashRetention), (trash.DeletedAt, trash.PurgeAt));
        Assert.Empty(trash.Intents);
        Assert.Equal(
            new GarbageBlob(intent.BlobId, Minutes(0.5), Noon + Rules.Lease + Rules.LateWrites, Committed: false), Assert.Single(trash.Garbage));
        Assert.Equal((11L, 1L), trash.Usage());
    }

    [Fact]
    public void A_file_is_restored_unchanged_even_after_its_retention()
    {
        var file = Live(5, 6);
        var trash = file.Delete(null, permanent: false, Rules, Minutes(2)).Saved();
        var decision = trash.Restore();
        Assert.Equal(file, decision.Saved());
        Assert.Equal(new ChangeResult(ChangeOutcome.Done, file.ToFile()), decision.Answer);

        file.Restore().Refused(ChangeOutcome.NotFound);
        Pending(NewIntent()).Restore().Refused(ChangeOutcome.NotFound);
        trash.Purge(Rules, Noon).Saved().Restore().Refused(ChangeOutcome.NotFound);
    }

    [Fact]
    public void A_permanent_deletion_a_purge_and_a_deletion_without_retention_leave_a_tombstone_with_garbage()
    {
        var file = Live(5, 6);
        FileDocument[] purged =
        [
            file.Delete(null, permanent: true, Rules, Minutes(5)).Saved(),
            file.Delete(null, permanent: false, Rules with { TrashRetention = TimeSpan.Zero }, Minutes(5)).Saved(),
            file.Delete(null, permanent: false, Rules, Minutes(2)).Saved().Purge(Rules, Minutes(5)).Saved(),
        ];
        var due = Minutes(5) + Rules.ReadersGrace;
        Assert.All(purged, tombstone =>
        {
            Assert.Equal((FileState.Deleted, null, null), (tombstone.State, tombstone.Name, tombstone.Content));
            Assert.Equal((null, null), (tombstone.DeletedAt, tombstone.PurgeAt));
            Assert.Empty(tombstone.Tags);
            Assert.Equal(
                file.Contents.Select(content => new GarbageBlob(content.BlobId, due, due, Committed: true)), tombstone.Garbage);
            Assert.Equal((0L, 0L), tombstone.Usage());
            Assert.Equal(2, tombstone.Version);
        });
    }

    [Fact]
    public void Only_a_file_in_the_trash_can_be_purged()
    {
        Assert.Equal(new Decision<bool>(false), Live().Purge(Rules, Noon));
        Assert.Equal(new Decision<bool>(false), Pending(NewIntent()).Purge(Rules, Noon));
        Assert.Equal(new Decision<bool>(false), Live().Delete(null, permanent: true, Rules, Noon).Saved().Purge(Rules, Noon));
    }

    [Fact]
    public void An_imported_file_has_all_facts_of_the_other_catalog()
    {
        var file = Live(5, 6).RestoreVersion(1, null, Rules, Minutes(3)).Saved();
        Assert.Equal(file.ToCatalogDocument(Noon).Contents, FileDocument.Imported(file.ToCatalogDocument(Noon)).Contents);
        Assert.Equal(file.ToFile(), FileDocument.Imported(file.ToCatalogDocument(Noon)).ToFile());
        var trash = file.Delete(null, permanent: false, Rules, Minutes(4)).Saved();
        Assert.Equal((FileState.Trash, trash.PurgeAt), (FileDocument.Imported(trash.ToCatalogDocument(Noon)).State, trash.PurgeAt));

        var pending = Pending(NewIntent()).ToCatalogDocument(Noon);
        Assert.Throws<ArgumentException>(() => FileDocument.Imported(pending));
        var half = trash.ToCatalogDocument(Noon) with { File = trash.ToFile() with { PurgeAt = null } };
        Assert.Throws<ArgumentException>(() => FileDocument.Imported(half));
    }
}
