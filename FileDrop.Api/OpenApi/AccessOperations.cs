using System.Text.Json.Nodes;
using FileDrop.Api.Access;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace FileDrop.Api.OpenApi;

/// <summary>How callers say who they are, which scope each operation needs, and the operations on API keys.</summary>
internal static class AccessOperations
{
    public const string Access = "Access";
    public const string NewKey = "NewKey";
    public const string Key = "Key";
    public const string KeyCreated = "KeyCreated";
    public const string KeyRevoked = "KeyRevoked";

    private const string Bearer = "bearer", Basic = "basic";

    private static readonly string[] Headers = ["Cache-Control", "X-Content-Type-Options"];

    /// <summary>Says of each operation which scope it needs; as the metadata of its endpoint says it to the service.</summary>
    public static void AddRules(this OpenApiOptions options) => options.AddOperationTransformer((operation, context, _) =>
    {
        var scopes = context.Description.ActionDescriptor.EndpointMetadata.OfType<ScopeRequirement>()
            .SelectMany(rule => Scopes.Names(rule.Scope)).ToList();
        operation.Security = scopes.Count == 0 ? Nobody() : Credentials(context.Document, scopes);
        return Task.CompletedTask;
    });

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
            Description = "An API key as the password; whatever the user's name is. Never asked for: `WWW-Authenticate` says Bearer alone.",
        });
        document.Security = Credentials(document, []);
        document.AddComponent(Caller.OwnerParameter, ApiFields.Query(Caller.OwnerParameter,
            "Whose files the request is about, instead of the caller's own. Needs the scope `admin` besides.",
            new OpenApiSchema { Type = JsonSchemaType.String, MinLength = 1, MaxLength = Caller.MaxOwnerLength },
            "https://login.example.com#248289761001"));
        document.AddComponent("key_id", ApiFields.In(ParameterLocation.Path, "key_id", "The key. Whatever names no key: `404`.", Id()));
        var key = KeySchema();
        document.AddComponent(Key, key);
        document.AddComponent(KeyCreated, ApiSchemas.Object("The answer to the making of a key.",
            ("message", ApiSchemas.Text("For a person.", "The key is shown this once.")),
            ("api_key", ApiSchemas.Text("The key itself, which is kept nowhere.", ApiExamples.ApiKey)),
            ("key", new OpenApiSchemaReference(Key, document))));
        document.AddComponent(KeyRevoked, ApiSchemas.Object("The answer to a revocation.",
            ("message", ApiSchemas.Text("For a person.", $"Key {ApiExamples.KeyId} was revoked.")),
            ("key_id", Id())));
        var wanted = ApiSchemas.Object("What the key is to be. An unknown member is an error.",
            ("name", Name()), ("owner", Owner("Whose files it opens; its maker's if absent.")),
            ("scopes", ScopeList("`read`, `write` and `delete` if absent.")),
            ("expires_at", ApiSchemas.Time("From then on it is refused; never, if absent. A time to come.")));
        (wanted.Required, wanted.AdditionalPropertiesAllowed) = (null, false);
        document.AddComponent(NewKey, wanted);
    }

    public static ApiOperation? Of(string? id, ApiOperation operation) => id switch
    {
        "CreateKey" => operation
            .Says("Makes a key and shows it this once: the service keeps its hash only. The command `keys create` makes the first key; until then this is `403`.")
            .Takes(NewKey, ApiExamples.NewKey)
            .Answers(201, "The key.", Headers).Json(KeyCreated, ApiExamples.KeyCreated)
            .Fails(ApiErrors.OfCreateKey),
        "ListKeys" => operation
            .Says("The keys without their secrets: first those that are not revoked, of these the newest. `?owner=` shows that owner's alone.")
            .Answers(200, "The keys.", Headers).JsonList(Key, ApiExamples.Keys)
            .Fails(ApiErrors.OfListKeys),
        "RevokeKey" => operation
            .Says("The key is refused for good, by every replica within seconds. The service stays closed when the last one is revoked.")
            .Takes("key_id")
            .Answers(200, "The key is revoked.", "X-Content-Type-Options").Json(KeyRevoked, ApiExamples.KeyRevoked)
            .Fails(ApiErrors.OfRevokeKey),
        _ => null,
    };

    /// <summary>Adds what every operation that needs a scope takes and can say.</summary>
    public static void Complete(OpenApiOperation operation, OpenApiDocument document)
    {
        if (operation.Security is not [{ Count: > 0 } rule, ..] || rule.Values.First() is not { Count: > 0 } scopes)
            return;
        operation.Description += $"\n\nNeeds the scope `{string.Join("`, `", scopes)}`.";
        operation.Parameters?.Add(new OpenApiParameterReference(Caller.OwnerParameter, document));
    }

    /// <summary>Open to everybody.</summary>
    public static List<OpenApiSecurityRequirement> Nobody() => [new OpenApiSecurityRequirement()];

    private static List<OpenApiSecurityRequirement> Credentials(OpenApiDocument? document, List<string> scopes) =>
        [.. new[] { Bearer, Basic }.Select(scheme =>
            new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(scheme, document)] = scopes })];

    private static OpenApiSchema KeySchema()
    {
        var key = ApiSchemas.Object("What is kept of a key.",
            ("key_id", Id()), ("name", Name()), ("owner", Owner("Whose files it opens.")), ("scopes", ScopeList("What it is good for.")),
            ("created_at", ApiSchemas.Stamp("When it was made.")), ("expires_at", ApiSchemas.Stamp("From then on it is refused; absent: never.")),
            ("last_used_at", ApiSchemas.Stamp("To about a minute; absent: never used.")),
            ("revoked_at", ApiSchemas.Stamp("Since when it is refused; absent: it is not.")));
        key.Required = new HashSet<string>(StringComparer.Ordinal) { "key_id", "owner", "scopes", "created_at" };
        return key;
    }

    private static OpenApiSchema Id()
    {
        var id = ApiSchemas.Text("The key's id; not secret.", ApiExamples.KeyId);
        id.Pattern = "^[0-9a-f]{16}$";
        return id;
    }

    private static OpenApiSchema Name()
    {
        var name = ApiSchemas.Text("What it is for, in its maker's words.", "nightly backup");
        (name.MinLength, name.MaxLength) = (1, ApiKeys.MaxNameLength);
        return name;
    }

    private static OpenApiSchema Owner(string description)
    {
        var owner = ApiSchemas.Text(description, Caller.Anonymous);
        (owner.MinLength, owner.MaxLength) = (1, Caller.MaxOwnerLength);
        return owner;
    }

    private static OpenApiSchema ScopeList(string description) => new()
    {
        Type = JsonSchemaType.Array,
        Description = description,
        MaxItems = Scopes.Each.Count,
        Items = new OpenApiSchema { Type = JsonSchemaType.String, Enum = [.. Scopes.Each.Select(each => JsonValue.Create(each.Name))] },
    };
}
