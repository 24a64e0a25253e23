using FileDrop.Api.Catalog;
using FileDrop.Api.Tests.Catalog;
using Xunit;
using static FileDrop.Api.Tests.Catalog.Documents;

namespace FileDrop.Api.Tests.Changes;

/// <summary>The rule that says which changes of a document belong into the feed.</summary>
public sealed class FeedRuleTests
{
    private static readonly Guid s_folder = Guid.CreateVersion7();

    [Fact]
    public void A_file_comes_into_the_feed_with_its_first_commit()
    {
        var intent = NewIntent();
        var pending = Pending(intent);
        Assert.False(Feed.IsChange(null, pending));
        Assert.False(Feed.IsChange(pending, pending.Abandon(intent, Rules, Noon).Saved()));
        Assert.True(Feed.IsChange(pending, pending.Commit(intent, Commit(), Rules, Noon).Saved()));
        Assert.True(Feed.IsChange(null, Live()));
    }

    [Fact]
    public void Every_change_that_clients_see_is_one_and_trash_and_restoration_are_although_the_version_stays()
    {
        var file = Live(1, 2);
        Assert.True(Feed.IsChange(file, file.Change(new MetadataChange("b", null), Noon).Saved()));
        Assert.True(Feed.IsChange(file, file.Change(new MetadataChange(null, null), Noon).Saved()));
        Assert.True(Feed.IsChange(file, file.RestoreVersion(1, null, Rules, Noon).Saved()));
        Assert.True(Feed.IsChange(file, file.Replaced(Noon, Rules)));
        var trash = file.Delete(null, permanent: false, Rules, Noon).Saved();
        Assert.Equal(file.Version, trash.Version);
        Assert.True(Feed.IsChange(file, trash));
        Assert.True(Feed.IsChange(trash, trash.Restore().Saved()));
        Assert.True(Feed.IsChange(trash, trash.Purge(Rules, Noon).Saved()));
        Assert.True(Feed.IsChange(file, file.Delete(null, permanent: true, Rules, Noon).Saved()));
    }

    [Fact]
    public void What_follows_its_folder_is_a_change_and_so_is_another_place_without_a_new_version()
    {
        var file = Live() with { Place = new Place(s_folder, 1, Guid.NewGuid()) };
        var carried = file.Carry(1, Rules, Noon) ?? throw new InvalidOperationException();
        Assert.True(Feed.IsChange(file, carried));
        Assert.True(Feed.IsChange(carried, carried.Return(2) ?? carried));
        Assert.True(Feed.IsChange(carried, carried.Bury(2, Rules, Noon) ?? carried));
        Assert.True(Feed.IsChange(file, file.Settle(new Placement(Place.Root, "other", Guid.NewGuid(), 1, "other")) ?? file));
    }

    [Fact]
    public void Steps_that_clients_do_not_see_are_none()
    {
        var file = Live(1, 2) with { Place = new Place(s_folder, 1, Guid.NewGuid()) };
        Assert.False(Feed.IsChange(file, file.BeginReplace(NewIntent(), 1, Rules, Noon).Saved()));
        Assert.False(Feed.IsChange(file, file.DeleteVersion(1, null, Rules, Noon).Saved()));
        Assert.False(Feed.IsChange(file, file.Raise(1) ?? throw new InvalidOperationException()));
        Assert.False(Feed.IsChange(file, file with { Garbage = [] }));
    }

    [Fact]
    public void A_folder_comes_into_the_feed_when_it_is_created_renamed_deleted_or_restored_and_not_when_it_is_swept()
    {
        var begun = FolderDocument.Begin(Owner, Guid.CreateVersion7(), Place.Root, Rules, Noon);
        var live = begun.PlaceAt(new Placement(Place.Root, "a", Guid.NewGuid(), 0, "a"), null, FileState.Pending, Noon).Next ?? begun;
        Assert.False(Feed.IsChange(null, begun));
        Assert.True(Feed.IsChange(begun, live));
        Assert.True(Feed.IsChange(live, live.PlaceAt(new Placement(Place.Root, "b", Guid.NewGuid(), 1, "b"), null, FileState.Live, Noon).Next ?? live));
        var trash = live.Delete(null, permanent: false, Rules, Noon).Next ?? live;
        Assert.True(Feed.IsChange(live, trash));
        Assert.False(Feed.IsChange(live, live.MarkDue(Noon) ?? throw new InvalidOperationException()));
        Assert.False(Feed.IsChange(trash, trash.EndSweep(trash.Turn, Noon) ?? throw new InvalidOperationException()));
    }

    [Fact]
    public void A_tombstone_stays_until_the_feed_has_its_deletion()
    {
        var gone = Live().Delete(null, permanent: true, Rules, Noon).Saved() with { Garbage = [], Unsaid = 7 };
        Assert.False(gone.Swept([], Noon).Removes);
        Assert.Equal(Noon + Feed.Patience, gone.DueAt(Noon));
        Assert.True((gone with { Unsaid = null }).Swept([], Noon).Removes);
        var folder = new FolderDocument { Owner = Owner, Id = Guid.CreateVersion7(), State = FileState.Deleted, Unsaid = 7 };
        Assert.False(folder.IsRemovable);
        Assert.Equal(Noon + Feed.Patience, folder.Keep(Noon)?.SweepAt);
        Assert.True((folder with { Unsaid = null }).IsRemovable);
    }
}
