namespace FileDrop.Api.Catalog;

/// <summary>The limits on an owner's storage.</summary>
/// <param name="Bytes">The limit on bytes in the contents of all files, live and in the trash, with their versions; each blob counts once. Null means no
/// limit.</param>
/// <param name="Files">The limit on files, live and in the trash; null means no limit.</param>
public sealed record Quota(long? Bytes, long? Files)
{
    /// <summary>No limit.</summary>
    public static readonly Quota None = new(null, null);

    /// <summary>Whether neither bytes nor files are limited, so that writes need not reserve anything.</summary>
    public bool IsNone => this is { Bytes: null, Files: null };
}

/// <summary>The quotas of all owners.</summary>
/// <param name="Default">The quota of every other owner.</param>
/// <param name="Owners">Quotas of single owners.</param>
public sealed record Quotas(Quota Default, IReadOnlyDictionary<string, Quota> Owners)
{
    /// <summary>Quotas without any limit.</summary>
    public static readonly Quotas None = new(Quota.None, new Dictionary<string, Quota>(StringComparer.Ordinal));

    /// <summary>The quota of an owner.</summary>
    public Quota Of(string owner) => Owners.TryGetValue(owner, out var own) ? own : Default;
}

/// <summary>An owner's stored and reserved amounts.</summary>
/// <param name="Bytes">Bytes in the contents of all files, live and in the trash, with their versions; each blob counts once.</param>
/// <param name="Files">The number of files, live and in the trash.</param>
/// <param name="BytesReserved">Bytes reserved by writes in progress; always 0 without a quota.</param>
/// <param name="AsOf">The time of the numbers; null means now. Only an owner without a quota gets earlier numbers.</param>
public sealed record OwnerUsage(long Bytes, long Files, long BytesReserved, DateTimeOffset? AsOf = null);

/// <summary>An owner whose recorded usage differs from the sum over the documents.</summary>
/// <param name="Owner">The owner.</param>
/// <param name="Recorded">The recorded usage, which quotas use.</param>
/// <param name="Actual">The sum over the documents.</param>
/// <param name="Repaired">Whether the record was corrected.</param>
public sealed record UsageDifference(string Owner, OwnerUsage Recorded, OwnerUsage Actual, bool Repaired);

/// <summary>A write would exceed its owner's quota. Nothing was changed.</summary>
public sealed class QuotaExceededException() : Exception("The owner's quota leaves no room.");

/// <summary>An owner has reached the limit of incomplete or partial resumable uploads. Nothing was changed.</summary>
/// <param name="most">The limit.</param>
public sealed class TooManyUploadsException(int most) : Exception($"The owner has {most} open uploads.")
{
    /// <summary>The limit.</summary>
    public int Most => most;
}
