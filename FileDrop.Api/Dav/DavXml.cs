using System.Xml;
using System.Xml.Linq;
using FileDrop.Api.Http;

namespace FileDrop.Api.Dav;

/// <summary>WebDAV's XML: names, and bodies of requests under limits.</summary>
internal static class DavXml
{
    /// <summary>The namespace of WebDAV itself.</summary>
    public static readonly XNamespace Dav = "DAV:";

    /// <summary>The media type of answers.</summary>
    public const string MediaType = "application/xml; charset=utf-8";

    /// <summary>The largest body, in bytes.</summary>
    private const int MaxBytes = 256 * 1024;

    /// <summary>The most elements within each other.</summary>
    private const int MaxDepth = 32;

    /// <summary>The most elements in a body.</summary>
    private const int MaxElements = 5_000;

    /// <summary>Reads a body; null if the request has none.</summary>
    /// <exception cref="ProblemException">It is too large or too deep, is not well-formed, or has a document type.</exception>
    public static async Task<XElement?> ReadAsync(HttpRequest request, TimeSpan patience)
    {
        if (request.ContentLength > MaxBytes)
            throw TooLarge();
        using var bytes = new MemoryStream();
        await using var body = new RequestStream(request.BodyReader, patience, digest: null);
        var buffer = new byte[16 * 1024];
        while (await body.ReadAsync(buffer, request.HttpContext.RequestAborted) is > 0 and var read)
        {
            if (bytes.Length + read > MaxBytes)
                throw TooLarge();
            bytes.Write(buffer, 0, read);
        }
        if (bytes.Length == 0)
            return null;
        try
        {
            // The first pass demands the limits, so that the second never builds a tree that is too deep.
            Demand(bytes);
            using var reader = Reader(bytes);
            return XDocument.Load(reader, LoadOptions.PreserveWhitespace).Root;
        }
        catch (XmlException malformed)
        {
            throw new ProblemException(ApiProblem.InvalidRequest($"The body is not XML as WebDAV sends it: {malformed.Message}"), malformed);
        }
    }

    /// <summary>A property's element as it is stored: on its own, with the language that it has inherited.</summary>
    public static string Keep(XElement element)
    {
        var kept = new XElement(element);
        var language = element.AncestorsAndSelf().Select(each => each.Attribute(XNamespace.Xml + "lang")?.Value).FirstOrDefault(each => each is not null);
        if (language is not null)
            kept.SetAttributeValue(XNamespace.Xml + "lang", language);
        return kept.ToString(SaveOptions.DisableFormatting);
    }

    /// <summary>Writes a stored element.</summary>
    public static void WriteKept(XmlWriter writer, string xml) => XElement.Parse(xml, LoadOptions.PreserveWhitespace).WriteTo(writer);

    /// <summary>Replaces the characters that XML does not allow.</summary>
    public static string Text(string text) => text.All(each => XmlConvert.IsXmlChar(each) || char.IsSurrogate(each))
        ? text
        : string.Concat(text.Select(each => XmlConvert.IsXmlChar(each) || char.IsSurrogate(each) ? each : '\uFFFD'));

    private static void Demand(MemoryStream bytes)
    {
        using var reader = Reader(bytes);
        for (var elements = 0; reader.Read();)
        {
            elements += reader.NodeType == XmlNodeType.Element ? 1 + reader.AttributeCount : 0;
            if (reader.Depth > MaxDepth || elements > MaxElements)
                throw TooLarge();
        }
    }

    private static XmlReader Reader(MemoryStream bytes)
    {
        bytes.Position = 0;
        return XmlReader.Create(bytes, new XmlReaderSettings
        {
            DtdProcessing = DtdProcessing.Prohibit,
            XmlResolver = null,
            MaxCharactersInDocument = MaxBytes,
            MaxCharactersFromEntities = 1024,
            CloseInput = false,
        });
    }

    private static ProblemException TooLarge() => new(ApiProblem.FileTooLarge(
        $"A body of WebDAV has at most {MaxBytes} bytes and {MaxElements} elements and attributes, {MaxDepth} of them within each other."));
}
