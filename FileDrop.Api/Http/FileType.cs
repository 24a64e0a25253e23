using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.StaticFiles;
using Microsoft.Net.Http.Headers;

namespace FileDrop.Api.Http;

/// <summary>The rules of a file's media type: which type it gets, and which types a browser may show in place.</summary>
internal static class FileType
{
    /// <summary>The type of content about which nothing is known.</summary>
    public const string Unknown = "application/octet-stream";

    /// <summary>The type of a web page's form. curl also sends it with <c>-d</c> and <c>--data-binary</c> by default.</summary>
    public const string CurlsDefault = "application/x-www-form-urlencoded";

    private const int MaxLength = 255;

    /// <summary>ASP.NET Core's own table, with more types of files that people keep.</summary>
    private static readonly FileExtensionContentTypeProvider Extensions = WithMore(new FileExtensionContentTypeProvider());

    /// <summary>Reads a Content-Type field.</summary>
    /// <param name="field">Its value; null or empty where there is none.</param>
    /// <param name="raw">Whether the request's body is the file; curl then sends a form's type by default.</param>
    /// <param name="type">The content's type; null if the sender gave none, or one that tells nothing.</param>
    /// <param name="wrong">Why the field cannot be used.</param>
    public static bool TryRead(string? field, bool raw, out string? type, [NotNullWhen(false)] out string? wrong)
    {
        (type, wrong) = (null, null);
        if (string.IsNullOrWhiteSpace(field))
            return true;
        if (field.Length > MaxLength || !MediaTypeHeaderValue.TryParse(field, out var parsed)
            || field.AsSpan().IndexOfAnyExceptInRange(' ', '~') >= 0)
        {
            wrong = $"Content-Type is not a media type of at most {MaxLength} ASCII characters.";
            return false;
        }
        // For unknown files, browsers send the wildcard in the attribute "accept" of a form's field.
        var tells = !parsed.MediaType.AsSpan().Contains('*') && !parsed.MediaType.Equals(Unknown, StringComparison.OrdinalIgnoreCase)
            && !(raw && parsed.MediaType.Equals(CurlsDefault, StringComparison.OrdinalIgnoreCase));
        type = tells ? field.Trim() : null;
        return true;
    }

    /// <summary>The type that a file gets by its extension, if its sender gives none.</summary>
    public static string OfName(string name) => Extensions.TryGetContentType(name, out var type) ? type : Unknown;

    /// <summary>
    /// Whether a browser may show the type in place. The content then has this service's origin, so no type that can carry script is allowed;
    /// SVG is such a type.
    /// </summary>
    public static bool MayBeInline(string type)
    {
        var bare = Bare(type);
        return bare is "application/pdf" or "text/plain"
            || (bare.StartsWith("image/", StringComparison.Ordinal) && !bare.StartsWith("image/svg", StringComparison.Ordinal)
                && !bare.EndsWith("xml", StringComparison.Ordinal))
            || bare.StartsWith("audio/", StringComparison.Ordinal)
            || bare.StartsWith("video/", StringComparison.Ordinal);
    }

    /// <summary>Whether the type is PDF. Browsers show it by a viewer, which a sandboxed document does not get.</summary>
    public static bool IsPdf(string type) => Bare(type) is "application/pdf";

    private static FileExtensionContentTypeProvider WithMore(FileExtensionContentTypeProvider extensions)
    {
        AddAll("text/plain", "adoc asm awk bash bat cfg cmake cmd conf cs diff editorconfig env fish fs fsx gitattributes gitignore go gradle groovy hs ini kt "
            + "kts lock log lua nfo patch pl properties proto ps1 psm1 py r rb rs rst sbt scala sh sln sql srt swift tex text tf vb vue zig zsh");
        AddAll("text/markdown", "markdown md mdown mkd");
        AddAll("text/javascript", "cjs js mjs");
        AddAll("text/x-typescript", "cts mts tsx");
        AddAll("application/json", "ipynb json5 jsonc jsonl map ndjson topojson webmanifest");
        AddAll("application/geo+json", "geojson");
        AddAll("application/toml", "toml");
        AddAll("application/yaml", "yaml yml");
        AddAll("application/xml", "csproj fsproj gpx props resx targets vbproj xaml xsl");
        AddAll("application/gzip", "gz tgz");
        AddAll("application/zstd", "zst");
        AddAll("application/x-7z-compressed", "7z");
        AddAll("application/x-bzip2", "bz2");
        AddAll("application/x-xz", "xz");
        AddAll("application/x-rar-compressed", "rar");
        AddAll("application/vnd.apache.parquet", "parquet");
        AddAll("application/vnd.sqlite3", "db sqlite sqlite3");
        AddAll("application/epub+zip", "epub");
        AddAll("image/avif", "avif");
        AddAll("image/heic", "heic");
        AddAll("image/heif", "heif");
        AddAll("image/jxl", "jxl");
        AddAll("image/webp", "webp");
        AddAll("audio/flac", "flac");
        AddAll("audio/opus", "opus");
        AddAll("video/x-matroska", "mkv");
        return extensions;

        // A type that the table already has stays.
        void AddAll(string type, string names)
        {
            foreach (var name in names.Split(' '))
                extensions.Mappings.TryAdd($".{name}", type);
        }
    }

    private static string Bare(string type) => type.Split(';', 2)[0].Trim().ToLowerInvariant();
}
