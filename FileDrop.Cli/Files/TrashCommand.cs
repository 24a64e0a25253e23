using System.CommandLine;
using System.Text.Json.Nodes;
using FileDrop.Client;

namespace FileDrop.Cli.Files;

/// <summary><c>filedrop trash</c>.</summary>
internal static class TrashCommand
{
    public static Command Create(Surroundings world)
    {
        var command = new Command("trash", "List the trash, restore from it, empty it.") { Restore(world), Remove(world), Empty(world), List(world) };
        Session.Use(command, world, ListAsync);
        return command;
    }

    private static Command List(Surroundings world)
    {
        var command = new Command("ls", "List the trash, as 'filedrop trash' does: id, time of deletion, size, name.");
        Session.Use(command, world, ListAsync);
        return command;
    }

    private static Command Restore(Surroundings world)
    {
        var names = Names("Names as the trash shows them, or ids: id:019ab3c2-….");
        var folder = new Option<string>("--to") { Description = "The folder to restore to. Default: where it was.", HelpName = "fd:/FOLDER" };
        var conflict = Arguments.Conflict("If the name is taken: refuse, take a free name, or move the other to the trash. Default: fail.");
        var command = new Command("restore", "Take files and folders out of the trash, folders with everything that went with them.") { names, folder, conflict };
        Session.Use(command, world, async (session, parse, cancellation) =>
        {
            Guid? place = parse.GetValue(folder) is { } text ? (await session.FindFolderAsync(RemotePath.Parse(text), cancellation)).FolderId : null;
            var items = await FindAsync(session, parse.GetValue(names) ?? [], cancellation);
            return await Each.DoAsync(session, items, item => item.Name, async (item, stop) =>
            {
                var choice = parse.GetValue(conflict);
                var restored = item.File is { } file
                    ? new DropEntry(Folder: null, await session.Client.RestoreFileAsync(file.FileId, place, choice, stop))
                    : new DropEntry(await session.Client.RestoreFolderAsync(item.Id, place, choice, stop), File: null);
                var way = restored.File is { } live
                    ? await session.Client.GetFilePathAsync(live.FileId, stop)
                    : await session.Client.GetFolderPathAsync(restored.Id, stop);
                var path = way.Path is { } known ? $"{RemotePath.Scheme}{known}" : $"{RemotePath.IdScheme}{restored.Id}";
                session.Output.Done(Items.Did("restored", Items.Of(restored, path)), $"Restored {path}");
            }, cancellation);
        });
        return command;
    }

    private static Command Remove(Surroundings world)
    {
        var (names, yes) = (Names("Names as the trash shows them, or ids."), Arguments.Yes());
        var command = new Command("rm", "Delete some files and folders in the trash for good.") { names, yes };
        Session.Use(command, world, async (session, parse, cancellation) =>
        {
            var items = await FindAsync(session, parse.GetValue(names) ?? [], cancellation);
            await session.ConfirmAsync($"Delete {(items is [var one] ? one.Name : $"{items.Count} entries")} for good?", parse.GetValue(yes), cancellation);
            return await Each.DoAsync(session, items, item => item.Name, async (item, stop) =>
            {
                await (item.File is { } file ? session.Client.PurgeFileAsync(file.FileId, stop) : session.Client.PurgeFolderAsync(item.Id, stop));
                session.Output.Done(Items.Did("deleted", Items.Of(item, path: null)), $"Deleted {item.Name}");
            }, cancellation);
        });
        return command;
    }

    private static Command Empty(Surroundings world)
    {
        var yes = Arguments.Yes();
        var command = new Command("empty", "Delete everything in the trash for good.") { yes };
        Session.Use(command, world, async (session, parse, cancellation) =>
        {
            await session.ConfirmAsync("Delete everything in the trash for good?", parse.GetValue(yes), cancellation);
            await session.Client.EmptyTrashAsync(cancellation);
            session.Output.Done(new JsonObject { ["action"] = "emptied" }, "The trash is empty.");
            return ExitCode.Done;
        });
        return command;
    }

    private static Argument<string[]> Names(string description) => new("NAME") { Description = description, Arity = ArgumentArity.OneOrMore };

    private static async Task<ExitCode> ListAsync(Session session, ParseResult parse, CancellationToken cancellation)
    {
        await foreach (var entry in ReadAsync(session, cancellation))
        {
            var size = entry.File is { } file ? Words.Size(file.FileSize) : "";
            var deleted = entry.File?.DeletedAt ?? entry.Folder?.DeletedAt ?? default;
            var name = $"{entry.Name}{(entry.Folder is null ? "" : "/")}";
            // On a narrow screen the name matters more than the id, which the other form has.
            var line = session.Output.Width < 80 ? $"{size,9}  {name}" : $"{RemotePath.IdScheme}{entry.Id}  {Words.Time(deleted)}  {size,9}  {name}";
            session.Output.Item(Items.Of(entry, path: null), line);
        }
        return ExitCode.Done;
    }

    /// <summary>Finds entries of the trash.</summary>
    /// <exception cref="ToolException">A name is not there, or is there more than once.</exception>
    private static async Task<IReadOnlyList<DropEntry>> FindAsync(Session session, IReadOnlyList<string> names, CancellationToken cancellation)
    {
        var all = await ReadAsync(session, cancellation).ToListAsync(cancellation);
        var found = new List<DropEntry>();
        foreach (var name in names)
        {
            var fits = RemotePath.IsRemote(name) && RemotePath.Parse(name) is { Id: { } id }
                ? all.Where(entry => entry.Id == id).ToList()
                : all.Where(entry => entry.Name.Equals(name.TrimEnd('/'), StringComparison.Ordinal)).ToList();
            found.Add(fits switch
            {
                [var one] => one,
                [] => throw new ToolException(ExitCode.NotFound, $"{name} is not in the trash."),
                _ => throw new ToolException(
                    ExitCode.Conflict, $"{name} is in the trash more than once. Name one by its id: {string.Join(", ", fits.Select(entry => $"{RemotePath.IdScheme}{entry.Id}"))}."),
            });
        }
        return found;
    }

    private static async IAsyncEnumerable<DropEntry> ReadAsync(Session session, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        await foreach (var folder in session.Client.ListTrashedFoldersAsync(cancellation))
            yield return new DropEntry(folder, File: null);
        await foreach (var file in session.Client.ListTrashAsync(cancellation))
            yield return new DropEntry(Folder: null, file);
    }
}
