using System.CommandLine;

namespace FileDrop.Cli.Transfers;

/// <summary><c>filedrop get</c>.</summary>
internal static class GetCommand
{
    public static Command Create(Surroundings world)
    {
        var paths = Arguments.Paths(
            world,
            "Files and, with -r, folders at the service; then where they go on this machine: a folder, a new name, or '-' for standard output. "
                + "Default: the current folder. Wildcards are expanded.");
        var recursive = Arguments.Recursive("Download folders with everything in them.");
        var conflict = Arguments.Conflict("If a file here has the name and other bytes: refuse, take a free name, or replace it. Default: fail.");
        var version = new Option<long?>("--version") { Description = "Download this version of the file. 'filedrop versions' lists them.", HelpName = "N" };
        var parallel = Arguments.Parallel();
        var command = new Command(
            "get",
            """
            Download files and folders.

              filedrop get fd:/letters/report.pdf            into the current folder
              filedrop get -r fd:/2026/photos backup/        a folder with everything in it: backup/photos/…
              filedrop get fd:/dump.sql - | mysql db         to standard output

            A file appears under its name once it is whole. One that is here already with the same bytes is not fetched
            again; after Ctrl+C or a broken connection, give the same command again to go on.
            """)
        {
            paths, recursive, conflict, version, parallel,
        };
        Session.Use(command, world, async (session, parse, cancellation) =>
        {
            var arguments = parse.GetValue(paths) ?? [];
            var isNamed = arguments.Length > 1 && !RemotePath.IsRemote(arguments[^1]);
            var (sources, target) = (isNamed ? arguments[..^1] : arguments, isNamed ? arguments[^1] : ".");
            var items = await session.ExpandAsync(sources, cancellation);
            if (!parse.GetValue(recursive) && items.FirstOrDefault(item => item.Entry.Folder is not null) is { } folder)
                throw new ToolException(ExitCode.Usage, $"{folder.Path} is a folder. Add -r to download it with everything in it.");
            var number = parse.GetValue(version);
            if ((target is "-" || number is not null) && items is not [{ Entry.File: not null }])
                throw new ToolException(ExitCode.Usage, target is "-" ? "Standard output takes one file." : "--version takes one file.");
            var download = new Download(session, parse.GetValue(conflict), number);
            IReadOnlyList<Transfer> transfers = target is "-"
                ? [download.ToOutput(items[0])]
                : await download.PlanAsync(items, target, cancellation);
            return await new TransferRun(session, "Downloaded").RunAsync(transfers, parse.GetValue(parallel), cancellation);
        });
        return command;
    }
}
