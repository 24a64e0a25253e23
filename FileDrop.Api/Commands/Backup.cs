using System.Text.Json;
using System.Text.Json.Serialization;
using FileDrop.Api.Catalog;
using FileDrop.Api.Contents;
using FileDrop.Api.Http;

namespace FileDrop.Api.Commands;

/// <summary>The layout of a backup, in a folder or a tar archive. Both have the same entries, so one can be made from the other.</summary>
/// <remarks>
/// <c>folders/xx/ID.json</c> describes a folder; <c>xx</c> are the id's last digits. <c>files/xx/ID/BLOB</c> holds a content's bytes.
/// <c>files/xx/ID.json</c> describes the file, and follows its contents. <c>shares/xx/ID.json</c> describes a share, and has the key that makes its token.
/// <c>manifest.json</c> comes last, and counts folders, files and shares. Nothing in a backup
/// depends on a kind of store. Releases without folders skip these, and import all files as loose.
/// </remarks>
internal static class Backup
{
    public const int Format = 1;
    public const string Manifest = "manifest.json";
    public const string Files = "files";
    public const string Folders = "folders";
    public const string Shares = "shares";

    public static string PathOfFolder(Guid folder) => $"{Folders}/{folder.ToString("N")[^2..]}/{folder}.json";

    public static string PathOfShare(Guid share) => $"{Shares}/{share.ToString("N")[^2..]}/{share}.json";

    public static string PathOfDocument(Guid file) => $"{Files}/{file.ToString("N")[^2..]}/{file}.json";

    public static string PathOfContent(Guid file, Guid blob) => $"{Files}/{file.ToString("N")[^2..]}/{file}/{blob}";

    /// <summary>Reads the file's id from the path of a file's document; null for other paths.</summary>
    public static Guid? FileOfDocument(string path) => OfDocument(Files, path);

    /// <summary>Reads the folder's id from the path of a folder's document; null for other paths.</summary>
    public static Guid? FolderOfDocument(string path) => OfDocument(Folders, path);

    /// <summary>Reads the share's id from the path of a share's document; null for other paths.</summary>
    public static Guid? ShareOfDocument(string path) => OfDocument(Shares, path);

    private static Guid? OfDocument(string kind, string path) =>
        path.Split('/') is [var first, _, var name] && first.Equals(kind, StringComparison.Ordinal)
        && name.EndsWith(".json", StringComparison.Ordinal) && Guid.TryParseExact(name[..^5], "D", out var id)
            ? id
            : null;

    /// <summary>Reads the ids of file and blob from the path of a content; null for other paths.</summary>
    public static (Guid File, Guid Blob)? OfContent(string path) =>
        path.Split('/') is [Files, _, var folder, var name]
        && Guid.TryParseExact(folder, "D", out var file) && Guid.TryParseExact(name, "D", out var blob)
            ? (file, blob)
            : null;
}

/// <summary>A folder in a backup.</summary>
/// <param name="Owner">The folder's owner.</param>
/// <param name="Folder">The folder, live or in the trash.</param>
internal sealed record BackedUpFolder(string Owner, CatalogFolder Folder)
{
    /// <summary>Whether it went to the trash with its folder.</summary>
    public bool Carried { get; init; }

    /// <summary>The reason to refuse the document, or null; see <see cref="BackupFile.Problem"/>.</summary>
    /// <param name="id">The folder's id in the entry's path.</param>
    public string? Problem(Guid id)
    {
        if (Folder.Id != id || id == Place.Root)
            return "it has the id of another folder";
        if (!BackupFile.IsOwner(Owner) || !Folder.Owner.Equals(Owner, StringComparison.Ordinal))
            return "its owner is missing, too long, or not the folder's";
        if (!FileName.TryMake(Folder.Name, out _, out var name) || Folder.Name.AsSpan().ContainsAny('/', '\\'))
            return $"its name is not allowed. {name}";
        if (Folder.Parent is null || Folder.Parent == id)
            return "it is in no folder, or in itself";
        if (Folder.DeletedAt is null != Folder.PurgeAt is null)
            return "it has only one of the two times of a folder in the trash";
        if (Carried && (Folder.DeletedAt is not null || Folder.Parent == Place.Root))
            return "no folder can have carried it to the trash";
        return Folder.Version < 1 ? "its version is not valid" : null;
    }
}

