namespace FileDrop.Api.Blobs.S3;

/// <summary>
/// How long the parts of one upload are. S3 allows 10,000 of them, of 5 MiB to 5 GiB, the last one shorter; some servers
/// (Cloudflare R2) want all but the last to be equal, so they are wherever anything is known of the length.
/// </summary>
internal sealed class PartSizes
{
    public const long MiB = 1024 * 1024;
    public const int MaxParts = 10_000;

    /// <summary>A few are left for interrupted uploads, which use some numbers up.</summary>
    public const long PlannedParts = 9_000;

    private const int PartsOfATier = 1_000;
    private const long Smallest = 8 * MiB;
    private const long Largest = 5 * 1024 * MiB;

    private readonly long? _equal;
    private readonly long _largestPooled;

    /// <param name="length">The bytes that will come, or an upper bound; null if unknown.</param>
    /// <param name="exact">Whether <paramref name="length"/> is the length.</param>
    /// <param name="largestPooled">The largest part that is held in memory.</param>
    /// <exception cref="BlobTooLargeException">No number and size of parts holds that much.</exception>
    public PartSizes(long? length, bool exact, long largestPooled)
    {
        _largestPooled = largestPooled;
        if (length is not { } bytes)
            return;
        var equal = Math.Max(Smallest, RoundUp((bytes + PlannedParts - 1) / PlannedParts));
        if (exact && equal > Largest)
            throw new BlobTooLargeException($"{bytes} bytes are more than {PlannedParts} parts of 5 GiB.");
        Streamed = exact && equal > largestPooled;
        _equal = Streamed ? equal : Math.Min(equal, largestPooled);
    }

    /// <summary>Whether the parts are too long to be held in memory; then the length is exact.</summary>
    public bool Streamed { get; }

    /// <summary>How long a part is, if there are so many bytes.</summary>
    /// <param name="number">From 1 on.</param>
    /// <exception cref="BlobTooLargeException">S3 allows no part of that number.</exception>
    public long SizeOf(int number) =>
        number > MaxParts
            ? throw new BlobTooLargeException($"The content goes on after {MaxParts} parts, the most that S3 allows.")
            : _equal ?? Math.Min(_largestPooled, Smallest << Math.Min(3, (number - 1) / PartsOfATier));

    private static long RoundUp(long bytes) => (bytes + MiB - 1) / MiB * MiB;
}
