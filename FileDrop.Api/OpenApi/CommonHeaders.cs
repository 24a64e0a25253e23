namespace FileDrop.Api.OpenApi;

/// <summary>Fields of answers that endpoints have in common.</summary>
internal static class CommonHeaders
{
    public static readonly ApiHeader ETag = new("ETag",
        "An opaque tag that changes with every version. The file, its HEAD and its metadata share it. A list has a weak tag for each page.", ApiExamples.ETag);

    public static readonly ApiHeader LastModified = new("Last-Modified", "`updated_at`, cut to seconds.", ApiExamples.LastModified);

    public static readonly ApiHeader[] Validators = [ETag, LastModified];

    public static readonly ApiHeader Location = new("Location", "The address of the new resource, relative to the service.", $"/files/{ApiExamples.FileId}");

    public static readonly ApiHeader Link = new("Link", "The address of the next page (RFC 8288). The last page does not have this field.",
        "</files?limit=100&cursor=kq3X9bVn0aEAAAGaqzd0mgGas8J8Hn1EmlEMX58_mosQ>; rel=\"next\"")
    {
        IsOptional = true,
    };

    public static readonly ApiHeader CacheControl = new("Cache-Control", "The rules for caches.", "private, no-cache");

    public static readonly ApiHeader NoSniff = new("X-Content-Type-Options", "Browsers must not guess another type.", "nosniff");

    public static readonly ApiHeader ContentPolicy = new("Content-Security-Policy", "The answer cannot run anything with this service's rights.",
        "sandbox; default-src 'none'");

    public static readonly ApiHeader RetryAfter = new("Retry-After", "Seconds to wait before the next try.", "5");

    /// <summary>Fields of a list.</summary>
    public static readonly ApiHeader[] List = [ETag, Link, CacheControl];

    /// <summary>Fields of every answer.</summary>
    public static readonly ApiHeader[] Always =
    [
        NoSniff,
        ContentPolicy,
        new("Referrer-Policy", "Browsers tell other sites no address of this service.", "no-referrer"),
        new("X-Frame-Options", "Only the service's own page may frame an answer.", "SAMEORIGIN"),
        new("Cross-Origin-Resource-Policy", "Pages of other sites may embed only content that a link opens.", "same-origin"),
        new("RateLimit", "The rest of each limit: `r` requests are left, and more come in `t` seconds (draft-ietf-httpapi-ratelimit-headers-10).",
            "\"caller\";r=0;t=6") { IsOptional = true },
        new("RateLimit-Policy", "The limits: `q` requests in `w` seconds, or at the same time. The field is absent if the service has no limits.",
            "\"caller\";q=600;w=60") { IsOptional = true },
    ];

    /// <summary>A field that belongs to one error, with the error's own value.</summary>
    public static ApiHeader OfError(string name, string value) => new(name, name switch
    {
        "Accept" => "The media types that the endpoint takes.",
        "Accept-Encoding" => "The only content coding that the endpoint takes.",
        "Accept-Patch" => "The only media type that can be appended.",
        "Allow" => "The methods of this path.",
        "Content-Range" => "The file's size.",
        "Tus-Version" => "The supported versions of tus.",
        "Upload-Offset" => "The upload's offset, in bytes.",
        "WWW-Authenticate" => "The scheme for credentials. Basic is offered only to programs, by links with a password, so browsers do not ask for one.",
        _ => throw new NotSupportedException($"Describe the field {name} here."),
    }, value);
}
