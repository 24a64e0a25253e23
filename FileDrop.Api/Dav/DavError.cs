using System.Xml;
using FileDrop.Api.Http;

namespace FileDrop.Api.Dav;

/// <summary>An error with the name of a condition of WebDAV (RFC 4918, section 16), which clients understand.</summary>
/// <param name="Problem">The error.</param>
/// <param name="Condition">The name of the condition.</param>
/// <param name="Href">The address that the condition names; null for none.</param>
internal sealed record DavError(ApiProblem Problem, string Condition, string? Href = null) : IResult
{
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = Problem.Status;
        response.ContentType = DavXml.MediaType;
        response.Headers.CacheControl = "no-store";
        httpContext.Items[typeof(ApiProblem)] = Problem.Code;
        using var body = new MemoryStream();
        using (var writer = XmlWriter.Create(body, Multistatus.Settings))
        {
            writer.WriteStartElement("D", "error", "DAV:");
            writer.WriteStartElement("D", Condition, "DAV:");
            if (Href is not null)
                writer.WriteElementString("D", "href", "DAV:", Href);
            writer.WriteEndElement();
            writer.WriteElementString("detail", "urn:filedrop:webdav", Problem.Detail);
            writer.WriteEndElement();
        }
        response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(httpContext.Request.Method))
            await response.Body.WriteAsync(body.GetBuffer().AsMemory(0, (int)body.Length), httpContext.RequestAborted);
    }
}
