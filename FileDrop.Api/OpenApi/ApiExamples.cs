using System.Text.Json;
using System.Text.Json.Nodes;
using FileDrop.Api.Access;
using FileDrop.Api.Files;
using FileDrop.Api.Hashing;
using FileDrop.Api.Http;

namespace FileDrop.Api.OpenApi;

/// <summary>One file through the whole document, so that its examples fit together.</summary>
internal static class ApiExamples
{
    public const string FileId = "019ab3c2-7c1e-7d44-9a51-0c5f3f9b8a10";
    public const string Sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    public const string ETag = "\"1-9f86d081884c7d65\"";
    public const string LastModified = "Mon, 23 Nov 2026 08:25:25 GMT";
    public const string KeyId = "5f1d8a09c3b7e264";
    public const string ApiKey = $"fd_{KeyId}_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    public const string LinkGrant = "AAAAAAAAAAEAAAGasL3qqw…";
    public const string TraceId = "0af7651916cd43dd8448eb211c80319c";

    private static readonly DateTimeOffset Created = new(2026, 11, 23, 8, 25, 25, 123, TimeSpan.Zero);

    private static readonly FileJson Uploaded = new(Guid.Parse(FileId), "Żółć 灯泡.pdf", 48213, "application/pdf", Created, Created, 1, Sha256,
        new Dictionary<string, string>(StringComparer.Ordinal) { ["project"] = "apollo" });

    private static readonly FileJson Renamed = Uploaded with { FileName = "report.pdf", UpdatedAt = Created.AddMinutes(1), Version = 2 };

    private static readonly FileJson InTrash = Uploaded with { DeletedAt = Created.AddHours(1), PurgeAt = Created.AddHours(1).AddDays(30) };

    private static readonly KeyJson Key = new(KeyId, "nightly backup", Caller.Anonymous, ["read"], Created);

    public static string Digest => ContentDigest.Format(Sha256);

    public static JsonNode? File => JsonSerializer.SerializeToNode(Uploaded, ApiJson.Instance.FileJson);

    public static JsonNode? Trashed => JsonSerializer.SerializeToNode(InTrash, ApiJson.Instance.FileJson);

    public static JsonNode? Trash => JsonSerializer.SerializeToNode([InTrash], ApiJson.Instance.FileJsonArray);

    public static JsonNode? Restored => JsonSerializer.SerializeToNode(
        new FileUpdatedJson("'Żółć 灯泡.pdf' was restored.", Uploaded), ApiJson.Instance.FileUpdatedJson);

    public static JsonNode? Versions => JsonSerializer.SerializeToNode(
        [new VersionJson(1, 48213, "application/pdf", Sha256, Created)], ApiJson.Instance.VersionJsonArray);

    public static JsonNode? VersionRestored => JsonSerializer.SerializeToNode(
        new FileUpdatedJson("Version 1 of 'report.pdf' was restored as version 2.", Renamed), ApiJson.Instance.FileUpdatedJson);

    public static JsonNode? VersionDeleted => JsonSerializer.SerializeToNode(
        new VersionDeletedJson("Version 1 was deleted.", Uploaded.FileId, 1), ApiJson.Instance.VersionDeletedJson);

    public static JsonNode? TrashEmptied => JsonSerializer.SerializeToNode(
        new TrashEmptiedJson("3 files were deleted for good.", 3), ApiJson.Instance.TrashEmptiedJson);

    public static JsonNode? Usage => JsonSerializer.SerializeToNode(
        new UsageJson(48213, 0, 10_737_418_240, 1, null), ApiJson.Instance.UsageJson);

    public static JsonNode? List => JsonSerializer.SerializeToNode([Uploaded], ApiJson.Instance.FileJsonArray);

    public static JsonNode? Updated =>
        JsonSerializer.SerializeToNode(new FileUpdatedJson("'report.pdf' was updated.", Renamed), ApiJson.Instance.FileUpdatedJson);

    public static JsonNode? Deleted =>
        JsonSerializer.SerializeToNode(new FileDeletedJson("'report.pdf' was deleted.", Renamed.FileId), ApiJson.Instance.FileDeletedJson);

    public static JsonObject NewKey => new() { ["name"] = "nightly backup", ["scopes"] = new JsonArray("read") };

    public static JsonNode? KeyCreated =>
        JsonSerializer.SerializeToNode(new KeyCreatedJson("The key is shown this once.", ApiKey, Key), ApiJson.Instance.KeyCreatedJson);

    public static JsonNode? Keys => JsonSerializer.SerializeToNode([Key with { LastUsedAt = Created.AddHours(1) }], ApiJson.Instance.KeyJsonArray);

    public static JsonNode? KeyRevoked =>
        JsonSerializer.SerializeToNode(new KeyRevokedJson($"Key {KeyId} was revoked.", KeyId), ApiJson.Instance.KeyRevokedJson);

    public static JsonObject LinkTarget => new() { ["version"] = 1 };

    public static JsonNode? Link => JsonSerializer.SerializeToNode(
        new LinkJson($"/links/{FileId}?grant={LinkGrant}", Created.AddMinutes(5)), ApiJson.Instance.LinkJson);

    public static JsonNode? Audit => JsonSerializer.SerializeToNode(
        [
            new AuditJson(Guid.Parse("019ab3c2-7c1e-7d44-9a51-0c5f3f9b8a11"), Created, "DeleteFile", FileId, "done", 200, $"key {KeyId} (nightly backup)",
                Caller.Anonymous, "192.0.2.7", "DELETE", $"/files/{FileId}", TraceId),
        ],
        ApiJson.Instance.AuditJsonArray);

    public static JsonObject Health(string catalog) => new()
    {
        ["status"] = catalog,
        ["checks"] = new JsonObject { ["self"] = "healthy", ["catalog"] = catalog, ["blobs"] = "healthy", ["integrity"] = "healthy" },
    };

    public static JsonObject Tags => new() { ["project"] = "apollo" };

    public static JsonObject Change => new() { ["file_name"] = "report.pdf", ["tags"] = Tags };

    /// <summary>A problem as the service would answer it to a request about a file.</summary>
    public static JsonNode? Problem(ApiProblem problem) => JsonSerializer.SerializeToNode(
        new ProblemJson(problem.Type ?? $"urn:filedrop:problem:{problem.Code}", problem.Title, problem.Status, problem.Detail, $"/files/{FileId}", problem.Code,
            TraceId, problem.Offsets?.Expected, problem.Offsets?.Provided, problem.ViolatedPolicies),
        ApiJson.Instance.ProblemJson);
}
