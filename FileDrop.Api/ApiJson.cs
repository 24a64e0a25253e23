using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using FileDrop.Api.Access;
using FileDrop.Api.Files;
using FileDrop.Api.Http;

namespace FileDrop.Api;

/// <summary>How the service writes JSON: snake_case, source-generated, names of any script as they are.</summary>
[JsonSerializable(typeof(ProblemJson))]
[JsonSerializable(typeof(FileJson))]
[JsonSerializable(typeof(FileJson[]))]
[JsonSerializable(typeof(FileUpdatedJson))]
[JsonSerializable(typeof(FileDeletedJson))]
[JsonSerializable(typeof(VersionJson[]))]
[JsonSerializable(typeof(VersionDeletedJson))]
[JsonSerializable(typeof(TrashEmptiedJson))]
[JsonSerializable(typeof(LinkJson))]
[JsonSerializable(typeof(AuditJson[]))]
[JsonSerializable(typeof(KeyJson[]))]
[JsonSerializable(typeof(KeyCreatedJson))]
[JsonSerializable(typeof(KeyRevokedJson))]
[JsonSerializable(typeof(UsageJson))]
internal sealed partial class ApiJson : JsonSerializerContext
{
    public static ApiJson Instance { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        // Every answer says that it is JSON and not to be sniffed, so nothing needs to be escaped for the sake of HTML.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}

/// <summary>A JSON answer, complete before its first byte is sent.</summary>
/// <param name="value">What is sent.</param>
/// <param name="type">How it is written.</param>
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
        // At a terminal the prompt begins on a line of its own.
        body.Write("\n"u8);
        var response = httpContext.Response;
        response.StatusCode = status;
        response.ContentType = mediaType;
        response.ContentLength = body.WrittenCount;
        response.Headers.XContentTypeOptions = "nosniff";
        await response.Body.WriteAsync(body.WrittenMemory, httpContext.RequestAborted);
    }
}
