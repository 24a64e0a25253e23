using System.IO.Hashing;
using System.Security.Cryptography;
using FileDrop.Api.Hashing;
using FileDrop.Api.Memory;

namespace FileDrop.Api.Contents;

/// <summary>The facts about a content that a commit records.</summary>
/// <param name="Size">In bytes.</param>
/// <param name="Sha256">In lower-case hexadecimal.</param>
/// <param name="XxHash3">The fast checksum, of 64 bits.</param>
/// <param name="Crc32">The CRC-32; null if an earlier release hashed some of the bytes.</param>
internal sealed record ContentFacts(long Size, string Sha256, long XxHash3, uint? Crc32);

/// <summary>The bounds of a content's length, as far as they are known before it is read.</summary>
/// <param name="AtLeast">Bytes that will certainly come, if the content comes at all.</param>
/// <param name="AtMost">An upper bound in bytes; null if there is none.</param>
internal readonly record struct ContentLength(long AtLeast, long? AtMost)
{
    /// <summary>Nothing is known.</summary>
    public static ContentLength Unknown => default;

    /// <summary>Whether both bounds are the length.</summary>
    public bool IsExact => AtMost == AtLeast;

    /// <summary>The length is known.</summary>
    public static ContentLength Exactly(long bytes) => new(bytes, bytes);
}

/// <summary>
/// A file's bytes on their way in: counts and hashes them once, and holds them to the limit and to the digest that was sent. After the last
/// byte it knows the facts for a commit.
/// </summary>
/// <param name="source">The bytes, for example the request's body or a part of it.</param>
/// <param name="first">A byte that was already read from <paramref name="source"/>, to see whether there is one.</param>
/// <param name="maxSize">The largest content in bytes; one more is refused.</param>
/// <param name="digest">The SHA-256 that the content must have, in lower-case hexadecimal, or null for any.</param>
internal sealed class IncomingContent(Stream source, byte? first, long maxSize, string? digest) : ForwardStream
{
    private readonly IncrementalHash _sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly XxHash3 _xxHash3 = new();
    private readonly Crc32 _crc32 = new();
    private byte? _first = first;
    private string? _hash;

    /// <summary>The bounds of the length, as far as they are known before the content is read.</summary>
    public ContentLength Announced { get; init; }

    /// <summary>Bytes read so far.</summary>
    public long Count { get; private set; }

    /// <summary>The SHA-256 that the sender announced, or null if it announced none.</summary>
    public string? Promised => digest;

    /// <summary>The content's facts. If the content did not have to be read, its hash is the one that the sender announced.</summary>
    public ContentFacts Facts => new(Count, _hash ?? digest ?? throw new InvalidOperationException("The content was not read to its end."),
        unchecked((long)_xxHash3.GetCurrentHashAsUInt64()), _crc32.GetCurrentHashAsUInt32());

    /// <summary>Compares a SHA-256 with the one that was announced.</summary>
    /// <exception cref="RefusedException">They differ.</exception>
    public static void CheckDigest(string? sent, string actual)
    {
        if (sent is not null && !string.Equals(sent, actual, StringComparison.Ordinal))
            throw new RefusedException(new Refusal(RefusalCode.DigestMismatch, $"The bytes that arrived have {ContentDigest.Format(actual)}."));
    }

    /// <exception cref="RefusedException">The content is too large, or does not have the digest.</exception>
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
            throw new RefusedException(new Refusal(RefusalCode.FileTooLarge, $"The limit is {maxSize} bytes."));
        _sha256.AppendData(buffer.Span[..read]);
        _xxHash3.Append(buffer.Span[..read]);
        _crc32.Append(buffer.Span[..read]);
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
