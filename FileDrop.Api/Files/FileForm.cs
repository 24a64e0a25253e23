using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace FileDrop.Api.Files;

/// <summary>
/// A <c>multipart/form-data</c> body (RFC 7578), read once from front to back: the file goes to its sink as it arrives,
/// the text parts that mean something are kept, the others are passed over.
/// </summary>
internal sealed class FileForm
{
    /// <summary>32 tags of 320 bytes, each byte escaped as \u00xx, and room.</summary>
    private const int MaxTextBytes = 128 * 1024;
    private const int MaxParts = 100;
    private const int MaxHeaderBytes = 16 * 1024;
    private const int MaxHeaders = 32;
    private const int MaxBoundary = 70;

    /// <summary>A preamble and a header, each of which the reader allows as many bytes, and what it reads ahead.</summary>
    private const int MaxFraming = (2 * MaxHeaderBytes) + (2 * FormBytes.ReadAhead);

    private readonly HttpRequest _request;
    private readonly FileDropOptions _limits;
    private readonly ContentSink _sink;
    private string? _name;
    private string? _fileName;
    private string? _type;
    private IReadOnlyDictionary<string, string>? _tags;
    private ContentFacts? _content;

    private FileForm(HttpRequest request, FileDropOptions limits, ContentSink sink) => (_request, _limits, _sink) = (request, limits, sink);

    private CancellationToken Cancellation => _request.HttpContext.RequestAborted;

    /// <summary>Reads a form.</summary>
    /// <param name="request">Its body is a form.</param>
    /// <param name="useFileName">Whether the file part's own name counts where there is no text part <c>file_name</c>.</param>
    /// <param name="limits">The service's limits.</param>
    /// <param name="sink">Takes the file's bytes; called at most once.</param>
    /// <exception cref="ContentRejectedException">The form is refused.</exception>
    public static async Task<Received> ReadAsync(HttpRequest request, bool useFileName, FileDropOptions limits, ContentSink sink)
    {
        var form = new FileForm(request, limits, sink);
        if (!ContentDigest.TryRead(FileRequest.DigestFields(request.Headers), out var digest, out var problem))
            throw new ContentRejectedException(problem);
        // A digest field on the request covers the whole body, framing and all.
        using var body = new RequestBody(request.BodyReader, limits.UploadPatience, digest);
        using var bytes = new FormBytes(body, limits.MaxFileSize);
        try
        {
            using var recent = new RecentBytes(bytes);
            await form.ReadPartsAsync(bytes, recent, new MultipartReader(Boundary(request), recent, FormBytes.ReadAhead)
            {
                HeadersLengthLimit = MaxHeaderBytes,
                HeadersCountLimit = MaxHeaders,
            });
            await bytes.CopyToAsync(Stream.Null, form.Cancellation);
        }
        catch (Exception malformed) when (malformed is InvalidDataException || malformed is IOException and not BadHttpRequestException)
        {
            throw new ContentRejectedException(
                ApiProblem.InvalidRequest("The multipart body is cut off, or a part's header is malformed or too large."), malformed);
        }
        if (form._name is null && useFileName && form._content is not null)
            form._name = form._fileName is null ? FileName.Untitled : Made(form._fileName);
        return new Received(form._name, form._tags, form._type, form._content);
    }

    private static string Boundary(HttpRequest request)
    {
        var boundary = HeaderUtilities.RemoveQuotes(MediaTypeHeaderValue.Parse(request.ContentType).Boundary).ToString();
        return boundary.Length is > 0 and <= MaxBoundary
            ? boundary
            : throw new ContentRejectedException(ApiProblem.InvalidRequest($"multipart/form-data needs a boundary of 1 to {MaxBoundary} characters."));
    }

    private static string Made(string sent) =>
        FileName.TryMake(sent, out var name, out var problem) ? name : throw new ContentRejectedException(problem);

