using System.Globalization;
using FileDrop.Client;

namespace FileDrop.Cli.Syncing;

/// <summary>The effects on local files. Each first looks whether its entry is still as the scan found it.</summary>
/// <param name="top">The full path of the local folder.</param>
/// <param name="device">The number of its file system.</param>
/// <param name="names">The names of copies.</param>
/// <param name="ignores">The entries to leave out.</param>
/// <param name="now">The service's time, by which the local trash is kept.</param>
internal sealed class LocalSide(string top, long device, SyncNames names, IgnoreRules ignores, DateTimeOffset now)
{
    /// <summary>Deleted files stay in the local trash for this long.</summary>
    private static readonly TimeSpan s_kept = TimeSpan.FromDays(30);

    /// <summary>The full path of an entry.</summary>
    public string PathOf(Unit unit) => unit.LocalParent is null ? top : Path.Join(top, unit.LocalPath);

    /// <summary>The full path of a name in a folder.</summary>
    public string PathIn(Unit folder, string name) => Path.Join(PathOf(folder), name);

    /// <summary>Whether an entry is as the scan found it.</summary>
    public bool IsStill(Unit unit) => unit.Local is { } local && FileMarks.IsStill(PathOf(unit), unit.Kind, local.Stamp, device);

    /// <summary>Renames or moves an entry, if the new name is free.</summary>
    public void Move(Unit unit, Unit parent, string name)
    {
        Demand(unit);
        DemandFolder(parent);
        FileMarks.Rename(PathOf(unit), PathIn(parent, name), unit.Kind == EntryKind.Folder);
        (unit.Local, unit.LocalParent, unit.LocalName) = (Moved(unit, parent, name), parent, name);
    }

    /// <summary>The entry as it will be after a move; null if there is none.</summary>
    public LocalNode? Moved(Unit unit, Unit parent, string name) =>
        unit.Local is { } local ? local with { Stamp = FileMarks.Moved(local.Stamp, PathIn(parent, name)) } : null;

    /// <summary>The file that a whole download will be when it has its name.</summary>
    /// <param name="part">The full path of the download, in the same folder.</param>
    /// <param name="parent">The folder.</param>
    /// <param name="name">The name.</param>
    /// <param name="sha256">The content's digest.</param>
    public LocalNode Whole(string part, Unit parent, string name, string? sha256)
    {
        var node = Look(part, EntryKind.File, name, sha256);
        return node with { Stamp = FileMarks.Moved(node.Stamp, PathIn(parent, name)) };
    }

    /// <summary>Creates a folder.</summary>
    public void MakeFolder(Unit unit, Unit parent, string name)
    {
        DemandFolder(parent);
        var path = PathIn(parent, name);
        if (FileMarks.Read(path, out _) != LocalKind.None)
            throw new OutdatedException();
        Directory.CreateDirectory(path);
        Take(unit, parent, name, sha256: null);
    }

    /// <summary>Gives a whole download its name, if that is free.</summary>
    /// <param name="unit">The file.</param>
    /// <param name="part">The full path of the download, in the same folder.</param>
    /// <param name="parent">The folder.</param>
    /// <param name="name">The name.</param>
    /// <param name="sha256">The content's digest.</param>
    public void Place(Unit unit, string part, Unit parent, string name, string? sha256)
    {
        DemandFolder(parent);
        if (FileMarks.Read(PathIn(parent, name), out _) != LocalKind.None)
            throw new OutdatedException();
        FileMarks.Rename(part, PathIn(parent, name), isFolder: false);
        Take(unit, parent, name, sha256);
    }

    /// <summary>
    /// Puts a whole download in the place of a file. Both swap their names at once; then the old content can be looked at, and nobody opens it by its name any
    /// more. If it is not the scan's, it is kept as a copy.
    /// </summary>
    /// <returns>The name of the copy; null if there is none.</returns>
    public string? Replace(Unit unit, string part, string? sha256)
    {
        Demand(unit);
        if (unit is not { Local: { } old, LocalParent: { } parent, Remote: { } remote })
            throw new OutdatedException();
        var (path, whole) = (PathOf(unit), PathIn(parent, SyncNames.Whole(remote.Id)));
        File.Move(part, whole, overwrite: true);
        string? copy = null;
        if (FileMarks.TrySwap(whole, path))
        {
            if (FileMarks.IsStill(whole, EntryKind.File, old.Stamp, device))
                File.Delete(whole);
            else
                copy = KeepCopy(whole, parent, unit.LocalName);
        }
        else
        {
            Demand(unit);
            File.Move(whole, path, overwrite: true);
        }
        Take(unit, parent, unit.LocalName, sha256);
        return copy;
    }

