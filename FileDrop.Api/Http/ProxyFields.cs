namespace FileDrop.Api.Http;

/// <summary>The signs that a request came through a proxy.</summary>
internal static class ProxyFields
{
    /// <summary>X-Original fields count too: by then they have replaced the X-Forwarded fields of a named proxy.</summary>
    private static readonly string[] s_prefixes = ["X-Forwarded", "X-Original-"];

    private static readonly HashSet<string> s_fields = new(StringComparer.OrdinalIgnoreCase)
    {
        "Forwarded", "Via", "X-Real-IP", "X-Client-IP", "X-Cluster-Client-IP", "True-Client-IP", "CF-Connecting-IP", "CDN-Loop",
    };

    /// <summary>Whether a proxy forwarded the request. HTTP/1.0 counts as a sign, because nginx uses it by default and then adds no field.</summary>
    public static bool IsForwarded(HttpRequest request)
    {
        foreach (var (field, _) in request.Headers)
        {
            if (s_fields.Contains(field) || s_prefixes.Any(prefix => field.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)))
                return true;
        }
        return HttpProtocol.IsHttp10(request.Protocol);
    }
}
