using System.Text.Json;
using System.Text.Json.Serialization;
using FileDrop.Api.Catalog;

namespace FileDrop.Api.Files;

/// <summary>A file as every answer shows it.</summary>
/// <param name="FileId">A UUIDv7; says nothing about the content.</param>
/// <param name="FileName">1 to 255 bytes of UTF-8, in NFC.</param>
/// <param name="FileSize">In bytes.</param>
/// <param name="FileType">A media type.</param>
/// <param name="CreatedAt">RFC 3339 in UTC, with milliseconds; never changes.</param>
/// <param name="UpdatedAt">When content or metadata last changed.</param>
/// <param name="Version">1 at first, one more with every change of content or metadata.</param>
/// <param name="Sha256">The content's SHA-256 in hexadecimal.</param>
/// <param name="Tags">At most 32.</param>
public sealed record FileJson(
    Guid FileId,
    string FileName,
    long FileSize,
    string FileType,
    [property: JsonConverter(typeof(MillisecondTimeConverter))] DateTimeOffset CreatedAt,
    [property: JsonConverter(typeof(MillisecondTimeConverter))] DateTimeOffset UpdatedAt,
    long Version,
    [property: JsonPropertyName("sha256")] string Sha256,
    IReadOnlyDictionary<string, string> Tags)
{
    internal static FileJson Of(CatalogFile file) => new(
        file.Id, file.Name, file.Content.Size, file.Content.Type, file.CreatedAt, file.UpdatedAt,
        file.Version, file.Content.Sha256, file.Tags);
}

/// <summary>The answer to an update.</summary>
/// <param name="Message">For a person.</param>
/// <param name="File">The file as the update left it.</param>
public sealed record FileUpdatedJson(string Message, FileJson File);

/// <summary>The answer to a deletion.</summary>
/// <param name="Message">For a person.</param>
/// <param name="FileId">The file that is gone.</param>
public sealed record FileDeletedJson(string Message, Guid FileId);

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
