using FileDrop.Api.Blobs;
using FileDrop.Api.Catalog;
using FileDrop.Api.Settings;
using FileDrop.Api.Storage;

namespace FileDrop.Api.Contents;

/// <summary>How a creation under an idempotency key ended.</summary>
/// <param name="File">The file as this request, or the first one with its key, created it.</param>
/// <param name="Difference">The property in which this request differs from the first one, or null if none differs.</param>
internal readonly record struct CreateResult(CatalogFile File, string? Difference = null);

/// <summary>Writes files: a new file, a copy of one, or new content of one. Every door brings its files here.</summary>
internal sealed class FileWrites(FileStore files, FolderStore folders, IdempotencyKeys keys, Integrity integrity, FileDropOptions options)
{
    /// <summary>Tries to commit or replace a file whose name is given free and taken again meanwhile.</summary>
    private const int MaxTries = 10;

    /// <summary>Creates a file.</summary>
    /// <param name="owner">The file's owner.</param>
    /// <param name="file">The file.</param>
    /// <param name="upload">The resumable upload that made the file, or null if none did.</param>
    /// <param name="cancellation">The client's patience; the commit is not cancelled.</param>
    /// <exception cref="RefusedException">The content is refused.</exception>
    /// <exception cref="QuotaExceededException">The owner's quota has no room for it.</exception>
    /// <exception cref="StorageException">A store failed.</exception>
    public async Task<CatalogFile> CreateAsync(string owner, IIncomingFile file, ResumablePlan? upload, CancellationToken cancellation)
    {
        await using var write = await files.BeginCreateAsync(owner, file.Content.Announced, isRecorded: false, cancellation);
        return await WriteAsync(write, file, rememberFor: null, upload, cancellation);
    }

    /// <summary>Creates a file, or finds the one that the first request with this idempotency key created.</summary>
    /// <param name="owner">The file's owner.</param>
    /// <param name="file">The file.</param>
    /// <param name="idempotencyKey">The key, or null if the request has none.</param>
    /// <param name="cancellation">The client's patience; the commit is not cancelled.</param>
    /// <exception cref="RefusedException">The content or the key is refused.</exception>
    /// <exception cref="QuotaExceededException">The owner's quota has no room for it.</exception>
    /// <exception cref="StorageException">A store failed.</exception>
    public async Task<CreateResult> CreateOnceAsync(string owner, IIncomingFile file, string? idempotencyKey, CancellationToken cancellation)
    {
        if (idempotencyKey is null)
            return new CreateResult(await CreateAsync(owner, file, upload: null, cancellation));
        var keyed = await keys.BeginAsync(owner, idempotencyKey, file.Content.Announced, cancellation);
        if (keyed.First is { } first)
            return await CompareAsync(first, file, cancellation);
        await using var write = keyed.Write ?? throw new InvalidOperationException("The key's file is not remembered, although the key is.");
        return new CreateResult(await WriteAsync(write, file, options.IdempotencyKeyLife, upload: null, cancellation));
    }

    /// <summary>Replaces a file's content, and changes the properties that were given.</summary>
    /// <param name="owner">The file's owner.</param>
    /// <param name="id">The file's id.</param>
    /// <param name="file">The new content and properties.</param>
    /// <param name="ifVersion">Replace only if this is still the file's version, or always if null.</param>
    /// <param name="cancellation">The client's patience; the commit is not cancelled.</param>
    /// <returns>Done with the file, or a version mismatch, or not found. It is also not found if it was deleted while its content arrived.</returns>
    /// <exception cref="RefusedException">The content is refused.</exception>
    /// <exception cref="QuotaExceededException">The owner's quota has no room for it.</exception>
    /// <exception cref="StorageException">A store failed.</exception>
    public async Task<ChangeResult> ReplaceAsync(string owner, Guid id, IIncomingFile file, long? ifVersion, CancellationToken cancellation)
    {
        await using var write = await files.BeginReplaceAsync(owner, id, file.Content.Announced, cancellation);
        if (write is null)
            return new ChangeResult(ChangeOutcome.NotFound);
        try
        {
            await write.StoreAsync(file.Content, cancellation);
            var properties = await file.ReadPropertiesAsync(cancellation);
            return await write.CommitAsync(Commit(file.Content.Facts, properties) with { IfVersion = ifVersion });
        }
        catch (RefusedException refused) when (refused.Refusal.Code == RefusalCode.FileNotFound)
        {
            return new ChangeResult(ChangeOutcome.NotFound);
        }
    }

