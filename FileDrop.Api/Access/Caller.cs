using System.Security.Claims;

namespace FileDrop.Api.Access;

/// <summary>Who is asking, once that is established.</summary>
internal static class Caller
{
    /// <summary>The owner of whoever asks without saying who, and of the first keys; what is stored before access is configured is theirs.</summary>
    public const string Anonymous = "local";

    /// <summary>The parameter by which an admin names the owner whose files a request is about.</summary>
    public const string OwnerParameter = "owner";

    /// <summary>UTF-16 units in an owner's name; an issuer and a subject together stay below it.</summary>
    public const int MaxOwnerLength = 1024;

    private const string OwnerClaim = "owner", NameClaim = "name", KeyClaim = "key", ScopesClaim = "scopes";

    /// <summary>The owner whose files a request is about: the caller, or whom an admin names.</summary>
    /// <exception cref="InvalidOperationException">Nobody was asked who they are, so the endpoint has no rule.</exception>
    public static string Owner(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        // Only an admin's request comes this far with one.
        return context.Request.Query[OwnerParameter] is [{ } other] ? other : Claim(context, OwnerClaim);
    }

    /// <summary>For a log: the key's id and name, or the subject.</summary>
    /// <inheritdoc cref="Owner" path="/exception"/>
    public static string Name(HttpContext context) => Claim(context, NameClaim);

    /// <summary>What limits are counted by: the key, else the owner.</summary>
    /// <inheritdoc cref="Owner" path="/exception"/>
    public static string Partition(HttpContext context) =>
        context.User.FindFirstValue(KeyClaim) is { } key ? $"key {key}" : $"owner {Claim(context, OwnerClaim)}";

    /// <summary>Whether the caller has all of these scopes.</summary>
    public static bool Has(HttpContext context, Scope scope) => Has(context.User, scope);

    /// <inheritdoc cref="Has(HttpContext, Scope)"/>
    public static bool Has(ClaimsPrincipal user, Scope scope) =>
        Enum.TryParse<Scope>(user.FindFirstValue(ScopesClaim), out var scopes) && scopes.HasFlag(scope);

    /// <summary>Carries <c>?owner=</c> on to another address of the same answer, so that an admin's client can follow it.</summary>
    public static string Follow(HttpRequest request, string path) => request.Query[OwnerParameter] is [{ } other]
        ? $"{path}?{OwnerParameter}={Uri.EscapeDataString(other)}"
        : path;

    /// <summary>Someone whose credential was found good.</summary>
    public static ClaimsPrincipal Principal(string scheme, string owner, string name, Scope scopes, string? key = null)
    {
        List<Claim> claims = [new(OwnerClaim, owner), new(NameClaim, name), new(ScopesClaim, scopes.ToString())];
        if (key is not null)
            claims.Add(new Claim(KeyClaim, key));
        return new ClaimsPrincipal(new ClaimsIdentity(claims, scheme, NameClaim, roleType: null));
    }

    private static string Claim(HttpContext context, string type) => context.User.FindFirstValue(type)
        ?? throw new InvalidOperationException($"{context.Request.Path} asks for a caller, but has no rule that demands one.");
}
