using System.CommandLine;
using System.Text.Json.Nodes;
using FileDrop.Cli.Files;
using FileDrop.Client;

namespace FileDrop.Cli.Shares;

/// <summary><c>filedrop share</c>.</summary>
internal static class ShareCommand
{
    public static Command Create(Surroundings world)
    {
        var paths = Arguments.Paths(world, "Files and folders. Several make one link to a selection.");
        var mode = new Option<ShareMode>("--mode")
        {
            Description = "What the link allows: download (default), or only view.",
            HelpName = "download|view",
            CompletionSources = { "download", "view" },
        };
        mode.Validators.Add(result =>
        {
            if (result.Tokens is [var word] && word.Value is not ("download" or "view"))
                result.AddError("--mode is download or view. 'filedrop request' makes a link for uploads.");
        });
        var (common, most) = (new LinkOptions(), new Option<long?>("--max-downloads") { Description = "The most downloads.", HelpName = "N" });
        var version = new Option<long?>("--version") { Description = "Pin the link to this version of the file.", HelpName = "N" };
        var command = new Command("share", "Make a link to files and folders for people without an account, and print it.") { paths, mode, most, version };
        common.AddTo(command);
        command.Add(List(world));
        command.Add(Revoke(world));
        Session.Use(command, world, async (session, parse, cancellation) =>
        {
            var items = await session.ExpandAsync(parse.GetValue(paths) ?? [], cancellation);
            var settings = (await common.ReadAsync(parse, world, new ShareSettings([.. items.Select(item => item.Entry.Id)]), cancellation)) with
            {
                Mode = parse.GetValue(mode),
                MaxDownloads = parse.GetValue(most),
                Version = parse.GetValue(version),
            };
            Print(session, await session.Client.CreateShareAsync(settings, cancellation));
            return ExitCode.Done;
        });
        return command;
    }

    /// <summary>Prints a new link, and nothing else, so that it can be piped.</summary>
    public static void Print(Session session, DropShare share) => session.Output.Item(Json(session, share), Link(session, share));

    private static Command List(Surroundings world)
    {
        var command = new Command("ls", "List all links, the newest first: link, what it allows, state, downloads, name.");
        Session.Use(command, world, async (session, _, cancellation) =>
        {
            await foreach (var share in session.Client.ListSharesAsync(cancellation))
            {
                var uses = share.Drop is { } drop ? Words.Count(drop.ReceivedFiles, "file") : Words.Count(share.Downloads, "download");
                var end = share.ExpiresAt is { } moment ? $", until {Words.Time(moment)}" : "";
                session.Output.Item(
                    Json(session, share),
                    $"{Link(session, share)}  {share.Mode.ToString().ToLowerInvariant()}, {share.State}{end}, {uses}{(share.HasPassword ? ", password" : "")}  {share.Name ?? "/"}");
            }
            return ExitCode.Done;
        });
        return command;
    }

    private static Command Revoke(Surroundings world)
    {
        var links = new Argument<string[]>("LINK") { Description = "Links, or the share_id that --json shows.", Arity = ArgumentArity.OneOrMore };
        var command = new Command("revoke", "End links. They do not work any more, at once.") { links };
        Session.Use(command, world, async (session, parse, cancellation) =>
        {
            var known = await session.Client.ListSharesAsync(cancellation).ToListAsync(cancellation);
            var wanted = (parse.GetValue(links) ?? []).Select(link => known.Find(share => Names(session, share, link))
                ?? throw new ToolException(ExitCode.NotFound, $"{link} is not one of your links.")).ToList();
            return await Each.DoAsync(session, wanted, share => Link(session, share), async (share, stop) =>
            {
                await session.Client.DeleteShareAsync(share.ShareId, stop);
                session.Output.Done(Items.Did("revoked", Json(session, share)), $"{Link(session, share)} does not work any more.");
            }, cancellation);
        });
        return command;
    }

    private static bool Names(Session session, DropShare share, string text) =>
        (Guid.TryParse(text, out var id) && id == share.ShareId) || text.TrimEnd('/').Equals(Link(session, share), StringComparison.Ordinal)
        || text.TrimEnd('/').Equals(share.Url, StringComparison.Ordinal);

    private static string Link(Session session, DropShare share) => new Uri(session.Address, share.Url).AbsoluteUri;

    private static JsonObject Json(Session session, DropShare share) => Items.Clean(new JsonObject
    {
        ["share_id"] = share.ShareId.ToString(),
        ["url"] = Link(session, share),
        ["mode"] = share.Mode.ToString().ToLowerInvariant(),
        ["kind"] = share.Kind,
        ["ids"] = new JsonArray([.. share.Ids.Select(id => (JsonNode?)JsonValue.Create(id.ToString()))]),
        ["name"] = share.Name,
        ["state"] = share.State,
        ["has_password"] = share.HasPassword,
        ["version"] = share.Version,
        ["expires_at"] = Items.Time(share.ExpiresAt),
        ["max_downloads"] = share.MaxDownloads,
        ["downloads"] = share.Downloads,
        ["last_used_at"] = Items.Time(share.LastUsedAt),
        ["note"] = share.Note,
        ["created_at"] = Words.Rfc3339(share.CreatedAt),
        ["received_files"] = share.Drop?.ReceivedFiles,
        ["received_bytes"] = share.Drop?.ReceivedBytes,
    });
}
