using FileDrop.Api.Http;

namespace FileDrop.Api.Uploads;

/// <summary>The addresses of uploads.</summary>
internal static class UploadLocation
{
    /// <summary>
    /// An address relative to the host, so that proxies need not be known. It is absolute if a trusted proxy told the address that the client uses;
    /// ASP.NET Core then keeps the former one in an X-Original field.
    /// </summary>
    public static string Of(HttpRequest request, string path) => Caller.Follow(
        request,
        request.Headers.ContainsKey("X-Original-Host") || request.Headers.ContainsKey("X-Original-Proto")
            ? $"{request.Scheme}://{request.Host}{request.PathBase}{path}"
            : $"{request.PathBase}{path}");
}
