namespace FileDrop.Api.Catalog;

/// <summary>Reads folders and changes them; see <see cref="ICatalog"/>.</summary>
/// <remarks>
/// A change of a folder is one change of its own document, whatever is in it. Access by path to everything below a deleted folder ends with that change.
/// An entry below may still be seen by its id, and in the flat list of files, until a sweep has carried it to the trash.
/// </remarks>
public interface IFolderCatalog
{
    /// <summary>The live folder, or null. Every owner has <see cref="Place.Root"/>.</summary>
    Task<CatalogFolder?> FindFolderAsync(string owner, Guid id, CancellationToken cancellation);

    /// <summary>The live folder from the root down to this one, itself included; null if one of them is not live.</summary>
    Task<IReadOnlyList<CatalogFolder>?> FindPathAsync(string owner, Guid id, CancellationToken cancellation);

    /// <summary>The live folder or file with this name in a folder, or null. It does not look whether the folder is live.</summary>
    Task<FolderEntry?> FindEntryAsync(string owner, Guid folder, string name, CancellationToken cancellation);

    /// <summary>
    /// One page of the live folders in <see cref="ListQuery.Folder"/>, or of the folders in the trash that were deleted themselves, which are sorted by the
    /// time of deletion. A list by size is one by name. Filters that only files can meet do not count.
    /// </summary>
    Task<FolderPage> ListFoldersAsync(ListQuery query, CancellationToken cancellation);

    /// <summary>Creates a folder.</summary>
    /// <param name="owner">The owner.</param>
    /// <param name="id">The new folder's id, a UUIDv7.</param>
    /// <param name="target">The parent and the name. <see cref="OnConflict.Replace"/> moves the folder that has the name to the trash.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    Task<FolderResult> CreateFolderAsync(string owner, Guid id, Target target, CancellationToken cancellation);

    /// <summary>Renames or moves a live folder. Its version grows by one.</summary>
    Task<FolderResult> ChangeFolderAsync(string owner, Guid id, FolderChange change, CancellationToken cancellation);

    /// <summary>
    /// Moves a live folder to the trash with everything in it. If <paramref name="permanent"/> or without a retention, it is purged as soon as everything has
    /// followed it.
    /// </summary>
    Task<FolderResult> DeleteFolderAsync(string owner, Guid id, long? ifVersion, bool permanent, LockTokens held, CancellationToken cancellation);

    /// <inheritdoc cref="DeleteFolderAsync(string, Guid, long?, bool, LockTokens, CancellationToken)"/>
    Task<FolderResult> DeleteFolderAsync(string owner, Guid id, long? ifVersion, bool permanent, CancellationToken cancellation);

    /// <summary>Takes a folder out of the trash with everything that went there with it. Not found: it was not deleted itself.</summary>
    /// <param name="owner">The folder's owner.</param>
    /// <param name="id">The folder's id.</param>
    /// <param name="parent">The folder to restore to; null for its own or, if that is gone, the root.</param>
    /// <param name="onConflict">The choice if the name is taken there.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    Task<FolderResult> RestoreFolderAsync(string owner, Guid id, Guid? parent, OnConflict onConflict, CancellationToken cancellation);

    /// <summary>Purges a folder in the trash with everything that went there with it. False if it is not there.</summary>
    Task<bool> PurgeFolderAsync(string owner, Guid id, CancellationToken cancellation);

    /// <summary>The files and folders that went to the trash directly with a folder, up to a limit each.</summary>
    Task<(long Files, long Folders)> CountCarriedAsync(string owner, Guid id, int limit, CancellationToken cancellation);
}

/// <summary>A folder or a file.</summary>
/// <param name="Folder">The folder; null if it is a file.</param>
/// <param name="File">The file; null if it is a folder.</param>
public sealed record FolderEntry(CatalogFolder? Folder, CatalogFile? File);

/// <summary>A change of a folder.</summary>
/// <param name="Name">The new name; null keeps it.</param>
/// <param name="Parent">The new parent; null keeps it.</param>
/// <param name="OnConflict">The choice if the name is taken.</param>
/// <param name="IfVersion">The condition: change only a folder that still has this version.</param>
public sealed record FolderChange(string? Name, Guid? Parent, OnConflict OnConflict = OnConflict.Fail, long? IfVersion = null)
{
    /// <summary>The locks that the request names.</summary>
    public LockTokens Held { get; init; } = LockTokens.None;
}

/// <summary>Lets entries follow their folders; see <see cref="ISweepCatalog"/>.</summary>
public interface IFolderSweepCatalog
{
    /// <summary>Folders whose entries must follow them, or that are to be purged or forgotten; the longest due first.</summary>
    Task<IReadOnlyList<(string Owner, Guid Id)>> FindDueFoldersAsync(int limit, CancellationToken cancellation);

    /// <summary>Lets all entries of one folder follow it, and purges or forgets the folder if it is time.</summary>
    Task SweepFolderAsync(string owner, Guid id, CancellationToken cancellation);
}
