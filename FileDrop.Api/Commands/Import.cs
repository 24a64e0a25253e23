using System.Formats.Tar;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using FileDrop.Api.Blobs;
using FileDrop.Api.Catalog;
using FileDrop.Api.Text;

namespace FileDrop.Api.Commands;

/// <summary>
/// Imports every folder, file and share of a backup under its id, with its place, contents, versions and times. Each content is checked against its SHA-256. An
/// interrupted import can run again, because existing folders and files stay unchanged.
/// </summary>
/// <remarks>
/// A backup comes from outside, so anything in it may be wrong. Each fault gets a message, and the rest is imported. Only <see cref="ImportedFile"/> and
/// <see cref="ImportedPlaces"/> change the stores; their comments say why they cannot harm existing files.
/// </remarks>
internal sealed class Import
{
    private const int MaxDocumentBytes = 16 * 1024 * 1024;

    /// <summary>Files of an archive that are not complete yet; at most one at a time in an archive that an export wrote.</summary>
    private readonly Dictionary<Guid, ImportedFile> _open = [];

    private readonly IDocumentCatalog _catalog;
    private readonly IBlobStore _blobs;
    private readonly ImportedPlaces _places;
    private readonly ImportedShares _shares;
    private readonly Action<string> _say;
    private ImportResult _result = new(0, 0, 0, 0, 0, false);
    private BackupManifest? _manifest;

    public Import(IDocumentCatalog catalog, IFolderDocumentCatalog folders, IShareCatalog shares, IBlobStore blobs, Action<string> say) =>
        (_catalog, _blobs, _say, _places, _shares) = (catalog, blobs, say, new ImportedPlaces(folders, Complain), new ImportedShares(shares, Complain));

    /// <summary>Imports a folder.</summary>
    /// <exception cref="IOException">The folder does not exist or cannot be listed.</exception>
    public async Task<ImportResult> RunAsync(string folder, CancellationToken cancellation)
    {
        if (!Directory.Exists(folder))
            throw new DirectoryNotFoundException($"The folder {folder} does not exist.");
        foreach (var outer in OuterFolders(folder, Backup.Folders))
        {
            foreach (var id in Ids(folder, outer))
                await OfFileAsync(folder, Path.Combine(outer, $"{id}.json"), entry => TakeFolderAsync(id, entry, cancellation));
        }
        foreach (var outer in OuterFolders(folder, Backup.Files))
            await TakeFilesAsync(folder, outer, cancellation);
        await _places.EndAsync(cancellation);
        foreach (var outer in OuterFolders(folder, Backup.Shares))
        {
            foreach (var id in Ids(folder, outer))
                await OfFileAsync(folder, Path.Combine(outer, $"{id}.json"), entry => TakeShareAsync(id, entry, cancellation));
        }
        var manifest = Path.Combine(folder, Backup.Manifest);
        if (File.Exists(manifest))
            await OfFileAsync(folder, manifest, entry => TakeManifestAsync(entry, cancellation));
        return Result(isComplete: true);
    }

    /// <summary>Imports an archive sequentially; its entries may come in any order.</summary>
    public async Task<ImportResult> RunAsync(Stream archive, CancellationToken cancellation)
    {
        await using var reader = new TarReader(archive, leaveOpen: true);
        var isComplete = true;
        try
        {
            while (await NextAsync(reader, cancellation) is { } entry)
                await TakeEntryAsync(entry, cancellation);
        }
        catch (UnreadableBackupException broken)
        {
            Complain($"The archive cannot be read any further; the rest was not imported. {broken.Message}");
            isComplete = false;
        }
        foreach (var file in _open.Values)
            await EndAsync(file, cancellation);
        await _places.EndAsync(cancellation);
        return Result(isComplete);
    }

    private static async Task<TarEntry?> NextAsync(TarReader reader, CancellationToken cancellation)
    {
        try
        {
            return await reader.GetNextEntryAsync(copyData: false, cancellation);
        }
        // A header of arbitrary bytes can make the reader throw any exception.
        catch (Exception broken) when (broken is not OperationCanceledException)
        {
            throw new UnreadableBackupException(broken.Message, broken);
        }
    }

