using System.Buffers;
using FileDrop.Api.Hashing;
using FileDrop.Api.Storage;

namespace FileDrop.Api.Blobs;

/// <summary>How far an unfinished blob is durable, and everything that another process needs to continue it.</summary>
/// <param name="Offset">Bytes that are durable.</param>
/// <param name="Hashes">The content's hashes at <paramref name="Offset"/>; opaque to the store.</param>
/// <param name="State">The store's own state; null at the beginning.</param>
/// <param name="Pieces">Other blobs of the same file that hold bytes of this one, or are about to.</param>
public sealed record AppendPoint(long Offset, HashMark Hashes, string? State, IReadOnlyList<Guid> Pieces)
{
    /// <summary>The beginning of a blob.</summary>
    public static AppendPoint Start { get; } = new(0, default, null, []);
}

/// <summary>The sizes that a caller knows before it appends.</summary>
/// <param name="Length">Bytes in the whole blob; null if unknown.</param>
/// <param name="Incoming">Bytes that this caller appends; null if unknown.</param>
/// <param name="Owner">The file's owner, as in <see cref="IBlobStore.WriteAsync"/>.</param>
public readonly record struct AppendExtent(long? Length, long? Incoming, string Owner);

/// <summary>Appends to an unfinished blob for one caller. Make one call at a time, except of <see cref="Durable"/>.</summary>
/// <remarks>
/// After a failure only <see cref="Durable"/>, <see cref="Discarded"/> and disposal may be used. Disposal waits for the end of all calls to
/// the store.
/// </remarks>
public interface IBlobAppender : IAsyncDisposable
{
    /// <summary>
    /// The point up to which all bytes are durable, without gaps. It may be recorded, and another caller may continue there. May be read at
    /// any time, also after a failure.
    /// </summary>
    AppendPoint Durable { get; }

    /// <summary>
    /// The point to record if the appended bytes must not count: the first offset, with all numbers and names that were used.
    /// </summary>
    AppendPoint Discarded { get; }

    /// <summary>
    /// Appends bytes; afterwards their memory belongs to the caller again. Waits while the store is slower than the sender.
    /// </summary>
    ValueTask AppendAsync(ReadOnlySequence<byte> bytes, CancellationToken cancellation);

    /// <summary>Asks for a sync of the appended bytes soon, in stores that need one. Returns at once.</summary>
    void Checkpoint();

    /// <summary>Makes all appended bytes durable. Then <see cref="Durable"/> is at the end, and the hashes are complete.</summary>
    /// <exception cref="StorageException">The store failed; <see cref="Durable"/> still holds.</exception>
    Task SettleAsync(CancellationToken cancellation);

    /// <summary>
    /// Makes a readable blob of all bytes that this and former callers appended. Then the hashes are complete.
    /// </summary>
    /// <returns>The blob with the content: the one that was appended to, or one of its pieces.</returns>
    /// <exception cref="StorageException">
    /// The store failed. If the sealed point was recorded, it is safe at any time to open the appender there again and to finish.
    /// </exception>
    Task<Guid> FinishAsync(CancellationToken cancellation);
}
