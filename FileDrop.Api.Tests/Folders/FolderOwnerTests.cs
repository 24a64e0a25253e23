using FileDrop.Api.Tests.Access;
using FileDrop.Api.Tests.Files;
using Xunit;

namespace FileDrop.Api.Tests.Folders;

/// <summary>Folders of one owner are as absent for another as those that never were.</summary>
public sealed class FolderOwnerTests(GuardedEmbeddedPair pair) : IClassFixture<GuardedEmbeddedPair>
{
    [Fact]
    public async Task Owners_have_trees_of_their_own()
    {
        using var alice = await pair.Service.OwnerAsync("alice");
        using var bob = await pair.Service.OwnerAsync("bob");
        var hers = (await alice.FolderAsync("a")).FolderId();
        var his = (await bob.FolderAsync("a")).FolderId();
        using var created = await bob.PostFolderAsync("b", hers);
        await created.RefusedAsync(404, "folder_not_found");
        using var moved = await bob.PatchFolderAsync(his, $$"""{"parent_id":"{{hers}}"}""");
        await moved.RefusedAsync(404, "folder_not_found");
        foreach (var path in new[] { "", "/path", "/entries", "/entries?deep=true" })
            await bob.GetRefusedAsync($"/folders/{hers}{path}", 404, "folder_not_found");
        Assert.Equal(his, (await (await bob.GetAsync("/paths/a")).SucceededAsync()).FolderId());
        Assert.Equal([hers], (await alice.EntriesAsync("root")).Select(entry => entry.FolderId()));
        // A cursor names folders, and still opens only the caller's own.
        await alice.FolderAsync("inner", hers);
        var (_, next) = await alice.EntryPageAsync("/folders/root/entries?deep=true&limit=1");
        Assert.Equal([his], (await bob.EntryPageAsync(next ?? "")).Entries.Select(entry => entry.FolderId()));
    }
}
