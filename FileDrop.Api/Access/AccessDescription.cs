using FileDrop.Api.Http;
using FileDrop.Api.OpenApi;
using FileDrop.Api.Settings;
using Microsoft.OpenApi;
using Scope = FileDrop.Api.Settings.Scope;

namespace FileDrop.Api.Access;

/// <summary>Credentials and scopes in the OpenAPI document.</summary>
internal static class AccessDescription
{
    private const string Bearer = "bearer", Basic = "basic";

    public static readonly ApiParameter Owner = ApiParameter.Query(Caller.OwnerParameter,
        "The owner of the files; by default the caller. This parameter also requires the scope `admin`.",
        Shape.Text(most: Caller.MaxOwnerLength), "https://login.example.com#248289761001");

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

    /// <summary>The scopes that an operation requires.</summary>
    public sealed class RequiredScope(Scope scope) : IOperationPart
    {
        public void WriteTo(OpenApiOperation operation, OpenApiDocument document)
        {
            var scopes = Scopes.Names(scope);
            operation.Security = Credentials(document, scopes);
            operation.Description += $"\n\nRequires the scope{(scopes.Count > 1 ? "s" : "")} `{string.Join("` and `", scopes)}`.";
        }
    }
}
