using System.Text.Json;
using System.Text.Json.Serialization;
using FileDrop.Api.Catalog;

namespace FileDrop.Api.Http;

/// <summary>A file as every answer shows it.</summary>
/// <param name="FileId">A UUIDv7; it tells nothing about the content.</param>
/// <param name="FileName">1 to 255 bytes of UTF-8, in NFC.</param>
/// <param name="FileSize">In bytes.</param>
/// <param name="FileType">A media type.</param>
/// <param name="CreatedAt">RFC 3339 in UTC, with milliseconds; never changes.</param>
/// <param name="UpdatedAt">When content or metadata last changed.</param>
/// <param name="Version">1 at first; each change of content or metadata adds 1.</param>
/// <param name="Sha256">The content's SHA-256 in hexadecimal.</param>
/// <param name="Tags">At most 32.</param>
/// <param name="FolderId">The folder that the file is in; null for a loose file.</param>
/// <param name="ModifiedAt">When the content last changed, as the client knows it; null if it never told.</param>
/// <param name="DeletedAt">When the file was moved to the trash; absent outside the trash.</param>
/// <param name="PurgeAt">Until when the file can be restored; absent outside the trash.</param>
/// <param name="ExpiresAt">When the file goes to the trash by itself; absent if never.</param>
/// <param name="Kind"><c>file</c> among the entries of a folder and among changes; otherwise absent.</param>
/// <param name="Seq">The number among changes; otherwise absent.</param>
public sealed record FileJson(
    Guid FileId,
    string FileName,
    long FileSize,
    string FileType,
    [property: JsonConverter(typeof(MillisecondTimeConverter))] DateTimeOffset CreatedAt,
    [property: JsonConverter(typeof(MillisecondTimeConverter))] DateTimeOffset UpdatedAt,
    long Version,
    [property: JsonPropertyName("sha256")] string Sha256,
    IReadOnlyDictionary<string, string> Tags,
    Guid? FolderId = null,
    [property: JsonConverter(typeof(MillisecondTimeConverter))] DateTimeOffset? ModifiedAt = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [property: JsonConverter(typeof(MillisecondTimeConverter))] DateTimeOffset? DeletedAt = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [property: JsonConverter(typeof(MillisecondTimeConverter))] DateTimeOffset? PurgeAt = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    [property: JsonConverter(typeof(MillisecondTimeConverter))] DateTimeOffset? ExpiresAt = null,
    [property: JsonPropertyOrder(-1), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Kind = null,
    [property: JsonPropertyOrder(-2), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? Seq = null)
{
    internal static FileJson Of(CatalogFile file) => new(
        file.Id, file.Name, file.Content.Size, file.Content.Type, file.CreatedAt, file.UpdatedAt,
        file.Version, file.Content.Sha256, file.Tags, file.Place.Folder, file.ModifiedAt, file.DeletedAt, file.PurgeAt, file.ExpiresAt);
}

/// <summary>The answer to an update.</summary>
/// <param name="Message">For a person.</param>
/// <param name="File">The file as the update left it.</param>
public sealed record FileUpdatedJson(string Message, FileJson File);

/// <summary>The answer to a deletion.</summary>
/// <param name="Message">For a person.</param>
/// <param name="FileId">The file that is gone.</param>
public sealed record FileDeletedJson(string Message, Guid FileId);

/// <summary>One of the contents that a file keeps.</summary>
/// <param name="Version">The file's version at which the content was committed or restored.</param>
/// <param name="Size">In bytes.</param>
/// <param name="Type">The media type it was stored with.</param>
/// <param name="Sha256">In hexadecimal.</param>
/// <param name="CreatedAt">When it was committed.</param>
public sealed record VersionJson(
    long Version,
    long Size,
    string Type,
    [property: JsonPropertyName("sha256")] string Sha256,
    [property: JsonConverter(typeof(MillisecondTimeConverter))] DateTimeOffset CreatedAt)
{
    internal static VersionJson Of(FileContent content) =>
        new(content.Version, content.Size, content.Type, content.Sha256, content.CreatedAt);
}

/// <summary>The answer to the deletion of one version.</summary>
/// <param name="Message">For a person.</param>
/// <param name="FileId">The file, which stays.</param>
/// <param name="Version">The version that is gone.</param>
public sealed record VersionDeletedJson(string Message, Guid FileId, long Version);

/// <summary>The answer to the emptying of the trash.</summary>
/// <param name="Message">For a person.</param>
/// <param name="Deleted">How many files are gone for good, without those that went to the trash with a folder.</param>
/// <param name="Folders">How many folders are gone for good, with everything that went to the trash with them.</param>
public sealed record TrashEmptiedJson(string Message, long Deleted, long Folders);

/// <summary>RFC 3339 in UTC with exactly three digits of a second.</summary>
internal sealed class MillisecondTimeConverter : JsonConverter<DateTimeOffset>
{
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.GetDateTimeOffset();

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options)
    {
        Span<char> text = stackalloc char[24];
        value.UtcDateTime.TryFormat(text, out var length, "yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture);
        writer.WriteStringValue(text[..length]);
    }
}
