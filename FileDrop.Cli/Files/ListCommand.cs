using System.CommandLine;
using System.Text.Json.Nodes;
using FileDrop.Client;
using Spectre.Console;

namespace FileDrop.Cli.Files;

/// <summary><c>filedrop ls</c>.</summary>
internal static class ListCommand
{
    /// <summary>The width below which the time is left out.</summary>
    private const int Narrow = 60;

    private static readonly Style s_folder = new(Color.Blue, decoration: Decoration.Bold);

    public static Command Create(Surroundings world)
    {
        var paths = Arguments.Paths(world, "Folders and files. Wildcards are expanded: fd:/photos/*.jpg, fd:/**/*.pdf. Default: fd:/.", ArgumentArity.ZeroOrMore);
        var isLong = new Option<bool>("--long", "-l") { Description = "Show sizes and times. A terminal always does." };
        var recursive = Arguments.Recursive("List everything below.");
        var loose = new Option<bool>("--loose") { Description = "List files that are in no folder, with the id: by which commands take them." };
        var command = new Command("ls", "List folders and files.") { paths, isLong, recursive, loose };
        Session.Use(command, world, async (session, parse, cancellation) =>
        {
            var list = new Listing(session.Output, parse.GetValue(isLong) || session.Output.IsForPerson);
            if (parse.GetValue(loose))
            {
                await foreach (var file in session.Client.ListFilesAsync(cancellation: cancellation))
                {
                    if (file.FolderId is null)
                        list.Show(new DropEntry(Folder: null, file), path: null, $"{RemotePath.IdScheme}{file.FileId}  {file.FileName}");
                }
                return ExitCode.Done;
            }
            var arguments = parse.GetValue(paths) is { Length: > 0 } some ? some : [$"{RemotePath.Scheme}/"];
            await list.ShowAsync(session, await session.ExpandAsync(arguments, cancellation), parse.GetValue(recursive), cancellation);
            return ExitCode.Done;
        });
        return command;
    }

    private sealed class Listing(Output output, bool isLong)
    {
        public async Task ShowAsync(Session session, IReadOnlyList<RemoteItem> items, bool isDeep, CancellationToken cancellation)
        {
            // As ls does: files first, then each folder below its name.
            foreach (var item in items.Where(item => item.Entry.Folder is null))
                Show(item.Entry, item.Path, items.Count == 1 ? item.Path.Name : item.Path.ToString());
            foreach (var item in items)
            {
                if (item.Entry.Folder is not { } folder)
                    continue;
                if (items.Count > 1 && !output.IsJson)
                    output.Item([], $"{item.Path}:");
                var children = isDeep
                    ? session.WalkAsync(item.Path, folder.FolderId, cancellation)
                    : session.Client.ListEntriesAsync(folder.FolderId, filter: new ListFilter { Sort = "file_name", Ascending = true }, cancellation: cancellation)
                        .Select(entry => new RemoteItem(item.Path.In(entry.Name), entry));
                await foreach (var child in children)
                    Show(child.Entry, child.Path, string.Join('/', child.Path.Names.Skip(item.Path.Names.Count)));
            }
        }

        public void Show(DropEntry entry, RemotePath? path, string name)
        {
            var isFolder = entry.Folder is not null;
            var line = isFolder ? $"{name}/" : name;
            if (isLong)
            {
                var size = entry.File is { } file ? Words.Size(file.FileSize) : "";
                var time = Words.Time(entry.File?.ModifiedAt ?? entry.File?.UpdatedAt ?? entry.Folder?.UpdatedAt ?? default);
                line = output.Width < Narrow ? $"{size,9}  {line}" : $"{size,9}  {time}  {line}";
            }
            var json = output.IsJson ? Items.Of(entry, path?.Id is null ? path?.ToString() : null) : new JsonObject();
            output.Item(json, line, isFolder ? s_folder : default(Style?));
        }
    }
}
