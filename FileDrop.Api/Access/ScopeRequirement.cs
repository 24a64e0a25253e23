using FileDrop.Api.OpenApi;
using Microsoft.AspNetCore.Authorization;

namespace FileDrop.Api.Access;

/// <summary>The scope that an endpoint's callers need, and <see cref="Scope.Admin"/> besides for files of another owner.</summary>
internal sealed class ScopeRequirement(Scope scope) : AuthorizationHandler<ScopeRequirement>, IAuthorizationRequirement, IAuthorizationRequirementData
{
    public Scope Scope { get; } = scope;

    public IEnumerable<IAuthorizationRequirement> GetRequirements() => [this];

    protected override Task HandleRequirementAsync(AuthorizationHandlerContext context, ScopeRequirement requirement)
    {
        var isForAnother = context.Resource is not HttpContext http || http.Request.Query.ContainsKey(Caller.OwnerParameter);
        if (!Caller.Has(context.User, requirement.Scope))
            context.Fail(new AuthorizationFailureReason(this, $"This needs the scope {string.Join(", ", Scopes.Names(requirement.Scope))}."));
        else if (isForAnother && !Caller.Has(context.User, Scope.Admin))
            context.Fail(new AuthorizationFailureReason(this, "To name an owner needs the scope admin."));
        else
            context.Succeed(requirement);
        return Task.CompletedTask;
    }
}

/// <summary>How an endpoint says who may use it.</summary>
internal static class ScopeRules
{
    /// <summary>Callers need this scope. Every endpoint says this, or <c>AllowAnonymous</c>.</summary>
    public static TBuilder Needs<TBuilder>(this TBuilder endpoint, Scope scope) where TBuilder : IEndpointConventionBuilder =>
        endpoint.WithMetadata(new ScopeRequirement(scope), new AccessDescription.RequiredScope(scope)).Takes(AccessDescription.Owner)
            .Fails(ApiProblem.Unauthenticated, ApiProblem.Forbidden("This needs the scope delete."));
}
