namespace FileDrop.Api.Catalog;

/// <summary>The rule that says which changes of files and folders belong into their owner's feed.</summary>
internal static class Feed
{
    /// <summary>The time after which the sweeper looks again whether the feed has the deletion of a purged entry, which stays until then.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Whether clients see a difference between two states of a document. The version alone does not tell, because it stays when an entry goes to the trash, is
    /// restored or is purged. Files that are still being written, leases, fences and the like are nobody's business.
    /// </summary>
    /// <param name="before">The former state; null if the document is new.</param>
    /// <param name="after">The next state.</param>
    public static bool IsChange(IEntry? before, IEntry after) => after.Version > 0
        && (before is null || before.Version != after.Version || before.State != after.State || before.Place.Folder != after.Place.Folder
            || !string.Equals(before.Name, after.Name, StringComparison.Ordinal));
}
