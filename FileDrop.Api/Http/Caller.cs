using System.Security.Claims;
using FileDrop.Api.Settings;

namespace FileDrop.Api.Http;

/// <summary>The authenticated caller of a request.</summary>
internal static class Caller
{
    /// <summary>The owner of anonymous callers and of the first keys, who therefore own all files stored before access was configured.</summary>
    public const string Anonymous = "local";

    /// <summary>The name of callers without a credential. No key and no token gives this name.</summary>
    public const string AnonymousName = "anonymous";

    /// <summary>The key of callers who have sent the configured key.</summary>
    public const string ConfiguredKey = "configured";

    /// <summary>The query parameter with which an admin names another owner.</summary>
    public const string OwnerParameter = "owner";

    /// <summary>The maximum length of an owner's name in UTF-16 units; an issuer and a subject together fit.</summary>
    public const int MaxOwnerLength = 1024;

    private const string OwnerClaim = "owner", NameClaim = "name", KeyClaim = "key", ScopesClaim = "scopes";

    /// <summary>The owner whose files a request concerns: the caller, or the owner that an admin names.</summary>
    /// <exception cref="InvalidOperationException">The request was not authenticated, so its endpoint has no rule.</exception>
    public static string Owner(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        // Authorization has already refused this parameter to all callers but admins.
        return context.Request.Query[OwnerParameter] is [{ } other] ? other : Claim(context, OwnerClaim);
    }

    /// <summary>The caller's name for logs: the key's id and name, or the token's subject.</summary>
    /// <inheritdoc cref="Owner" path="/exception"/>
    public static string Name(HttpContext context) => Claim(context, NameClaim);

    /// <summary>The unit that limits count: the key, or the owner of a caller without one.</summary>
    /// <inheritdoc cref="Owner" path="/exception"/>
    public static string Partition(HttpContext context) =>
        context.User.FindFirstValue(KeyClaim) is { } key ? $"key {key}" : $"owner {Claim(context, OwnerClaim)}";

    /// <summary>The id of the caller's key in the catalog; null if it has another credential, or none.</summary>
    public static string? Key(HttpContext context) =>
        context.User.FindFirstValue(KeyClaim) is { } key && !key.Equals(ConfiguredKey, StringComparison.Ordinal) ? key : null;

    /// <summary>Whether the caller has no credential.</summary>
    /// <inheritdoc cref="Owner" path="/exception"/>
    public static bool IsAnonymous(HttpContext context) => Claim(context, NameClaim).Equals(AnonymousName, StringComparison.Ordinal);

    /// <summary>Whether the caller has all of these scopes.</summary>
    public static bool Has(HttpContext context, Scope scope) => Has(context.User, scope);

    /// <inheritdoc cref="Has(HttpContext, Scope)"/>
    public static bool Has(ClaimsPrincipal user, Scope scope) =>
        Enum.TryParse<Scope>(user.FindFirstValue(ScopesClaim), out var scopes) && scopes.HasFlag(scope);

    /// <summary>Copies <c>?owner=</c> to an address in the answer, so that an admin's client can follow it.</summary>
    public static string Follow(HttpRequest request, string path) => request.Query[OwnerParameter] is [{ } other]
        ? $"{path}?{OwnerParameter}={Uri.EscapeDataString(other)}"
        : path;

    /// <summary>Builds the principal of a caller whose credential is valid.</summary>
    public static ClaimsPrincipal Principal(string scheme, string owner, string name, Scope scopes, string? key = null)
    {
        List<Claim> claims = [new(OwnerClaim, owner), new(NameClaim, name), new(ScopesClaim, scopes.ToString())];
        if (key is not null)
            claims.Add(new Claim(KeyClaim, key));
        return new ClaimsPrincipal(new ClaimsIdentity(claims, scheme, NameClaim, roleType: null));
    }

    private static string Claim(HttpContext context, string type) => context.User.FindFirstValue(type)
        ?? throw new InvalidOperationException($"{context.Request.Path} needs a caller, but its endpoint has no rule that requires one.");
}
