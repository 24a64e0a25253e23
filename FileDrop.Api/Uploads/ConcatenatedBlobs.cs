using FileDrop.Api.Blobs;

namespace FileDrop.Api.Uploads;

/// <summary>Blobs one after the other, as one stream: read from the store as the caller reads.</summary>
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
                _current = await blobs.OpenAsync(part.Key, 0, part.Size, cancellationToken)
                    ?? throw new StorageException(StorageFailure.Unavailable, $"Blob {part.Key} of a partial upload is gone: it has expired.");
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

    /// <summary>One blob, whole.</summary>
    /// <param name="Key">Its key.</param>
    /// <param name="Size">In bytes.</param>
    internal sealed record Part(BlobKey Key, long Size);
}
