using System.Text.Json.Nodes;
using FileDrop.Api.Access;
using FileDrop.Api.Http;
using FileDrop.Api.OpenApi;
using FileDrop.Api.Settings;
using Microsoft.OpenApi;
using Scope = FileDrop.Api.Settings.Scope;

namespace FileDrop.Api.Keys;

/// <summary>Credentials, scopes and API keys in the OpenAPI document.</summary>
internal static class AccessDescription
{
    public const string ExampleKeyId = "5f1d8a09c3b7e264";

    private const string Bearer = "bearer", Basic = "basic";
    private const string ExampleKey = $"fd_{ExampleKeyId}_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

    public static readonly ApiParameter Owner = ApiParameter.Query(Caller.OwnerParameter,
        "The owner of the files; by default the caller. This parameter also requires the scope `admin`.",
        Shape.Text(most: Caller.MaxOwnerLength), "https://login.example.com#248289761001");

    public static readonly ApiParameter KeyId = ApiParameter.Path("key_id", "The key's id. An unknown id is `404`.", Id()) with
    {
        Failures = [ApiProblem.KeyNotFound],
    };

    private static readonly KeyJson Example = new(ExampleKeyId, "nightly backup", Caller.Anonymous, ["read"], ApiExamples.Created);

    public static readonly ApiSchema NewKey = new("NewKey", _ => Shape.Options("The settings of the new key. An unknown member is an error.",
        ("name", Name()),
        ("owner", OwnerName("The owner of the files that the key opens. Default: the caller.")),
        ("scopes", ScopeList("Default: `read`, `write` and `delete`.")),
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

    /// <summary>Adds the kinds of credentials, and requires one of them where an operation does not say otherwise.</summary>
    public static void AddTo(OpenApiDocument document)
    {
        document.AddComponent<IOpenApiSecurityScheme>(Bearer, new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.Http,
            Scheme = "bearer",
            BearerFormat = "API key, or JWT",
            Description = "An API key (`fd_…`), or an access token of the OpenID Connect provider that the service is configured for.",
        });
        document.AddComponent<IOpenApiSecurityScheme>(Basic, new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.Http,
            Scheme = "basic",
            Description = "An API key as the password, with any user name. `WWW-Authenticate` offers only Bearer.",
        });
        document.Security = Credentials(document, []);
    }

    private static List<OpenApiSecurityRequirement> Credentials(OpenApiDocument document, IReadOnlyList<string> scopes) =>
        [.. new[] { Bearer, Basic }.Select(scheme =>
            new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(scheme, document)] = [.. scopes] })];

    private static OpenApiSchema Id() => Shape.Text("The key's id; not secret.", ExampleKeyId, pattern: "^[0-9a-f]{16}$");

    private static OpenApiSchema Name() => Shape.Text("The key's purpose, in the words of its creator.", "nightly backup", ApiKeys.MaxNameLength);

    private static OpenApiSchema OwnerName(string description) => Shape.Text(description, Caller.Anonymous, Caller.MaxOwnerLength);

    private static OpenApiSchema ScopeList(string description) =>
        Shape.List(Shape.OneOf(null, [.. Scopes.Each.Select(each => each.Name)]), Scopes.Each.Count, description);

    /// <summary>The scope that an operation requires.</summary>
    public sealed class RequiredScope(Scope scope) : IOperationPart
    {
        public void WriteTo(OpenApiOperation operation, OpenApiDocument document)
        {
            var scopes = Scopes.Names(scope);
            operation.Security = Credentials(document, scopes);
            operation.Description += $"\n\nRequires the scope `{string.Join("`, `", scopes)}`.";
        }
    }
}
