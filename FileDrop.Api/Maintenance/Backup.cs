using System.Text.Json.Serialization;
using FileDrop.Api.Catalog;

namespace FileDrop.Api.Maintenance;

/// <summary>How a backup lies in a folder or in a tar archive; both have the same entries, so that one can be made from the other.</summary>
/// <remarks>
/// <c>files/xx/ID/BLOB</c> is a content's bytes, <c>files/xx/ID.json</c> the file that names it and comes behind its contents, where
/// <c>xx</c> ends the id; <c>manifest.json</c> is written last, and tells what there is. Nothing in it depends on a kind of store.
/// </remarks>
internal static class Backup
{
    public const int Format = 1;
    public const string Manifest = "manifest.json";

    public static string PathOfDocument(Guid file) => $"files/{file.ToString("N")[^2..]}/{file}.json";

    public static string PathOfContent(Guid file, Guid blob) => $"files/{file.ToString("N")[^2..]}/{file}/{blob}";

    /// <summary>The file of a path's document, or null.</summary>
    public static Guid? FileOfDocument(string path) =>
        path.Split('/') is ["files", _, var name] && name.EndsWith(".json", StringComparison.Ordinal) && Guid.TryParseExact(name[..^5], "D", out var file)
            ? file
            : null;

    /// <summary>The file and the blob of a path's content, or null.</summary>
    public static (Guid File, Guid Blob)? OfContent(string path) =>
        path.Split('/') is ["files", _, var folder, var name]
        && Guid.TryParseExact(folder, "D", out var file) && Guid.TryParseExact(name, "D", out var blob)
            ? (file, blob)
            : null;
}

/// <summary>A file in a backup.</summary>
/// <param name="Owner">Whose it is.</param>
/// <param name="File">The file, live or in the trash.</param>
/// <param name="Contents">The contents that it keeps, newest first.</param>
internal sealed record BackupFile(string Owner, CatalogFile File, IReadOnlyList<FileContent> Contents);

/// <summary>What a backup holds.</summary>
/// <param name="Format">The layout's number.</param>
/// <param name="CreatedAt">When it was finished.</param>
/// <param name="Files">Files, live and in the trash.</param>
/// <param name="Contents">Their contents, earlier ones included.</param>
/// <param name="Bytes">Bytes of the contents.</param>
internal sealed record BackupManifest(int Format, DateTimeOffset CreatedAt, long Files, long Contents, long Bytes);

/// <summary>How a backup's documents and the commands' findings are written.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UseStringEnumConverter = true)]
[JsonSerializable(typeof(BackupFile))]
[JsonSerializable(typeof(BackupManifest))]
[JsonSerializable(typeof(Finding))]
[JsonSerializable(typeof(CheckSummary))]
internal sealed partial class MaintenanceJson : JsonSerializerContext;
