using System.CommandLine;
using FileDrop.Client;

namespace FileDrop.Cli.Shares;

/// <summary><c>filedrop request</c>.</summary>
internal static class RequestCommand
{
    public static Command Create(Surroundings world)
    {
        var path = Arguments.Path(world, "The folder into which files come.");
        var common = new LinkOptions();
        var files = new Option<long?>("--max-files") { Description = "The most files.", HelpName = "N" };
        var size = Size("--max-size", "The size of all files together.");
        var fileSize = Size("--max-file-size", "The size of each file.");
        var types = new Option<string[]>("--type")
        {
            Description = "A type or extension that is taken: image/*, .pdf. May repeat. Default: all.",
            HelpName = "TYPE",
        };
        var asksName = new Option<bool>("--ask-name") { Description = "Senders must give a name." };
        var perUploader = new Option<bool>("--folder-per-sender") { Description = "Each sender's files go into a folder of their own." };
        var life = new Option<string>("--keep-for") { Description = "Files go to the trash after this time: 30d.", HelpName = "TIME" };
        var command = new Command("request", "Make a link by which people without an account hand files in, and print it. They see nothing of the folder.")
        {
            path, files, size, fileSize, types, asksName, perUploader, life,
        };
        common.AddTo(command);
        Session.Use(command, world, async (session, parse, cancellation) =>
        {
            var folder = await session.FindFolderAsync(RemotePath.Parse(parse.GetRequiredValue(path)), cancellation);
            var settings = (await common.ReadAsync(parse, world, new ShareSettings([folder.FolderId]) { Mode = ShareMode.Upload }, cancellation)) with
            {
                Drop = new DropLimits
                {
                    MaxFiles = parse.GetValue(files),
                    MaxBytes = Bytes(parse, size),
                    MaxFileSize = Bytes(parse, fileSize),
                    Types = parse.GetValue(types) ?? [],
                    AsksName = parse.GetValue(asksName),
                    FolderPerUploader = parse.GetValue(perUploader),
                    FilesExpireIn = parse.GetValue(life) is { } span ? (long)Words.Span(span).TotalSeconds : null,
                },
            };
            ShareCommand.Print(session, await session.Client.CreateShareAsync(settings, cancellation));
            return ExitCode.Done;
        });
        return command;
    }

    private static Option<string> Size(string name, string description) => new(name) { Description = $"{description} 500M, 2G.", HelpName = "SIZE" };

    private static long? Bytes(ParseResult parse, Option<string> option) => parse.GetValue(option) is { } text ? Words.Bytes(text) : null;
}
