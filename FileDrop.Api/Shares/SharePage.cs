using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Unicode;
using FileDrop.Api.Catalog;
using FileDrop.Api.Contents;
using FileDrop.Api.Http;

namespace FileDrop.Api.Shares;

/// <summary>Writes the pages that people see behind a link. They work without a script.</summary>
internal sealed class SharePage
{
    private static readonly HtmlEncoder s_encoder = HtmlEncoder.Create(UnicodeRanges.All);

    private readonly Lazy<(string Style, string Script, string Icon)> _parts = new(ReadParts, LazyThreadSafetyMode.PublicationOnly);

    /// <summary>The page of a file.</summary>
    /// <param name="visit">The visit.</param>
    /// <param name="entry">The file.</param>
    /// <param name="here">The address of the file, relative to the service.</param>
    /// <param name="mayPreview">Whether the page may show the content. A preview agent must not fetch it.</param>
    public HtmlAnswer OfFile(ShareVisit visit, SharedEntry entry, string here, bool mayPreview)
    {
        var file = entry.File ?? throw new ArgumentException("The entry is a file.", nameof(entry));
        var (share, type) = (visit.Share, file.Content.Type);
        var isShown = FileType.MayBeInline(type);
        var body = new StringBuilder();
        Up(body, visit, here);
        body.Append(CultureInfo.InvariantCulture, $"<h1>{Text(entry.Name)}</h1><p class=\"facts\">{Size(file.Content.Size)} · {Day(file.ModifiedAt ?? file.Content.CreatedAt)}</p>");
        Note(body, share);
        if (mayPreview && isShown && share.MaxDownloads is null)
            Preview(body, type, here, entry.Name);
        if (share.Mode == ShareMode.Download)
        {
            body.Append(CultureInfo.InvariantCulture, $"<p class=\"doing\"><a class=\"button primary\" href=\"{Text(here)}?download=true\">Download</a></p>");
        }
        else if (!isShown)
        {
            body.Append("<p class=\"note\">A browser cannot show files of this type, and this link does not download.</p>");
        }
        else
        {
            if (share.MaxDownloads is not null)
                body.Append(CultureInfo.InvariantCulture, $"<p class=\"doing\"><a class=\"button primary\" href=\"{Text(here)}?inline=true\">Show</a></p>");
            body.Append("<p class=\"note\">This link is for looking. Nothing can keep a viewer from keeping a copy.</p>");
        }
        Limits(body, share);
        return Page(entry.Name, $"{Size(file.Content.Size)}, shared with FileDrop", body, visit.Path);
    }

    /// <summary>The page of a folder or a selection.</summary>
    /// <param name="visit">The visit.</param>
    /// <param name="entry">The folder, or the selection.</param>
    /// <param name="page">Its entries.</param>
    /// <param name="here">Its address, relative to the service.</param>
    /// <param name="next">The address of the next page of entries; null if there is none.</param>
    public HtmlAnswer OfFolder(ShareVisit visit, SharedEntry entry, SharedPage page, string here, string? next)
    {
        var body = new StringBuilder();
        var title = entry.Name.Length > 0 ? entry.Name : "Files";
        Up(body, visit, here);
        body.Append(CultureInfo.InvariantCulture, $"<h1>{Text(title)}</h1>");
        Note(body, visit.Share);
        if (page.Entries.Count == 0)
            body.Append("<p class=\"facts\">This folder is empty.</p>");
        else if (visit.Share.Mode == ShareMode.Download)
            body.Append(CultureInfo.InvariantCulture, $"<p class=\"doing\"><a class=\"button primary\" href=\"{Text(here)}?zip=true\">Download all</a></p>");
        body.Append("<ul class=\"entries\">");
        foreach (var one in page.Entries)
        {
            var address = $"{here}/{Uri.EscapeDataString(one.Name)}";
            if (one.File is { } file)
            {
                body.Append(CultureInfo.InvariantCulture,
                    $"<li><a href=\"{Text(address)}\"><span>{Text(one.Name)}</span></a><small>{Size(file.Content.Size)} · {Day(file.ModifiedAt ?? file.Content.CreatedAt)}</small>");
                if (visit.Share.Mode == ShareMode.Download)
                    body.Append(CultureInfo.InvariantCulture,
                        $"<a class=\"get\" href=\"{Text(address)}?download=true\" aria-label=\"Download {Text(one.Name)}\">Download</a>");
                body.Append("</li>");
            }
            else
            {
                body.Append(CultureInfo.InvariantCulture, $"<li><a class=\"folder\" href=\"{Text(address)}\"><span>{Text(one.Name)}</span></a><small>Folder</small></li>");
            }
        }
        body.Append("</ul>");
        if (next is not null)
            body.Append(CultureInfo.InvariantCulture, $"<p class=\"doing\"><a class=\"button\" href=\"{Text(next)}\">More</a></p>");
        if (visit.Share.Mode == ShareMode.View)
            body.Append("<p class=\"note\">This link is for looking. Nothing can keep a viewer from keeping a copy.</p>");
        Limits(body, visit.Share);
        return Page(title, "A folder, shared with FileDrop", body, visit.Path);
    }

