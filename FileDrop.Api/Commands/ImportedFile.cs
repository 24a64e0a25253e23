using FileDrop.Api.Blobs;
using FileDrop.Api.Catalog;
using FileDrop.Api.Contents;
using FileDrop.Api.Maintenance;
using FileDrop.Api.Storage;

namespace FileDrop.Api.Commands;

/// <summary>The outcome of the import of one file.</summary>
internal enum ImportEnd
{
    /// <summary>The file is new here.</summary>
    Imported,

    /// <summary>The file existed here and stayed unchanged.</summary>
    Present,

    /// <summary>The file could not be imported; a message says why.</summary>
    Failed,

    /// <summary>The backup has no usable document of the file.</summary>
    None,
}

/// <summary>One file of a backup during its import.</summary>
/// <remarks>
/// An import never deletes or overwrites a blob that a document of any owner names. If the catalog has a document with the file's id, of any owner, nothing is
/// written under that id. The only exception is a missing or damaged content. Bytes with exactly the SHA-256 in its document replace it,
/// after a damaged blob has moved to the quarantine. A blob that no document names and that is in the way also moves to the quarantine,
/// because it could be the only good copy. The import deletes only blobs that it has written itself.
/// </remarks>
internal sealed class ImportedFile
{
    private readonly IDocumentCatalog _catalog;
    private readonly IBlobStore _blobs;
    private readonly Action<string> _complain;
    private readonly Dictionary<Guid, Arrived> _arrived = [];
    private IReadOnlyList<CatalogDocument> _here;
    private bool _isInserted;

    private ImportedFile(IDocumentCatalog catalog, IBlobStore blobs, Action<string> complain, Guid id, IReadOnlyList<CatalogDocument> here) =>
        (_catalog, _blobs, _complain, Id, _here) = (catalog, blobs, complain, id, here);

    /// <summary>The file's id.</summary>
    public Guid Id { get; }

    /// <summary>The file's document in the backup; null until it is read.</summary>
    public BackupFile? Document { get; set; }

    /// <summary>Whether the document in the backup was refused.</summary>
    public bool IsRefused { get; set; }

    /// <summary>Whether the file is here, live or carried, but its name in its folder is not claimed yet: this import or an interrupted one made it.</summary>
    public bool IsUnsettled => _isInserted
        ? Document?.File is { Place.Folder: not null, DeletedAt: null }
        : _here.Any(here => here is { State: FileState.Live or FileState.Carried, File.Place: { Folder: not null, Claim: null } }
            && here.Owner.Equals(Document?.Owner, StringComparison.Ordinal));

    /// <summary>The number of missing or damaged contents that were restored from the backup.</summary>
    public long Mended { get; private set; }

    /// <summary>Whether the file needs no more entries.</summary>
    public bool IsComplete => Document is not null && (_here.Count > 0 || Document.Contents.All(content => _arrived.ContainsKey(content.BlobId)));

    /// <summary>The blobs that the import can use.</summary>
    public IReadOnlyList<Guid> Wanted =>
        [.. (_here.Count > 0 ? _here.SelectMany(document => document.Contents) : Document?.Contents ?? []).Select(content => content.BlobId).Distinct()];

    /// <summary>Begins the import of a file; looks its id up over all owners.</summary>
    public static async Task<ImportedFile> BeginAsync(
        IDocumentCatalog catalog, IBlobStore blobs, Action<string> complain, Guid id, CancellationToken cancellation) =>
        new(catalog, blobs, complain, id, await catalog.FindDocumentsAsync([id], cancellation));

