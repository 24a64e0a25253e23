using FileDrop.Api.Http;
using FileDrop.Api.OpenApi;
using FileDrop.Api.Settings;
using Microsoft.AspNetCore.Authorization;

namespace FileDrop.Api.Access;

/// <summary>The scopes that an endpoint requires of its callers: all of them. For files of another owner it also requires <see cref="Scope.Admin"/>.</summary>
internal sealed class ScopeRequirement(Scope scope) : AuthorizationHandler<ScopeRequirement>, IAuthorizationRequirement, IAuthorizationRequirementData
{
    public Scope Scope { get; } = scope;

    public IEnumerable<IAuthorizationRequirement> GetRequirements() => [this];

    protected override Task HandleRequirementAsync(AuthorizationHandlerContext context, ScopeRequirement requirement)
    {
        var isForAnother = context.Resource is not HttpContext http || http.Request.Query.ContainsKey(Caller.OwnerParameter);
        if (!Caller.Has(context.User, requirement.Scope))
            context.Fail(new AuthorizationFailureReason(this, Missing(Scopes.Names(requirement.Scope))));
        else if (isForAnother && !Caller.Has(context.User, Scope.Admin))
            context.Fail(new AuthorizationFailureReason(this, "The owner parameter requires the admin scope."));
        else
            context.Succeed(requirement);
        return Task.CompletedTask;
    }

    private static string Missing(IReadOnlyList<string> scopes) =>
        $"This request requires the scope{(scopes.Count > 1 ? "s" : "")} {string.Join(" and ", scopes)}.";
}

/// <summary>Declares the scopes of an endpoint.</summary>
internal static class ScopeRules
{
    /// <summary>Requires a scope of callers, or several together. Every endpoint calls this or <c>AllowAnonymous</c>.</summary>
    public static TBuilder Needs<TBuilder>(this TBuilder endpoint, Scope scope) where TBuilder : IEndpointConventionBuilder =>
        endpoint.WithMetadata(new ScopeRequirement(scope), new AccessDescription.RequiredScope(scope)).Takes(AccessDescription.Owner)
            .Fails([
                ApiProblem.Unauthenticated, ApiProblem.Forbidden("This request requires the scope delete."),
                .. (scope & (Scope.Write | Scope.Delete)) == Scope.None ? Array.Empty<ApiProblem>() : [ApiProblem.Locked],
            ]);
}
