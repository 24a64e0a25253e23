namespace FileDrop.Api.Blobs.S3;

/// <summary>
/// The sizes of one upload's parts. S3 allows 10,000 parts of 5 MiB to 5 GiB; the last one may be shorter. Some servers (Cloudflare R2)
/// want all but the last to be equal, so they are equal whenever the length or a bound is known.
/// </summary>
internal sealed class PartSizes
{
    public const long MiB = 1024 * 1024;
    public const int MaxParts = 10_000;

    /// <summary>The rest is for interrupted uploads, which use up some numbers.</summary>
    public const long PlannedParts = 9_000;

    private const int PartsOfATier = 1_000;
    private const long Smallest = 8 * MiB;
    private const long Largest = 5 * 1024 * MiB;

    private readonly long? _equal;
    private readonly long _largestPooled;

    /// <param name="length">Bytes in the content, or an upper bound; null if unknown.</param>
    /// <param name="exact">Whether <paramref name="length"/> is the length.</param>
    /// <param name="largestPooled">The largest part that is held in memory, in bytes.</param>
    /// <exception cref="BlobTooLargeException">No number and size of parts can hold the content.</exception>
    public PartSizes(long? length, bool exact, long largestPooled)
    {
        _largestPooled = largestPooled;
        if (length is not { } bytes)
            return;
        var equal = Equal(bytes, Smallest);
        if (exact && equal > Largest)
            throw new BlobTooLargeException($"{bytes} bytes are more than {PlannedParts} parts of 5 GiB hold.");
        Streamed = exact && equal > largestPooled;
        _equal = Streamed ? equal : Math.Min(equal, largestPooled);
    }

    /// <summary>Whether the parts are too large for memory; then the length is exact.</summary>
    public bool Streamed { get; }

    /// <summary>The size of a part in bytes, if the content is long enough.</summary>
    /// <param name="number">The part's number, from 1.</param>
    /// <exception cref="BlobTooLargeException">S3 allows no part of that number.</exception>
    public long SizeOf(int number) =>
        number > MaxParts
            ? throw new BlobTooLargeException($"The content is longer than {MaxParts} parts, the most that S3 allows.")
            : _equal ?? Math.Min(_largestPooled, Smallest << Math.Min(3, (number - 1) / PartsOfATier));

    /// <summary>The size of the parts of a content whose parts are equal, in bytes.</summary>
    /// <param name="bytes">Bytes in the content.</param>
    /// <param name="smallest">The smallest size.</param>
    public static long Equal(long bytes, long smallest) => Math.Max(smallest, RoundUp((bytes + PlannedParts - 1) / PlannedParts));

    private static long RoundUp(long bytes) => (bytes + MiB - 1) / MiB * MiB;
}
