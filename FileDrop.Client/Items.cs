using System.Text.Json;
using System.Text.Json.Serialization;

namespace FileDrop.Client;

/// <summary>A file.</summary>
public sealed record DropFile
{
    /// <summary>A UUIDv7, which says nothing about the content.</summary>
    public required Guid FileId { get; init; }

    /// <summary>The name: 1 to 255 bytes of UTF-8.</summary>
    public required string FileName { get; init; }

    /// <summary>The size in bytes.</summary>
    public required long FileSize { get; init; }

    /// <summary>The media type.</summary>
    public required string FileType { get; init; }

    /// <summary>The time of the first commit.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The time of the last change of content or metadata.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>1 at first; every change of content or metadata adds one.</summary>
    public required long Version { get; init; }

    /// <summary>The content's SHA-256: 64 lower-case hexadecimal digits.</summary>
    [JsonPropertyName("sha256")]
    public required string Sha256 { get; init; }

    /// <summary>At most 32 tags.</summary>
    public IReadOnlyDictionary<string, string> Tags { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>The folder that the file is in; null for a loose file.</summary>
    public Guid? FolderId { get; init; }

    /// <summary>When the content last changed, as the uploading client knew it; null if it never told.</summary>
    public DateTimeOffset? ModifiedAt { get; init; }

    /// <summary>When the file was moved to the trash; null outside the trash.</summary>
    public DateTimeOffset? DeletedAt { get; init; }

    /// <summary>Until when the file can be restored; null outside the trash.</summary>
    public DateTimeOffset? PurgeAt { get; init; }
}

/// <summary>A folder.</summary>
public sealed record DropFolder
{
    /// <summary>The id of every owner's root.</summary>
    public static readonly Guid Root = new("00000000-0000-7000-8000-000000000000");

    /// <summary>A UUIDv7, or <see cref="Root"/>.</summary>
    public required Guid FolderId { get; init; }

    /// <summary>The name: 1 to 255 bytes of UTF-8; empty for the root.</summary>
    public required string Name { get; init; }

    /// <summary>The folder that it is in; null for the root.</summary>
    public Guid? ParentId { get; init; }

    /// <summary>The time of its creation.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The time of its last rename or move.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>1 at first; every rename or move adds one. 0 for the root.</summary>
    public required long Version { get; init; }

    /// <summary>When the folder was moved to the trash; null outside the list of the trash.</summary>
    public DateTimeOffset? DeletedAt { get; init; }

    /// <summary>Until when the folder can be restored; null outside the list of the trash.</summary>
    public DateTimeOffset? PurgeAt { get; init; }

    /// <summary>The files that went to the trash directly in it, up to 1,000; null outside the list of the trash.</summary>
    public long? Files { get; init; }

    /// <summary>The folders that went to the trash directly in it, up to 1,000; null outside the list of the trash.</summary>
    public long? Folders { get; init; }
}

/// <summary>A folder or a file.</summary>
/// <param name="Folder">The folder; null if it is a file.</param>
/// <param name="File">The file; null if it is a folder.</param>
[JsonConverter(typeof(EntryConverter))]
public sealed record DropEntry(DropFolder? Folder, DropFile? File)
{
    /// <summary>The id of the folder or file.</summary>
    public Guid Id => File?.FileId ?? Folder?.FolderId ?? Guid.Empty;

    /// <summary>The name of the folder or file.</summary>
    public string Name => File?.FileName ?? Folder?.Name ?? "";
}

/// <summary>The kind of an entry.</summary>
public enum EntryKind
{
    /// <summary>A file.</summary>
    File,

    /// <summary>A folder.</summary>
    Folder,
}

/// <summary>A change of a file or a folder.</summary>
/// <param name="Sequence">The number of the change, which only grows.</param>
/// <param name="Kind">The kind of the entry.</param>
/// <param name="Id">The id of the file or folder.</param>
/// <param name="Entry">The file or folder as it is now; null if it is gone: in the trash, or deleted for good.</param>
[JsonConverter(typeof(ChangeConverter))]
public sealed record DropChange(long Sequence, EntryKind Kind, Guid Id, DropEntry? Entry)
{
    /// <summary>Whether the entry is in the trash, or was deleted for good.</summary>
    public bool IsGone => Entry is null;

