namespace FileDrop.Api.Catalog;

/// <summary>How much an owner may store.</summary>
/// <param name="Bytes">The contents of all files, live and in the trash, with their versions, each blob once; null: no limit.</param>
/// <param name="Files">Files, live and in the trash; null: no limit.</param>
public sealed record Quota(long? Bytes, long? Files)
{
    /// <summary>No limit.</summary>
    public static readonly Quota None = new(null, null);

    /// <summary>Whether there is no limit at all, so that nothing has to be reserved.</summary>
    public bool IsNone => this is { Bytes: null, Files: null };
}

/// <summary>The quotas of all owners.</summary>
/// <param name="Default">For an owner who is not named.</param>
/// <param name="Owners">For those who are.</param>
public sealed record Quotas(Quota Default, IReadOnlyDictionary<string, Quota> Owners)
{
    /// <summary>No limits for anybody.</summary>
    public static readonly Quotas None = new(Quota.None, new Dictionary<string, Quota>(StringComparer.Ordinal));

    /// <summary>The quota of an owner.</summary>
    public Quota Of(string owner) => Owners.TryGetValue(owner, out var own) ? own : Default;
}

/// <summary>What an owner has stored, and is about to.</summary>
/// <param name="Bytes">In the contents of files, live and in the trash, with their versions, each blob once.</param>
/// <param name="Files">Live and in the trash.</param>
/// <param name="BytesReserved">For what is being written; always 0 without a quota.</param>
/// <param name="AsOf">When the numbers were true; null: now. Only an owner without a quota gets earlier ones.</param>
public sealed record OwnerUsage(long Bytes, long Files, long BytesReserved, DateTimeOffset? AsOf = null);

/// <summary>An owner whose recorded usage is not what the documents add up to.</summary>
/// <param name="Owner">The owner.</param>
/// <param name="Recorded">What quotas are judged by.</param>
/// <param name="Actual">What the documents add up to.</param>
/// <param name="Repaired">Whether it is put right now.</param>
public sealed record UsageDifference(string Owner, OwnerUsage Recorded, OwnerUsage Actual, bool Repaired);

/// <summary>A write would exceed its owner's quota. Nothing was changed.</summary>
public sealed class QuotaExceededException() : Exception("The owner's quota leaves no room.");

/// <summary>An owner has as many resumable uploads as one may have that are not complete, or partial. Nothing was changed.</summary>
/// <param name="most">So many.</param>
public sealed class TooManyUploadsException(int most) : Exception($"The owner has {most} open uploads.")
{
    /// <summary>So many one may have.</summary>
    public int Most => most;
}
