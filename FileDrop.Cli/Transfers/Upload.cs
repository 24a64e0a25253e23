using System.Security.Cryptography;
using FileDrop.Client;

namespace FileDrop.Cli.Transfers;

/// <summary>The uploads of one command.</summary>
/// <param name="session">The service.</param>
/// <param name="settings">What holds for every file: type, tags, the action if a name is taken.</param>
internal sealed class Upload(Session session, UploadTarget settings)
{
    private readonly RemoteFolders _folders = new(session);

    /// <summary>Standard input as one file.</summary>
    /// <exception cref="ToolException">The target does not name it.</exception>
    public Transfer OfInput(RemotePath target)
    {
        if (target.EndsWithSlash)
            throw new ToolException(ExitCode.Usage, "Standard input has no name. Name the new file: filedrop put - fd:/folder/name.");
        return new Transfer("-", Size: null, async (progress, cancellation) =>
        {
            var folder = await _folders.EnsureAsync(target.Parent, cancellation);
            await using var content = session.World.OpenInput();
            return Done(target, await session.Client.UploadAsync(content, settings with { Name = target.Name, Folder = folder.Id }, progress, cancellation));
        });
    }

    /// <summary>Finds the files to upload and their places. Creates folders, also empty ones.</summary>
    /// <param name="sources">Files and folders of this machine.</param>
    /// <param name="isInside">Whether the only source stands for what is in it.</param>
    /// <param name="target">The argument that says where they go.</param>
    /// <param name="isRecursive">Whether folders are uploaded.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="ToolException">A folder is among the sources without <c>-r</c>.</exception>
    public async Task<IReadOnlyList<Transfer>> PlanAsync(
        IReadOnlyList<FileSystemInfo> sources, bool isInside, RemotePath target, bool isRecursive, CancellationToken cancellation)
    {
        if (!isRecursive && sources.FirstOrDefault(source => source is DirectoryInfo) is { } one)
            throw new ToolException(ExitCode.Usage, $"{one.FullName} is a folder. Add -r to upload it with everything in it.");
        var goesInto = target.EndsWithSlash || sources.Count > 1 || isInside || await session.TryFindAsync(target, cancellation) is { Folder: not null };
        var transfers = new List<Transfer>();
        foreach (var source in sources)
        {
            var path = isInside ? target : goesInto ? target.In(source.Name) : target;
            if (source is FileInfo file)
            {
                transfers.Add(Of(file, path, isAmongMany: false));
                continue;
            }
            await _folders.EnsureAsync(path, cancellation);
            foreach (var (names, entry) in LocalFiles.Walk((DirectoryInfo)source, session.Output.Note))
            {
                if (entry is FileInfo inner)
                    transfers.Add(Of(inner, path.Below(names), isAmongMany: true));
                else
                    await _folders.EnsureAsync(path.Below(names), cancellation);
            }
        }
        return transfers;
    }

    private Transfer Of(FileInfo named, RemotePath path, bool isAmongMany)
    {
        // A link has a size and a time of its own, which nobody means.
        var file = named.LinkTarget is not null && named.ResolveLinkTarget(returnFinalTarget: true) is FileInfo target ? target : named;
        return new Transfer(Path.GetRelativePath(session.World.Folder, named.FullName), file.Length, async (progress, cancellation) =>
        {
            var folder = await _folders.EnsureAsync(path.Parent, cancellation);
            // One question for each file of a command line, one list for each folder of a tree.
            var existing = isAmongMany ? await _folders.FindInAsync(folder, path.Name, cancellation)
                : folder.IsNew ? null : await session.TryFindAsync(path, cancellation);
            if (existing is not null && await IsThereAsync(file, path, existing, cancellation))
            {
                // A run that was killed behind the last byte left its state.
                UploadState.Of(session, file, path, settings).Drop();
                return new Transferred(Items.Did("unchanged", Items.Of(existing, path.ToString())), $"{path} is there already", Bytes: null);
            }
            return Done(path, await SendAsync(file, path, folder, progress, cancellation));
        });
    }

    /// <summary>Whether the service has a file already. A name that is taken is refused before a byte is sent.</summary>
    private async Task<bool> IsThereAsync(FileInfo file, RemotePath path, DropEntry existing, CancellationToken cancellation)
    {
        if (settings.OnConflict == OnConflict.Rename)
            return false;
        if (existing.File is not { } known)
            throw new ToolException(ExitCode.Conflict, $"{path} is a folder.");
        if (known.FileSize == file.Length)
        {
            await using var content = Open(file);
            if (known.Sha256.Equals(Convert.ToHexStringLower(await SHA256.HashDataAsync(content, cancellation)), StringComparison.Ordinal))
                return true;
        }
        return settings.OnConflict == OnConflict.Replace ? false : throw new ToolException(
            ExitCode.Conflict, $"{path} is there with other bytes. '--on-conflict replace' makes a new version, 'rename' takes a free name.");
    }

    private async Task<DropFile> SendAsync(
        FileInfo file, RemotePath path, RemoteFolder folder, IProgress<TransferProgress> progress, CancellationToken cancellation)
    {
        var target = settings with { Name = path.Name, Folder = folder.Id, ModifiedAt = new DateTimeOffset(file.LastWriteTimeUtc, TimeSpan.Zero) };
        await using var content = Open(file);
        if (content.Length < FileDropClient.ResumableFrom)
            return await session.Client.UploadAsync(content, target, progress, cancellation);
        var state = UploadState.Of(session, file, path, settings);
        try
        {
            var stored = await session.Client.ContinueUploadAsync(content, target, state.Read(), state.Write, progress, cancellation);
            state.Drop();
            return stored;
        }
        catch (FileDropException refusal) when (!refusal.IsTransient)
        {
            // The service does not want it, and would not later.
            state.Drop();
            throw;
        }
    }

    private static FileStream Open(FileInfo file) =>
        new(file.FullName, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0, FileOptions.Asynchronous | FileOptions.SequentialScan);

    private static Transferred Done(RemotePath path, DropFile file)
    {
        // The service may have chosen another name.
        var place = path.Parent.In(file.FileName);
        return new Transferred(Items.Did("uploaded", Items.Of(file, place.ToString())), $"Uploaded {place}", file.FileSize);
    }
}
