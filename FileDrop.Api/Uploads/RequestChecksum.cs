using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using FileDrop.Api.Contents;
using FileDrop.Api.Hashing;
using FileDrop.Api.Http;

namespace FileDrop.Api.Uploads;

/// <summary>The checksum of one request's bytes: tus's <c>Upload-Checksum</c>, also as a trailer, or a <c>Content-Digest</c> (RFC 9530).</summary>
internal sealed class RequestChecksum : IBytesCheck, IDisposable
{
    /// <summary>tus's field.</summary>
    public const string Header = "Upload-Checksum";

    /// <summary>tus's names of the algorithms. Every tus server must have the first.</summary>
    public const string Algorithms = "sha1,sha256";

    private readonly List<IncrementalHash> _hashes = [];
    private readonly Func<ApiProblem?> _verify;

    private RequestChecksum(Func<RequestChecksum, ApiProblem?> verify, params ReadOnlySpan<HashAlgorithmName> algorithms)
    {
        _verify = () => verify(this);
        foreach (var algorithm in algorithms)
            _hashes.Add(IncrementalHash.CreateHash(algorithm));
    }

    /// <summary>Reads tus's checksum from the request's header, or prepares for one in its trailer.</summary>
    /// <param name="request">The request, with its body still unread.</param>
    /// <param name="checksum">Null if none was announced.</param>
    /// <param name="problem">The field is malformed, or names another algorithm.</param>
    public static bool TryReadTus(HttpRequest request, out RequestChecksum? checksum, [NotNullWhen(false)] out ApiProblem? problem)
    {
        (checksum, problem) = (null, null);
        if (request.Headers[Header].ToString() is { Length: > 0 } field)
        {
            problem = TryParse(field, out var algorithm, out var expected) ? null : Malformed;
            if (problem is null)
                checksum = new RequestChecksum(self => Compare(self._hashes[0], expected), algorithm);
            return problem is null;
        }
        // A trailer must be announced (RFC 9110, section 6.6.2). Otherwise no byte of any request could be kept before its end.
        if (request.Headers.Trailer.SelectMany(names => (names ?? "").Split(',', StringSplitOptions.TrimEntries))
            .Contains(Header, StringComparer.OrdinalIgnoreCase))
            checksum = new RequestChecksum(self => self.CheckTrailer(request), HashAlgorithmName.SHA1, HashAlgorithmName.SHA256);
        return true;
    }

    /// <summary>Reads a Content-Digest.</summary>
    /// <param name="request">The request.</param>
    /// <param name="checksum">Null if the request has none.</param>
    /// <param name="problem">The field is malformed.</param>
    public static bool TryReadDigest(HttpRequest request, out RequestChecksum? checksum, [NotNullWhen(false)] out ApiProblem? problem)
    {
        (checksum, problem) = (null, null);
        if (!ContentDigest.TryRead(request.Headers["Content-Digest"], out var digest, out var wrong))
            problem = ApiProblem.InvalidRequest(wrong);
        if (digest is not null)
            checksum = new RequestChecksum(self =>
            {
                var actual = Convert.ToHexStringLower(self._hashes[0].GetCurrentHash());
                return actual.Equals(digest, StringComparison.Ordinal) ? null
                    : ApiProblem.DigestMismatch($"The bytes that arrived have {ContentDigest.Format(actual)}; none of them were kept.");
            }, HashAlgorithmName.SHA256);
        return problem is null;
    }

    public void Append(ReadOnlySequence<byte> bytes)
    {
        foreach (var piece in bytes)
            foreach (var hash in _hashes)
                hash.AppendData(piece.Span);
    }

    /// <summary>Compares, once all bytes were added.</summary>
    /// <exception cref="ProblemException">The checksums differ, or the trailer is malformed.</exception>
    public void Verify()
    {
        if (_verify() is { } problem)
            throw new ProblemException(problem);
    }

    public void Dispose()
    {
        foreach (var hash in _hashes)
            hash.Dispose();
    }

    private static ApiProblem Malformed { get; } = ApiProblem.InvalidRequest(
        $"{Header} is the name of an algorithm ({Algorithms.Replace(",", " or ", StringComparison.Ordinal)}), a space, and the checksum in base64.");

    private ApiProblem? CheckTrailer(HttpRequest request)
    {
        if (!request.SupportsTrailers() || !request.CheckTrailersAvailable())
            return Malformed;
        return TryParse(request.GetTrailer(Header).ToString(), out var algorithm, out var expected)
            ? Compare(_hashes[algorithm == HashAlgorithmName.SHA1 ? 0 : 1], expected)
            : Malformed;
    }

    private static ApiProblem? Compare(IncrementalHash hash, byte[] expected)
    {
        var actual = hash.GetCurrentHash();
        return actual.AsSpan().SequenceEqual(expected) ? null
            : ApiProblem.ChecksumMismatch($"The bytes that arrived have {Convert.ToBase64String(actual)}; none of them were kept.");
    }

    private static bool TryParse(string field, out HashAlgorithmName algorithm, out byte[] checksum)
    {
        (algorithm, checksum) = (default, []);
        if (field.Split(' ') is not [var name, var text])
            return false;
        var length = name switch { "sha1" => 20, "sha256" => 32, _ => 0 };
        algorithm = length == 20 ? HashAlgorithmName.SHA1 : HashAlgorithmName.SHA256;
        checksum = new byte[length];
        return length > 0 && Convert.TryFromBase64String(text, checksum, out var written) && written == length;
    }
}
