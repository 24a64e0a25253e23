using System.Text;
using Microsoft.Net.Http.Headers;

namespace FileDrop.Api;

/// <summary>
/// A proxy in front and the service must agree where a request ends (RFC 9112, section 11.2), or one client's bytes begin another client's request.
/// A framing that Kestrel takes and others may read otherwise is refused, and the connection closed.
/// </summary>
internal static class Framing
{
    /// <summary>Kestrel's own name for a Content-Length that came beside a Transfer-Encoding, which it has taken away.</summary>
    private const string OverruledLength = "X-Content-Length";

    private static readonly Encoding Digits = new DigitsEncoding();

    private static ApiProblem Doubtful { get; } = ApiProblem.InvalidRequest(
        "Frame the body in one way: a Content-Length, or in HTTP/1.1 \"Transfer-Encoding: chunked\", once. Proxies may read anything else otherwise.");

    /// <summary>Has Kestrel refuse bare line feeds and lengths with a sign, and hand on names byte by byte.</summary>
    public static void FrameStrictly(this WebApplicationBuilder builder)
    {
        AppContext.SetSwitch("Microsoft.AspNetCore.Server.Kestrel.DisableHttp1LineFeedTerminators", true);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.RequestHeaderEncodingSelector = name =>
            name.Equals(HeaderNames.ContentLength, StringComparison.OrdinalIgnoreCase) ? Digits
            // Kestrel answers bytes that are not UTF-8 by a bare 400; the reader of the name says what is wrong with it.
            : name.Equals(HeaderNames.ContentDisposition, StringComparison.OrdinalIgnoreCase) ? Encoding.Latin1
            : null);
    }

    /// <summary>Before anything that looks at what is asked for.</summary>
    public static void UseFraming(this IApplicationBuilder app) => app.Use((context, next) =>
    {
        if (Refuse(context.Request) is not { } problem)
            return next(context);
        context.Response.Headers.Connection = "close";
        return problem.ExecuteAsync(context);
    });

    internal static ApiProblem? Refuse(HttpRequest request)
    {
        if (request.Headers.TransferEncoding is not { Count: > 0 } field)
            return null;
        var codings = field.ToString().Split(',', StringSplitOptions.TrimEntries);
        return codings.Any(coding => coding.Length > 0 && !coding.Equals("chunked", StringComparison.OrdinalIgnoreCase)) ? ApiProblem.UnknownTransferCoding
            : codings.Length > 1 || request.Headers.ContainsKey(OverruledLength) || HttpProtocol.IsHttp10(request.Protocol) ? Doubtful
            : null;
    }

    /// <summary>Reads digits, and anything else as what is no number; Kestrel's own parser takes a sign.</summary>
    private sealed class DigitsEncoding : Encoding
    {
        public override int GetByteCount(char[] chars, int index, int count) => count;

        public override int GetBytes(char[] chars, int charIndex, int charCount, byte[] bytes, int byteIndex) => throw new NotSupportedException();

        public override int GetCharCount(byte[] bytes, int index, int count) => count;

        public override int GetChars(byte[] bytes, int byteIndex, int byteCount, char[] chars, int charIndex) =>
            GetChars(bytes.AsSpan(byteIndex, byteCount), chars.AsSpan(charIndex));

        /// <summary>Never more than there is room for: a longer number is too large for Kestrel, too.</summary>
        public override int GetChars(ReadOnlySpan<byte> bytes, Span<char> chars)
        {
            var count = Math.Min(bytes.Length, chars.Length);
            for (var at = 0; at < count; at++)
                chars[at] = char.IsAsciiDigit((char)bytes[at]) ? (char)bytes[at] : '?';
            return count;
        }

        public override int GetMaxByteCount(int charCount) => charCount;

        public override int GetMaxCharCount(int byteCount) => byteCount;
    }
}
