using System.CommandLine;
using FileDrop.Client;

namespace FileDrop.Cli.Transfers;

/// <summary><c>filedrop put</c>.</summary>
internal static class PutCommand
{
    public static Command Create(Surroundings world)
    {
        var paths = new Argument<string[]>("FILE…")
        {
            Description = "Files and, with -r, folders of this machine ('-' is standard input); then where they go at the service: "
                + "fd:/folder/, or for one of them its new path. Default: fd:/.",
            HelpName = "FILE…",
            Arity = ArgumentArity.OneOrMore,
            CompletionSources = { context => Completion.RemoteNames.Complete(context, world) },
        };
        var recursive = Arguments.Recursive("Upload folders with everything in them.");
        var conflict = Arguments.Conflict("If a file has the name and other bytes: refuse, take a free name, or make a new version. Default: fail.");
        var type = new Option<string>("--type") { Description = "The media type. Default: told from the name.", HelpName = "TYPE" };
        var tags = new Option<string[]>("--tag") { Description = "A tag. May repeat.", HelpName = "KEY:VALUE" };
        var parallel = Arguments.Parallel();
        var command = new Command(
            "put",
            """
            Upload files and folders.

              filedrop put report.pdf fd:/letters/           into a folder, which is created if it does not exist
              filedrop put -r photos fd:/2026/               a folder with everything in it: fd:/2026/photos/…
              mysqldump db | filedrop put - fd:/dump.sql     standard input

            A file that is there already with the same bytes is not sent again, and a large one goes on where it was:
            after Ctrl+C or a broken connection, give the same command again.
            """)
        {
            paths, recursive, conflict, type, tags, parallel,
        };
        Session.Use(command, world, async (session, parse, cancellation) =>
        {
            var arguments = parse.GetValue(paths) ?? [];
            var isNamed = arguments.Length > 1 && RemotePath.IsRemote(arguments[^1]);
            var (sources, target) = (isNamed ? arguments[..^1] : arguments, isNamed ? RemotePath.Parse(arguments[^1]) : RemotePath.Root);
            if (target.Id is not null)
                throw new ToolException(ExitCode.Usage, $"{target} is an id. Name the place by its path.");
            if (sources.FirstOrDefault(RemotePath.IsRemote) is { } remote)
                throw new ToolException(ExitCode.Usage, $"{remote} is at the service already. 'filedrop cp' copies there.");
            var upload = new Upload(session, new UploadTarget("")
            {
                OnConflict = parse.GetValue(conflict),
                Type = parse.GetValue(type),
                Tags = ReadTags(parse.GetValue(tags) ?? []),
            });
            UploadState.Clean(world);
            var transfers = sources is ["-"]
                ? [upload.OfInput(target)]
                : await upload.PlanAsync(LocalFiles.Expand(world, sources), EndsInside(sources), target, parse.GetValue(recursive), cancellation);
            return await new TransferRun(session, "Uploaded").RunAsync(transfers, parse.GetValue(parallel), cancellation);
        });
        return command;
    }

    /// <summary>Whether a source means what is in a folder rather than the folder: <c>.</c> and <c>photos/.</c>.</summary>
    private static bool EndsInside(string[] sources) => sources is [var one] && Path.GetFileName(one) is "." or "..";

    private static Dictionary<string, string>? ReadTags(string[] texts)
    {
        if (texts.Length == 0)
            return null;
        var tags = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var text in texts)
        {
            if (text.Split(':', 2) is not [{ Length: > 0 } key, var value])
                throw new ToolException(ExitCode.Usage, $"'{text}' is not a tag. Write it like project:apollo.");
            tags[key] = value;
        }
        return tags;
    }
}
