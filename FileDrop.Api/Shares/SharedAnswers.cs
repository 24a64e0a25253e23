using FileDrop.Api.OpenApi;
using Microsoft.Net.Http.Headers;

namespace FileDrop.Api.Shares;

/// <summary>Tells the visitors of a link apart: browsers, programs that make previews of links, and other programs.</summary>
internal static class SharedAnswers
{
    /// <summary>
    /// Programs that fetch the addresses in messages, to show their title and picture. They get the page only: a download must not be used up, and no byte
    /// must leave because a link was pasted.
    /// </summary>
    private static readonly string[] s_agents =
    [
        "facebookexternalhit", "facebot", "twitterbot", "slackbot", "slack-imgproxy", "discordbot", "whatsapp", "telegrambot", "linkedinbot",
        "skypeuripreview", "microsoftpreview", "bingpreview", "bingbot", "googlebot", "google-read-aloud", "google-pagerenderer", "applebot", "mastodon", "pleroma", "misskey",
        "redditbot", "pinterest", "vkshare", "viber", "line-poker", "kakaotalk-scrap", "embedly", "iframely", "signal-desktop", "matrix", "synapse",
        "rocket.chat", "mattermost", "zoom", "outlook", "msteams", "teamsbot", "yandexbot", "duckduckbot", "baiduspider", "tumblr", "flipboard", "nuzzel",
        "quora link preview", "snapchat", "zulipurlpreview", "nextcloud server crawler",
    ];

    /// <summary>Whether a program fetches the link for a preview.</summary>
    public static bool IsPreviewAgent(HttpRequest request)
    {
        var agent = request.Headers.UserAgent.ToString();
        return agent.Length > 0 && s_agents.Any(known => agent.Contains(known, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>Whether the answer is to be a page for people.</summary>
    public static bool WantsPage(HttpRequest request) => IsPreviewAgent(request) || Names(request, "text/html") || Names(request, "application/xhtml+xml");

    /// <summary>Whether the request asks for JSON.</summary>
    public static bool WantsJson(HttpRequest request) => Names(request, "application/json");

    /// <summary>Whether the caller is a browser. It must not prompt for a password by itself.</summary>
    public static bool IsBrowser(HttpRequest request) =>
        request.Headers.ContainsKey("Sec-Fetch-Mode") || request.Headers.UserAgent.ToString().StartsWith("Mozilla/", StringComparison.Ordinal);

    /// <summary>The group of routes for links. Each of their answers has some fields.</summary>
    /// <param name="app">The routes.</param>
    /// <param name="fields">The descriptions of these fields.</param>
    public static RouteGroupBuilder MapLinks(this IEndpointRouteBuilder app, params ApiHeader[] fields) =>
        app.MapGroup("").WithTags("Shares").Carries(fields).AddEndpointFilter((invocation, next) =>
        {
            var headers = invocation.HttpContext.Response.Headers;
            headers.Vary = "Accept, User-Agent, Cookie";
            headers["X-Robots-Tag"] = "noindex, nofollow";
            headers["Referrer-Policy"] = "no-referrer";
            return next(invocation);
        });

    private static bool Names(HttpRequest request, string type) =>
        MediaTypeHeaderValue.TryParseList(request.Headers.Accept, out var accepted)
        && accepted.Any(one => one.MediaType.Equals(type, StringComparison.OrdinalIgnoreCase) && one.Quality is not 0);
}
