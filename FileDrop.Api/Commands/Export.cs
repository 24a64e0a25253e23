using System.Text.Json;
using FileDrop.Api.Blobs;
using FileDrop.Api.Catalog;
using FileDrop.Api.Contents;
using FileDrop.Api.Storage;
using FileDrop.Api.Text;

namespace FileDrop.Api.Commands;

/// <summary>
/// Writes every folder, every file, live and in the trash, with all its versions, and every share into a backup. It may run beside the service. A later run into the same
/// folder writes only new entries.
/// </summary>
internal sealed class Export(IDocumentCatalog catalog, IFolderDocumentCatalog folders, IShareCatalog shares, IBlobStore blobs, BackupTarget target, TimeProvider time, Action<string> complain)
{
    private const int DocumentsAtOnce = 200;

    /// <summary>Exports everything.</summary>
    /// <returns>The summary of the backup, and the number of files left out because their content is damaged or missing.</returns>
    public async Task<(BackupManifest Manifest, long Failed)> RunAsync(CancellationToken cancellation)
    {
        var (files, contents, bytes, failed) = (0L, 0L, 0L, 0L);
        // First, so that an import of the archive can put each file into its folder as it comes.
        var (exported, newest) = await WriteFoldersAsync(after: null, cancellation);
        Guid? last = null;
        for (Guid? after = null; await catalog.ScanAsync(after, DocumentsAtOnce, cancellation) is { Count: > 0 } page; after = page[^1].FileId)
        {
            foreach (var scanned in page)
            {
                if (scanned.File is null)
                    continue;
                if (scanned.FileId == last)
                {
                    Complain($"File {scanned.FileId} of {scanned.Owner} is not in the backup: another owner has a file with this id.");
                    failed++;
                    continue;
                }
                last = scanned.FileId;
                var document = scanned;
                while (document is { File: not null } && !await TryWriteContentsAsync(document, cancellation))
                {
                    // A content is missing: it was pruned or purged meanwhile, or is lost.
                    var now = (await catalog.FindDocumentsAsync([document.FileId], cancellation)).FirstOrDefault(other => other.Owner.Equals(scanned.Owner, StringComparison.Ordinal));
                    if (now is not null && now.Contents.Select(content => content.BlobId).SequenceEqual(document.Contents.Select(content => content.BlobId)))
                    {
                        Complain($"File {document.FileId} ({document.File.Name}) is not in the backup: content is damaged or missing. Run check.");
                        failed++;
                        now = null;
                    }
                    document = now;
                }
                if (document is not { File: { } file })
                    continue;
                await WriteJsonAsync(Backup.PathOfDocument(document.FileId),
                    JsonSerializer.SerializeToUtf8Bytes(Backed(document, file), MaintenanceJson.Default.BackupFile), cancellation);
                var kept = document.Contents.DistinctBy(content => content.BlobId).ToList();
                (files, contents, bytes) = (files + 1, contents + kept.Count, bytes + kept.Sum(content => content.Size));
            }
        }
        // Files were exported since, and may lie in folders made since.
        var (later, _) = await WriteFoldersAsync(newest, cancellation);
        var manifest = new BackupManifest(Backup.Format, time.GetUtcNow(), files, contents, bytes)
        {
            Folders = exported + later,
            Shares = await WriteSharesAsync(cancellation),
        };
        await WriteJsonAsync(Backup.Manifest, JsonSerializer.SerializeToUtf8Bytes(manifest, MaintenanceJson.Default.BackupManifest), cancellation);
        return (manifest, failed);
    }

    private static BackupFile Backed(CatalogDocument document, CatalogFile file) =>
        new(document.Owner, file with { Place = new Place(file.Place.Folder, 0, null) }, document.Contents) { Carried = document.IsCarried };

    /// <summary>Writes the folders behind an id. Returns their number, and the last one's id.</summary>
    private async Task<(long Folders, Guid? Last)> WriteFoldersAsync(Guid? after, CancellationToken cancellation)
    {
        var count = 0L;
        for (; await folders.ScanFoldersAsync(after, DocumentsAtOnce, cancellation) is { Count: > 0 } page; after = page[^1].Id)
        {
            foreach (var folder in page.Where(folder => folder.IsFolder))
            {
                var document = new BackedUpFolder(folder.Owner, folder.ToFolder()) { Carried = folder.State == FileState.Carried };
                await WriteJsonAsync(Backup.PathOfFolder(folder.Id),
                    JsonSerializer.SerializeToUtf8Bytes(document, MaintenanceJson.Default.BackedUpFolder), cancellation);
                count++;
            }
        }
        return (count, after);
    }

    /// <summary>Writes all shares, and returns their number.</summary>
    private async Task<long> WriteSharesAsync(CancellationToken cancellation)
    {
        var count = 0L;
        var keys = (await shares.ListShareKeysAsync(cancellation)).ToDictionary(key => key.Number, key => key.Secret);
        for (Guid? before = null; await shares.ListSharesAsync(owner: null, before, IShareCatalog.MaxListed, cancellation) is { Count: > 0 } page; before = page[^1].Id)
        {
            foreach (var share in page)
            {
                if (!keys.TryGetValue(share.Key, out var secret))
                {
                    Complain($"Share {share.Id} of {share.Owner} is not in the backup: the catalog has lost the key of its link. Run check.");
                    continue;
                }
                await WriteJsonAsync(Backup.PathOfShare(share.Id),
                    JsonSerializer.SerializeToUtf8Bytes(BackedUpShare.Of(share, secret), MaintenanceJson.Default.BackedUpShare), cancellation);
                count++;
            }
        }
        return count;
    }

    private void Complain(string what) => complain(UnicodeText.Escape(what));

    /// <summary>Writes a file's contents. False if one is missing or damaged.</summary>
    private async Task<bool> TryWriteContentsAsync(CatalogDocument document, CancellationToken cancellation)
    {
        foreach (var content in document.Contents.DistinctBy(content => content.BlobId))
        {
            var path = Backup.PathOfContent(document.FileId, content.BlobId);
            // A blob is written once, so an entry with its name and size is the same.
            if (target.Has(path, content.Size))
                continue;
            if (await OpenAsync(new BlobKey(content.BlobId, document.FileId), content.Size, cancellation) is not { } stream)
                return false;
            await using (stream)
            {
                using var hashed = new IncomingContent(stream, first: null, content.Size, content.Sha256);
                try
                {
                    await target.WriteAsync(path, hashed, content.Size, cancellation);
                }
                catch (RefusedException)
                {
                    return false;
                }
                catch (StorageException)
                {
                    // The blob is shorter than its content. If instead the store does not answer, the next call reports it.
                    return false;
                }
            }
        }
        return true;
    }

    private async Task<Stream?> OpenAsync(BlobKey key, long size, CancellationToken cancellation)
    {
        try
        {
            return await blobs.OpenAsync(key, 0, size, cancellation);
        }
        catch (StorageException) when (!cancellation.IsCancellationRequested)
        {
            // If the store answers the ping, only this one blob cannot be opened.
            await blobs.PingAsync(cancellation);
            return null;
        }
    }

    private async Task WriteJsonAsync(string path, byte[] json, CancellationToken cancellation)
    {
        using var stream = new MemoryStream(json);
        await target.WriteAsync(path, stream, json.Length, cancellation);
    }
}
