using System.Text;
using System.Xml;

namespace FileDrop.Api.Dav;

/// <summary>An answer about many resources (RFC 4918, section 13). It is sent while it is written, so its memory does not grow with a folder.</summary>
internal sealed class Multistatus : IAsyncDisposable
{
    /// <summary>Bytes that wait in memory before they are sent.</summary>
    private const int Threshold = 32 * 1024;

    private readonly HttpContext _context;
    private readonly MemoryStream _buffer = new();

    /// <summary>How all XML of answers is written.</summary>
    public static XmlWriterSettings Settings { get; } = new() { Encoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), CloseOutput = false };

    public Multistatus(HttpContext context)
    {
        _context = context;
        context.Response.StatusCode = StatusCodes.Status207MultiStatus;
        context.Response.ContentType = DavXml.MediaType;
        context.Response.Headers.CacheControl = "private, no-cache";
        Writer = XmlWriter.Create(_buffer, Settings);
        Writer.WriteStartElement("D", "multistatus", "DAV:");
    }

    /// <summary>Writes into the answer.</summary>
    public XmlWriter Writer { get; }

    /// <summary>Begins what is said about a resource.</summary>
    public void Begin(string href)
    {
        Writer.WriteStartElement("D", "response", "DAV:");
        Writer.WriteElementString("D", "href", "DAV:", href);
    }

    /// <summary>Begins the properties that share a status.</summary>
    public void BeginProperties()
    {
        Writer.WriteStartElement("D", "propstat", "DAV:");
        Writer.WriteStartElement("D", "prop", "DAV:");
    }

    /// <summary>Ends the properties that share a status.</summary>
    /// <param name="status">The status.</param>
    /// <param name="condition">The name of the condition that explains it; null for none.</param>
    public void EndProperties(int status, string? condition = null)
    {
        Writer.WriteEndElement();
        Writer.WriteElementString("D", "status", "DAV:", $"HTTP/1.1 {status} {Microsoft.AspNetCore.WebUtilities.ReasonPhrases.GetReasonPhrase(status)}");
        if (condition is not null)
        {
            Writer.WriteStartElement("D", "error", "DAV:");
            Writer.WriteElementString("D", condition, "DAV:", "");
            Writer.WriteEndElement();
        }
        Writer.WriteEndElement();
    }

    /// <summary>Ends what is said about a resource, and sends if enough waits.</summary>
    public async ValueTask EndAsync()
    {
        Writer.WriteEndElement();
        Writer.Flush();
        if (_buffer.Length >= Threshold)
            await SendAsync();
    }

    /// <summary>Ends the answer. Without this it stays cut off, so that nobody takes a part for the whole.</summary>
    public async Task CompleteAsync()
    {
        Writer.WriteEndElement();
        Writer.Flush();
        await SendAsync();
    }

    public ValueTask DisposeAsync()
    {
        // The writer's own disposal would close open elements.
        _buffer.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task SendAsync()
    {
        await _context.Response.Body.WriteAsync(_buffer.GetBuffer().AsMemory(0, (int)_buffer.Length), _context.RequestAborted);
        _buffer.SetLength(0);
    }
}
