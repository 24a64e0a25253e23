namespace FileDrop.Api.Http;

/// <summary>
/// Paths as logs, traces and the audit log show them. The token of a share stands in the path, and names of files and folders stand in the paths of the drive and
/// of <c>/paths</c>. Readers of a log must not get them.
/// </summary>
internal static class LoggedPath
{
    /// <summary>The path of shares, in front of the token.</summary>
    public const string Shares = "/s";

    /// <summary>Only the first segment of these paths is shown.</summary>
    private static readonly string[] s_hidden = [Shares, "/" + DavAddress.Route, "/paths"];

    /// <summary>The path of a request, percent-encoded; without all behind the first segment if that is secret or has names.</summary>
    public static string Of(PathString path) => HiddenOf(path) is { } first ? $"{first}/…" : path.ToUriComponent();

    /// <summary>Whether a part of a path must not be shown.</summary>
    public static bool IsHidden(PathString path) => HiddenOf(path) is not null;

    /// <summary>Whether a path is that of a share's link.</summary>
    public static bool IsOfShare(PathString path) => path.StartsWithSegments(Shares, StringComparison.OrdinalIgnoreCase);

    private static string? HiddenOf(PathString path) => Array.Find(
        s_hidden, first => path.StartsWithSegments(first, StringComparison.OrdinalIgnoreCase, out var rest) && rest.Value is { Length: > 1 });
}
