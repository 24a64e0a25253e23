using System.Buffers;

namespace FileDrop.Api.Blobs;

/// <summary>Up to where an unfinished blob is stored, durably, and all that is needed to go on from there in another process.</summary>
/// <param name="Offset">Bytes stored.</param>
/// <param name="Hashes">The state of the content's hashes at <paramref name="Offset"/>; opaque to the store.</param>
/// <param name="State">The store's own; null at the beginning.</param>
/// <param name="Pieces">Blobs of the same file beside the blob's own that hold bytes of it, or are about to.</param>
public sealed record AppendPoint(long Offset, ReadOnlyMemory<byte> Hashes, string? State, IReadOnlyList<Guid> Pieces)
{
    /// <summary>An empty blob that nothing was written to.</summary>
    public static AppendPoint Start { get; } = new(0, ReadOnlyMemory<byte>.Empty, null, []);
}

/// <summary>What is known of the bytes to come.</summary>
/// <param name="Length">Bytes in the whole blob; null if unknown.</param>
/// <param name="Incoming">Bytes that will be appended now; null if unknown.</param>
/// <param name="Owner">For whom, as in <see cref="IBlobStore.WriteAsync"/>.</param>
public readonly record struct AppendExtent(long? Length, long? Incoming, string Owner);

/// <summary>One caller's way to append to an unfinished blob. For one caller at a time, but for <see cref="Durable"/>.</summary>
/// <remarks>
/// A method that fails leaves the appender unusable but for <see cref="Durable"/> and disposal. Disposal waits until no call to the
/// store is under way any more.
/// </remarks>
public interface IBlobAppender : IAsyncDisposable
{
    /// <summary>
    /// What is durable so far, without gaps: it may be recorded, and appended to from there by another. May be asked at any time, also
    /// after a failure.
    /// </summary>
    AppendPoint Durable { get; }

    /// <summary>What to record if nothing of what was appended is to count: the first offset, and nothing that was used is used again.</summary>
    AppendPoint Discarded { get; }

    /// <summary>Appends bytes, whose memory is the caller's again afterwards. Waits while the store is slower than the sender.</summary>
    ValueTask AppendAsync(ReadOnlySequence<byte> bytes, CancellationToken cancellation);

    /// <summary>Asks to make durable soon what was appended, where that does not come about by itself. Costs nothing now.</summary>
    void Checkpoint();

    /// <summary>Makes everything durable that was appended: <see cref="Durable"/> is at the end then, and the hashes are complete.</summary>
    /// <exception cref="StorageException">The store failed; what is durable is so still.</exception>
    Task SettleAsync(CancellationToken cancellation);

    /// <summary>
    /// Makes a blob of everything that was appended, in this and in former calls, readable by <see cref="IBlobStore.OpenAsync"/>; the hashes
    /// are complete then.
    /// </summary>
    /// <returns>The blob that holds the content: the one that was appended to, or one of its pieces.</returns>
    /// <exception cref="StorageException">
    /// The store failed. If all bytes were recorded as there, opening the appender again at that point and finishing is safe at any time.
    /// </exception>
    Task<Guid> FinishAsync(CancellationToken cancellation);
}
