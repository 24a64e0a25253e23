using System.Formats.Tar;
using System.Text.Json;
using FileDrop.Api.Blobs;
using FileDrop.Api.Catalog;
using FileDrop.Api.Files;

namespace FileDrop.Api.Maintenance;

/// <summary>What an import did.</summary>
/// <param name="Imported">Files that are new here.</param>
/// <param name="Present">Files that were here already, and stayed as they were.</param>
/// <param name="Failed">Files whose content in the backup is not what it should be.</param>
/// <param name="Complete">Whether the backup had its manifest, and all that it tells.</param>
internal sealed record ImportResult(long Imported, long Present, long Failed, bool Complete);

/// <summary>
/// Brings every file of a backup into the stores, under its id, with its contents, versions and times, each content checked
/// against its SHA-256. It can be run again after it was cut short: what is there already stays.
/// </summary>
internal sealed class Import(IFileCatalog catalog, IBlobStore blobs, Action<string> complain)
{
    private const int MaxDocumentBytes = 16 * 1024 * 1024;

    /// <summary>Contents of the file at hand, which its document has yet to claim.</summary>
    private readonly Dictionary<BlobKey, (ContentFacts Facts, bool Written)> _waiting = [];
    private ImportResult _result = new(0, 0, 0, false);

    /// <summary>Imports a folder.</summary>
    public async Task<ImportResult> RunAsync(string folder, CancellationToken cancellation)
    {
        foreach (var document in Directory.EnumerateFiles(Path.Combine(folder, "files"), "*.json", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            var contents = Path.ChangeExtension(document, null);
            IEnumerable<string> entries = Directory.Exists(contents) ? [.. Directory.EnumerateFiles(contents), document] : [document];
            foreach (var path in entries)
                await TakeFileAsync(folder, path, cancellation);
        }
        var manifest = Path.Combine(folder, Backup.Manifest);
        if (File.Exists(manifest))
            await TakeFileAsync(folder, manifest, cancellation);
        return _result;
    }

    /// <summary>Imports an archive, from front to back.</summary>
    public async Task<ImportResult> RunAsync(Stream archive, CancellationToken cancellation)
    {
        await using var reader = new TarReader(archive, leaveOpen: true);
        while (await reader.GetNextEntryAsync(copyData: false, cancellation) is { } entry)
        {
            if (entry.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile)
                await TakeAsync(entry.Name.StartsWith("./", StringComparison.Ordinal) ? entry.Name[2..] : entry.Name,
                    entry.DataStream ?? Stream.Null, entry.Length, cancellation);
        }
        await DropUnclaimedAsync(cancellation);
        return _result;
    }

    private async Task TakeFileAsync(string folder, string path, CancellationToken cancellation)
    {
        await using var file = File.OpenRead(path);
        await TakeAsync(Path.GetRelativePath(folder, path).Replace(Path.DirectorySeparatorChar, '/'), file, file.Length, cancellation);
    }

    private async Task TakeAsync(string path, Stream entry, long length, CancellationToken cancellation)
    {
        if (Backup.OfContent(path) is var (file, blob))
        {
            if (_waiting.Keys.Any(key => key.FileId != file))
                await DropUnclaimedAsync(cancellation);
            await TakeContentAsync(new BlobKey(blob, file), entry, length, cancellation);
        }
        else if (Backup.FileOfDocument(path) is { } id && await ReadAsync(entry, length, cancellation) is { } json)
        {
            await TakeDocumentAsync(id, json, cancellation);
        }
        else if (path is Backup.Manifest && await ReadAsync(entry, length, cancellation) is { } text)
        {
            var manifest = JsonSerializer.Deserialize(text, MaintenanceJson.Default.BackupManifest);
            if (manifest?.Format != Backup.Format)
                complain($"The backup has format {manifest?.Format}, and this FileDrop knows {Backup.Format}.");
            _result = _result with
            {
                Complete = manifest?.Format == Backup.Format && manifest.Files <= _result.Imported + _result.Present + _result.Failed,
            };
        }
    }

    /// <summary>Writes a content, or sees that it is there already from a run that was cut short.</summary>
    private async Task TakeContentAsync(BlobKey key, Stream entry, long length, CancellationToken cancellation)
    {
        var there = await blobs.FindSizeAsync(key, cancellation);
        if (there == length && await blobs.OpenAsync(key, 0, length, cancellation) is { } stored)
        {
            await using (stored)
            {
                using var present = new IncomingContent(stored, first: null, long.MaxValue, digest: null);
                await present.CopyToAsync(Stream.Null, cancellation);
                _waiting[key] = (present.Facts, Written: false);
                return;
            }
        }
        // A piece of the very same content: a key is never used for another.
        if (there is not null)
            await blobs.DeleteAsync(key, cancellation);
        using var content = new IncomingContent(entry, first: null, long.MaxValue, digest: null);
        await blobs.WriteAsync(key, owner: "", content, length, exact: true, cancellation);
        _waiting[key] = (content.Facts, Written: true);
    }

    private async Task TakeDocumentAsync(Guid id, byte[] json, CancellationToken cancellation)
    {
        var document = JsonSerializer.Deserialize(json, MaintenanceJson.Default.BackupFile);
        if (document is null || document.File.Id != id || !document.Contents.All(content => IsHere(id, content)))
        {
            complain($"File {id} ({document?.File.Name}) was not imported: the backup lacks content of it, or holds damaged content.");
            _result = _result with { Failed = _result.Failed + 1 };
        }
        else if (await catalog.ImportAsync(new CatalogDocument(document.Owner, id, document.File, document.Contents, [], []), cancellation))
        {
            _waiting.Clear();
            _result = _result with { Imported = _result.Imported + 1 };
        }
        else
        {
            _result = _result with { Present = _result.Present + 1 };
        }
        await DropUnclaimedAsync(cancellation);
    }

    private bool IsHere(Guid file, FileContent content) =>
        _waiting.TryGetValue(new BlobKey(content.BlobId, file), out var entry)
        && entry.Facts.Size == content.Size && entry.Facts.XxHash3 == content.XxHash3
        && string.Equals(entry.Facts.Sha256, content.Sha256, StringComparison.Ordinal);

    /// <summary>Deletes what this run wrote and no document names.</summary>
    private async Task DropUnclaimedAsync(CancellationToken cancellation)
    {
        var written = _waiting.Where(entry => entry.Value.Written).Select(entry => entry.Key).ToList();
        _waiting.Clear();
        if (written.Count == 0)
            return;
        var named = (await catalog.FindDocumentsAsync([.. written.Select(key => key.FileId).Distinct()], cancellation))
            .SelectMany(document => document.Contents.Select(content => new BlobKey(content.BlobId, document.FileId))).ToHashSet();
        foreach (var key in written.Where(key => !named.Contains(key)))
            await blobs.DeleteAsync(key, cancellation);
    }

    private static async Task<byte[]?> ReadAsync(Stream entry, long length, CancellationToken cancellation)
    {
        if (length > MaxDocumentBytes)
            return null;
        var bytes = new byte[length];
        await entry.ReadExactlyAsync(bytes, cancellation);
        return bytes;
    }
}