    /// <summary>Makes a new file with the live content of another one, which the blob store copies.</summary>
    /// <param name="source">The file to copy, as it was found. If its content is replaced meanwhile, the copy still gets the former one.</param>
    /// <param name="properties">The properties in which the copy differs.</param>
    /// <param name="mayCopy">Whether the source may still be copied. Asked if the former content is gone, so that the new one must be copied.</param>
    /// <param name="cancellation">The client's patience; the commit is not cancelled.</param>
    /// <returns>
    /// Done with the copy. Not found if the source was deleted and its content is gone; a version mismatch if it may not be copied any more.
    /// </returns>
    /// <exception cref="DamagedContentException">The source's blob is missing or has another size.</exception>
    /// <exception cref="QuotaExceededException">The owner's quota has no room for the copy.</exception>
    /// <exception cref="StorageException">A store failed.</exception>
    public async Task<ChangeResult> CopyAsync(
        CatalogFile source, CopyProperties properties, Func<CatalogFile, bool> mayCopy, CancellationToken cancellation)
    {
        while (true)
        {
            var content = source.Content;
            var length = ContentLength.Exactly(content.Size);
            await using (var write = await files.BeginCreateAsync(source.Owner, length, isRecorded: false, cancellation))
            {
                if (await CopyAsync(write, source, cancellation))
                    return await CommitAsync(write, CommitOfCopy(source, properties), cancellation);
            }
            if (await files.FindAsync(source.Owner, source.Id, cancellation) is not { } now)
                return new ChangeResult(ChangeOutcome.NotFound);
            if (now.Content.BlobId == content.BlobId)
                throw await integrity.ReportAsync(source.Id, content, "is missing");
            if (!mayCopy(now))
                return new ChangeResult(ChangeOutcome.VersionMismatch);
            source = now;
        }
    }

    /// <summary>Makes the live content of a file a new version of another one, which keeps its id, name and tags.</summary>
    /// <param name="source">The file to copy, as it was found.</param>
    /// <param name="target">The file that gets the content.</param>
    /// <param name="held">The locks that the request names, and its caller.</param>
    /// <param name="cancellation">The client's patience; the commit is not cancelled.</param>
    /// <returns>Done, not found if one of the two was deleted meanwhile, or locked.</returns>
    public async Task<ChangeResult> CopyOverAsync(CatalogFile source, CatalogFile target, LockTokens held, CancellationToken cancellation)
    {
        await using var write = await files.BeginReplaceAsync(target.Owner, target.Id, ContentLength.Exactly(source.Content.Size), cancellation);
        if (write is null || !await CopyAsync(write, source, cancellation))
            return new ChangeResult(ChangeOutcome.NotFound);
        var copy = CommitOfCopy(source, new CopyProperties(null, null) { Held = held, Writer = held.Holder });
        try
        {
            return await write.CommitAsync(copy with
            {
                Name = null,
                Folder = null,
                Tags = null,
                ModifiedAt = source.ModifiedAt ?? source.Content.CreatedAt,
            });
        }
        catch (RefusedException refused) when (refused.Refusal.Code == RefusalCode.FileNotFound)
        {
            return new ChangeResult(ChangeOutcome.NotFound);
        }
    }

    private async Task<bool> CopyAsync(PendingWrite write, CatalogFile source, CancellationToken cancellation)
    {
        try
        {
            return await write.CopyAsync(new BlobKey(source.Content.BlobId, source.Id), source.Content.Size, cancellation);
        }
        catch (StorageException failure)
        {
            throw await integrity.JudgeAsync(source.Id, source.Content, failure, cancellation);
        }
    }

    private async Task<CatalogFile> WriteAsync(
        PendingWrite write, IIncomingFile incoming, TimeSpan? rememberFor, ResumablePlan? upload, CancellationToken cancellation)
    {
        await write.StoreAsync(incoming.Content, cancellation);
        var properties = await incoming.ReadPropertiesAsync(cancellation);
        if (properties.Destination.Path is not null)
            properties = properties with { Destination = await folders.ResolveAsync(write.Owner, properties.Destination, cancellation) };
        var commit = CommitOfNew(incoming.Content.Facts, properties) with { RememberFor = rememberFor, Upload = upload };
        return await CommitAsync(write, commit, cancellation) switch
        {
            { File: { } file } => file,
            { Outcome: ChangeOutcome.NameTaken } => throw new RefusedException(RefusalCode.NameTaken),
            { Outcome: ChangeOutcome.FolderNotFound } => throw new RefusedException(RefusalCode.FolderNotFound),
            { Outcome: ChangeOutcome.Locked } => throw new RefusedException(RefusalCode.Locked),
            var result => throw new InvalidOperationException($"A commit without a condition is {result.Outcome}."),
        };
    }

