namespace FileDrop.Api.Files;

/// <summary>Content on its way into the store, of which no byte goes on for which its owner's quota has no room.</summary>
/// <param name="content">Read once, from front to back.</param>
/// <param name="reserved">Bytes that are reserved already.</param>
/// <param name="reserve">Reserves more: so many bytes in all, or up to so many; gives how many it is then.</param>
/// <remarks>What is longer than was announced, or was not announced, is reserved in steps that grow with it.</remarks>
internal sealed class ReservedContent(Stream content, long reserved, Func<long, long, CancellationToken, Task<long>> reserve) : ForwardStream
{
    private const long SmallestStep = 1 << 20;
    private const long LargestStep = 64 << 20;

    private long _count;
    private long _reserved = reserved;

    /// <summary>What is asked for beyond so many bytes: little of a small content, and not often of a large one.</summary>
    public static long Step(long count) => Math.Clamp(count, SmallestStep, LargestStep);

    /// <summary>What can be reserved before a content is read whose length, or a bound of it, may be known.</summary>
    /// <param name="length">The length, or what a form has with all that is around its file; null: unknown.</param>
    /// <param name="exact">Whether it is the length.</param>
    public static long Announced(long? length, bool exact) =>
        exact ? length ?? 0 : Math.Max(0, (length ?? 0) - FileRequest.FormAllowance);

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await content.ReadAsync(buffer, cancellationToken);
        _count += read;
        if (_count > _reserved)
            _reserved = await reserve(_count, _count + Step(_count), cancellationToken);
        return read;
    }
}
