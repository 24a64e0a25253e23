using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace FileDrop.Client;

/// <summary>The service's JSON.</summary>
[JsonSerializable(typeof(DropFile))]
[JsonSerializable(typeof(DropFile[]))]
[JsonSerializable(typeof(DropFolder))]
[JsonSerializable(typeof(DropFolder[]))]
[JsonSerializable(typeof(DropEntry))]
[JsonSerializable(typeof(DropEntry[]))]
[JsonSerializable(typeof(DropVersion[]))]
[JsonSerializable(typeof(DropPath))]
[JsonSerializable(typeof(DropLink))]
[JsonSerializable(typeof(DropShare))]
[JsonSerializable(typeof(DropShare[]))]
[JsonSerializable(typeof(DropChange))]
[JsonSerializable(typeof(ChangePage))]
[JsonSerializable(typeof(BatchResult[]))]
[JsonSerializable(typeof(UpdatedFile))]
[JsonSerializable(typeof(UpdatedFolder))]
[JsonSerializable(typeof(Problem))]
[JsonSerializable(typeof(JsonObject))]
[JsonSerializable(typeof(JsonArray))]
[JsonSerializable(typeof(IReadOnlyDictionary<string, string>))]
internal sealed partial class ClientJson : JsonSerializerContext
{
    public static ClientJson Instance { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    /// <summary>Tags as a JSON object.</summary>
    public static JsonObject Tags(IReadOnlyDictionary<string, string> tags) =>
        new(tags.Select(tag => KeyValuePair.Create(tag.Key, (JsonNode?)JsonValue.Create(tag.Value))));

    /// <summary>A choice as the service writes it.</summary>
    public static string Word<T>(T value) where T : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName($"{value}");
}

/// <summary>The answer to a change of a file.</summary>
internal sealed record UpdatedFile(DropFile? File);

/// <summary>The answer to a change of a folder.</summary>
internal sealed record UpdatedFolder(DropFolder? Folder);

/// <summary>The body of every error (RFC 9457).</summary>
internal sealed record Problem(string? Code = null, string? Detail = null, string? Title = null, string? TraceId = null);
