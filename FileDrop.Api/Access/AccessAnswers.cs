using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;

namespace FileDrop.Api.Access;

/// <summary>Says no in the contract's words, and never asks a browser to ask for a password.</summary>
internal sealed class AccessAnswers : IAuthorizationMiddlewareResultHandler
{
    public Task HandleAsync(RequestDelegate next, HttpContext context, AuthorizationPolicy policy, PolicyAuthorizationResult authorizeResult)
    {
        if (authorizeResult.Succeeded)
            return IsOwnerWellFormed(context.Request) ? next(context) : WrongOwner.ExecuteAsync(context);
        // Neither tells anything of a file: what methods a path has, and that there is no such path.
        if (HttpMethods.IsOptions(context.Request.Method) || context.GetEndpoint() is null)
            return next(context);
        var problem = authorizeResult.Challenged ? ApiProblem.Unauthenticated
            : ApiProblem.Forbidden(string.Join(" ", authorizeResult.AuthorizationFailure?.FailureReasons.Select(reason => reason.Message) ?? []));
        return problem.ExecuteAsync(context);
    }

    private static ApiProblem WrongOwner { get; } =
        ApiProblem.InvalidRequest(
            $"Name one owner, in 1 to {Caller.MaxOwnerLength} characters of Unicode (NFC, UTF-8 behind its escapes), none of them a control character.");

    private static bool IsOwnerWellFormed(HttpRequest request) =>
        !request.Query.TryGetValue(Caller.OwnerParameter, out var owner) || (owner is [{ } name] && ApiKeys.IsOwner(name) && UnicodeText.IsUtf8(request.QueryString, Caller.OwnerParameter));
}
