using System.Text.Json;
using System.Text.Json.Serialization;
using FileDrop.Api.Access;
using FileDrop.Api.Catalog;
using FileDrop.Api.Contents;
using FileDrop.Api.Http;

namespace FileDrop.Api.Maintenance;

/// <summary>How a backup lies in a folder or in a tar archive; both have the same entries, so one can be made from the other.</summary>
/// <remarks>
/// <c>files/xx/ID/BLOB</c> is a content's bytes, <c>files/xx/ID.json</c> the file that names it and comes behind its contents, where
/// <c>xx</c> ends the id; <c>manifest.json</c> is written last, and tells what there is. Nothing in it depends on a kind of store.
/// </remarks>
internal static class Backup
{
    public const int Format = 1;
    public const string Manifest = "manifest.json";
    public const string Files = "files";

    public static string PathOfDocument(Guid file) => $"{Files}/{file.ToString("N")[^2..]}/{file}.json";

    public static string PathOfContent(Guid file, Guid blob) => $"{Files}/{file.ToString("N")[^2..]}/{file}/{blob}";

    /// <summary>The file of a path's document, or null.</summary>
    public static Guid? FileOfDocument(string path) =>
        path.Split('/') is [Files, _, var name] && name.EndsWith(".json", StringComparison.Ordinal) && Guid.TryParseExact(name[..^5], "D", out var file)
            ? file
            : null;

    /// <summary>The file and the blob of a path's content, or null.</summary>
    public static (Guid File, Guid Blob)? OfContent(string path) =>
        path.Split('/') is [Files, _, var folder, var name]
        && Guid.TryParseExact(folder, "D", out var file) && Guid.TryParseExact(name, "D", out var blob)
            ? (file, blob)
            : null;
}

/// <summary>A file in a backup.</summary>
/// <param name="Owner">Whose it is.</param>
/// <param name="File">The file, live or in the trash.</param>
/// <param name="Contents">The contents that it keeps, newest first.</param>
internal sealed record BackupFile(string Owner, CatalogFile File, IReadOnlyList<FileContent> Contents)
{
    /// <summary>Far above what a file can have; a document of more is none of ours.</summary>
    private const int MaxContents = 10_000;

    /// <summary>
    /// Why the document cannot be taken, or null. A backup comes from outside, and whatever it says goes into the catalog and from
    /// there into answers: it is held to the rules that a request is held to.
    /// </summary>
    /// <param name="id">The file's id, as the entry's path has it.</param>
    public string? Problem(Guid id)
    {
        if (File.Id != id)
            return "it has the id of another file";
        if (Owner.Length is 0 or > Caller.MaxOwnerLength || Owner.Contains('\0', StringComparison.Ordinal) || !File.Owner.Equals(Owner, StringComparison.Ordinal))
            return "its owner is missing, too long, or not the file's";
        if (!FileName.TryMake(File.Name, out _, out var name) || File.Name.AsSpan().ContainsAny('/', '\\'))
            return $"its name is not allowed. {name}";
        if (!FileTags.TryParse(JsonSerializer.Serialize(File.Tags, MaintenanceJson.Default.IReadOnlyDictionaryStringString), out _, out var tags))
            return $"its tags are not allowed. {tags}";
        if (File.DeletedAt is null != File.PurgeAt is null)
            return "it is half in the trash";
        return Contents is [var live, ..] && live == File.Content && Contents.Count <= MaxContents
            ? ProblemOfContents()
            : "its live content is not the first of its contents";
    }

    private string? ProblemOfContents()
    {
        var below = File.Version + 1;
        foreach (var content in Contents)
        {
            if (content is null || content.Version < 1 || content.Version >= below)
                return "the versions of its contents do not descend from its own";
            below = content.Version;
            if (content.Size < 0 || content.Sha256.Length != 64 || !content.Sha256.All(char.IsAsciiHexDigitLower))
                return $"the size or the SHA-256 of version {content.Version} is none";
            if (content.Type.Length == 0 || !FileType.TryRead(content.Type, raw: false, out _, out _))
                return $"the type of version {content.Version} is none";
            var twin = Contents.First(other => other.BlobId == content.BlobId);
            if ((twin.Size, twin.Sha256, twin.XxHash3) != (content.Size, content.Sha256, content.XxHash3))
                return $"versions {twin.Version} and {content.Version} name one blob and differ";
        }
        return null;
    }
}

/// <summary>What a backup holds.</summary>
/// <param name="Format">The layout's number.</param>
/// <param name="CreatedAt">When it was finished.</param>
/// <param name="Files">Files, live and in the trash.</param>
/// <param name="Contents">Their contents, earlier ones included.</param>
/// <param name="Bytes">Bytes of the contents.</param>
internal sealed record BackupManifest(int Format, DateTimeOffset CreatedAt, long Files, long Contents, long Bytes);

/// <summary>How a backup's documents and the commands' findings are written.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UseStringEnumConverter = true,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(BackupFile))]
[JsonSerializable(typeof(BackupManifest))]
[JsonSerializable(typeof(Finding))]
[JsonSerializable(typeof(CheckSummary))]
internal sealed partial class MaintenanceJson : JsonSerializerContext;