    /// <summary>The page that asks for a password.</summary>
    /// <param name="visit">The visit.</param>
    /// <param name="here">The address to which the password is sent.</param>
    /// <param name="problem">The reason: none was sent, or a wrong one, or too many.</param>
    public HtmlAnswer OfDoor(ShareVisit visit, string here, ApiProblem problem)
    {
        var isWrong = problem.Code.Equals(ApiProblem.SharePasswordWrong.Code, StringComparison.Ordinal);
        var body = new StringBuilder("<h1>This link has a password</h1>");
        if (problem.Status == StatusCodes.Status429TooManyRequests)
            body.Append(CultureInfo.InvariantCulture, $"<p class=\"fault\" role=\"alert\">Too many wrong passwords came from here. Wait {problem.RetryAfterSeconds} s, then try again.</p>");
        else if (isWrong)
            body.Append("<p class=\"fault\" role=\"alert\" id=\"fault\">This is not the password. Try again, or ask the sender.</p>");
        body.Append(CultureInfo.InvariantCulture, $"""
            <form method="post" action="{Text(here)}" class="unlock">
            <label for="password">Password</label>
            <input id="password" name="password" type="password" required autofocus autocomplete="current-password"{(isWrong ? " aria-invalid=\"true\" aria-describedby=\"fault\"" : "")}>
            <button class="primary">Open</button>
            </form>
            """);
        return Page("A shared link", "This link has a password", body, visit.Path, status: problem.Status, problem: problem, isForm: true);
    }

    /// <summary>The page of a folder to drop files into.</summary>
    /// <param name="visit">The visit.</param>
    /// <param name="here">The address to which files are sent.</param>
    /// <param name="receipts">Files that have just arrived.</param>
    /// <param name="problem">The reason why a file was refused; null if none was.</param>
    public HtmlAnswer OfDrop(ShareVisit visit, string here, IReadOnlyList<CatalogFile> receipts, ApiProblem? problem)
    {
        var (share, rules) = (visit.Share, visit.Share.Drop ?? new DropRules());
        var body = new StringBuilder("<h1>Send files</h1>");
        Note(body, share);
        if (problem is not null)
            body.Append(CultureInfo.InvariantCulture, $"<p class=\"fault\" role=\"alert\">{Text(problem.Title)}. {Text(problem.Detail)}</p>");
        foreach (var file in receipts)
            body.Append(CultureInfo.InvariantCulture,
                $"<div class=\"receipt\" role=\"status\"><strong>{Text(file.Name)}</strong> has arrived: {Size(file.Content.Size)}.<br><small>SHA-256 <code>{file.Content.Sha256}</code></small></div>");
        var accept = rules.Types is { Count: > 0 } types ? $" accept=\"{Text(string.Join(',', types))}\"" : "";
        body.Append(CultureInfo.InvariantCulture, $"""
            <form method="post" action="{Text(here)}" enctype="multipart/form-data" class="drop">
            <label for="uploader">Your name{(rules.AsksName ? "" : " (if you like)")}</label>
            <input id="uploader" name="uploader" maxlength="100" autocomplete="name"{(rules.AsksName ? " required" : "")}>
            <label for="message">Message (if you like)</label>
            <input id="message" name="message" maxlength="200">
            <label for="file">File</label>
            <input id="file" name="file" type="file" required{accept}>
            <button class="primary">Send</button>
            </form>
            <div class="zone" hidden><p>Drop files or folders here, or <label class="button" for="many">choose files</label></p><input class="unseen" id="many" type="file" multiple{accept}></div>
            <ul class="sending" aria-live="polite"></ul>
            """);
        body.Append("<p class=\"note\">The files go to the sender of this link. You cannot see, change or take them back here.</p>");
        var limits = new List<string>();
        if (rules.MaxFileSize is { } largest)
            limits.Add($"One file has at most {Size(largest)}.");
        if (rules.Types is { Count: > 0 } named)
            limits.Add($"These files are taken: {string.Join(", ", named)}.");
        if (limits.Count > 0)
            body.Append(CultureInfo.InvariantCulture, $"<p class=\"note\">{Text(string.Join(' ', limits))}</p>");
        Limits(body, share);
        return Page("Send files", "Send files with FileDrop", body, visit.Path, status: problem?.Status ?? StatusCodes.Status200OK, problem: problem, isForm: true, hasScript: true);
    }

    /// <summary>The page about a link that does not work, or a request that is refused.</summary>
    public HtmlAnswer OfProblem(ApiProblem problem)
    {
        var body = new StringBuilder(problem.Code.Equals(ApiProblem.ShareNotFound.Code, StringComparison.Ordinal)
            ? "<h1>This link does not work</h1><p>It is wrong, or it does not work any more. Ask its sender for a new one.</p>"
            : $"<h1>{Text(problem.Title)}</h1><p>{Text(problem.Detail)}</p>");
        return Page("A shared link", "Shared with FileDrop", body, path: null, status: problem.Status, problem: problem);
    }

