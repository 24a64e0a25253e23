using System.Buffers;
using System.IO.Pipelines;
using System.Security.Cryptography;
using FileDrop.Api.Contents;
using FileDrop.Api.Memory;

namespace FileDrop.Api.Http;

/// <summary>A request's body as a stream.</summary>
/// <param name="source">The body.</param>
/// <param name="patience">How long the client may send nothing.</param>
/// <param name="digest">The SHA-256 that the whole body must have, in lower-case hexadecimal, or null for any.</param>
internal sealed class RequestStream(PipeReader source, TimeSpan patience, string? digest) : ForwardStream
{
    private readonly RequestBytes _body = new(source, patience);
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
