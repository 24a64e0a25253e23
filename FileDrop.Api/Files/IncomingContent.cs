using System.Buffers;
using System.IO.Hashing;
using System.IO.Pipelines;
using System.Security.Cryptography;

namespace FileDrop.Api.Files;

/// <summary>What a client sent cannot be taken; found where only this can say so, as while its bytes are on their way into the store.</summary>
internal sealed class ContentRejectedException(ApiProblem problem, Exception? inner = null) : Exception(problem.Detail, inner)
{
    public ApiProblem Problem { get; } = problem;
}

/// <summary>What a commit says of a content.</summary>
/// <param name="Size">In bytes.</param>
/// <param name="Sha256">In lower-case hexadecimal.</param>
/// <param name="XxHash3">The fast checksum, of 64 bits.</param>
internal sealed record ContentFacts(long Size, string Sha256, long XxHash3);

/// <summary>A request's body as a stream.</summary>
/// <param name="source">The body.</param>
/// <param name="patience">How long the client may send nothing.</param>
/// <param name="digest">The SHA-256 that the whole body must have, in lower-case hexadecimal; null: any.</param>
internal sealed class RequestBody(PipeReader source, TimeSpan patience, string? digest) : ForwardStream
{
    private readonly UploadBody _body = new(source, patience);
    private readonly IncrementalHash? _sha256 = digest is null ? null : IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.Length == 0)
        {
            await _body.WaitAsync(cancellationToken);
            return 0;
        }
        var bytes = await _body.ReadAsync(buffer.Length, cancellationToken);
        var read = (int)bytes.Length;
        bytes.CopyTo(buffer.Span);
        _body.Release();
        _sha256?.AppendData(buffer.Span[..read]);
        if (read == 0 && _sha256 is not null)
            IncomingContent.CheckDigest(digest, Convert.ToHexStringLower(_sha256.GetCurrentHash()));
        return read;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _body.Dispose();
            _sha256?.Dispose();
        }
        base.Dispose(disposing);
    }
}

/// <summary>
/// A file's bytes on their way in: counted, hashed once, held to the limit and to the digest that was sent. Read to its end
/// it knows what a commit needs to say of them.
/// </summary>
/// <param name="source">The request's body, or a part of it.</param>
/// <param name="first">A byte that was read from <paramref name="source"/> already, to see whether there is one.</param>
/// <param name="maxSize">In bytes; one more is refused.</param>
/// <param name="digest">The SHA-256 that the content must have, in lower-case hexadecimal; null: any.</param>
internal sealed class IncomingContent(Stream source, byte? first, long maxSize, string? digest) : ForwardStream
{
    private readonly IncrementalHash _sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly XxHash3 _xxHash3 = new();
    private byte? _first = first;
    private string? _hash;

    /// <summary>Bytes so far.</summary>
    public long Count { get; private set; }

    /// <summary>The SHA-256 that the sender says the content has; null: nothing was said.</summary>
    public string? Promised => digest;

    /// <summary>What the content is; of content that its sink had no need to read, what the sender promised.</summary>
    public ContentFacts Facts => new(Count, _hash ?? digest ?? throw new InvalidOperationException("The content was not read to its end."),
        unchecked((long)_xxHash3.GetCurrentHashAsUInt64()));

    /// <exception cref="ContentRejectedException">They differ.</exception>
    public static void CheckDigest(string? sent, string actual)
    {
        if (sent is not null && !string.Equals(sent, actual, StringComparison.Ordinal))
            throw new ContentRejectedException(ApiProblem.DigestMismatch($"The bytes that arrived have {ContentDigest.Format(actual)}."));
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_hash is not null)
            return 0;
        if (buffer.Length == 0)
            return _first is null ? await source.ReadAsync(buffer, cancellationToken) : 0;
        var read = 1;
        if (_first is { } one)
            (buffer.Span[0], _first) = (one, null);
        else
            read = await source.ReadAsync(buffer, cancellationToken);
        Count += read;
        if (Count > maxSize)
            throw new ContentRejectedException(ApiProblem.FileTooLarge($"The limit is {maxSize} bytes."));
        _sha256.AppendData(buffer.Span[..read]);
        _xxHash3.Append(buffer.Span[..read]);
        if (read == 0)
        {
            _hash = Convert.ToHexStringLower(_sha256.GetHashAndReset());
            CheckDigest(digest, _hash);
        }
        return read;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _sha256.Dispose();
        base.Dispose(disposing);
    }
}
