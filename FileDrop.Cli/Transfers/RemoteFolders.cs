using System.Collections.Concurrent;
using FileDrop.Client;

namespace FileDrop.Cli.Transfers;

/// <summary>A folder at the service to which files go.</summary>
/// <param name="Id">The folder.</param>
/// <param name="IsNew">Whether this command has created it, so that nothing is in it.</param>
internal sealed record RemoteFolder(Guid Id, bool IsNew);

/// <summary>Finds and creates the folders of one command, each once, however many files go there at once.</summary>
internal sealed class RemoteFolders(Session session)
{
    private readonly ConcurrentDictionary<RemotePath, Lazy<Task<RemoteFolder>>> _folders = new();
    private readonly ConcurrentDictionary<Guid, Lazy<Task<Dictionary<string, DropEntry>>>> _entries = new();

    /// <summary>The folder at a path, created with all above it if it does not exist.</summary>
    /// <exception cref="ToolException">A file has the name of one.</exception>
    public Task<RemoteFolder> EnsureAsync(RemotePath path, CancellationToken cancellation) =>
        _folders.GetOrAdd(path, _ => new Lazy<Task<RemoteFolder>>(() => MakeAsync(path, cancellation))).Value;

    /// <summary>The entry with a name in a folder; null if there is none. A folder's list is read once.</summary>
    public async Task<DropEntry?> FindInAsync(RemoteFolder folder, string name, CancellationToken cancellation)
    {
        if (folder.IsNew)
            return null;
        var entries = await _entries.GetOrAdd(folder.Id, _ => new Lazy<Task<Dictionary<string, DropEntry>>>(() => ListAsync(folder.Id, cancellation))).Value;
        return entries.GetValueOrDefault(name);
    }

    /// <summary>Says that a folder was created.</summary>
    public static void Say(Session session, RemotePath path, DropFolder folder) =>
        session.Output.Done(Items.Did("created", Items.Of(folder, path.ToString())), $"Created {path}/");

    private async Task<RemoteFolder> MakeAsync(RemotePath path, CancellationToken cancellation)
    {
        if (path.IsRoot)
            return new RemoteFolder(DropFolder.Root, IsNew: false);
        var parent = await EnsureAsync(path.Parent, cancellation);
        // Below a new folder there is nothing to find.
        if (!parent.IsNew && await session.TryFindAsync(path, cancellation) is { } entry)
        {
            return entry.Folder is { } known
                ? new RemoteFolder(known.FolderId, IsNew: false)
                : throw new ToolException(ExitCode.Conflict, $"{path} is a file, not a folder.");
        }
        try
        {
            var folder = await session.Client.CreateFolderAsync(path.Name, parent.Id, OnConflict.Fail, cancellation);
            Say(session, path, folder);
            return new RemoteFolder(folder.FolderId, IsNew: true);
        }
        catch (FileDropException taken) when (taken.Code is "name_taken")
        {
            // Somebody else was quicker.
            return new RemoteFolder((await session.FindFolderAsync(path, cancellation)).FolderId, IsNew: false);
        }
    }

    private async Task<Dictionary<string, DropEntry>> ListAsync(Guid folder, CancellationToken cancellation)
    {
        var entries = new Dictionary<string, DropEntry>(StringComparer.Ordinal);
        await foreach (var entry in session.Client.ListEntriesAsync(folder, cancellation: cancellation))
            entries[entry.Name] = entry;
        return entries;
    }
}