    /// <summary>Takes a content of the backup, if the import can use it.</summary>
    /// <exception cref="UnreadableBackupException">The entry cannot be read to its end.</exception>
    public async Task TakeAsync(Guid blob, BackupEntry entry, CancellationToken cancellation)
    {
        if (_here.Count > 0)
        {
            if (_here.ContentOf(blob) is { } damaged)
                await MendAsync(damaged, entry, cancellation);
            return;
        }
        var expected = Document?.Contents.FirstOrDefault(content => content.BlobId == blob);
        if (IsRefused || _arrived.ContainsKey(blob) || (Document is not null && expected is null))
            return;
        var key = new BlobKey(blob, Id);
        if (await FindLeftoverAsync(key, expected, entry.Size, cancellation) is { } leftover)
            _arrived[blob] = new Arrived(leftover, IsWritten: false);
        else
            _arrived[blob] = new Arrived(await WriteAsync(key, expected, entry, cancellation), IsWritten: true);
    }

    /// <summary>Creates the file, then removes blobs that this import has written and no document names.</summary>
    public async Task<ImportEnd> EndAsync(CancellationToken cancellation)
    {
        var end = Document is { } document ? await EndAsync(document, cancellation) : ImportEnd.None;
        if (end is ImportEnd.None && !IsRefused && _here.Count == 0)
            _complain($"File {Id} was not imported: the backup has its content but no document.");
        await DropUnnamedAsync(cancellation);
        return end;
    }

    private async Task<ImportEnd> EndAsync(BackupFile document, CancellationToken cancellation)
    {
        if (_here.Count == 0 && !await IsWholeAsync(document, cancellation))
        {
            _complain($"File {Id} ({document.File.Name}) was not imported: in the backup, some of its content is missing or damaged.");
            return ImportEnd.Failed;
        }
        return _here.Count == 0 && await TryInsertAsync(document, cancellation) ? ImportEnd.Imported : Judge(document);
    }

    /// <summary>Decides the outcome if the catalog already has the id.</summary>
    private ImportEnd Judge(BackupFile document)
    {
        if (_here.Any(here => here.File is not null && here.Owner.Equals(document.Owner, StringComparison.Ordinal)))
            return ImportEnd.Present;
        _complain(_here.FirstOrDefault(here => !here.Owner.Equals(document.Owner, StringComparison.Ordinal)) is { } foreign
            ? $"File {Id} ({document.File.Name}) was not imported: its id belongs to another owner here, {foreign.Owner}."
            : $"File {Id} ({document.File.Name}) was not imported: it was deleted here and is not swept yet. Import it again once the sweeper has run.");
        return ImportEnd.Failed;
    }

    private async Task<bool> TryInsertAsync(BackupFile document, CancellationToken cancellation)
    {
        try
        {
            // Backups of earlier releases have no CRC-32.
            var contents = document.Contents.Select(content => content with { Crc32 = _arrived[content.BlobId].Facts?.Crc32 }).ToList();
            var file = document.File with { Content = contents[0] };
            var imported = new CatalogDocument(document.Owner, Id, file, contents, [], []) { IsCarried = document.Carried };
            if (_isInserted = await _catalog.ImportAsync(imported, cancellation))
                return true;
            _here = await _catalog.FindDocumentsAsync([Id], cancellation);
        }
        catch (StorageException)
        {
            // If there is a document now, another import was faster.
            _here = await _catalog.FindDocumentsAsync([Id], cancellation);
            if (_here.Count == 0)
                throw;
        }
        return false;
    }

    /// <summary>Whether all contents have come and match the document. A leftover that does not match moves to the quarantine.</summary>
    private async Task<bool> IsWholeAsync(BackupFile document, CancellationToken cancellation)
    {
        var whole = true;
        foreach (var content in document.Contents.DistinctBy(content => content.BlobId))
        {
            var arrived = _arrived.GetValueOrDefault(content.BlobId);
            if (arrived?.Facts is { } facts && IsSame(facts, content))
                continue;
            whole = false;
            if (arrived is not { Facts: not null, IsWritten: false })
                continue;
            await _blobs.QuarantineAsync(new BlobKey(content.BlobId, Id), cancellation);
            _complain($"File {Id}: other bytes lay under the key of version {content.Version}; they were moved to the quarantine. Import the file again.");
        }
        return whole;
    }

