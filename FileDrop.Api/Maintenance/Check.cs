using FileDrop.Api.Blobs;
using FileDrop.Api.Catalog;

namespace FileDrop.Api.Maintenance;

/// <summary>What a check can find.</summary>
internal enum FindingKind
{
    /// <summary>A document names a content whose blob is not in the store.</summary>
    FileWithoutBlob,

    /// <summary>The blob has another size than its content.</summary>
    SizeDiffers,

    /// <summary>The blob's SHA-256 is not the content's.</summary>
    HashDiffers,

    /// <summary>The store answers and cannot give the blob.</summary>
    Unreadable,

    /// <summary>A blob that no document names.</summary>
    BlobWithoutFile,

    /// <summary>A writer is gone, and no sweeper has claimed what it was writing.</summary>
    ExpiredIntent,

    /// <summary>A blob should have been deleted, and no sweeper has come.</summary>
    GarbageOverdue,

    /// <summary>What an owner's quota is judged by is not what the owner's files add up to.</summary>
    UsageDiffers,
}

/// <summary>One thing that is not as it should be.</summary>
/// <param name="Kind">What is wrong.</param>
/// <param name="FileId">The file whose document names the blob, or whose id the blob's key has.</param>
/// <param name="BlobId">The blob.</param>
/// <param name="Version">The content's version, where a content is concerned.</param>
/// <param name="Detail">For a person.</param>
/// <param name="Repaired">Whether it is mended now.</param>
/// <param name="Owner">The owner, where it is about one and no file.</param>
internal sealed record Finding(FindingKind Kind, Guid FileId, Guid BlobId, long? Version, string Detail, bool Repaired, string? Owner = null);

/// <summary>What a check went through.</summary>
/// <param name="Documents">Documents in the catalog.</param>
/// <param name="Blobs">Blobs in the store.</param>
/// <param name="Findings">Things that are not as they should be.</param>
internal sealed record CheckSummary(long Documents, long Blobs, long Findings);

/// <summary>
/// Compares catalog and blob store both ways, in bounded memory and beside a running service (fsck). It goes through the store
/// first and the catalog then; what looks wrong is looked at once more before it is a finding, since both change meanwhile.
/// </summary>
/// <remarks>
/// A repair deletes nothing that could be somebody's only copy: a blob that no document names is put into quarantine, and only
/// what the catalog itself names as abandoned or as garbage is swept. Damaged or missing content cannot be mended from
/// what is there: an earlier version can be restored, or a backup imported.
/// </remarks>
internal sealed class Check(
    IDocumentCatalog catalog, ISweepCatalog sweep, IBlobStore blobs, IDamageNotes notes, IReserve reserve, CheckOptions options, Action<Finding> report)
{
    private const int DocumentsAtOnce = 500;

    /// <summary>So many tell a running service as much as a million would.</summary>
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
        await CheckUsageAsync(cancellation);
        await ReviewNotesAsync(cancellation);
        return new CheckSummary(_documents, _blobs, _findings);
    }

    /// <summary>Every blob in the store is named by its document, with its size.</summary>
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

    /// <summary>A document is there before its blob is. One that does not name a blob which is still there never will.</summary>
    private async Task CheckOrphanAsync(BlobKey key, CancellationToken cancellation)
    {
        // By any owner's document: a key has no owner in it.
        var documents = await catalog.FindDocumentsAsync([key.FileId], cancellation);
        if (documents.Any(document => document.Names(key.BlobId)) || await blobs.FindSizeAsync(key, cancellation) is not { } size)
            return;
        if (options.Repair)
            await blobs.QuarantineAsync(key, cancellation);
        Report(FindingKind.BlobWithoutFile, key, null, $"No document names this blob of {size} bytes.", options.Repair);
    }

    /// <summary>Every blob that a document names as a content is in the store; nothing waits for a sweeper that does not come.</summary>
    private async Task CheckCatalogAsync(SeenBlobs seen, CancellationToken cancellation)
    {
        for (Guid? after = null; await catalog.ScanAsync(after, DocumentsAtOnce, cancellation) is { Count: > 0 } page; after = page[^1].FileId)
        {
            _documents += page.Count;
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
        // The size of one that was seen was compared when the store was listed.
        if (_damaged.Contains(key) || (seen.Contains(key) && !options.Hash)
            || await StoredContent.FindDamageAsync(blobs, document.FileId, content, options.Hash, cancellation) is not { } damage)
            return;
        // Committed after the store was listed, or dropped since the document was read.
        var now = await catalog.FindDocumentsAsync([document.FileId], cancellation);
        if (now.ContentOf(content.BlobId) is not null)
            await ReportAsync(key, content, damage, cancellation);
    }

    /// <summary>Forgets noted damages that are no more: the content was mended, or no document names it now.</summary>
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
                $"{recorded.Bytes} bytes in {recorded.Files} files are recorded and {recorded.BytesReserved} reserved, "
                + $"and there are {actual.Bytes} in {actual.Files} and {actual.BytesReserved}.", repaired, owner));
        }
    }

    /// <summary>Documents by their ids. Two owners may have one, by an import of an earlier release.</summary>
    private async Task<ILookup<Guid, CatalogDocument>> FindAsync(IEnumerable<Guid> ids, CancellationToken cancellation) =>
        (await catalog.FindDocumentsAsync([.. ids.Distinct()], cancellation)).ToLookup(document => document.FileId);

    private static string Ago(DueBlob blob) => blob.Overdue.ToString(@"d\.hh\:mm\:ss", System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Reports a damage, and notes it, so that a running service tells it too.</summary>
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

/// <summary>How a check is made.</summary>
/// <param name="Repair">Mend what can be mended; otherwise only tell.</param>
/// <param name="Hash">Read every content and compare its SHA-256.</param>
/// <param name="SweepersTime">How long something may be due without being a finding: a running sweeper needs its time.</param>
internal sealed record CheckOptions(bool Repair, bool Hash, TimeSpan SweepersTime);
