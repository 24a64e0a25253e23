using System.CommandLine;
using System.Text.Json.Nodes;
using FileDrop.Client;

namespace FileDrop.Cli.Changes;

/// <summary><c>filedrop tail</c>.</summary>
internal static class TailCommand
{
    public static Command Create(Surroundings world)
    {
        var from = new Option<string>("--from")
        {
            Description = "Where to begin: latest (default), oldest, or the cursor of a line of --json.",
            HelpName = "latest|oldest|CURSOR",
            CompletionSources = { "latest", "oldest" },
        };
        var once = new Option<bool>("--once") { Description = "End after the changes that are there, instead of waiting for more." };
        var command = new Command("tail", "Follow the changes of files and folders, one a line, until Ctrl+C.") { from, once };
        Session.Use(command, world, async (session, parse, cancellation) =>
        {
            var cursor = parse.GetValue(from) switch
            {
                null or "latest" => await session.Client.GetCursorAsync(cancellation),
                "oldest" => null,
                var known => known,
            };
            var tail = new Tail(session);
            if (!parse.GetValue(once))
            {
                session.Output.Note("Waiting for changes. Ctrl+C ends it.");
                await foreach (var change in session.Client.FollowAsync(cursor, cancellation))
                    await tail.ShowAsync(change, change.Cursor, cancellation);
            }
            for (var hasMore = true; hasMore;)
            {
                var page = await session.Client.ReadChangesAsync(cursor, cancellation: cancellation);
                foreach (var change in page.Changes)
                    await tail.ShowAsync(change, page.Cursor, cancellation);
                (cursor, hasMore) = (page.Cursor, page.HasMore);
            }
            return ExitCode.Done;
        });
        return command;
    }

    /// <summary>Shows changes with the paths that the feed does not have.</summary>
    private sealed class Tail(Session session)
    {
        private readonly Dictionary<Guid, string?> _folders = [];

        public async Task ShowAsync(DropChange change, string? cursor, CancellationToken cancellation)
        {
            // The paths of everything below a folder change with it.
            if (change.Kind == EntryKind.Folder)
                _folders.Clear();
            var path = change.Entry is { } entry ? await FindPathAsync(entry, cancellation) : null;
            var json = new JsonObject { ["seq"] = change.Sequence, ["kind"] = change.Kind == EntryKind.File ? "file" : "folder", ["id"] = change.Id.ToString() };
            if (change.Entry is null)
                json["gone"] = true;
            else
                json = Merge(json, Items.Of(change.Entry, path));
            json["cursor"] = cursor;
            session.Output.Item(json, Line(change, path));
        }

        private static string Line(DropChange change, string? path) => change.Entry switch
        {
            { File: { } file } => $"+ {path ?? $"{RemotePath.IdScheme}{file.FileId}  {file.FileName}"}  {Words.Size(file.FileSize)}, version {file.Version}",
            { Folder: { } folder } => $"+ {path ?? folder.Name}/",
            _ => $"- {(change.Kind == EntryKind.File ? RemotePath.IdScheme : "folder ")}{change.Id}",
        };

        private static JsonObject Merge(JsonObject first, JsonObject second)
        {
            foreach (var (name, value) in second)
                first[name] = value?.DeepClone();
            return first;
        }

        private async Task<string?> FindPathAsync(DropEntry entry, CancellationToken cancellation)
        {
            if ((entry.File is { } file ? file.FolderId : entry.Folder?.ParentId) is not { } parent)
                return null;
            if (!_folders.TryGetValue(parent, out var above))
            {
                try
                {
                    above = parent == DropFolder.Root ? "" : (await session.Client.GetFolderPathAsync(parent, cancellation)).Path;
                }
                catch (FileDropException gone) when (gone.Status == System.Net.HttpStatusCode.NotFound)
                {
                    // Deleted since. Its own change follows.
                    above = null;
                }
                _folders[parent] = above;
            }
            return above is null ? null : $"{RemotePath.Scheme}{above}/{entry.Name}";
        }
    }
}
