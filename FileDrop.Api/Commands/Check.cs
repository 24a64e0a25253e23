using FileDrop.Api.Blobs;
using FileDrop.Api.Catalog;
using FileDrop.Api.Maintenance;

namespace FileDrop.Api.Commands;

/// <summary>One inconsistency.</summary>
/// <param name="Kind">The kind of inconsistency.</param>
/// <param name="FileId">The file whose document names the blob, or whose id is in the blob's key; the share, if the finding concerns one.</param>
/// <param name="BlobId">The blob.</param>
/// <param name="Version">The content's version, if the finding concerns a content.</param>
/// <param name="Detail">For a person.</param>
/// <param name="Repaired">Whether the check has repaired it.</param>
/// <param name="Owner">The owner, if the finding concerns an owner instead of a file.</param>
/// <param name="FolderId">The folder, if the finding concerns a folder or an entry's place in one.</param>
internal sealed record Finding(
    FindingKind Kind, Guid FileId, Guid BlobId, long? Version, string Detail, bool Repaired, string? Owner = null, Guid? FolderId = null);

/// <summary>The summary of a check.</summary>
/// <param name="Documents">The number of documents in the catalog.</param>
/// <param name="Folders">The number of folders in the catalog.</param>
/// <param name="Blobs">The number of blobs in the store.</param>
/// <param name="Findings">The number of findings.</param>
internal sealed record CheckSummary(long Documents, long Folders, long Blobs, long Findings);