    /// <summary>Commits a new file. If another file has its name and is to be replaced, that one gets the content as a new version.</summary>
    private async Task<ChangeResult> CommitAsync(PendingWrite write, FileCommit commit, CancellationToken cancellation)
    {
        for (var tries = 0; ; tries++)
        {
            var result = await write.CommitAsync(commit);
            if (result.Outcome != ChangeOutcome.NameTaken || commit.OnConflict != OnConflict.Replace || tries == MaxTries)
                return result;
            if (await TryReplaceAsync(write.Owner, commit, replacement => replacement.TakeAsync(write, commit.Size, cancellation), cancellation) is { } replaced)
                return replaced;
        }
    }

    /// <summary>Stores a content as a new version of the file that has a name in a folder.</summary>
    /// <param name="owner">The owner.</param>
    /// <param name="commit">The commit of the new file that would have the name.</param>
    /// <param name="fill">Fills the new version's blob. False if its source is gone.</param>
    /// <param name="cancellation">The client's patience.</param>
    /// <returns>The result. Null if the name is free now, or the other file was deleted meanwhile: commit again.</returns>
    public async Task<ChangeResult?> TryReplaceAsync(string owner, FileCommit commit, Func<PendingWrite, Task<bool>> fill, CancellationToken cancellation)
    {
        var holder = await folders.FindAsync(owner, commit.Folder ?? Place.Root, commit.Name ?? FileName.Untitled, cancellation);
        if (holder is { Folder: not null })
            return new ChangeResult(ChangeOutcome.NameTaken);
        if (holder?.File is not { } target || await files.BeginReplaceAsync(owner, target.Id, ContentLength.Exactly(commit.Size), cancellation) is not { } write)
            return null;
        await using (write)
        {
            if (!await fill(write))
                return new ChangeResult(ChangeOutcome.NotFound);
            try
            {
                return await write.CommitAsync(commit with { Name = null, Folder = null, OnConflict = OnConflict.Fail, RememberFor = null, Upload = null });
            }
            catch (RefusedException refused) when (refused.Refusal.Code == RefusalCode.FileNotFound)
            {
                return null;
            }
        }
    }

    /// <summary>The commit of a stored content and the properties that were sent with it.</summary>
    public static FileCommit Commit(ContentFacts content, FileProperties properties) =>
        new(content.Size, properties.Type, content.Sha256, content.XxHash3, properties.Name, properties.Tags, Crc32: content.Crc32)
        {
            Folder = properties.Destination.Folder,
            OnConflict = properties.Destination.OnConflict,
            ModifiedAt = properties.ModifiedAt,
            ExpiresAt = properties.ExpiresAt,
            Held = properties.Held,
            Writer = properties.Writer,
            Lock = properties.Lock,
        };

    /// <summary>Compares a repeated request with the file that the first one created. The content is not read if its announced digest suffices.</summary>
    private static async Task<CreateResult> CompareAsync(CatalogFile first, IIncomingFile file, CancellationToken cancellation)
    {
        var content = file.Content;
        if (content.Promised is null || !content.Promised.Equals(first.Content.Sha256, StringComparison.Ordinal))
            await content.CopyToAsync(Stream.Null, cancellation);
        var sent = CommitOfNew(content.Facts, await file.ReadPropertiesAsync(cancellation));
        var difference = !IsNameOf(first, sent) ? "name"
            : sent.Folder is { } folder && folder != first.Place.Folder ? "folder"
            : !string.Equals(first.Content.Type, sent.Type, StringComparison.Ordinal) ? "type"
            : !FileTags.Same(first.Tags, sent.Tags ?? FileTags.None) ? "tags"
            : !string.Equals(first.Content.Sha256, sent.Sha256, StringComparison.Ordinal) ? "content"
            : null;
        return new CreateResult(first, difference);
    }

    /// <summary>Whether a file has the name that was sent, or the free one that it got instead.</summary>
    private static bool IsNameOf(CatalogFile file, FileCommit sent) => string.Equals(file.Name, sent.Name, StringComparison.Ordinal)
        || (sent is { OnConflict: OnConflict.Rename, Name: { } name } && file.Place.Folder is not null && FreeName.IsNumbered(name, file.Name, EntryKind.File));

    private static FileCommit CommitOfNew(ContentFacts content, FileProperties properties) =>
        Commit(content, properties with { Name = properties.Name ?? FileName.Untitled, Tags = properties.Tags ?? FileTags.None });

    private static FileCommit CommitOfCopy(CatalogFile source, CopyProperties properties) =>
        new(source.Content.Size, source.Content.Type, source.Content.Sha256, source.Content.XxHash3, properties.Name ?? source.Name,
            properties.Tags ?? source.Tags, Crc32: source.Content.Crc32)
        {
            Folder = properties.Folder ?? source.Place.Folder,
            OnConflict = properties.OnConflict,
            ModifiedAt = source.ModifiedAt,
            Held = properties.Held,
            Writer = properties.Writer,
            Properties = source.Dav.Properties,
        };
}
