namespace FileDrop.Api.Catalog;

// Locks, and properties that clients made up.
internal sealed partial record FolderDocument
{
    /// <summary>Locks and properties that only WebDAV sees.</summary>
    public DavState Dav { get; init; } = DavState.None;

    /// <summary>Takes a lock.</summary>
    public FolderDecision<LockResult> Lock(LockRequest request, DateTimeOffset now) => State != FileState.Live
        ? new(new LockResult(ChangeOutcome.NotFound))
        : LockResult.Of(Dav, request, now) is { State: { } state } taken ? new(taken, this with { Dav = state }) : new(LockResult.Of(Dav, request, now));

    /// <summary>Renews a lock.</summary>
    public FolderDecision<LockResult> Refresh(Guid token, string holder, TimeSpan life, DateTimeOffset now) => State != FileState.Live
        ? new(new LockResult(ChangeOutcome.NotFound))
        : LockResult.OfRefresh(Dav, token, holder, life, now) is { State: { } state } renewed
            ? new(renewed, this with { Dav = state })
            : new(new LockResult(ChangeOutcome.NotFound));

    /// <summary>Ends a lock; see <see cref="FileDocument.Unlock"/>.</summary>
    public FolderDecision<ChangeOutcome> Unlock(Guid token, string? holder, DateTimeOffset now) =>
        LockResult.Refuse(Dav, token, holder, now) is { } refusal ? new(refusal) : new(ChangeOutcome.Done, this with { Dav = Dav.Without(token, now) });

    /// <summary>Changes properties. The version stays, because the folder's own metadata has not changed.</summary>
    public FolderDecision<FolderResult> ChangeProperties(IReadOnlyList<PropertyChange> changes, LockTokens held, DateTimeOffset now)
    {
        if (State != FileState.Live)
            return new(new FolderResult(ChangeOutcome.FolderNotFound));
        if (Dav.Forbids(held, now))
            return new(new FolderResult(ChangeOutcome.Locked));
        if (Dav.With(changes) is not { } dav)
            return new(new FolderResult(ChangeOutcome.TooMuch));
        var next = this with { Dav = dav };
        return new(new FolderResult(ChangeOutcome.Done, next.ToFolder()), next);
    }
}