/// <summary>
/// Compares the catalog and the blob store both ways, in bounded memory and beside a running service (fsck). It walks the store first, then the catalog. It
/// looks a second time before it reports a finding, because both change meanwhile.
/// </summary>
/// <remarks>
/// A repair deletes nothing that could be the only copy. It moves a blob that no document names to the quarantine, and sweeps only intents and garbage that the
/// catalog itself names. It cannot mend damaged or missing content: restore an earlier version, or import a backup.
/// </remarks>
internal sealed class Check(
    IDocumentCatalog catalog, ISweepCatalog sweep, FolderCheck folders, IShareCatalog shares, IBlobStore blobs, IDamageNotes notes, IReserve reserve, CheckOptions options,
    Action<Finding> report)
{
    private const int DocumentsAtOnce = 500;

    /// <summary>The most notes for a running service; more would tell it nothing new.</summary>
    private const int MaxNotes = 1000;

    private readonly HashSet<BlobKey> _damaged = [];
    private long _documents;
    private long _blobs;
    private long _findings;

    public async Task<CheckSummary> RunAsync(CancellationToken cancellation)
    {
        using var seen = new SeenBlobs();
        await CheckStoreAsync(seen, cancellation);
        await CheckCatalogAsync(seen, cancellation);
        // Behind the files, whose claims a repair makes again.
        await folders.RunAsync(cancellation);
        await CheckUsageAsync(cancellation);
        await CheckSharesAsync(cancellation);
        await ReviewNotesAsync(cancellation);
        return new CheckSummary(_documents, folders.Folders, _blobs, _findings + folders.Findings);
    }

    /// <summary>Checks that a document names every blob in the store, with its size.</summary>
    private async Task CheckStoreAsync(SeenBlobs seen, CancellationToken cancellation)
    {
        for (BlobKey? after = null; await blobs.ListAsync(after, cancellation) is { Count: > 0 } page; after = page[^1].Key)
        {
            _blobs += page.Count;
            seen.Add(page.Select(blob => blob.Key));
            var documents = await FindAsync(page.Select(blob => blob.Key.FileId), cancellation);
            foreach (var blob in page)
            {
                if (documents[blob.Key.FileId].ContentOf(blob.Key.BlobId) is { } content)
                    await CheckSizeAsync(blob, content, cancellation);
                else if (!documents[blob.Key.FileId].Any(document => document.Names(blob.Key.BlobId)))
                    await CheckOrphanAsync(blob.Key, cancellation);
            }
        }
    }

    private async Task CheckSizeAsync(StoredBlob blob, FileContent content, CancellationToken cancellation)
    {
        if (content.Size != blob.Size)
            await ReportAsync(blob.Key, content, new ContentDamage(
                FindingKind.SizeDiffers, $"The content has {content.Size} bytes, the blob {blob.Size}."), cancellation);
    }

    /// <summary>
    /// Checks a blob that no document seems to name. A document exists before its blob, so a document that does not name an existing blob never will.
    /// </summary>
    private async Task CheckOrphanAsync(BlobKey key, CancellationToken cancellation)
    {
        // Look at the documents of all owners, because a key does not contain an owner.
        var documents = await catalog.FindDocumentsAsync([key.FileId], cancellation);
        if (documents.Any(document => document.Names(key.BlobId)) || await blobs.FindSizeAsync(key, cancellation) is not { } size)
            return;
        if (options.Repair)
            await blobs.QuarantineAsync(key, cancellation);
        Report(FindingKind.BlobWithoutFile, key, null, $"No document names this blob of {size} bytes.", options.Repair);
    }

    /// <summary>Checks that every content's blob is in the store, and that no due work waits for a sweeper that does not come.</summary>
    private async Task CheckCatalogAsync(SeenBlobs seen, CancellationToken cancellation)
    {
        for (Guid? after = null; await catalog.ScanAsync(after, DocumentsAtOnce, cancellation) is { Count: > 0 } page; after = page[^1].FileId)
        {
            _documents += page.Count;
            await folders.CheckFilesAsync(page, cancellation);
            foreach (var document in page)
            {
                foreach (var content in document.Contents.DistinctBy(content => content.BlobId))
                    await CheckContentAsync(seen, document, content, cancellation);
                await CheckBacklogAsync(document, cancellation);
            }
        }
    }

    private async Task CheckContentAsync(SeenBlobs seen, CatalogDocument document, FileContent content, CancellationToken cancellation)
    {
        var key = new BlobKey(content.BlobId, document.FileId);
        // The walk of the store has already counted the blobs that it saw, and compared their sizes.
        var isSeen = seen.Contains(key);
        if (_damaged.Contains(key) || (isSeen && !options.Hash))
            return;
        if (await StoredContent.FindDamageAsync(blobs, document.FileId, content, options.Hash, cancellation) is not { } damage)
        {
            _blobs += isSeen ? 0 : 1;
            return;
        }
        // The content may have been committed after the walk of the store, or dropped since its document was read.
        var now = await catalog.FindDocumentsAsync([document.FileId], cancellation);
        if (now.ContentOf(content.BlobId) is not null)
            await ReportAsync(key, content, damage, cancellation);
    }

    /// <summary>Removes notes of damage that is gone: the content was mended, or no document names it any more.</summary>
    private async Task ReviewNotesAsync(CancellationToken cancellation)
    {
        foreach (var key in await notes.ListAsync(cancellation))
        {
            if (_damaged.Contains(key))
                continue;
            var content = (await catalog.FindDocumentsAsync([key.FileId], cancellation)).ContentOf(key.BlobId);
            if (content is null)
                await notes.RemoveAsync(key, cancellation);
            else if (await StoredContent.FindDamageAsync(blobs, key.FileId, content, hash: true, cancellation) is { } damage)
                await ReportAsync(key, content, damage, cancellation);
            else
                await notes.RemoveAsync(key, cancellation);
        }
    }

    private async Task CheckBacklogAsync(CatalogDocument document, CancellationToken cancellation)
    {
        var expired = document.Intents.Where(blob => blob.Overdue > options.SweepersTime).ToList();
        var overdue = document.Garbage.Where(blob => blob.Overdue > options.SweepersTime).ToList();
        if (expired.Count + overdue.Count == 0)
            return;
        if (options.Repair)
            await Sweeper.SweepDocumentAsync(sweep, catalog, blobs, reserve, document.Owner, document.FileId, cancellation);
        foreach (var blob in expired)
            Report(FindingKind.ExpiredIntent, new BlobKey(blob.BlobId, document.FileId), null, $"The lease ran out {Ago(blob)} ago.", options.Repair);
        foreach (var blob in overdue)
            Report(FindingKind.GarbageOverdue, new BlobKey(blob.BlobId, document.FileId), null, $"The deletion was due {Ago(blob)} ago.", options.Repair);
    }

    private async Task CheckUsageAsync(CancellationToken cancellation)
    {
        foreach (var (owner, recorded, actual, repaired) in await catalog.CheckUsageAsync(options.Repair, cancellation))
        {
            _findings++;
            report(new Finding(FindingKind.UsageDiffers, Guid.Empty, Guid.Empty, null,
                $"{recorded.Bytes} bytes in {recorded.Files} files are recorded and {recorded.BytesReserved} bytes reserved, "
                + $"but the documents have {actual.Bytes} bytes in {actual.Files} files and {actual.BytesReserved} bytes reserved.", repaired, owner));
        }
    }

    /// <summary>Checks that the link of every share can be shown, and leads to it.</summary>
    private async Task CheckSharesAsync(CancellationToken cancellation)
    {
        for (Guid? before = null; await shares.ListSharesAsync(owner: null, before, IShareCatalog.MaxListed, cancellation) is { Count: > 0 } page; before = page[^1].Id)
        {
            // After the shares: a key is older than its shares, and is never removed.
            var keys = await shares.ListShareKeysAsync(cancellation);
            foreach (var share in page)
            {
                if (keys.FirstOrDefault(key => key.Number == share.Key) is { } key
                    && Share.DigestOf(Share.TokenOf(share.Id, key.Secret.Span)).AsSpan().SequenceEqual(share.Digest.Span))
                    continue;
                _findings++;
                report(new Finding(
                    FindingKind.ShareUnreadable, share.Id, Guid.Empty, null, $"The catalog has no key {share.Key} that makes its link. End the share, and make another.",
                    Repaired: false, share.Owner));
            }
        }
    }

    /// <summary>Finds documents by their ids. Two owners may have the same id, through an import of an earlier release.</summary>
    private async Task<ILookup<Guid, CatalogDocument>> FindAsync(IEnumerable<Guid> ids, CancellationToken cancellation) =>
        (await catalog.FindDocumentsAsync([.. ids.Distinct()], cancellation)).ToLookup(document => document.FileId);

    private static string Ago(DueBlob blob) => blob.Overdue.ToString(@"d\.hh\:mm\:ss", System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Reports damage, and leaves a note so that a running service reports it too.</summary>
    private async Task ReportAsync(BlobKey key, FileContent content, ContentDamage damage, CancellationToken cancellation)
    {
        Report(damage.Kind, key, content.Version, damage.Detail);
        if (_damaged.Add(key) && _damaged.Count <= MaxNotes)
            await notes.AddAsync(key, cancellation);
    }

    private void Report(FindingKind kind, BlobKey key, long? version, string detail, bool repaired = false)
    {
        _findings++;
        report(new Finding(kind, key.FileId, key.BlobId, version, detail, repaired));
    }
}

/// <summary>The options of a check.</summary>
/// <param name="Repair">Whether to repair what can be repaired, instead of only reporting it.</param>
/// <param name="Hash">Whether to read every content and compare its SHA-256.</param>
/// <param name="SweepersTime">The time for which work may be due without being a finding, since a running sweeper needs time.</param>
internal sealed record CheckOptions(bool Repair, bool Hash, TimeSpan SweepersTime)
{
    /// <summary>The time after which the claim of a name that no entry holds is a finding, since its operation has certainly ended.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromMinutes(1);
}