/// <summary>A file in a backup.</summary>
/// <param name="Owner">The file's owner.</param>
/// <param name="File">The file, live or in the trash. Its place has the folder; fence and claim do not count.</param>
/// <param name="Contents">Its versions, newest first.</param>
internal sealed record BackupFile(string Owner, CatalogFile File, IReadOnlyList<FileContent> Contents)
{
    /// <summary>Whether it went to the trash with its folder.</summary>
    public bool Carried { get; init; }

    /// <summary>Far more versions than a file can have; no export wrote a document with more.</summary>
    private const int MaxContents = 10_000;

    /// <summary>
    /// The reason to refuse the document, or null. A backup comes from outside, and its data goes into the catalog and from there into answers. It must
    /// therefore obey the same rules as a request.
    /// </summary>
    /// <param name="id">The file's id in the entry's path.</param>
    public string? Problem(Guid id)
    {
        if (File.Id != id)
            return "it has the id of another file";
        if (!IsOwner(Owner) || !File.Owner.Equals(Owner, StringComparison.Ordinal))
            return "its owner is missing, too long, or not the file's";
        if (!FileName.TryMake(File.Name, out _, out var name) || File.Name.AsSpan().ContainsAny('/', '\\'))
            return $"its name is not allowed. {name}";
        if (!FileTags.TryParse(JsonSerializer.Serialize(File.Tags, MaintenanceJson.Default.IReadOnlyDictionaryStringString), out _, out var tags))
            return $"its tags are not allowed. {tags}";
        if (File.DeletedAt is null != File.PurgeAt is null)
            return "it has only one of the two times of a file in the trash";
        if (Carried && (File.DeletedAt is not null || File.Place.Folder is null || File.Place.Folder == Place.Root))
            return "no folder can have carried it to the trash";
        return Contents is [var live, ..] && live == File.Content && Contents.Count <= MaxContents
            ? ProblemOfContents()
            : "its live content is not the first of its contents";
    }

    public static bool IsOwner(string owner) => owner.Length is > 0 and <= Caller.MaxOwnerLength && !owner.Contains('\0', StringComparison.Ordinal);

    private string? ProblemOfContents()
    {
        var below = File.Version + 1;
        foreach (var content in Contents)
        {
            if (content is null || content.Version < 1 || content.Version >= below)
                return "the versions of its contents do not descend from its own";
            below = content.Version;
            if (content.Size < 0 || content.Sha256.Length != 64 || !content.Sha256.All(char.IsAsciiHexDigitLower))
                return $"the size or the SHA-256 of version {content.Version} is not valid";
            if (content.Type.Length == 0 || !FileType.TryRead(content.Type, raw: false, out _, out _))
                return $"the type of version {content.Version} is not valid";
            var twin = Contents.First(other => other.BlobId == content.BlobId);
            if ((twin.Size, twin.Sha256, twin.XxHash3) != (content.Size, content.Sha256, content.XxHash3)
                || (twin.Crc32 is { } one && content.Crc32 is { } other && one != other))
                return $"versions {twin.Version} and {content.Version} name the same blob but differ";
        }
        return null;
    }
}

/// <summary>The summary of a backup.</summary>
/// <param name="Format">The number of the layout.</param>
/// <param name="CreatedAt">The time at which the backup was finished.</param>
/// <param name="Files">The number of files, live and in the trash.</param>
/// <param name="Contents">The number of their contents, earlier versions included.</param>
/// <param name="Bytes">The number of bytes in the contents.</param>
internal sealed record BackupManifest(int Format, DateTimeOffset CreatedAt, long Files, long Contents, long Bytes)
{
    /// <summary>The number of folders, live and in the trash; 0 in a backup from before folders.</summary>
    public long Folders { get; init; }

    /// <summary>The number of shares; 0 in a backup from before shares.</summary>
    public long Shares { get; init; }
}

/// <summary>The JSON of a backup's documents and of the commands' findings.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UseStringEnumConverter = true,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(BackedUpFolder))]
[JsonSerializable(typeof(BackedUpShare))]
[JsonSerializable(typeof(BackupFile))]
[JsonSerializable(typeof(BackupManifest))]
[JsonSerializable(typeof(Finding))]
[JsonSerializable(typeof(CheckSummary))]
internal sealed partial class MaintenanceJson : JsonSerializerContext;
