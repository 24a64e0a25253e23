using System.CommandLine;
using FileDrop.Client;

namespace FileDrop.Cli.Files;

/// <summary><c>filedrop mv</c>.</summary>
internal static class MoveCommand
{
    public static Command Create(Surroundings world)
    {
        var paths = Arguments.Paths(
            world, "Files and folders, then where they go: a folder, or for one of them its new path.", new ArgumentArity(2, 100_000));
        var conflict = Arguments.Conflict("If the name is taken: refuse, take a free name, or move the other to the trash. Default: fail.");
        var command = new Command("mv", "Move or rename files and folders. A folder is one change, whatever is in it.") { paths, conflict };
        Session.Use(command, world, async (session, parse, cancellation) =>
        {
            var arguments = parse.GetValue(paths) ?? [];
            var items = await session.ExpandAsync(arguments.SkipLast(1), cancellation);
            var target = await Target.FindAsync(session, RemotePath.Parse(arguments[^1]), items.Count > 1, cancellation);
            return await Each.DoAsync(session, items, item => item.Path.ToString(), async (item, stop) =>
            {
                if (item.Path.IsRoot)
                    throw new ToolException(ExitCode.Usage, "The root cannot be moved.");
                var (name, choice) = (target.NameOf(item.Entry), parse.GetValue(conflict));
                var moved = item.Entry.File is { } file
                    ? new DropEntry(Folder: null, await session.Client.UpdateFileAsync(
                        file.FileId, new FileChange { Folder = target.Folder, Name = name, OnConflict = choice }, stop))
                    : new DropEntry(await session.Client.UpdateFolderAsync(
                        item.Entry.Id, new FolderChange { Parent = target.Folder, Name = name, OnConflict = choice }, stop), File: null);
                var path = target.Path.In(moved.Name);
                session.Output.Done(Items.Did("moved", Items.Of(moved, path.ToString())), $"Moved {item.Path} to {path}");
            }, cancellation);
        });
        return command;
    }
}

/// <summary>The place to which files are moved or copied.</summary>
/// <param name="Path">The folder's path.</param>
/// <param name="Folder">The folder.</param>
/// <param name="Name">The new name of a single entry; null keeps names.</param>
internal sealed record Target(RemotePath Path, Guid Folder, string? Name)
{
    /// <summary>Reads a target as <c>cp</c> and <c>mv</c> do: into an existing folder, else under a new name.</summary>
    /// <param name="session">The service.</param>
    /// <param name="path">The argument.</param>
    /// <param name="isForMany">Whether it must be a folder.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="ToolException">The folder does not exist.</exception>
    public static async Task<Target> FindAsync(Session session, RemotePath path, bool isForMany, CancellationToken cancellation)
    {
        if (path.Id is not null)
            throw new ToolException(ExitCode.Usage, $"{path} is an id. Name the place by its path.");
        if (path.EndsWithSlash || isForMany)
            return new Target(path, (await session.FindFolderAsync(path, cancellation)).FolderId, Name: null);
        if (await session.TryFindAsync(path, cancellation) is { Folder: { } folder })
            return new Target(path, folder.FolderId, Name: null);
        return new Target(path.Parent, (await session.FindFolderAsync(path.Parent, cancellation)).FolderId, path.Name);
    }

    /// <summary>The name of an entry at the target.</summary>
    public string NameOf(DropEntry entry) => Name ?? entry.Name;
}
