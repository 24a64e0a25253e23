namespace FileDrop.Api.Catalog;

// Locks, properties that clients made up, and writes that share one version.
internal sealed partial record FileDocument
{
    /// <summary>Saves of one caller through WebDAV within this time of the first one keep one earlier version together.</summary>
    private static readonly TimeSpan s_writingTime = TimeSpan.FromMinutes(10);

    /// <summary>Locks and properties that only WebDAV sees.</summary>
    public DavState Dav { get; init; } = DavState.None;

    /// <summary>Takes a lock. The version stays, because neither content nor metadata changed.</summary>
    public Decision<LockResult> Lock(LockRequest request, DateTimeOffset now) => !IsLiveAt(now)
        ? new(new LockResult(ChangeOutcome.NotFound))
        : LockResult.Of(Dav, request, now) is { State: { } state } taken ? new(taken, this with { Dav = state }) : new(LockResult.Of(Dav, request, now));

    /// <summary>Renews a lock.</summary>
    public Decision<LockResult> Refresh(Guid token, string holder, TimeSpan life, DateTimeOffset now) => !IsLiveAt(now)
        ? new(new LockResult(ChangeOutcome.NotFound))
        : LockResult.OfRefresh(Dav, token, holder, life, now) is { State: { } state } renewed
            ? new(renewed, this with { Dav = state })
            : new(new LockResult(ChangeOutcome.NotFound));

    /// <summary>Ends a lock.</summary>
    /// <param name="token">The lock's token.</param>
    /// <param name="holder">The caller who must hold it; null ends anybody's.</param>
    /// <param name="now">The catalog's clock.</param>
    public Decision<ChangeOutcome> Unlock(Guid token, string? holder, DateTimeOffset now) =>
        LockResult.Refuse(Dav, token, holder, now) is { } refusal ? new(refusal) : new(ChangeOutcome.Done, this with { Dav = Dav.Without(token, now) });

    /// <summary>Changes properties, and the client's time if that is given. Only the time is metadata, so only with it the version grows.</summary>
    public Decision<ChangeResult> ChangeProperties(
        IReadOnlyList<PropertyChange> changes, DateTimeOffset? modifiedAt, LockTokens held, DateTimeOffset now)
    {
        if (!IsLiveAt(now))
            return new(new ChangeResult(ChangeOutcome.NotFound));
        if (Dav.Forbids(held, now))
            return new(new ChangeResult(ChangeOutcome.Locked));
        if (Dav.With(changes) is not { } dav)
            return new(new ChangeResult(ChangeOutcome.TooMuch));
        var next = modifiedAt is null || modifiedAt == ModifiedAt
            ? this with { Dav = dav }
            : Remembering(now) with { Dav = dav, ModifiedAt = modifiedAt, Version = Version + 1, UpdatedAt = At(now) };
        return new(new ChangeResult(ChangeOutcome.Done, next.ToFile()), next);
    }

    /// <summary>Whether a commit continues the saves of the caller who wrote the live content, so that this content need not become a version.</summary>
    private bool Continues(FileCommit commit, DateTimeOffset now) =>
        commit.Writer is { } writer && string.Equals(writer, Dav.Writer, StringComparison.Ordinal) && now - Dav.WritingSince <= s_writingTime;

    /// <summary>WebDAV's part after a commit.</summary>
    private DavState DavAfter(FileCommit commit, DateTimeOffset now) => DavState.Tidy(new DavState(
        commit.Lock is { } wanted ? [wanted.At(now)] : Dav.Locks, commit.Properties ?? Dav.Properties)
    {
        IsAside = Dav.IsAside,
        Writer = commit.Writer,
        WritingSince = commit.Writer is null ? default : Continues(commit, now) ? Dav.WritingSince : now,
    });
}

/// <summary>The outcome of taking or renewing a lock.</summary>
/// <param name="Outcome">
/// Done; <see cref="ChangeOutcome.Locked"/> if another lock excludes it; <see cref="ChangeOutcome.TooMuch"/> if there are too many; not found.
/// </param>
/// <param name="Lock">The lock, if the outcome is <see cref="ChangeOutcome.Done"/>.</param>
public readonly record struct LockResult(ChangeOutcome Outcome, EntryLock? Lock = null)
{
    /// <summary>The entry's state with the lock.</summary>
    internal DavState? State { get; init; }

    /// <summary>Takes a lock, if the entry's own locks allow it.</summary>
    internal static LockResult Of(DavState dav, LockRequest request, DateTimeOffset now)
    {
        var active = dav.Active(now);
        if (active.Any(request.Meets))
            return new LockResult(ChangeOutcome.Locked);
        if (active.Count >= DavState.MaxLocks)
            return new LockResult(ChangeOutcome.TooMuch);
        var taken = request.At(now);
        return new LockResult(ChangeOutcome.Done, taken) { State = dav.With(taken, now) };
    }

    /// <summary>Renews a lock; without a state if there is no such lock of this holder.</summary>
    internal static LockResult OfRefresh(DavState dav, Guid token, string holder, TimeSpan life, DateTimeOffset now)
    {
        if (dav.Active(now).FirstOrDefault(each => each.Token == token && string.Equals(each.Holder, holder, StringComparison.Ordinal)) is not { } known)
            return new LockResult(ChangeOutcome.NotFound);
        var renewed = known with { ExpiresAt = Text.WholeMilliseconds.After(now, life) };
        return new LockResult(ChangeOutcome.Done, renewed) { State = dav.With(renewed, now) };
    }

    /// <summary>The reason not to end a lock: there is none, or it is another caller's. Null if it may end.</summary>
    internal static ChangeOutcome? Refuse(DavState dav, Guid token, string? holder, DateTimeOffset now) =>
        dav.Active(now).FirstOrDefault(each => each.Token == token) is not { } known ? ChangeOutcome.NotFound
        : holder is null || string.Equals(known.Holder, holder, StringComparison.Ordinal) ? null
        : ChangeOutcome.Locked;
}
