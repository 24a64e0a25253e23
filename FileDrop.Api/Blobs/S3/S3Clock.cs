namespace FileDrop.Api.Blobs.S3;

/// <summary>The store's clock: ours, and by how much its answers say that ours is wrong.</summary>
/// <remarks>
/// A signature has a time, and a server refuses one that is more than a quarter of an hour off (AWS, "Authenticating Requests"). The SDK
/// corrects its own clock by the server's Date (AWS SDK for .NET, "clock skew correction"); this is the same for our own signatures.
/// </remarks>
internal sealed class S3Clock(TimeProvider time)
{
    /// <summary>A refusal is not put down to less: a Date has whole seconds, and may be a while on its way.</summary>
    private static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(1);

    private long _ahead;

    /// <summary>The time at the store, as far as is known.</summary>
    public DateTimeOffset Now => time.GetUtcNow() + TimeSpan.FromTicks(Volatile.Read(ref _ahead));

    /// <summary>Goes by the time that a refusal came with.</summary>
    /// <param name="said">The answer's Date; null if it has none.</param>
    /// <returns>Whether the clock was wrong, so that the same call may succeed now.</returns>
    public bool Correct(DateTimeOffset? said)
    {
        if (said is not { } there || (there - Now).Duration() < Tolerance)
            return false;
        Volatile.Write(ref _ahead, (there - time.GetUtcNow()).Ticks);
        return true;
    }
}