    private async Task ReadPartsAsync(FormBytes bytes, RecentBytes recent, MultipartReader reader)
    {
        for (var parts = 0; await NextAsync() is { } part; parts++)
        {
            if (parts == MaxParts)
                throw new ContentRejectedException(ApiProblem.InvalidRequest($"A form has at most {MaxParts} parts."));
            if (ContentDisposition.Parse(part.ContentDisposition ?? "", inForm: true) is not { Type: "form-data" } disposition)
                throw new ContentRejectedException(ApiProblem.InvalidRequest("Every part of a form has a Content-Disposition of form-data."));
            // The reader replaces what is not UTF-8 by U+FFFD, which may also stand in a name itself.
            if (disposition.IsUnreadable || (disposition.FileName?.Contains('\uFFFD', StringComparison.Ordinal) == true && !recent.Contains(part.ContentDisposition ?? "")))
                throw new ContentRejectedException(FileName.NotText);
            if (disposition.FileName is { } fileName)
                await ReadFileAsync(bytes, part, fileName);
            // Browsers send a field that was left empty, too.
            else if (disposition.Name is "file_name" && await ReadTextAsync(part) is { Length: > 0 } name)
                _name = _name is null ? Made(name) : throw Twice("file_name");
            else if (disposition.Name is "tags" && await ReadTextAsync(part) is { Length: > 0 } tags)
                _tags = _tags is null ? Tags(tags) : throw Twice("tags");
            // What nobody wanted is read here, and not by the reader, which is about to be held to a header's length.
            await part.Body.CopyToAsync(Stream.Null, Cancellation);
            bytes.IsFile = false;
        }

        async Task<MultipartSection?> NextAsync()
        {
            bytes.Allow(MaxFraming);
            var part = await reader.ReadNextSectionAsync(Cancellation);
            bytes.Allow(FormBytes.MaxOthers);
            return part;
        }
    }

    private async Task ReadFileAsync(FormBytes bytes, MultipartSection part, string fileName)
    {
        byte? first = null;
        if (fileName.Length == 0)
        {
            // Browsers send a part without a name and without a byte for a file field that was left empty.
            var one = new byte[1];
            if (await part.Body.ReadAsync(one, Cancellation) == 0)
                return;
            first = one[0];
        }
        if (_content is not null)
            throw new ContentRejectedException(ApiProblem.TooManyFiles);
        if (!FileType.TryRead(part.ContentType, raw: false, out _type, out var problem)
            || !ContentDigest.TryRead(part.Headers is { } fields ? FileRequest.DigestFields(new HeaderDictionary(fields)) : [], out var digest, out problem))
            throw new ContentRejectedException(problem);
        _fileName = fileName.Length == 0 ? null : fileName;
        bytes.IsFile = true;
        using var content = new IncomingContent(part.Body, first, _limits.MaxFileSize, digest);
        await _sink(content, _request.ContentLength, exact: false);
        _content = content.Facts;
    }

    private async Task<string> ReadTextAsync(MultipartSection part)
    {
        using var text = new MemoryStream();
        var buffer = new byte[4096];
        while (await part.Body.ReadAsync(buffer, Cancellation) is var read and > 0)
        {
            if (text.Length + read > MaxTextBytes)
                throw new ContentRejectedException(ApiProblem.InvalidRequest($"A text part has at most {MaxTextBytes} bytes."));
            text.Write(buffer, 0, read);
        }
        return UnicodeText.TryDecode(text.GetBuffer().AsSpan(0, (int)text.Length), out var decoded)
            ? decoded
            : throw new ContentRejectedException(ApiProblem.InvalidRequest("A form's text parts are UTF-8."));
    }

    private static IReadOnlyDictionary<string, string> Tags(string text) =>
        FileTags.TryParse(text, out var tags, out var problem) ? tags : throw new ContentRejectedException(problem);

    private static ContentRejectedException Twice(string part) => new(ApiProblem.InvalidRequest($"The form has the part {part} more than once."));
}