    /// <summary>The cursor behind this change; null on a page, which has one for all its changes.</summary>
    public string? Cursor { get; init; }
}

/// <summary>A page of the feed of changes.</summary>
/// <param name="Changes">The changes, in order.</param>
/// <param name="Cursor">The cursor to go on from. Store it once the changes are applied.</param>
/// <param name="HasMore">Whether there are more changes already.</param>
public sealed record ChangePage(IReadOnlyList<DropChange> Changes, string Cursor, bool HasMore);

/// <summary>One of the contents that a file keeps.</summary>
/// <param name="Version">The file's version at which it was committed or restored.</param>
/// <param name="Size">In bytes.</param>
/// <param name="Type">The media type.</param>
/// <param name="Sha256">64 lower-case hexadecimal digits.</param>
/// <param name="CreatedAt">When it was committed.</param>
public sealed record DropVersion(long Version, long Size, string Type, [property: JsonPropertyName("sha256")] string Sha256, DateTimeOffset CreatedAt);

/// <summary>The way to a file or folder.</summary>
/// <param name="Path">The names, each after a slash; null for a loose file.</param>
/// <param name="Folders">The folders on the way, without the root.</param>
public sealed record DropPath(string? Path, IReadOnlyList<DropFolder> Folders);

/// <summary>A link that opens a content or an archive without a key.</summary>
/// <param name="Url">Relative to the service.</param>
/// <param name="ExpiresAt">When it expires.</param>
public sealed record DropLink(string Url, DateTimeOffset ExpiresAt);

/// <summary>The result of one operation of a batch.</summary>
/// <param name="Id">The entry.</param>
/// <param name="Status">The HTTP status that the operation would have had alone.</param>
/// <param name="Code">The code of its problem; null if it is done.</param>
/// <param name="File">The file after the operation; null for a folder and a deletion.</param>
/// <param name="Folder">The folder after the operation; null for a file and a deletion.</param>
public sealed record BatchResult(Guid? Id, int Status, string? Code = null, DropFile? File = null, DropFolder? Folder = null)
{
    /// <summary>Whether the operation was done.</summary>
    public bool IsDone => Code is null;
}

/// <summary>Reads an entry by its kind.</summary>
internal sealed class EntryConverter : JsonConverter<DropEntry>
{
    public override DropEntry Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Of(JsonElement.ParseValue(ref reader));

    public override void Write(Utf8JsonWriter writer, DropEntry value, JsonSerializerOptions options) =>
        throw new NotSupportedException("Entries are only read.");

    public static DropEntry Of(JsonElement entry) => entry.TryGetProperty("folder_id", out _) && !entry.TryGetProperty("file_id", out _)
        ? new DropEntry(entry.Deserialize(ClientJson.Instance.DropFolder), File: null)
        : new DropEntry(Folder: null, entry.Deserialize(ClientJson.Instance.DropFile));
}

/// <summary>Reads a change.</summary>
internal sealed class ChangeConverter : JsonConverter<DropChange>
{
    public override DropChange Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var change = JsonElement.ParseValue(ref reader);
        var (number, kind) = (change.GetProperty("seq").GetInt64(), change.GetProperty("kind").GetString() is "folder" ? EntryKind.Folder : EntryKind.File);
        if (change.TryGetProperty("gone", out _))
            return new DropChange(number, kind, change.GetProperty("id").GetGuid(), Entry: null);
        var entry = EntryConverter.Of(change);
        return new DropChange(number, kind, entry.Id, entry);
    }

    public override void Write(Utf8JsonWriter writer, DropChange value, JsonSerializerOptions options) =>
        throw new NotSupportedException("Changes are only read.");
}
