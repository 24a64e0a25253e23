namespace FileDrop.Api.Http;

/// <summary>Paths as logs, traces and the audit log show them. The token of a share stands in the path, and readers of a log must not get it.</summary>
internal static class LoggedPath
{
    /// <summary>The path of shares, in front of the token.</summary>
    public const string Shares = "/s";

    private const string Hidden = $"{Shares}/…";

    /// <summary>The path of a request, percent-encoded; without all behind <c>/s/</c>.</summary>
    public static string Of(PathString path) => IsOfShare(path) ? Hidden : path.ToUriComponent();

    /// <summary>Whether a path is that of a share's link.</summary>
    public static bool IsOfShare(PathString path) => path.StartsWithSegments(Shares, StringComparison.OrdinalIgnoreCase);
}
