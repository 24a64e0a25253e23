using FileDrop.Api.Contents;
using FileDrop.Api.Hashing;
using FileDrop.Api.Settings;

namespace FileDrop.Api.Http;

/// <summary>A request's body that brings a file: a form, or the file itself.</summary>
internal abstract class FileBody : IIncomingFile, IDisposable
{
    public abstract IncomingContent Content { get; }

    /// <summary>Reads up to the content. Returns false if the whole body was read and has none.</summary>
    /// <exception cref="ProblemException">The body is refused.</exception>
    public abstract ValueTask<bool> OpenAsync(CancellationToken cancellation);

    public abstract ValueTask<FileProperties> ReadPropertiesAsync(CancellationToken cancellation);

    public abstract void Dispose();
}

/// <summary>A body that is the file.</summary>
internal sealed class RawBody : FileBody
{
    private readonly RequestStream _body;
    private readonly string? _name;
    private readonly string _type;
    private readonly bool _mayBeNothing;
    private readonly Destination _destination;
    private readonly DateTimeOffset? _modifiedAt;
    private readonly DateTimeOffset? _expiresAt;

    /// <param name="request">The request.</param>
    /// <param name="name">The name that the request gives, or null.</param>
    /// <param name="usualName">The name whose extension decides on the type if the request gives neither.</param>
    /// <param name="mayBeNothing">Whether the body may be empty if the request gives no name.</param>
    /// <param name="limits">The service's limits.</param>
    /// <param name="destination">The place of a new file; null for a loose one.</param>
    /// <param name="modifiedAt">When the content last changed, as the client knows it; null if it did not tell.</param>
    /// <param name="expiresAt">When the file goes to the trash by itself; null for never.</param>
    /// <exception cref="ProblemException">A field is refused.</exception>
    public RawBody(
        HttpRequest request, string? name, string usualName, bool mayBeNothing, FileDropOptions limits, Destination? destination = null,
        DateTimeOffset? modifiedAt = null, DateTimeOffset? expiresAt = null)
    {
        if (!FileType.TryRead(request.ContentType, raw: true, out var type, out var wrong)
            || !ContentDigest.TryRead(FileRequest.DigestFields(request.Headers), out var digest, out wrong))
            throw new ProblemException(ApiProblem.InvalidRequest(wrong));
        (_name, _type, _mayBeNothing) = (name, type ?? FileType.OfName(name ?? usualName), mayBeNothing);
        (_destination, _modifiedAt, _expiresAt) = (destination ?? Destination.Loose, modifiedAt, expiresAt);
        _body = new RequestStream(request.BodyReader, limits.UploadPatience, digest: null);
        Content = new IncomingContent(_body, first: null, limits.MaxFileSize, digest)
        {
            Announced = request.ContentLength is { } length ? ContentLength.Exactly(length) : ContentLength.Unknown,
        };
    }

    public override IncomingContent Content { get; }

    public override ValueTask<bool> OpenAsync(CancellationToken cancellation) => ValueTask.FromResult(true);

    /// <exception cref="ProblemException">The body is empty and has no name.</exception>
    public override ValueTask<FileProperties> ReadPropertiesAsync(CancellationToken cancellation) => _mayBeNothing || _name is not null || Content.Count > 0
        ? ValueTask.FromResult(new FileProperties(_name, _type, null) { Destination = _destination, ModifiedAt = _modifiedAt, ExpiresAt = _expiresAt })
        : throw new ProblemException(ApiProblem.FileMissing("The body is empty and has no name. Send the file as the body, or name an empty file: ?file_name=empty.txt."));

    public override void Dispose()
    {
        Content.Dispose();
        _body.Dispose();
    }
}