    /// <summary>Moves a file to the local trash, and removes a folder without entries that count.</summary>
    public void Delete(Unit unit)
    {
        Demand(unit);
        var path = PathOf(unit);
        if (unit.Kind == EntryKind.File)
        {
            var trashed = ToTrash(path, unit.LocalPath, isFolder: false);
            // Somebody may have written to it in the last moment.
            if (unit.Local is { } local && !FileMarks.IsStill(trashed, EntryKind.File, local.Stamp, device))
            {
                FileMarks.Rename(trashed, path, isFolder: false);
                throw new OutdatedException();
            }
        }
        else if (Directory.EnumerateFileSystemEntries(path).Any(entry => Counts(Path.GetFileName(entry), unit, entry)))
        {
            throw new OutdatedException();
        }
        else if (Directory.EnumerateFileSystemEntries(path).Any())
        {
            ToTrash(path, unit.LocalPath, isFolder: true);
        }
        else
        {
            Directory.Delete(path);
        }
        unit.Local = null;
    }

    /// <summary>Clears up after a run that was killed: parts go, and a whole content stays if the service does not have it.</summary>
    /// <param name="leftOvers">The full paths.</param>
    /// <param name="wanted">The parts that will be continued.</param>
    /// <param name="store">The known contents.</param>
    public void CleanUp(IEnumerable<string> leftOvers, IReadOnlySet<string> wanted, SyncStore store)
    {
        foreach (var path in leftOvers.Where(path => !wanted.Contains(path)))
        {
            if (!SyncNames.IsWhole(Path.GetFileName(path), out var id))
            {
                File.Delete(path);
                continue;
            }
            var digest = LocalScanner.DigestOf(path);
            if (store.Settled.Contains(digest) || Digest.AreSame(store.Synced.GetValueOrDefault(id)?.Sha256, digest) || Digest.AreSame(store.Remote.GetValueOrDefault(id)?.Sha256, digest))
                File.Delete(path);
            else
                FileMarks.Rename(path, Free(Path.GetDirectoryName(path) ?? top, store.Remote.GetValueOrDefault(id)?.Name ?? "recovered"), isFolder: false);
        }
        var trash = Path.Join(top, SyncNames.Trash);
        foreach (var day in Directory.Exists(trash) ? Directory.GetDirectories(trash) : [])
        {
            if (DateTime.TryParseExact(Path.GetFileName(day), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var date)
                && now.UtcDateTime - date > s_kept)
                Directory.Delete(day, recursive: true);
        }
    }

    /// <summary>Reads the marks of an entry that has just been made.</summary>
    private void Take(Unit unit, Unit parent, string name, string? sha256) =>
        (unit.Local, unit.LocalParent, unit.LocalName) = (Look(PathIn(parent, name), unit.Kind, name, sha256), parent, name);

    private LocalNode Look(string path, EntryKind kind, string name, string? sha256)
    {
        FileMarks.Read(path, out var stamp, out var on);
        stamp = stamp with { Inode = FileMarks.Number(stamp.Inode, on, device) };
        return new LocalNode(0, kind, name, stamp, sha256, IsFresh: kind == EntryKind.File && LocalScanner.IsFresh(stamp));
    }

    private string KeepCopy(string path, Unit parent, string name)
    {
        var copy = Free(PathOf(parent), name);
        FileMarks.Rename(path, copy, isFolder: false);
        return Path.GetFileName(copy);
    }

    private string Free(string folder, string name) => Path.Join(folder, names.Conflict(name, made => FileMarks.Read(Path.Join(folder, made), out _) != LocalKind.None));

    private string ToTrash(string path, string below, bool isFolder)
    {
        var day = Path.Join(top, SyncNames.Trash, now.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
        for (var number = 1; ; number++)
        {
            // The same name may have gone there today; and a file may be there now where a folder is needed.
            var target = Path.Join(day, number == 1 ? "" : number.ToString(CultureInfo.InvariantCulture), below);
            if (FileMarks.Read(target, out _) != LocalKind.None || !MayHaveFolder(Path.GetDirectoryName(target) ?? top))
                continue;
            FileMarks.Rename(path, target, isFolder);
            return target;
        }
    }

    /// <summary>Creates a folder of the local trash, with those above it. False: a file is in the way.</summary>
    private bool MayHaveFolder(string folder)
    {
        var kind = FileMarks.Read(folder, out _);
        if (kind != LocalKind.None || !MayHaveFolder(Path.GetDirectoryName(folder) ?? top))
            return kind == LocalKind.Folder;
        Directory.CreateDirectory(folder);
        return true;
    }

    /// <summary>Whether an entry keeps its folder from being deleted. Ignored and skipped ones go to the local trash with it.</summary>
    private bool Counts(string name, Unit folder, string path)
    {
        var kind = FileMarks.Read(path, out _);
        return kind is LocalKind.File or LocalKind.Folder && !ignores.IsIgnored($"{folder.LocalPath}/{name}", kind == LocalKind.Folder)
            && IgnoreRules.RefuseAtService(name) is null;
    }

    private void Demand(Unit unit)
    {
        if (!IsStill(unit))
            throw new OutdatedException();
    }

    private void DemandFolder(Unit folder)
    {
        if (!IsStill(folder))
            throw new OutdatedException();
    }
}

/// <summary>An entry is not as the plan found it. The next plan decides again.</summary>
internal sealed class OutdatedException : Exception;
