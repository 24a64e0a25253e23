using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using FileDrop.Client;

namespace FileDrop.Cli.Transfers;

/// <summary>The downloads of one command.</summary>
/// <param name="session">The service.</param>
/// <param name="onConflict">The action if a file here has the name.</param>
/// <param name="version">An earlier version of the only file; null for the newest.</param>
internal sealed class Download(Session session, OnConflict onConflict, long? version)
{
    /// <summary>One file to standard output. Nothing else is written there.</summary>
    public Transfer ToOutput(RemoteItem item) => new(item.Path.ToString(), item.Entry.File?.FileSize, async (progress, cancellation) =>
    {
        await using var output = session.World.OpenOutput();
        await session.Client.DownloadAsync(item.Entry.Id, output, version, progress, cancellation);
        return new Transferred([], "", item.Entry.File?.FileSize);
    })
    {
        IsSilent = true,
    };

    /// <summary>Finds the files to download and their places. Creates folders, also empty ones.</summary>
    public async Task<IReadOnlyList<Transfer>> PlanAsync(IReadOnlyList<RemoteItem> items, string target, CancellationToken cancellation)
    {
        var place = session.World.Local(target);
        var goesInto = items.Count > 1 || Path.EndsInDirectorySeparator(target) || Directory.Exists(place);
        var transfers = new List<Transfer>();
        foreach (var item in items)
        {
            var path = goesInto && !item.Path.IsRoot ? Path.Combine(place, LocalName(item.Entry.Name)) : place;
            if (item.Entry.File is { } file)
            {
                transfers.Add(Of(item.Path, file, path));
                continue;
            }
            Directory.CreateDirectory(path);
            await foreach (var below in session.WalkAsync(item.Path, item.Entry.Id, cancellation))
            {
                var local = Path.Combine([path, .. below.Path.Names.Skip(item.Path.Names.Count).Select(LocalName)]);
                if (below.Entry.File is { } inner)
                    transfers.Add(Of(below.Path, inner, local));
                else
                    Directory.CreateDirectory(local);
            }
        }
        return transfers;
    }

    private Transfer Of(RemotePath from, DropFile file, string path) => new(from.ToString(), file.FileSize, async (progress, cancellation) =>
    {
        var (size, sha256, time) = (file.FileSize, file.Sha256, file.ModifiedAt ?? file.UpdatedAt);
        if (version is { } number)
        {
            var known = (await session.Client.ListVersionsAsync(file.FileId, cancellation)).FirstOrDefault(each => each.Version == number)
                ?? throw new ToolException(ExitCode.NotFound, $"{from} has no version {number}.");
            (size, sha256, time) = (known.Size, known.Sha256, known.CreatedAt);
        }
        if (await IsHereAsync(path, size, sha256, cancellation))
            return new Transferred(Json("unchanged", path, size, sha256), $"{Shown(path)} is here already", Bytes: null);
        Directory.CreateDirectory(Path.GetDirectoryName(path) ?? ".");
        var part = Path.Combine(Path.GetDirectoryName(path) ?? ".", PartName(path, file.FileId, sha256));
        await FetchAsync(file.FileId, part, size, sha256, progress, cancellation);
        File.SetLastWriteTimeUtc(part, time.UtcDateTime);
        var whole = Move(part, path);
        return new Transferred(Json("downloaded", whole, size, sha256), $"Downloaded {Shown(whole)}", size);
    });

    private async Task FetchAsync(Guid id, string part, long size, string sha256, IProgress<TransferProgress> progress, CancellationToken cancellation)
    {
        // Of two commands that fetch the same file to the same place, the second one is refused by the lock.
        await using var content = new FileStream(part, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0, FileOptions.Asynchronous);
        while (true)
        {
            var hasBeginning = content.Length > 0;
            try
            {
                await session.Client.ContinueDownloadAsync(id, content, size, sha256, version, progress, cancellation);
                return;
            }
            catch (FileDropException wrong) when (wrong.Code is FileDropException.DigestMismatch)
            {
                content.SetLength(0);
                // The beginning that an earlier run left may be damaged. Bytes that came whole are the service's.
                if (!hasBeginning)
                    throw;
            }
        }
    }

    /// <summary>Whether a file is here already. A name that is taken is refused before a byte comes.</summary>
    private async Task<bool> IsHereAsync(string path, long size, string sha256, CancellationToken cancellation)
    {
        if (Directory.Exists(path))
            throw new ToolException(ExitCode.Conflict, $"{Shown(path)} is a folder.");
        if (onConflict == OnConflict.Rename || !File.Exists(path))
            return false;
        if (new FileInfo(path).Length == size)
        {
            await using var content = File.OpenRead(path);
            if (sha256.Equals(Convert.ToHexStringLower(await SHA256.HashDataAsync(content, cancellation)), StringComparison.Ordinal))
                return true;
        }
        return onConflict == OnConflict.Replace ? false : throw Taken(path);
    }

    /// <summary>Gives a whole file its name.</summary>
    private string Move(string part, string path)
    {
        var (folder, name, extension) = (Path.GetDirectoryName(path) ?? ".", Path.GetFileNameWithoutExtension(path), Path.GetExtension(path));
        for (var number = 1; ; number++)
        {
            var free = number == 1 ? path : Path.Combine(folder, $"{name} ({number}){extension}");
            try
            {
                File.Move(part, free, overwrite: onConflict == OnConflict.Replace);
                return free;
            }
            catch (IOException) when (File.Exists(free) && onConflict != OnConflict.Replace)
            {
                if (onConflict == OnConflict.Fail)
                    throw Taken(path);
            }
        }
    }

    /// <summary>A hidden name beside the file, the same for the same content and place: so a later command finds the beginning.</summary>
    private static string PartName(string path, Guid id, string sha256) =>
        $".filedrop-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{path}\n{id}\n{sha256}")))[..24]}.part";

    private static string LocalName(string name) => name.AsSpan().IndexOfAny(Path.GetInvalidFileNameChars()) < 0
        ? name
        : throw new ToolException(ExitCode.Failed, $"'{name}' cannot be the name of a file on this system. Download it alone, under another name.");

    private ToolException Taken(string path) => new(
        ExitCode.Conflict, $"{Shown(path)} is here with other bytes. '--on-conflict replace' replaces it, 'rename' takes a free name.");

    private string Shown(string path) => Path.GetRelativePath(session.World.Folder, path);

    private static JsonObject Json(string action, string path, long size, string sha256) =>
        new() { ["action"] = action, ["path"] = path, ["file_size"] = size, ["sha256"] = sha256 };
}
