using System.Globalization;
using System.Text;
using FileDrop.Api.Http;

namespace FileDrop.Api.Dav;

/// <summary>The depth of a request: the resource itself, its members too, or everything below.</summary>
internal enum DavDepth
{
    Zero,
    One,
    Infinity,
}

/// <summary>Reads the fields that WebDAV and its clients add to HTTP.</summary>
internal static class DavFields
{
    /// <summary>The longest life of a lock without a refresh.</summary>
    public static readonly TimeSpan LongestLock = TimeSpan.FromHours(1);

    private static readonly TimeSpan s_shortestLock = TimeSpan.FromSeconds(1);

    /// <summary>Reads Depth.</summary>
    /// <exception cref="ProblemException">It has another value.</exception>
    public static DavDepth Depth(HttpRequest request) => request.Headers["Depth"].ToString().Trim().ToLowerInvariant() switch
    {
        "0" => DavDepth.Zero,
        "1" => DavDepth.One,
        "" or "infinity" => DavDepth.Infinity,
        _ => throw new ProblemException(ApiProblem.InvalidRequest("Depth is 0, 1 or infinity.")),
    };

    /// <summary>Whether an existing destination may be replaced. Default: it may.</summary>
    /// <exception cref="ProblemException">It has another value.</exception>
    public static bool Overwrite(HttpRequest request) => request.Headers["Overwrite"].ToString().Trim().ToUpperInvariant() switch
    {
        "" or "T" => true,
        "F" => false,
        _ => throw new ProblemException(ApiProblem.InvalidRequest("Overwrite is T or F.")),
    };

    /// <summary>The life that a lock gets: the first that the client wishes, up to an hour.</summary>
    public static TimeSpan Life(HttpRequest request)
    {
        foreach (var wish in request.Headers["Timeout"].ToString().Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (wish.StartsWith("Second-", StringComparison.OrdinalIgnoreCase)
                && long.TryParse(wish.AsSpan("Second-".Length), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds))
                return seconds >= LongestLock.TotalSeconds ? LongestLock : seconds < 1 ? s_shortestLock : TimeSpan.FromSeconds(seconds);
        }
        return LongestLock;
    }

    /// <summary>The names of the destination of a copy or a move.</summary>
    /// <remarks>
    /// The scheme and the port do not count: a proxy that terminates TLS changes them. The host counts unless the request came through a proxy.
    /// </remarks>
    /// <exception cref="ProblemException">It is missing, malformed, or elsewhere.</exception>
    public static IReadOnlyList<string> Destination(HttpRequest request)
    {
        var text = request.Headers["Destination"].ToString().Trim();
        if (text.Length == 0)
            throw new ProblemException(ApiProblem.InvalidRequest("Destination is missing: it is the address of the copy or the new address."));
        return Names(text, request) ?? throw new ProblemException(ApiProblem.InvalidRequest("Destination is on another server.") with { Status = StatusCodes.Status502BadGateway });
    }

    /// <summary>The names in an address, or null if it is on another server.</summary>
    /// <exception cref="ProblemException">It is malformed, or not below <c>/dav/</c>.</exception>
    public static IReadOnlyList<string>? Names(string address, HttpRequest request)
    {
        var path = address;
        if (!address.StartsWith('/'))
        {
            var begin = address.IndexOf("://", StringComparison.Ordinal);
            if (begin < 0)
                throw new ProblemException(ApiProblem.InvalidRequest("An address of WebDAV is absolute: https://host/dav/… or /dav/…"));
            var slash = address.IndexOf('/', begin + 3);
            var authority = slash < 0 ? address[(begin + 3)..] : address[(begin + 3)..slash];
            path = slash < 0 ? "/" : address[slash..];
            var host = new HostString(authority[(authority.LastIndexOf('@') + 1)..]).Host;
            if (!host.Equals(request.Host.Host, StringComparison.OrdinalIgnoreCase) && !ProxyFields.IsForwarded(request))
                return null;
        }
        if (!path.Split('/')[1].Equals(DavAddress.Route, StringComparison.OrdinalIgnoreCase))
            throw new ProblemException(ApiProblem.InvalidRequest($"An address of WebDAV is below /{DavAddress.Route}/."));
        return PathTarget.Parse(Escaped(path.Split('?', '#')[0]), DavAddress.Route).Names;
    }

    /// <summary>The client's time of a content: seconds since 1970.</summary>
    /// <exception cref="ProblemException">It is not a time.</exception>
    public static DateTimeOffset? Modified(HttpRequest request)
    {
        var text = request.Headers["X-OC-Mtime"].ToString().Trim();
        if (text.Length == 0)
            return null;
        return double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds) && seconds is >= 0 and < 253_402_300_800
            ? DateTimeOffset.FromUnixTimeMilliseconds((long)(seconds * 1000))
            : throw new ProblemException(ApiProblem.InvalidRequest("X-OC-Mtime is a number of seconds since 1970."));
    }

    /// <summary>Escapes characters outside ASCII, which some clients send as they are.</summary>
    private static string Escaped(string path)
    {
        if (path.All(char.IsAscii))
            return path.Replace(" ", "%20", StringComparison.Ordinal);
        var text = new StringBuilder();
        foreach (var rune in path.EnumerateRunes())
            text.Append(rune.IsAscii && rune.Value != ' ' ? rune.ToString() : Uri.EscapeDataString(rune.ToString()));
        return text.ToString();
    }
}
