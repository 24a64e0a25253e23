using FileDrop.Api.Memory;

namespace FileDrop.Api.Contents;

/// <summary>Content on its way into the store. It reserves quota before it passes bytes on.</summary>
/// <param name="content">Read once, from front to back.</param>
/// <param name="reserved">Bytes that are already reserved.</param>
/// <param name="reserve">Reserves at least the first amount in all, up to the second; returns the total.</param>
/// <remarks>Bytes beyond the announced length are reserved in steps that grow with the content.</remarks>
internal sealed class ReservedContent(Stream content, long reserved, Func<long, long, CancellationToken, Task<long>> reserve) : ForwardStream
{
    private const long SmallestStep = 1 << 20;
    private const long LargestStep = 64 << 20;

    private long _count;
    private long _reserved = reserved;

    /// <summary>The bytes to reserve ahead: few for a small content, and many for a large one, so that it seldom asks.</summary>
    /// <param name="count">The bytes that have come.</param>
    public static long Step(long count) => Math.Clamp(count, SmallestStep, LargestStep);

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await content.ReadAsync(buffer, cancellationToken);
        _count += read;
        if (_count > _reserved)
            _reserved = await reserve(_count, _count + Step(_count), cancellationToken);
        return read;
    }
}
