using System.Text;
using FileDrop.Api.Http;
using Microsoft.Net.Http.Headers;

namespace FileDrop.Api.Edge;

/// <summary>
/// A proxy and the service must agree where a request ends (RFC 9112, section 11.2); otherwise one client's bytes could begin another client's request. The
/// service refuses a framing that Kestrel accepts but others may read differently, and closes the connection.
/// </summary>
internal static class Framing
{
    /// <summary>Kestrel's name for a Content-Length that it removed because a Transfer-Encoding came with it.</summary>
    private const string OverruledLength = "X-Content-Length";

    private static readonly Encoding Digits = new DigitsEncoding();

    private static ApiProblem Doubtful { get; } = ApiProblem.InvalidRequest(
        "Frame the body in one way: with a Content-Length, or in HTTP/1.1 with one \"Transfer-Encoding: chunked\". Proxies may read anything else differently.");

    /// <summary>Makes Kestrel refuse bare line feeds and lengths with a sign, and pass on file names byte by byte.</summary>
    public static void FrameStrictly(this WebApplicationBuilder builder)
    {
        AppContext.SetSwitch("Microsoft.AspNetCore.Server.Kestrel.DisableHttp1LineFeedTerminators", true);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.RequestHeaderEncodingSelector = name =>
            name.Equals(HeaderNames.ContentLength, StringComparison.OrdinalIgnoreCase) ? Digits
            // Kestrel would answer bytes that are not UTF-8 with a bare 400; the reader of the name explains the error.
            : name.Equals(HeaderNames.ContentDisposition, StringComparison.OrdinalIgnoreCase) ? Encoding.Latin1
            : null);
    }

    /// <summary>Runs before all middleware that reads the request.</summary>
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

    /// <summary>Decodes digits, and everything else to a character that is not in a number, because Kestrel's own parser accepts a sign.</summary>
    private sealed class DigitsEncoding : Encoding
    {
        public override int GetByteCount(char[] chars, int index, int count) => count;

        public override int GetBytes(char[] chars, int charIndex, int charCount, byte[] bytes, int byteIndex) => throw new NotSupportedException();

        public override int GetCharCount(byte[] bytes, int index, int count) => count;

        public override int GetChars(byte[] bytes, int byteIndex, int byteCount, char[] chars, int charIndex) =>
            GetChars(bytes.AsSpan(byteIndex, byteCount), chars.AsSpan(charIndex));

        /// <summary>Decodes at most as many bytes as fit; a longer number is too large for Kestrel too.</summary>
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
