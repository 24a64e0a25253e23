namespace FileDrop.Api.Catalog;

/// <summary>Reads files and changes them, except for their bytes; see <see cref="ICatalog"/>.</summary>
public interface IFileCatalog
{
    /// <summary>The live file, or null.</summary>
    /// <param name="owner">The file's owner.</param>
    /// <param name="id">The file's id.</param>
    /// <param name="forChange">Whether the caller is about to change the file, so that the change may spare a read of its own.</param>
    /// <param name="cancellation">Ends the reading.</param>
    Task<CatalogFile?> FindAsync(string owner, Guid id, bool forChange, CancellationToken cancellation);

    /// <summary>The live file with the contents that it keeps, or null.</summary>
    Task<FileHistory?> FindHistoryAsync(string owner, Guid id, CancellationToken cancellation);

    /// <summary>One page of files.</summary>
    Task<CatalogPage> ListAsync(ListQuery query, CancellationToken cancellation);

    /// <summary>The bytes and files that an owner has stored.</summary>
    Task<OwnerUsage> FindUsageAsync(string owner, CancellationToken cancellation);

    /// <summary>
    /// Changes name, tags or place of a live file. The version grows by one, even if the values are the same. In a folder, names are unique; see
    /// <see cref="FolderProtocol"/>.
    /// </summary>
    Task<ChangeResult> ChangeAsync(string owner, Guid id, MetadataChange change, CancellationToken cancellation);

    /// <summary>
    /// Makes an earlier content the live one again, under a new version and with the same blob. The former live content becomes an earlier one, and
    /// pruning is as in a commit. The live content can be named, too.
    /// </summary>
    /// <param name="owner">The file's owner.</param>
    /// <param name="id">The file's id.</param>
    /// <param name="version">The version at which the content was committed or restored.</param>
    /// <param name="ifVersion">Restore only if this is still the file's version, or always if null.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    Task<ChangeResult> RestoreVersionAsync(string owner, Guid id, long version, long? ifVersion, CancellationToken cancellation);

    /// <summary>Deletes an earlier content, never the live one. The file's version stays, since neither content nor metadata changed.</summary>
    /// <inheritdoc cref="RestoreVersionAsync"/>
    Task<ChangeResult> DeleteVersionAsync(string owner, Guid id, long version, long? ifVersion, CancellationToken cancellation);

    /// <summary>
    /// Deletes a live file: moves it to the trash or, if <paramref name="permanent"/> or without a retention, purges it. In the same change, its
    /// open intents become garbage of unfinished writes. <see cref="ChangeResult.File"/> stays null.
    /// </summary>
    Task<ChangeResult> DeleteAsync(string owner, Guid id, long? ifVersion, bool permanent, LockTokens held, CancellationToken cancellation);

    /// <inheritdoc cref="DeleteAsync(string, Guid, long?, bool, LockTokens, CancellationToken)"/>
    Task<ChangeResult> DeleteAsync(string owner, Guid id, long? ifVersion, bool permanent, CancellationToken cancellation);

    /// <summary>
    /// Records the CRC-32 of a blob in every content that names the blob and lacks a CRC-32, of a file live or in the trash. Version and times stay.
    /// Returns false if no content lacks it. A power cut may undo the change.
    /// </summary>
    /// <param name="owner">The file's owner.</param>
    /// <param name="id">The file's id.</param>
    /// <param name="blob">The blob, whose bytes were read and verified.</param>
    /// <param name="crc32">The CRC-32 of these bytes.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    Task<bool> RecordCrcAsync(string owner, Guid id, Guid blob, uint crc32, CancellationToken cancellation);

    /// <summary>
    /// Takes a file out of the trash with its name, tags, contents and version. Not found: it is not in the trash. A file that went there with its folder
    /// needs that folder to be live, or another one.
    /// </summary>
    /// <param name="owner">The file's owner.</param>
    /// <param name="id">The file's id.</param>
    /// <param name="folder">The folder to restore to; null for its own or, if that is gone, the root. A loose file stays loose.</param>
    /// <param name="onConflict">The choice if the name is taken in the folder.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    Task<ChangeResult> RestoreAsync(string owner, Guid id, Guid? folder, OnConflict onConflict, CancellationToken cancellation);

    /// <summary>
    /// Purges a file in the trash: all its contents become garbage after <see cref="CatalogRules.ReadersGrace"/>. Returns false if it is
    /// not there.
    /// </summary>
    Task<bool> PurgeAsync(string owner, Guid id, CancellationToken cancellation);
}
