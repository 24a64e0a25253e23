using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace FileDrop.Api.Http;

/// <summary>The service's JSON: snake_case, source-generated, with names of any script unescaped.</summary>
[JsonSerializable(typeof(ProblemJson))]
[JsonSerializable(typeof(FileJson))]
[JsonSerializable(typeof(FileJson[]))]
[JsonSerializable(typeof(FileUpdatedJson))]
[JsonSerializable(typeof(FileDeletedJson))]
[JsonSerializable(typeof(VersionJson[]))]
[JsonSerializable(typeof(VersionDeletedJson))]
[JsonSerializable(typeof(TrashEmptiedJson))]
[JsonSerializable(typeof(FolderJson))]
[JsonSerializable(typeof(TrashedFolderJson[]))]
[JsonSerializable(typeof(FolderUpdatedJson))]
[JsonSerializable(typeof(FolderDeletedJson))]
[JsonSerializable(typeof(EntryJson))]
[JsonSerializable(typeof(EntryJson[]))]
[JsonSerializable(typeof(PathJson))]
[JsonSerializable(typeof(BatchResultJson[]))]
[JsonSerializable(typeof(ChangesJson))]
[JsonSerializable(typeof(ChangeJson))]
[JsonSerializable(typeof(GoneJson))]
[JsonSerializable(typeof(LinkJson))]
[JsonSerializable(typeof(AuditJson[]))]
[JsonSerializable(typeof(KeyJson[]))]
[JsonSerializable(typeof(KeyCreatedJson))]
[JsonSerializable(typeof(KeyRevokedJson))]
[JsonSerializable(typeof(UsageJson))]
[JsonSerializable(typeof(ShareJson))]
[JsonSerializable(typeof(ShareJson[]))]
[JsonSerializable(typeof(ShareDeletedJson))]
[JsonSerializable(typeof(SharedEntryJson[]))]
[JsonSerializable(typeof(ReceiptJson))]
internal sealed partial class ApiJson : JsonSerializerContext
{
    public static ApiJson Instance { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        // Every answer declares JSON and forbids sniffing, so nothing needs escaping for HTML.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}

/// <summary>A JSON answer, complete before its first byte is sent.</summary>
/// <param name="value">The value to send.</param>
/// <param name="type">The JSON contract of the value.</param>
/// <param name="status">The HTTP status.</param>
/// <param name="mediaType">The media type.</param>
internal sealed class JsonAnswer<T>(
    T value, JsonTypeInfo<T> type, int status = StatusCodes.Status200OK, string mediaType = "application/json; charset=utf-8") : IResult
{
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var body = new ArrayBufferWriter<byte>(1024);
        await using (var writer = new Utf8JsonWriter(body, new JsonWriterOptions { Encoder = type.Options.Encoder, SkipValidation = true }))
            JsonSerializer.Serialize(writer, value, type);
        // End with a line feed, so that a terminal's prompt begins on its own line.
        body.Write("\n"u8);
        var response = httpContext.Response;
        response.StatusCode = status;
        response.ContentType = mediaType;
        response.ContentLength = body.WrittenCount;
        response.Headers.XContentTypeOptions = "nosniff";
        await response.Body.WriteAsync(body.WrittenMemory, httpContext.RequestAborted);
    }
}
