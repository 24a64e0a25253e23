using System.Net;

namespace FileDrop.Api.Http;

/// <summary>The address below which the service speaks WebDAV.</summary>
internal static class DavAddress
{
    /// <summary>The first segment of its paths.</summary>
    public const string Route = "dav";

    /// <summary>The method that reads properties.</summary>
    public const string Search = "PROPFIND";

    /// <summary>Whether a method only reads properties.</summary>
    public static bool IsSearch(string method) => string.Equals(method, Search, StringComparison.Ordinal);

    /// <summary>Whether the request is for WebDAV.</summary>
    public static bool IsOf(HttpRequest request) => request.Path.StartsWithSegments("/" + Route, StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether nobody on the way can read a password: the request came by TLS, or from this machine and through no proxy.</summary>
    public static bool IsPrivate(HttpRequest request) => request.IsHttps
        || (request.HttpContext.Connection.RemoteIpAddress is { } address && IPAddress.IsLoopback(address) && !ProxyFields.IsForwarded(request));
}
