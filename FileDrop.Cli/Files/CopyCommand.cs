using System.CommandLine;
using FileDrop.Cli.Transfers;
using FileDrop.Client;

namespace FileDrop.Cli.Files;

/// <summary><c>filedrop cp</c>.</summary>
internal static class CopyCommand
{
    public static Command Create(Surroundings world)
    {
        var paths = Arguments.Paths(
            world, "Files and, with -r, folders; then where the copies go: a folder, or for one of them its new path.", new ArgumentArity(2, 100_000));
        var recursive = Arguments.Recursive("Copy folders with everything in them.");
        var conflict = Arguments.Conflict("If the name is taken: refuse, take a free name, or make a new version. Default: fail.");
        var command = new Command("cp", "Copy files and folders at the service, without sending the bytes.") { paths, recursive, conflict };
        Session.Use(command, world, async (session, parse, cancellation) =>
        {
            var arguments = parse.GetValue(paths) ?? [];
            var items = await session.ExpandAsync(arguments.SkipLast(1), cancellation);
            if (!parse.GetValue(recursive) && items.FirstOrDefault(item => item.Entry.Folder is not null) is { } folder)
                throw new ToolException(ExitCode.Usage, $"{folder.Path} is a folder. Add -r to copy it with everything in it. Nothing was copied.");
            var target = await Target.FindAsync(session, RemotePath.Parse(arguments[^1]), items.Count > 1, cancellation);
            var copies = await FindCopiesAsync(session, items, target, cancellation);
            return await Each.DoAsync(session, copies, copy => copy.From.ToString(), async (copy, stop) =>
            {
                var made = await session.Client.CopyFileAsync(copy.File.FileId, copy.Folder, copy.Name, parse.GetValue(conflict), stop);
                var path = copy.Above.In(made.FileName);
                session.Output.Done(Items.Did("copied", Items.Of(made, path.ToString())), $"Copied {copy.From} to {path}");
            }, cancellation);
        });
        return command;
    }

    /// <summary>Creates the folders of the copies, and finds the files to copy.</summary>
    private static async Task<IReadOnlyList<Copy>> FindCopiesAsync(Session session, IReadOnlyList<RemoteItem> items, Target target, CancellationToken cancellation)
    {
        var (folders, copies) = (new RemoteFolders(session), new List<Copy>());
        foreach (var item in items)
        {
            var path = target.Path.In(target.NameOf(item.Entry));
            if (item.Entry.File is { } file)
            {
                copies.Add(new Copy(item.Path, file, target.Folder, target.Path, path.Name));
                continue;
            }
            if (path.Names.Take(item.Path.Names.Count).SequenceEqual(item.Path.Names, StringComparer.Ordinal))
                throw new ToolException(ExitCode.Usage, $"{item.Path} cannot be copied into itself.");
            await folders.EnsureAsync(path, cancellation);
            await foreach (var below in session.WalkAsync(item.Path, item.Entry.Id, cancellation))
            {
                var place = path.Below(below.Path.Names.Skip(item.Path.Names.Count));
                if (below.Entry.File is { } inner)
                    copies.Add(new Copy(below.Path, inner, (await folders.EnsureAsync(place.Parent, cancellation)).Id, place.Parent, place.Name));
                else
                    await folders.EnsureAsync(place, cancellation);
            }
        }
        return copies;
    }

    private sealed record Copy(RemotePath From, DropFile File, Guid Folder, RemotePath Above, string Name);
}
