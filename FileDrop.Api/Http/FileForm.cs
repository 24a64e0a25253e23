using FileDrop.Api.Contents;
using FileDrop.Api.Hashing;
using FileDrop.Api.Settings;
using FileDrop.Api.Text;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace FileDrop.Api.Http;

/// <summary>
/// A <c>multipart/form-data</c> body (RFC 7578), read once from front to back. The text parts <c>file_name</c> and <c>tags</c> may stand before or behind
/// the file; other text parts are skipped.
/// </summary>
internal sealed class FileForm : FileBody
{
    /// <summary>Bytes: a form is larger than its file, but hardly ever by a mebibyte.</summary>
    public const int Allowance = 1 << 20;

    /// <summary>32 tags of 320 bytes, each byte escaped as \u00xx, and room.</summary>
    private const int MaxTextBytes = 128 * 1024;
    private const int MaxParts = 100;
    private const int MaxHeaderBytes = 16 * 1024;
    private const int MaxHeaders = 32;
    private const int MaxBoundary = 70;

    /// <summary>The reader takes a preamble and a header of this size each, and reads ahead.</summary>
    private const int MaxFraming = (2 * MaxHeaderBytes) + (2 * FormBytes.ReadAhead);

    private readonly string _usualName;
    private readonly bool _useFileName;
    private readonly long _maxSize;
    private readonly ContentLength _length;
    private readonly RequestStream _body;
    private readonly FormBytes _bytes;
    private readonly RecentBytes _recent;
    private readonly MultipartReader _reader;
    private int _parts;
    private MultipartSection? _file;
    private IncomingContent? _content;
    private string? _fileName;
    private string? _type;
    private readonly PlaceFields _place;
    private readonly IReadOnlyCollection<string> _others;
    private readonly Dictionary<string, string> _texts = new(StringComparer.Ordinal);

    /// <param name="request">Its body is a form.</param>
    /// <param name="usualName">The name whose extension decides on the type if the form gives neither.</param>
    /// <param name="useFileName">Whether the file part's own name counts without a text part <c>file_name</c>.</param>
    /// <param name="limits">The service's limits.</param>
    /// <param name="others">The names of other text parts to read; see <see cref="Texts"/>.</param>
    /// <exception cref="ProblemException">A field is refused.</exception>
    public FileForm(HttpRequest request, string usualName, bool useFileName, FileDropOptions limits, IReadOnlyCollection<string>? others = null)
    {
        (_others, _place) = (others ?? [], new PlaceFields(request));
        if (!ContentDigest.TryRead(FileRequest.DigestFields(request.Headers), out var digest, out var wrong))
            throw Refused(wrong);
        var boundary = HeaderUtilities.RemoveQuotes(MediaTypeHeaderValue.Parse(request.ContentType).Boundary).ToString();
        if (boundary.Length is 0 or > MaxBoundary)
            throw Refused($"multipart/form-data needs a boundary of 1 to {MaxBoundary} characters.");
        (_usualName, _useFileName, _maxSize) = (usualName, useFileName, limits.MaxFileSize);
        _length = new ContentLength(Math.Max(0, (request.ContentLength ?? 0) - Allowance), request.ContentLength);
        // A digest field of the request covers the whole body, framing and all.
        _body = new RequestStream(request.BodyReader, limits.UploadPatience, digest);
        _bytes = new FormBytes(_body, limits.MaxFileSize);
        _recent = new RecentBytes(_bytes);
        _reader = new MultipartReader(boundary, _recent, FormBytes.ReadAhead) { HeadersLengthLimit = MaxHeaderBytes, HeadersCountLimit = MaxHeaders };
    }

    public override IncomingContent Content => _content ?? throw new InvalidOperationException("The form has no file, or was not opened.");

    /// <summary>The text part <c>file_name</c>, or the file part's own name if that counts. Null if not given, or not read yet.</summary>
    public string? Name { get; private set; }

    /// <summary>The text part <c>tags</c>. Null if not given, or not read yet.</summary>
    public IReadOnlyDictionary<string, string>? Tags { get; private set; }

    /// <summary>The other text parts that have come so far; empty ones are left out.</summary>
    public IReadOnlyDictionary<string, string> Texts => _texts;

    public override async ValueTask<bool> OpenAsync(CancellationToken cancellation)
    {
        try
        {
            return (_content = await NextContentAsync(cancellation)) is not null;
        }
        catch (Exception malformed) when (FormPart.IsMalformed(malformed))
        {
            throw FormPart.Malformed(malformed);
        }
    }

    /// <summary>Reads on to the form's end.</summary>
    /// <exception cref="ProblemException">The form is refused.</exception>
    public override async ValueTask<FileProperties> ReadPropertiesAsync(CancellationToken cancellation)
    {
        try
        {
            if (_file is not null)
                await EndAsync(_file, cancellation);
            await NextContentAsync(cancellation);
        }
        catch (Exception malformed) when (FormPart.IsMalformed(malformed))
        {
            throw FormPart.Malformed(malformed);
        }
        var destination = Destination.Loose;
        if (_useFileName)
        {
            // A path with the file's name wins over the name that the file has on the client's disk.
            (destination, Name) = _place.ReadFor(Name ?? (_place.HasPath ? null : _fileName is null ? FileName.Untitled : Made(_fileName)));
        }
        return new FileProperties(Name, _type ?? FileType.OfName(Name ?? _usualName), Tags) { Destination = destination, ModifiedAt = _place.ModifiedAt, ExpiresAt = _place.ExpiresAt };
    }

