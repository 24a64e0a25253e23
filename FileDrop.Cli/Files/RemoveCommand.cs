using System.CommandLine;

namespace FileDrop.Cli.Files;

/// <summary><c>filedrop rm</c>.</summary>
internal static class RemoveCommand
{
    public static Command Create(Surroundings world)
    {
        var paths = Arguments.Paths(world, "Files and, with -r, folders. Wildcards are expanded: fd:/old/*.log.");
        var recursive = Arguments.Recursive("Remove folders with everything in them.");
        var permanent = new Option<bool>("--permanent") { Description = "Delete for good, past the trash." };
        var yes = Arguments.Yes();
        var command = new Command("rm", "Move files and folders to the trash. 'filedrop trash restore' takes them out again.") { paths, recursive, permanent, yes };
        Session.Use(command, world, async (session, parse, cancellation) =>
        {
            var items = await session.ExpandAsync(parse.GetValue(paths) ?? [], cancellation);
            if (items.FirstOrDefault(item => item.Path.IsRoot) is not null)
                throw new ToolException(ExitCode.Usage, "The root cannot be removed. 'fd:/*' means everything in it.");
            if (!parse.GetValue(recursive) && items.FirstOrDefault(item => item.Entry.Folder is not null) is { } folder)
                throw new ToolException(ExitCode.Usage, $"{folder.Path} is a folder. Add -r to remove it with everything in it. Nothing was removed.");
            var isPermanent = parse.GetValue(permanent);
            if (isPermanent)
                await session.ConfirmAsync($"Delete {Many(items)} for good?", parse.GetValue(yes), cancellation);
            return await Each.DoAsync(session, items, item => item.Path.ToString(), async (item, stop) =>
            {
                await (item.Entry.File is { } file
                    ? session.Client.DeleteFileAsync(file.FileId, isPermanent, cancellation: stop)
                    : session.Client.DeleteFolderAsync(item.Entry.Id, isPermanent, cancellation: stop));
                session.Output.Done(
                    Items.Did(isPermanent ? "deleted" : "trashed", Items.Of(item.Entry, item.Path.ToString())),
                    isPermanent ? $"Deleted {item.Path}" : $"Moved {item.Path} to the trash");
            }, cancellation);
        });
        return command;
    }

    private static string Many(IReadOnlyList<RemoteItem> items)
    {
        if (items is [var one])
            return one.Entry.Folder is null ? $"{one.Path}" : $"{one.Path} with everything in it";
        var folders = items.Count(item => item.Entry.Folder is not null);
        return (items.Count - folders, folders) switch
        {
            (var files, 0) => Words.Count(files, "file"),
            (0, _) => $"{Words.Count(folders, "folder")} with everything in them",
            (var files, _) => $"{Words.Count(files, "file")} and {Words.Count(folders, "folder")} with everything in them",
        };
    }
}
