using System.Net;
using System.Security.Cryptography;

namespace FileDrop.Api.Blobs.S3;

/// <summary>The body of a PUT from memory. Each try has its own.</summary>
internal sealed class PartContent : HttpContent
{
    private readonly PartBuffer _part;
    private readonly int _skip;
    private Task _writing = Task.CompletedTask;

    public PartContent(PartBuffer part, bool checksum, int skip)
    {
        (_part, _skip) = (part, skip);
        if (checksum)
            Headers.ContentMD5 = Checksum();
    }

    /// <summary>Ends when the memory has no reader any more; it never fails.</summary>
    public Task Done => _writing.ContinueWith(
        static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken) =>
        _writing = WriteAsync(stream, cancellationToken);

    protected override bool TryComputeLength(out long length)
    {
        length = _part.Length - _skip;
        return true;
    }

    private async Task WriteAsync(Stream stream, CancellationToken cancellation)
    {
        foreach (var piece in _part.Pieces(_skip))
            await stream.WriteAsync(piece, cancellation);
    }

#pragma warning disable CA5351 // Not for security: S3 defines this checksum, and every server verifies it.
    private byte[] Checksum()
    {
        using var md5 = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
        foreach (var piece in _part.Pieces(_skip))
            md5.AppendData(piece.Span);
        return md5.GetHashAndReset();
    }
#pragma warning restore CA5351
}

/// <summary>The body of a PUT that passes a number of bytes on from the sender as they arrive.</summary>
/// <param name="content">The sender's stream, which may have more bytes.</param>
/// <param name="length">The number of bytes to pass on.</param>
internal sealed class StreamedPartContent(Stream content, long length) : HttpContent
{
    public long Length => length;

    /// <summary>The exception of the sender's stream, which HttpClient may wrap.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>Cancels the request. Nothing else ends a write to a connection that takes no bytes.</summary>
    public CancellationTokenSource? Stop { get; set; }

    /// <summary>The time in which the store must accept a piece, or answer after the last one.</summary>
    public TimeSpan Patience { get; set; } = Timeout.InfiniteTimeSpan;

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        var buffer = new byte[PartMemory.Unit * 4];
        for (var left = length; left > 0;)
        {
            // Kestrel limits the sender's time.
            Stop?.CancelAfter(Timeout.InfiniteTimeSpan);
            var count = await ReadAsync(buffer.AsMemory(0, (int)Math.Min(left, buffer.Length)), cancellationToken);
            Stop?.CancelAfter(Patience);
            await stream.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
            left -= count;
        }
    }

    protected override bool TryComputeLength(out long computed)
    {
        computed = length;
        return true;
    }

    private async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellation)
    {
        try
        {
            var count = await content.ReadAsync(buffer, cancellation);
            return count > 0 ? count : throw new EndOfStreamException("The content ended before its announced length.");
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested)
        {
            Failure = e;
            throw;
        }
    }
}
