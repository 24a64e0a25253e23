using FileDrop.Api.Memory;
using FileDrop.Api.Storage;

namespace FileDrop.Api.Blobs;

/// <summary>Slices of blobs one after the other, as one stream. It reads from the store as its caller reads.</summary>
internal sealed class ConcatenatedBlobs(IBlobStore blobs, IReadOnlyList<ConcatenatedBlobs.Part> parts) : ForwardStream
{
    private Stream? _current;
    private int _next;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty)
            return 0;
        while (true)
        {
            if (_current is null)
            {
                if (_next == parts.Count)
                    return 0;
                var part = parts[_next++];
                _current = await blobs.OpenAsync(part.Key, part.Offset, part.Size, cancellationToken)
                    ?? throw new StorageException(StorageFailure.Unavailable, $"Blob {part.Key} disappeared while it was read.");
            }
            if (await _current.ReadAsync(buffer, cancellationToken) is > 0 and var read)
                return read;
            await _current.DisposeAsync();
            _current = null;
        }
    }

    public override async ValueTask DisposeAsync()
    {
        if (_current is not null)
            await _current.DisposeAsync();
        await base.DisposeAsync();
    }

    /// <summary>A slice of one blob.</summary>
    /// <param name="Key">The blob.</param>
    /// <param name="Offset">Its first byte.</param>
    /// <param name="Size">In bytes.</param>
    internal sealed record Part(BlobKey Key, long Offset, long Size);
}