    private async Task TakeEntryAsync(TarEntry entry, CancellationToken cancellation)
    {
        if (entry.EntryType is TarEntryType.Directory or TarEntryType.GlobalExtendedAttributes)
            return;
        var path = entry.Name.StartsWith("./", StringComparison.Ordinal) ? entry.Name[2..] : entry.Name;
        if (entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.ContiguousFile))
        {
            Complain($"{Shortened(path)} is an entry of type {entry.EntryType} and was skipped.");
            return;
        }
        await using var content = new BackupEntry(entry.DataStream ?? Stream.Null, entry.Length, mayRewind: false);
        if (Backup.OfContent(path) is var (id, blob))
        {
            var file = await OpenAsync(id, cancellation);
            await file.TakeAsync(blob, content, cancellation);
            await EndIfCompleteAsync(file, cancellation);
        }
        else if (Backup.FileOfDocument(path) is { } named)
        {
            var file = await OpenAsync(named, cancellation);
            file.Document = await ReadDocumentAsync(file, content, cancellation);
            if (file.Document is not null)
                await EndIfCompleteAsync(file, cancellation);
        }
        else if (Backup.FolderOfDocument(path) is { } folder)
        {
            await TakeFolderAsync(folder, content, cancellation);
        }
        else if (Backup.ShareOfDocument(path) is { } share)
        {
            await TakeShareAsync(share, content, cancellation);
        }
        else if (path is Backup.Manifest)
        {
            await TakeManifestAsync(content, cancellation);
        }
        else
        {
            Complain($"{Shortened(path)} is not part of a backup.");
        }
    }

    /// <summary>The two-digit folders of one kind.</summary>
    private IEnumerable<string> OuterFolders(string folder, string kind)
    {
        var all = Path.Combine(folder, kind);
        if (!Directory.Exists(all))
            yield break;
        foreach (var outer in Directory.EnumerateFileSystemEntries(all).Order(StringComparer.Ordinal))
        {
            if (Directory.Exists(outer))
                yield return outer;
            else
                Complain($"{Path.GetRelativePath(folder, outer)} is not part of a backup.");
        }
    }

    /// <summary>The ids in one of a backup's two-digit folders.</summary>
    private SortedSet<Guid> Ids(string folder, string outer)
    {
        var ids = new SortedSet<Guid>();
        foreach (var path in Directory.EnumerateFileSystemEntries(outer))
        {
            var name = Path.GetFileName(path);
            if (Guid.TryParseExact(name.EndsWith(".json", StringComparison.Ordinal) ? name[..^5] : name, "D", out var id))
                ids.Add(id);
            // An interrupted export leaves partial files.
            else if (!name.EndsWith(BackupFolder.Partial, StringComparison.Ordinal))
                Complain($"{Path.GetRelativePath(folder, path)} is not part of a backup.");
        }
        return ids;
    }

    /// <summary>Imports the files of one of a backup's two-digit folders.</summary>
    private async Task TakeFilesAsync(string folder, string outer, CancellationToken cancellation)
    {
        foreach (var id in Ids(folder, outer))
        {
            var file = await OpenAsync(id, cancellation);
            var document = Path.Combine(outer, $"{id}.json");
            if (File.Exists(document))
                await OfFileAsync(folder, document, async entry => file.Document = await ReadDocumentAsync(file, entry, cancellation));
            foreach (var blob in file.Wanted)
            {
                var content = Path.Combine(outer, id.ToString(), blob.ToString());
                if (File.Exists(content))
                    await OfFileAsync(folder, content, entry => file.TakeAsync(blob, entry, cancellation));
            }
            await EndAsync(file, cancellation);
            _open.Clear();
        }
    }

    private async Task OfFileAsync(string folder, string path, Func<BackupEntry, Task> take)
    {
        try
        {
            await using var entry = BackupEntry.Open(path);
            await take(entry);
        }
        catch (UnreadableBackupException failure)
        {
            Complain($"{Path.GetRelativePath(folder, path)} cannot be read. {failure.Message}");
        }
    }

    private async Task<ImportedFile> OpenAsync(Guid id, CancellationToken cancellation)
    {
        if (!_open.TryGetValue(id, out var file))
            _open[id] = file = await ImportedFile.BeginAsync(_catalog, _blobs, Complain, id, cancellation);
        return file;
    }

    private async Task EndIfCompleteAsync(ImportedFile file, CancellationToken cancellation)
    {
        if (!file.IsComplete)
            return;
        await EndAsync(file, cancellation);
        _open.Remove(file.Id);
    }

    private async Task EndAsync(ImportedFile file, CancellationToken cancellation)
    {
        var end = await file.EndAsync(cancellation);
        _result = _result with
        {
            Imported = _result.Imported + (end is ImportEnd.Imported ? 1 : 0),
            Present = _result.Present + (end is ImportEnd.Present ? 1 : 0),
            Failed = _result.Failed + (end is ImportEnd.Failed ? 1 : 0),
            Mended = _result.Mended + file.Mended,
        };
        if (file.IsUnsettled && file.Document is { } document)
            await _places.SettleAsync(document.Owner, file.Id, cancellation);
    }

    private async Task TakeFolderAsync(Guid id, BackupEntry entry, CancellationToken cancellation)
    {
        var (document, problem) = await ParseAsync(entry, MaintenanceJson.Default.BackedUpFolder, cancellation);
        await _places.TakeAsync(id, document, problem ?? document?.Problem(id), cancellation);
    }

    private async Task TakeShareAsync(Guid id, BackupEntry entry, CancellationToken cancellation)
    {
        var (document, problem) = await ParseAsync(entry, MaintenanceJson.Default.BackedUpShare, cancellation);
        await _shares.TakeAsync(id, document, problem ?? document?.Problem(id), cancellation);
    }

    private async Task<BackupFile?> ReadDocumentAsync(ImportedFile file, BackupEntry entry, CancellationToken cancellation)
    {
        var (document, problem) = await ParseAsync(entry, MaintenanceJson.Default.BackupFile, cancellation);
        problem ??= document?.Problem(file.Id);
        if (problem is null)
            return document;
        Complain($"File {file.Id} was not imported: its document in the backup cannot be used, because {problem}.");
        _result = _result with { Failed = _result.Failed + 1 };
        file.IsRefused = true;
        return null;
    }

    private async Task TakeManifestAsync(BackupEntry entry, CancellationToken cancellation)
    {
        (_manifest, var problem) = await ParseAsync(entry, MaintenanceJson.Default.BackupManifest, cancellation);
        if (problem is not null)
            Complain($"The backup's manifest cannot be used, because {problem}.");
        else if (_manifest?.Format != Backup.Format)
            Complain($"The backup has format {_manifest?.Format}, but this FileDrop knows only format {Backup.Format}.");
    }

    private ImportResult Result(bool isComplete) => _result with
    {
        Folders = _places.Imported,
        FoldersFailed = _places.Failed,
        Shares = _shares.Imported,
        SharesFailed = _shares.Failed,
        Complete = isComplete && _manifest?.Format == Backup.Format && _manifest.Files <= _result.Imported + _result.Present + _result.Failed
            && _manifest.Folders <= _places.Imported + _places.Present + _places.Failed
            && _manifest.Shares <= _shares.Imported + _shares.Present + _shares.Failed,
    };

    private static async Task<(T? Value, string? Problem)> ParseAsync<T>(BackupEntry entry, JsonTypeInfo<T> type, CancellationToken cancellation)
        where T : class
    {
        if (entry.Size > MaxDocumentBytes)
            return (null, $"it has more than {MaxDocumentBytes} bytes");
        var json = new byte[entry.Size];
        await entry.ReadExactlyAsync(json, cancellation);
        try
        {
            return JsonSerializer.Deserialize(json, type) is { } value ? (value, null) : (null, "it is null");
        }
        // The last three types come from half of a surrogate pair and from malformed times and ids.
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException or FormatException or ArgumentException)
        {
            return (null, $"it is malformed: {malformed.Message.TrimEnd('.')}");
        }
    }

    private void Complain(string what)
    {
        _result = _result with { Complaints = _result.Complaints + 1 };
        _say(UnicodeText.Escape(what));
    }

    /// <summary>Shortens the path of an entry, which has no limit of its own in an archive.</summary>
    private static string Shortened(string path) => path.Length > 200 ? path[..200] : path;
}
