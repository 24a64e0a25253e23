using FileDrop.Api.Contents;
using FileDrop.Api.Text;
using Microsoft.AspNetCore.Http.Features;

namespace FileDrop.Api.Http;

/// <summary>A path in a request's address.</summary>
/// <param name="Names">The names from below the root; none for the root.</param>
/// <param name="IsFolder">Whether the path can only be that of a folder, because it ends with a slash or is the root.</param>
/// <remarks>
/// It is read from the request line as it was sent. The server's own path has lost its dot segments, and does not tell an escaped slash or percent sign from a
/// twice escaped one.
/// </remarks>
internal sealed record PathTarget(IReadOnlyList<string> Names, bool IsFolder)
{
    /// <summary>Reads the path behind a route's segment in a request's address.</summary>
    /// <param name="context">The request.</param>
    /// <param name="route">The route's one segment.</param>
    /// <exception cref="ProblemException">A name breaks a rule.</exception>
    public static PathTarget Read(HttpContext context, string route)
    {
        var target = context.Features.Get<IHttpRequestFeature>()?.RawTarget ?? "";
        // An address may begin with its scheme and host (RFC 9112, section 3.2.2).
        var authority = target.StartsWith('/') ? -1 : target.IndexOf("://", StringComparison.Ordinal);
        var path = authority < 0 ? target : target.IndexOf('/', authority + 3) is >= 0 and var begin ? target[begin..] : "/";
        return Parse(path.Split('?', 2)[0], route);
    }

    /// <summary>Reads a raw path that begins with a slash.</summary>
    /// <inheritdoc cref="Read"/>
    public static PathTarget Parse(string path, string route)
    {
        var segments = path.Split('/')[1..];
        // The server removes dot segments, so others may stand before the route's.
        if (segments is not [var first, ..] || !Decode(first).Equals(route, StringComparison.OrdinalIgnoreCase))
            throw new ProblemException(ApiProblem.InvalidName("'.' and '..' are not names."));
        var isFolder = segments is [_] or [.., ""];
        List<string> names = [];
        foreach (var segment in segments is [_, .. var middle, ""] ? middle : segments[1..])
            names.Add(FileName.TryMakeSegment(Decode(segment), out var name, out var wrong) ? name : throw new ProblemException(ApiProblem.InvalidName(wrong)));
        return new PathTarget(names, isFolder);
    }

    private static string Decode(string segment)
    {
        var (bytes, length) = (new byte[segment.Length], 0);
        for (var at = 0; at < segment.Length; at++)
        {
            if (segment[at] != '%' && char.IsAscii(segment[at]))
                bytes[length++] = (byte)segment[at];
            else if (segment[at] == '%' && at + 2 < segment.Length && char.IsAsciiHexDigit(segment[at + 1]) && char.IsAsciiHexDigit(segment[at + 2]))
                (bytes[length++], at) = (Convert.ToByte(segment.Substring(at + 1, 2), 16), at + 2);
            else
                throw new ProblemException(ApiProblem.InvalidName("A path is percent-encoded UTF-8: %20 is a space, and %25 a percent sign."));
        }
        return UnicodeText.TryDecode(bytes.AsSpan(0, length), out var text) ? text : throw new ProblemException(ApiProblem.InvalidName(FileName.NotText));
    }
}
