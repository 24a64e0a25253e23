using System.Text.Json;
using System.Text.Json.Serialization;
using FileDrop.Api.Catalog;

namespace FileDrop.Api.Http;

/// <summary>A folder as every answer shows it.</summary>
/// <param name="FolderId">A UUIDv7; the root's is the same for every owner.</param>
/// <param name="Name">1 to 255 bytes of UTF-8, in NFC; empty for the root.</param>
/// <param name="ParentId">The folder that it is in; null for the root.</param>
/// <param name="CreatedAt">RFC 3339 in UTC, with milliseconds; never changes.</param>
/// <param name="UpdatedAt">When it was last renamed or moved.</param>
/// <param name="Version">1 at first; each rename or move adds 1. The root's is 0.</param>
/// <param name="Kind"><c>folder</c> among the entries of a folder and among changes; otherwise absent.</param>
/// <param name="Seq">The number among changes; otherwise absent.</param>
public sealed record FolderJson(
    Guid FolderId,
    string Name,
    Guid? ParentId,
    [property: JsonConverter(typeof(MillisecondTimeConverter))] DateTimeOffset CreatedAt,
    [property: JsonConverter(typeof(MillisecondTimeConverter))] DateTimeOffset UpdatedAt,
    long Version,
    [property: JsonPropertyOrder(-1), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Kind = null,
    [property: JsonPropertyOrder(-2), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? Seq = null)
{
    internal static FolderJson Of(CatalogFolder folder) =>
        new(folder.Id, folder.Name, folder.Parent, folder.CreatedAt, folder.UpdatedAt, folder.Version);
}

/// <summary>A folder in the trash: the members of <see cref="FolderJson"/>, and these.</summary>
/// <param name="DeletedAt">When it was moved to the trash.</param>
/// <param name="PurgeAt">Until when it can be restored.</param>
/// <param name="Files">The files that were in it and are in the trash with it, up to a limit.</param>
/// <param name="Folders">The folders that were in it and are in the trash with it, up to a limit.</param>
public sealed record TrashedFolderJson(
    Guid FolderId,
    string Name,
    Guid? ParentId,
    [property: JsonConverter(typeof(MillisecondTimeConverter))] DateTimeOffset CreatedAt,
    [property: JsonConverter(typeof(MillisecondTimeConverter))] DateTimeOffset UpdatedAt,
    long Version,
    [property: JsonConverter(typeof(MillisecondTimeConverter))] DateTimeOffset? DeletedAt,
    [property: JsonConverter(typeof(MillisecondTimeConverter))] DateTimeOffset? PurgeAt,
    long Files,
    long Folders)
{
    internal static TrashedFolderJson Of(CatalogFolder folder, long files, long folders) => new(
        folder.Id, folder.Name, folder.Parent, folder.CreatedAt, folder.UpdatedAt, folder.Version, folder.DeletedAt, folder.PurgeAt, files, folders);
}

/// <summary>The answer to a change of a folder.</summary>
/// <param name="Message">For a person.</param>
/// <param name="Folder">The folder as the change left it.</param>
public sealed record FolderUpdatedJson(string Message, FolderJson Folder);

/// <summary>The answer to the deletion of a folder.</summary>
/// <param name="Message">For a person.</param>
/// <param name="FolderId">The folder that is gone.</param>
public sealed record FolderDeletedJson(string Message, Guid FolderId);

/// <summary>The way from the root to a file or a folder.</summary>
/// <param name="Path">The names, each after a slash; <c>/</c> for the root, null for a loose file.</param>
/// <param name="Folders">The folders on the way, without the root. The path of a folder includes the folder itself.</param>
public sealed record PathJson(string? Path, IReadOnlyList<FolderJson> Folders);

/// <summary>An entry of a folder: a folder or a file, with its kind before its own members.</summary>
/// <param name="Folder">The folder; null if it is a file.</param>
/// <param name="File">The file; null if it is a folder.</param>
[JsonConverter(typeof(EntryConverter))]
public sealed record EntryJson(FolderJson? Folder, FileJson? File)
{
    internal static EntryJson Of(FolderEntry entry) => new(
        entry.Folder is { } folder ? FolderJson.Of(folder) with { Kind = "folder" } : null,
        entry.File is { } file ? FileJson.Of(file) with { Kind = "file" } : null);
}

/// <summary>Writes an entry as the one object that it has.</summary>
internal sealed class EntryConverter : JsonConverter<EntryJson>
{
    public override EntryJson Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException("Entries are only written.");

    public override void Write(Utf8JsonWriter writer, EntryJson value, JsonSerializerOptions options)
    {
        if (value.Folder is { } folder)
            JsonSerializer.Serialize(writer, folder, ApiJson.Instance.FolderJson);
        else if (value.File is { } file)
            JsonSerializer.Serialize(writer, file, ApiJson.Instance.FileJson);
    }
}
