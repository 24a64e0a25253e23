using System.Text.Json.Nodes;
using FileDrop.Api.Access;
using FileDrop.Api.Http;
using FileDrop.Api.OpenApi;
using FileDrop.Api.Settings;
using Microsoft.OpenApi;

namespace FileDrop.Api.Keys;

/// <summary>API keys in the OpenAPI document.</summary>
internal static class KeyDescription
{
    public const string ExampleKeyId = "5f1d8a09c3b7e264";

    private const string ExampleKey = $"fd_{ExampleKeyId}_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

    public static readonly ApiParameter KeyId = ApiParameter.Path("key_id", "The key's id. An unknown id is `404`.", Id()) with
    {
        Failures = [ApiProblem.KeyNotFound],
    };

    public static readonly ApiParameter Shares = ApiParameter.Query("shares", "Also end the shares that were made with the key.", Shape.Flag());

    private static readonly KeyJson Example = new(ExampleKeyId, "nightly backup", Caller.Anonymous, ["read"], ApiExamples.Created);

    public static readonly ApiSchema NewKey = new("NewKey", _ => Shape.Options("The settings of the new key. An unknown member is an error.",
        ("name", Name()),
        ("owner", OwnerName("The owner of the files that the key opens. Default: the caller.")),
        ("scopes", ScopeList("Default: all except `admin`.")),
        ("expires_at", Shape.Time("The time, in the future, at which the key expires. Default: never."))))
    {
        Example = new JsonObject { ["name"] = "nightly backup", ["scopes"] = new JsonArray("read") },
    };

    public static readonly ApiSchema Key = new("Key", _ => Shape.Object("A key without its secret.",
        ("key_id", Id()),
        ("name", Name()),
        ("owner", OwnerName("The owner of the files that the key opens.")),
        ("scopes", ScopeList("The key's scopes.")),
        ("created_at", Shape.Stamp("The time of creation.")),
        ("expires_at", Shape.Stamp("The time at which the key expires. Absent: never.")),
        ("last_used_at", Shape.Stamp("The time of the last use, to about a minute. Absent: never used.")),
        ("revoked_at", Shape.Stamp("The time of the revocation. Absent: the key is not revoked.")))
        .Without("name", "expires_at", "last_used_at", "revoked_at"))
    {
        Example = Example with { LastUsedAt = ApiExamples.Created.AddHours(1) },
    };

    public static readonly ApiSchema KeyCreated = new("KeyCreated", document => Shape.Object("The answer to the creation of a key.",
        ("message", Shape.Text("A sentence for people.", "Store the key now: it is shown only once.")),
        ("api_key", Shape.Text("The key itself. The service does not keep it.", ExampleKey)),
        ("key", Key.In(document))))
    {
        Example = new KeyCreatedJson("Store the key now: it is shown only once.", ExampleKey, Example),
    };

    public static readonly ApiSchema KeyRevoked = new("KeyRevoked", _ => Shape.Object("The answer to a revocation.",
        ("message", Shape.Text("A sentence for people.", $"Key {ExampleKeyId} was revoked.")),
        ("key_id", Id())))
    {
        Example = new KeyRevokedJson($"Key {ExampleKeyId} was revoked.", ExampleKeyId),
    };

    private static OpenApiSchema Id() => Shape.Text("The key's id; not secret.", ExampleKeyId, pattern: "^[0-9a-f]{16}$");

    private static OpenApiSchema Name() => Shape.Text("The key's purpose, in the words of its creator.", "nightly backup", ApiKeys.MaxNameLength);

    private static OpenApiSchema OwnerName(string description) => Shape.Text(description, Caller.Anonymous, Caller.MaxOwnerLength);

    private static OpenApiSchema ScopeList(string description) =>
        Shape.List(Shape.OneOf(null, [.. Scopes.Each.Select(each => each.Name)]), Scopes.Each.Count, description);
}