    public override void Dispose()
    {
        _content?.Dispose();
        _recent.Dispose();
        _bytes.Dispose();
        _body.Dispose();
    }

    /// <summary>Reads parts up to the file's content. Returns null if the form has ended.</summary>
    private async Task<IncomingContent?> NextContentAsync(CancellationToken cancellation)
    {
        while (await NextPartAsync(cancellation) is { } part)
        {
            if (await ReadAsync(part, cancellation) is { } content)
            {
                _file = part;
                return content;
            }
            await EndAsync(part, cancellation);
        }
        await _bytes.CopyToAsync(Stream.Null, cancellation);
        return null;
    }

    private async Task<MultipartSection?> NextPartAsync(CancellationToken cancellation)
    {
        _bytes.Allow(MaxFraming);
        var part = await _reader.ReadNextSectionAsync(cancellation);
        _bytes.Allow(FormBytes.MaxOthers);
        return part is not null && _parts++ == MaxParts ? throw Refused($"A form has at most {MaxParts} parts.") : part;
    }

    /// <summary>Reads a part's header, and the text of a known field.</summary>
    /// <returns>The file's content, which is still to be read, or null if the part is not a file.</returns>
    private async Task<IncomingContent?> ReadAsync(MultipartSection part, CancellationToken cancellation)
    {
        if (ContentDisposition.Parse(part.ContentDisposition ?? "", inForm: true) is not { Type: "form-data" } disposition)
            throw Refused("Every part of a form has a Content-Disposition of form-data.");
        // The reader replaces bytes that are not UTF-8 by U+FFFD, but that character may also stand in a name itself.
        if (disposition.IsUnreadable || (disposition.FileName?.Contains('\uFFFD', StringComparison.Ordinal) == true && !_recent.Contains(part.ContentDisposition ?? "")))
            throw new ProblemException(ApiProblem.InvalidName(FileName.NotText));
        if (disposition.FileName is { } fileName)
            return await OpenFileAsync(part, fileName, cancellation);
        // Browsers also send a field that was left empty.
        if (disposition.Name is "file_name" && await ReadTextAsync(part, cancellation) is { Length: > 0 } name)
            Name = Name is null ? Made(name) : throw Twice("file_name");
        else if (disposition.Name is "tags" && await ReadTextAsync(part, cancellation) is { Length: > 0 } tags)
            Tags = Tags is null ? Parsed(tags) : throw Twice("tags");
        else if (_others.Contains(disposition.Name ?? "", StringComparer.Ordinal) && await ReadTextAsync(part, cancellation) is { Length: > 0 } text)
            _texts[disposition.Name ?? ""] = text;
        else if ((_useFileName || disposition.Name is "modified_at" or "expires_at") && PlaceFields.Knows(disposition.Name))
            _place.Take(disposition.Name ?? "", await ReadTextAsync(part, cancellation));
        return null;
    }

    /// <summary>Reads the rest of a part, before the allowance shrinks to a header's size.</summary>
    private async Task EndAsync(MultipartSection part, CancellationToken cancellation)
    {
        await part.Body.CopyToAsync(Stream.Null, cancellation);
        _bytes.IsFile = false;
    }

    private async Task<IncomingContent?> OpenFileAsync(MultipartSection part, string fileName, CancellationToken cancellation)
    {
        byte? first = null;
        if (fileName.Length == 0)
        {
            // For a file field that was left empty, browsers send a part without a name and without a byte.
            var one = new byte[1];
            if (await part.Body.ReadAsync(one, cancellation) == 0)
                return null;
            first = one[0];
        }
        if (_content is not null)
            throw new ProblemException(ApiProblem.TooManyFiles);
        if (!FileType.TryRead(part.ContentType, raw: false, out _type, out var wrong)
            || !ContentDigest.TryRead(part.Headers is { } fields ? FileRequest.DigestFields(new HeaderDictionary(fields)) : [], out var digest, out wrong))
            throw Refused(wrong);
        _fileName = fileName.Length == 0 ? null : fileName;
        _bytes.IsFile = true;
        return new IncomingContent(new FormPart(part.Body), first, _maxSize, digest) { Announced = _length };
    }

    private static async Task<string> ReadTextAsync(MultipartSection part, CancellationToken cancellation)
    {
        using var text = new MemoryStream();
        var buffer = new byte[4096];
        while (await part.Body.ReadAsync(buffer, cancellation) is var read and > 0)
        {
            if (text.Length + read > MaxTextBytes)
                throw Refused($"A text part has at most {MaxTextBytes} bytes.");
            text.Write(buffer, 0, read);
        }
        return UnicodeText.TryDecode(text.GetBuffer().AsSpan(0, (int)text.Length), out var decoded)
            ? decoded
            : throw Refused("A form's text parts are UTF-8.");
    }

    private static string Made(string sent) =>
        FileName.TryMake(sent, out var name, out var wrong) ? name : throw new ProblemException(ApiProblem.InvalidName(wrong));

    private static IReadOnlyDictionary<string, string> Parsed(string text) =>
        FileTags.TryParse(text, out var tags, out var wrong) ? tags : throw new ProblemException(ApiProblem.InvalidTags(wrong));

    private static ProblemException Twice(string part) => Refused($"The form has the part {part} more than once.");

    private static ProblemException Refused(string detail) => new(ApiProblem.InvalidRequest(detail));
}
