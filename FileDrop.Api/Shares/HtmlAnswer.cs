using System.Text;
using FileDrop.Api.Http;

namespace FileDrop.Api.Shares;

/// <summary>A page for people, complete before its first byte is sent. It runs only what it was made with.</summary>
/// <param name="html">The page.</param>
/// <param name="nonce">The number that its style sheet and script have.</param>
internal sealed class HtmlAnswer(string html, string nonce) : IResult
{
    public int Status { get; init; } = StatusCodes.Status200OK;

    /// <summary>The problem that the page explains; null if there is none.</summary>
    public ApiProblem? Problem { get; init; }

    /// <summary>Whether the page has a form and a script.</summary>
    public bool IsForm { get; init; }

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = Status;
        var headers = response.Headers;
        Problem?.WriteFields(httpContext);
        headers.CacheControl = "no-store";
        headers.ContentSecurityPolicy =
            $"default-src 'none'; style-src 'nonce-{nonce}'; {(IsForm ? $"script-src 'nonce-{nonce}'; connect-src 'self'; " : "")}img-src 'self'; media-src 'self'; "
            + $"frame-src 'self'; form-action {(IsForm ? "'self'" : "'none'")}; base-uri 'none'; frame-ancestors 'none'; "
            + "require-trusted-types-for 'script'; trusted-types 'none'";
        headers.XFrameOptions = "DENY";
        var bytes = Encoding.UTF8.GetBytes(html);
        response.ContentType = "text/html; charset=utf-8";
        response.ContentLength = bytes.Length;
        if (!HttpMethods.IsHead(httpContext.Request.Method))
            await response.Body.WriteAsync(bytes, httpContext.RequestAborted);
    }
}
