namespace FileDrop.Api.Blobs.S3;

/// <summary>The store's clock: this machine's, corrected by the times of the store's answers.</summary>
/// <remarks>
/// A server refuses a signature whose time is more than 15 minutes off (AWS, "Authenticating Requests"). The SDK corrects its clock by the
/// server's Date (AWS SDK for .NET, "clock skew correction"); this does the same for FileDrop's own signatures.
/// </remarks>
internal sealed class S3Clock(TimeProvider time)
{
    /// <summary>A smaller difference does not explain a refusal: a Date has whole seconds, and takes a while to arrive.</summary>
    private static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(1);

    private long _ahead;

    /// <summary>The time at the store, as far as it is known.</summary>
    public DateTimeOffset Now => time.GetUtcNow() + TimeSpan.FromTicks(Volatile.Read(ref _ahead));

    /// <summary>Corrects the clock by the time of a refusal.</summary>
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
