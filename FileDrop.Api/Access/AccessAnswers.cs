using FileDrop.Api.Http;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;

namespace FileDrop.Api.Access;

/// <summary>Answers refusals in the contract's form. Only WebDAV's address asks for a password.</summary>
internal sealed class AccessAnswers : IAuthorizationMiddlewareResultHandler
{
    public Task HandleAsync(RequestDelegate next, HttpContext context, AuthorizationPolicy policy, PolicyAuthorizationResult authorizeResult)
    {
        // Whoever sends a password openly is told so, even if it is right: others may have read it.
        if (DavAddress.IsOf(context.Request) && !DavAddress.IsPrivate(context.Request)
            && (authorizeResult.Challenged || context.Request.Headers.Authorization.ToString().StartsWith("Basic ", StringComparison.OrdinalIgnoreCase))
            && !HttpMethods.IsOptions(context.Request.Method))
            return Unprotected.ExecuteAsync(context);
        if (authorizeResult.Succeeded)
            return IsOwnerWellFormed(context.Request) ? next(context) : WrongOwner.ExecuteAsync(context);
        // OPTIONS and unknown paths need no credential: their answers reveal nothing about files.
        if (HttpMethods.IsOptions(context.Request.Method) || context.GetEndpoint() is null)
            return next(context);
        var problem = authorizeResult.Challenged ? DavAddress.IsOf(context.Request) ? AskForPassword : ApiProblem.Unauthenticated
            : ApiProblem.Forbidden(string.Join(" ", authorizeResult.AuthorizationFailure?.FailureReasons.Select(reason => reason.Message) ?? []));
        return problem.ExecuteAsync(context);
    }

    /// <summary>File managers know no other way to ask for a key. No page is below this address, and its contents are sandboxed.</summary>
    private static ApiProblem AskForPassword { get; } = ApiProblem.Unauthenticated with
    {
        Detail = "Send an API key as the password of HTTP Basic, with any user name.",
        Header = ("WWW-Authenticate", "Basic realm=\"FileDrop\", charset=\"UTF-8\""),
    };

    private static ApiProblem Unprotected { get; } = ApiProblem.Forbidden(
        "Use HTTPS: this address takes a password, and others could read it on the way. If you do use HTTPS, a proxy hides it: name the proxy in "
        + "FileDrop:Proxies, and let it send X-Forwarded-Proto. If this request had a key, revoke it.");

    private static ApiProblem WrongOwner { get; } =
        ApiProblem.InvalidRequest(
            $"Name one owner: 1 to {Caller.MaxOwnerLength} Unicode characters in NFC, sent as UTF-8 and percent-encoded, without control characters.");

    private static bool IsOwnerWellFormed(HttpRequest request) =>
        !request.Query.TryGetValue(Caller.OwnerParameter, out var owner) || (owner is [{ } name] && ApiKeys.IsOwner(name) && Parameters.IsUtf8(request.QueryString, Caller.OwnerParameter));
}
