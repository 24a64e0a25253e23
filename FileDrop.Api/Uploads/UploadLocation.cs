using FileDrop.Api.Access;

namespace FileDrop.Api.Uploads;

/// <summary>Where a client finds an upload.</summary>
internal static class UploadLocation
{
    /// <summary>
    /// Relative to the host, so that no proxy has to be known; absolute where a trusted proxy has said by which address it was asked
    /// (then ASP.NET Core keeps the former one in an X-Original field).
    /// </summary>
    public static string Of(HttpRequest request, string path) => Caller.Follow(
        request,
        request.Headers.ContainsKey("X-Original-Host") || request.Headers.ContainsKey("X-Original-Proto")
            ? $"{request.Scheme}://{request.Host}{request.PathBase}{path}"
            : $"{request.PathBase}{path}");
}
