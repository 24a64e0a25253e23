using FileDrop.Api.Http;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;

namespace FileDrop.Api.Access;

/// <summary>Answers refusals in the contract's form, and never makes a browser prompt for a password.</summary>
internal sealed class AccessAnswers : IAuthorizationMiddlewareResultHandler
{
    public Task HandleAsync(RequestDelegate next, HttpContext context, AuthorizationPolicy policy, PolicyAuthorizationResult authorizeResult)
    {
        if (authorizeResult.Succeeded)
            return IsOwnerWellFormed(context.Request) ? next(context) : WrongOwner.ExecuteAsync(context);
        // OPTIONS and unknown paths need no credential: their answers reveal nothing about files.
        if (HttpMethods.IsOptions(context.Request.Method) || context.GetEndpoint() is null)
            return next(context);
        var problem = authorizeResult.Challenged ? ApiProblem.Unauthenticated
            : ApiProblem.Forbidden(string.Join(" ", authorizeResult.AuthorizationFailure?.FailureReasons.Select(reason => reason.Message) ?? []));
        return problem.ExecuteAsync(context);
    }

    private static ApiProblem WrongOwner { get; } =
        ApiProblem.InvalidRequest(
            $"Name one owner: 1 to {Caller.MaxOwnerLength} Unicode characters in NFC, sent as UTF-8 and percent-encoded, without control characters.");

    private static bool IsOwnerWellFormed(HttpRequest request) =>
        !request.Query.TryGetValue(Caller.OwnerParameter, out var owner) || (owner is [{ } name] && ApiKeys.IsOwner(name) && Parameters.IsUtf8(request.QueryString, Caller.OwnerParameter));
}
