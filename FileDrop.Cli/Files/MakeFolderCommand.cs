using System.CommandLine;
using FileDrop.Cli.Transfers;
using FileDrop.Client;

namespace FileDrop.Cli.Files;

/// <summary><c>filedrop mkdir</c>.</summary>
internal static class MakeFolderCommand
{
    public static Command Create(Surroundings world)
    {
        var paths = Arguments.Paths(world, "The new folders: fd:/letters/2026.");
        var parents = new Option<bool>("--parents", "-p") { Description = "Create the folders above, too; an existing folder is fine." };
        var command = new Command("mkdir", "Create folders.") { paths, parents };
        Session.Use(command, world, async (session, parse, cancellation) =>
        {
            var folders = new RemoteFolders(session);
            var wanted = (parse.GetValue(paths) ?? []).Select(RemotePath.Parse).ToList();
            return await Each.DoAsync(session, wanted, path => path.ToString(), async (path, stop) =>
            {
                if (path.IsRoot || path.Id is not null)
                    throw new ToolException(ExitCode.Usage, $"{path} is not a path of a new folder.");
                if (parse.GetValue(parents))
                {
                    await folders.EnsureAsync(path, stop);
                    return;
                }
                var parent = await session.FindFolderAsync(path.Parent, stop);
                var folder = await session.Client.CreateFolderAsync(path.Name, parent.FolderId, OnConflict.Fail, stop);
                RemoteFolders.Say(session, path, folder);
            }, cancellation);
        });
        return command;
    }
}