    /// <summary>Finds a blob that an interrupted import or a lost catalog has left. It is kept if it can be the content.</summary>
    private async Task<ContentFacts?> FindLeftoverAsync(BlobKey key, FileContent? expected, long size, CancellationToken cancellation)
    {
        if (await _blobs.FindSizeAsync(key, cancellation) is not { } there)
            return null;
        if (there == (expected?.Size ?? size) && await _blobs.OpenAsync(key, 0, there, cancellation) is { } stored)
        {
            await using (stored)
            {
                using var content = new IncomingContent(stored, first: null, long.MaxValue, digest: null);
                await content.CopyToAsync(Stream.Null, cancellation);
                if (expected is null || IsSame(content.Facts, expected))
                    return content.Facts;
            }
        }
        await _blobs.QuarantineAsync(key, cancellation);
        return null;
    }

    /// <summary>Writes a content. If it does not match the document, leaves nothing, complains and returns null.</summary>
    private async Task<ContentFacts?> WriteAsync(BlobKey key, FileContent? expected, BackupEntry entry, CancellationToken cancellation)
    {
        if (expected is not null && expected.Size != entry.Size)
        {
            _complain($"File {Id}, version {expected.Version}: the backup has {entry.Size} bytes instead of {expected.Size}.");
            return null;
        }
        using var content = new IncomingContent(entry, first: null, long.MaxValue, expected?.Sha256);
        try
        {
            await _blobs.WriteAsync(key, owner: "", content, entry.Size, exact: true, cancellation);
            return content.Facts;
        }
        catch (RefusedException)
        {
            _complain($"File {Id}, version {expected?.Version}: the bytes in the backup do not match their SHA-256.");
            return null;
        }
    }

    /// <summary>Replaces a missing or damaged content by bytes with the right hash.</summary>
    private async Task MendAsync(FileContent content, BackupEntry entry, CancellationToken cancellation)
    {
        if (await StoredContent.FindDamageAsync(_blobs, Id, content, hash: true, cancellation) is not { } damage)
            return;
        var key = new BlobKey(content.BlobId, Id);
        if (damage.Kind is not FindingKind.FileWithoutBlob)
        {
            // Move the damaged blob only once the bytes in the backup are known to be right.
            if (!entry.MayRewind)
            {
                _complain($"File {Id}, version {content.Version} is damaged here. {damage.Detail} Unpack the archive and import its folder to mend it.");
                return;
            }
            using var checkedContent = new IncomingContent(entry, first: null, long.MaxValue, digest: null);
            await checkedContent.CopyToAsync(Stream.Null, cancellation);
            if (!IsSame(checkedContent.Facts, content))
            {
                _complain($"File {Id}, version {content.Version} is damaged both here and in the backup, and stays unchanged. {damage.Detail}");
                return;
            }
            entry.Rewind();
            await _blobs.QuarantineAsync(key, cancellation);
        }
        if (await WriteAsync(key, content, entry, cancellation) is not null)
            Mended++;
    }

    private async Task DropUnnamedAsync(CancellationToken cancellation)
    {
        var written = _arrived.Where(content => content.Value is { IsWritten: true, Facts: not null }).Select(content => content.Key).ToList();
        if (written.Count == 0)
            return;
        var documents = await _catalog.FindDocumentsAsync([Id], cancellation);
        foreach (var blob in written.Where(blob => !documents.Any(document => document.Names(blob))))
            await _blobs.DeleteAsync(new BlobKey(blob, Id), cancellation);
    }

    private static bool IsSame(ContentFacts facts, FileContent content) =>
        facts.Size == content.Size && facts.XxHash3 == content.XxHash3 && facts.Sha256.Equals(content.Sha256, StringComparison.Ordinal)
        && (content.Crc32 is null || content.Crc32 == facts.Crc32);

    /// <param name="Facts">The facts of the content; null if it was refused.</param>
    /// <param name="IsWritten">Whether this import has written the blob, rather than found it.</param>
    private sealed record Arrived(ContentFacts? Facts, bool IsWritten);
}