    private static void Up(StringBuilder body, ShareVisit visit, string here)
    {
        // Only down from the top of the share: nothing above it has an address.
        if (visit.Names.Count == 0)
            return;
        var above = here[..here.LastIndexOf('/')];
        body.Append(CultureInfo.InvariantCulture, $"<p class=\"up\"><a href=\"{Text(above)}\">← {Text(visit.Names.Count > 1 ? visit.Names[^2] : "Back")}</a></p>");
    }

    private static void Preview(StringBuilder body, string type, string here, string name)
    {
        var (source, title) = ($"{Text(here)}?inline=true", Text(name));
        body.Append(type.Split('/')[0] switch
        {
            "image" => $"<img class=\"preview\" src=\"{source}\" alt=\"{title}\">",
            "audio" => $"<audio class=\"preview\" src=\"{source}\" controls preload=\"metadata\"></audio>",
            "video" => $"<video class=\"preview\" src=\"{source}\" controls preload=\"metadata\"></video>",
            _ => $"<iframe class=\"preview\" src=\"{source}\" title=\"{title}\"></iframe>",
        });
    }

    private static void Note(StringBuilder body, Share share)
    {
        if (share.Note is { } note)
            body.Append(CultureInfo.InvariantCulture, $"<p class=\"words\">{Text(note)}</p>");
    }

    private static void Limits(StringBuilder body, Share share)
    {
        if (share.MaxDownloads is { } most)
            body.Append(CultureInfo.InvariantCulture, $"<p class=\"note\">The link can be used {Times(Math.Max(0, most - share.Downloads))} more.</p>");
        if (share.ExpiresAt is { } end)
            body.Append(CultureInfo.InvariantCulture, $"<p class=\"note\">The link works until {Day(end)}, {end.UtcDateTime.ToString("HH:mm", CultureInfo.InvariantCulture)} UTC.</p>");
    }

    private HtmlAnswer Page(
        string title, string description, StringBuilder body, string? path, int status = StatusCodes.Status200OK, ApiProblem? problem = null,
        bool isForm = false, bool hasScript = false)
    {
        var (style, script, icon) = _parts.Value;
        var nonce = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16));
        // A form in a page without referrer would have no origin, which every change is checked for. This policy tells other sites nothing either.
        var referrer = isForm ? "<meta name=\"referrer\" content=\"same-origin\">\n" : "";
        var html = $"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <title>{Text(title)}</title>
            <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
            <meta name="color-scheme" content="light dark">
            <meta name="robots" content="noindex, nofollow">
            {referrer}<meta property="og:title" content="{Text(title)}">
            <meta property="og:description" content="{Text(description)}">
            <meta property="og:site_name" content="FileDrop">
            <meta name="twitter:card" content="summary">
            {(path is null ? "" : $"<meta property=\"og:image\" content=\"{Text(path)}?card=true\">\n")}<style nonce="{nonce}">
            {style}</style>
            </head>
            <body class="shared">
            <header class="mark">{icon}<span>FileDrop</span></header>
            <main>
            {body}
            </main>
            {(hasScript ? $"<script nonce=\"{nonce}\">\n{script}</script>\n" : "")}</body>
            </html>

            """;
        return new HtmlAnswer(html, nonce) { Status = status, Problem = problem, IsForm = isForm };
    }

    private static string Text(string text) => s_encoder.Encode(text);

    /// <summary>A size for people, in decimal units as disks have them.</summary>
    internal static string Size(long bytes)
    {
        string[] units = ["bytes", "kB", "MB", "GB", "TB"];
        if (bytes < 1000)
            return bytes == 1 ? "1 byte" : string.Create(CultureInfo.InvariantCulture, $"{bytes} {units[0]}");
        var (value, unit) = ((double)bytes, 0);
        for (; value >= 999.95 && unit < units.Length - 1; unit++)
            value /= 1000;
        return string.Create(CultureInfo.InvariantCulture, $"{value:0.#} {units[unit]}");
    }

    private static string Times(long count) => count == 1 ? "once" : string.Create(CultureInfo.InvariantCulture, $"{count} times");

    private static string Day(DateTimeOffset time) => time.UtcDateTime.ToString("d MMMM yyyy", CultureInfo.InvariantCulture);

    private static (string Style, string Script, string Icon) ReadParts()
    {
        var folder = Path.Combine(AppContext.BaseDirectory, "wwwroot");
        var style = File.ReadAllText(Path.Combine(folder, "css", "base.css")) + File.ReadAllText(Path.Combine(folder, "share", "share.css"));
        var icon = File.ReadAllText(Path.Combine(folder, "icon.svg")).Replace("<svg ", "<svg width=\"28\" height=\"28\" aria-hidden=\"true\" ", StringComparison.Ordinal);
        return (style, File.ReadAllText(Path.Combine(folder, "share", "share.js")), icon.Trim());
    }
}
