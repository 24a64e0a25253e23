using FileDrop.Api.Text;

namespace FileDrop.Api.Catalog;

// Rules for metadata, versions, the trash and the sweeper.
internal sealed partial record FileDocument
{
    /// <summary>Changes the name, the tags, the client's time and the place.</summary>
    /// <param name="change">The change.</param>
    /// <param name="now">The catalog's clock.</param>
    /// <param name="placement">The claimed place. Without one, a file in a folder keeps its name.</param>
    public Decision<ChangeResult> Change(MetadataChange change, DateTimeOffset now, Placement? placement = null)
    {
        if (Refuse(change.IfVersion, now) is { } refused)
            return refused;
        if (change.ExpiresAt.To <= now)
            return new(new ChangeResult(ChangeOutcome.ExpiryPassed));
        if (Dav.Forbids(change.Held, now))
            return new(new ChangeResult(ChangeOutcome.Locked));
        if (!Allows(placement, change.Name))
            return new(new ChangeResult(ChangeOutcome.Stale));
        var name = placement?.Name ?? change.Name ?? Name;
        var next = Remembering(now) with
        {
            // A lock belongs to a path.
            Dav = (placement is null || placement.IsOf(this) ? Dav : Dav.Unlocked()).Renamed(Name, name),
            Name = name,
            Place = placement?.ToPlace() ?? Place,
            Tags = change.Tags ?? Tags,
            ModifiedAt = change.ModifiedAt ?? ModifiedAt,
            ExpiresAt = change.ExpiresAt.IsChanged ? change.ExpiresAt.To : ExpiresAt,
            Version = Version + 1,
            UpdatedAt = At(now),
        };
        return new(new ChangeResult(ChangeOutcome.Done, next.ToFile()), next);
    }

    /// <summary>Makes a kept version live again under a new version number, with the same blob.</summary>
    public Decision<ChangeResult> RestoreVersion(long version, long? ifVersion, CatalogRules rules, DateTimeOffset now)
    {
        // RFC 9110 §13.2.1: a precondition counts only if the request would succeed without it.
        if (State == FileState.Live && !Contents.Any(content => content.Version == version))
            return new(new ChangeResult(ChangeOutcome.ContentNotFound));
        if (Refuse(ifVersion, now) is { } refused)
            return refused;
        if (Dav.Forbids(LockTokens.None, now))
            return new(new ChangeResult(ChangeOutcome.Locked));
        var named = Contents.First(content => content.Version == version);
        return Remembering(now).MakeLive(named with { Version = Version + 1, CreatedAt = At(now) }, rules, now);
    }

    /// <summary>Deletes an earlier version.</summary>
    public Decision<ChangeResult> DeleteVersion(long version, long? ifVersion, CatalogRules rules, DateTimeOffset now)
    {
        if (State == FileState.Live && Content?.Version == version)
            return new(new ChangeResult(ChangeOutcome.ContentIsLive));
        if (State == FileState.Live && !Versions.Any(content => content.Version == version))
            return new(new ChangeResult(ChangeOutcome.ContentNotFound));
        if (Refuse(ifVersion, now) is { } refused)
            return refused;
        var next = this with { Versions = [.. Versions.Where(content => content.Version != version)] };
        next = next with { Garbage = next.Released(Versions, rules, now) };
        return new(new ChangeResult(ChangeOutcome.Done, next.ToFile()), next);
    }

    /// <summary>Records the CRC-32 of a blob in the contents that lack it. The bytes have always had it, so this is no new version.</summary>
    public Decision<bool> RecordCrc(Guid blob, uint crc32)
    {
        if (!Contents.Any(IsWithout))
            return new(false);
        return new(true, this with
        {
            Content = Content is { } live ? With(live) : null,
            Versions = Versions.Any(IsWithout) ? [.. Versions.Select(With)] : Versions,
        });

        bool IsWithout(FileContent content) => content.BlobId == blob && content.Crc32 is null;

        FileContent With(FileContent content) => IsWithout(content) ? content with { Crc32 = crc32 } : content;
    }

    /// <summary>Moves a live file to the trash. Purges it instead if <paramref name="permanent"/> is set or the trash has no retention.</summary>
    public Decision<ChangeResult> Delete(long? ifVersion, bool permanent, CatalogRules rules, DateTimeOffset now, LockTokens? held = null)
    {
        if (Refuse(ifVersion, now) is { } refused)
            return refused;
        if (Dav.Forbids(held ?? LockTokens.None, now))
            return new(new ChangeResult(ChangeOutcome.Locked));
        return new(new ChangeResult(ChangeOutcome.Done), permanent ? Purged(rules, now) : Trashed(rules, now));
    }

    /// <summary>Moves a live file that has expired to the trash, as a deletion does. Null if it has not, or has changed since.</summary>
    /// <param name="fence">The fence that it must still have; null for any.</param>
    /// <param name="rules">The protocol's times and counts.</param>
    /// <param name="now">The catalog's clock.</param>
    public FileDocument? Expire(long? fence, CatalogRules rules, DateTimeOffset now) =>
        State == FileState.Live && ExpiresAt <= now && (fence is null || Place.Fence == fence) ? Trashed(rules, now) with { ExpiresAt = null } : null;

    /// <summary>Restores a loose file from the trash unchanged, even after its retention: nothing is lost until the sweeper has come.</summary>
    /// <param name="now">The catalog's clock. A file that would expire at once stays.</param>
    public Decision<ChangeResult> Restore(DateTimeOffset now = default)
    {
        if (State is not (FileState.Trash or FileState.Carried))
            return new(new ChangeResult(ChangeOutcome.NotFound));
        return Place.Folder is null ? Restored(this, now) : new(new ChangeResult(ChangeOutcome.Stale));
    }

    /// <summary>
    /// Restores a file to a claimed place. Clients see its name and its folder, so under another name or in another folder it is a new version, as after a move.
    /// </summary>
    public Decision<ChangeResult> RestoreTo(Placement placement, DateTimeOffset now)
    {
        if (State is not (FileState.Trash or FileState.Carried))
            return new(new ChangeResult(ChangeOutcome.NotFound));
        if (Place.Fence != placement.Fence)
            return new(new ChangeResult(ChangeOutcome.Stale));
        var next = placement.IsOf(this) ? this : Remembering(now) with { Version = Version + 1, UpdatedAt = At(now) };
        return Restored(next with { Name = placement.Name, Place = placement.ToPlace() }, now);
    }

    private static Decision<ChangeResult> Restored(FileDocument file, DateTimeOffset now)
    {
        var next = file with { State = FileState.Live, DeletedAt = null, PurgeAt = null, ExpiresAt = file.ExpiresAt <= now ? null : file.ExpiresAt };
        return new(new ChangeResult(ChangeOutcome.Done, next.ToFile()), next);
    }

    /// <summary>Purges a file in the trash. False if it is not there.</summary>
    public Decision<bool> Purge(CatalogRules rules, DateTimeOffset now) =>
        State is FileState.Trash or FileState.Carried ? new(true, Purged(rules, now)) : new(false);

    /// <summary>Follows its folder into the trash. The name stays claimed, so that it is free when the folder comes back.</summary>
    /// <param name="fence">The fence that it must still have.</param>
    /// <param name="rules">The protocol's times and counts.</param>
    /// <param name="now">The catalog's clock.</param>
    public FileDocument? Carry(long fence, CatalogRules rules, DateTimeOffset now) => State == FileState.Live && Place.Fence == fence
        ? DropIntents(_ => true, rules, now) with { State = FileState.Carried, Place = Place.Raised(), Dav = Dav.Unlocked() }
        : null;

    /// <summary>Follows its folder out of the trash.</summary>
    public FileDocument? Return(long fence) =>
        State == FileState.Carried && Place.Fence == fence ? this with { State = FileState.Live, Place = Place.Raised() } : null;

    /// <summary>Follows its purged folder.</summary>
    public FileDocument? Bury(long fence, CatalogRules rules, DateTimeOffset now) =>
        State == FileState.Carried && Place.Fence == fence ? Purged(rules, now) : null;

    /// <summary>Takes a place that was claimed for a file without a claim. A file that is in no folder, or in the root, is live. The version stays.</summary>
    public FileDocument? Settle(Placement placement) => State is FileState.Live or FileState.Carried && Place.Fence == placement.Fence
        ? this with { State = placement.IsInFolder ? State : FileState.Live, Name = placement.Name, Place = placement.ToPlace() }
        : null;

    /// <summary>Raises the fence, which ends an operation under way.</summary>
    public FileDocument? Raise(long fence) => Place.Fence == fence ? this with { Place = Place.Raised() } : null;

    /// <summary>Moves expired intents to garbage, moves a file that has expired to the trash, and purges one whose retention there has ended. Answers with the garbage that is due.</summary>
    public Decision<SweepWork?> Claim(CatalogRules rules, DateTimeOffset now)
    {
        var next = State == FileState.Trash && PurgeAt <= now ? Purged(rules, now) : Expire(fence: null, rules, now) ?? this;
        next = next.DropIntents(intent => intent.LeaseUntil <= now, rules, now).BuryIfUnwritten();
        if (next.Upload?.Until <= now)
            next = next with { Upload = null };
        var due = next.Garbage.Where(blob => blob.Due <= now).OrderBy(blob => blob.Due)
            .Select(blob => new BlobDeletion(blob.BlobId, Last: blob.Until <= now));
        return new(new SweepWork(Owner, Id, [.. due]), ReferenceEquals(next, this) ? null : next);
    }

    /// <summary>
    /// Records finished deletions. A last deletion removes its entry; any other is due again at its <see cref="GarbageBlob.Until"/>. Removes a tombstone that
    /// names nothing, need not be remembered, and is in the feed.
    /// </summary>
    public Decision<bool> Swept(IReadOnlyList<BlobDeletion> done, DateTimeOffset now)
    {
        var next = done.Count == 0 ? this : this with
        {
            Garbage =
            [
                .. from blob in Garbage
                   let last = done.Where(deletion => deletion.BlobId == blob.BlobId).Select(deletion => (bool?)deletion.Last).FirstOrDefault()
                   where last != true
                   select last == false ? blob with { Due = blob.Until } : blob,
            ],
        };
        return next.IsIdleTombstone && !(RememberUntil > now) && Unsaid is null
            ? new(true, next, Removes: true)
            : new(false, ReferenceEquals(next, this) ? null : next);
    }

    /// <summary>The earliest time at which the sweeper has work here; null if never.</summary>
    public DateTimeOffset? DueAt(DateTimeOffset now)
    {
        DateTimeOffset? earliest = null;
        foreach (var intent in Intents)
            Consider(intent.LeaseUntil);
        foreach (var blob in Garbage)
            Consider(blob.Due);
        if (PurgeAt is { } purge)
            Consider(purge);
        if (State == FileState.Live && ExpiresAt is { } expires)
            Consider(expires);
        if (Upload is { Stage: ResumableStage.Complete } upload)
            Consider(upload.Until);
        if (IsIdleTombstone)
            Consider(RememberUntil ?? (Unsaid is null ? now : now + Feed.Patience));
        return earliest;

        void Consider(DateTimeOffset time) => earliest = earliest < time ? earliest : time;
    }

    /// <summary>Whether only <see cref="RememberUntil"/> still keeps this tombstone.</summary>
    public bool IsIdleTombstone => this is { State: FileState.Deleted, Intents.Count: 0, Garbage.Count: 0 };

    /// <summary>Whether a change may set this name: the place was claimed for this state, or the file's claim, if it has one, is for the same name.</summary>
    /// <remarks>A loose file is renamed without a new fence, so a move that keeps the name tests that it is still the name that was claimed.</remarks>
    private bool Allows(Placement? placement, string? name) => placement is null
        ? name is null || Place.Folder is null || string.Equals(name, Name, StringComparison.Ordinal)
        : Place.Fence == placement.Fence && (name is not null || string.Equals(placement.Wanted, Name, StringComparison.Ordinal));

    /// <summary>The refusal of a change of a live file; null if it is allowed.</summary>
    private Decision<ChangeResult>? Refuse(long? ifVersion, DateTimeOffset now)
    {
        if (!IsLiveAt(now))
            return new Decision<ChangeResult>(new ChangeResult(ChangeOutcome.NotFound));
        return ifVersion is { } wanted && wanted != Version
            ? new Decision<ChangeResult>(new ChangeResult(ChangeOutcome.VersionMismatch))
            : null;
    }

    /// <summary>The file in the trash, or its tombstone if the trash has no retention.</summary>
    private FileDocument Trashed(CatalogRules rules, DateTimeOffset now)
    {
        if (rules.TrashRetention <= TimeSpan.Zero)
            return Purged(rules, now);
        var at = At(now);
        return DropIntents(_ => true, rules, now) with
        {
            State = FileState.Trash,
            Place = Place.Left(),
            Dav = Dav.Unlocked(),
            DeletedAt = at,
            PurgeAt = WholeMilliseconds.After(at, rules.TrashRetention),
        };
    }

    /// <summary>The tombstone of this file: every content and every unfinished write becomes garbage, and name and tags are dropped.</summary>
    private FileDocument Purged(CatalogRules rules, DateTimeOffset now)
    {
        var next = Remembering(now).DropIntents(_ => true, rules, now) with
        {
            State = FileState.Deleted,
            Name = null,
            Place = Place.Left(),
            Tags = NoTags,
            Dav = DavState.None,
            ModifiedAt = null,
            ExpiresAt = null,
            Content = null,
            Versions = [],
            DeletedAt = null,
            PurgeAt = null,
        };
        return next with { Garbage = next.Released(Contents, rules, now) };
    }

    /// <summary>The garbage plus the blobs of former contents that no content names any more; readers get a grace.</summary>
    private IReadOnlyList<GarbageBlob> Released(IEnumerable<FileContent> former, CatalogRules rules, DateTimeOffset now)
    {
        var named = Contents.Select(content => content.BlobId).ToHashSet();
        var released = former.Select(content => content.BlobId).Where(named.Add).ToList();
        var due = WholeMilliseconds.After(now, rules.ReadersGrace);
        return released.Count == 0 ? Garbage : [.. Garbage, .. released.Select(blob => new GarbageBlob(blob, due, due, Committed: true))];
    }

    /// <summary>The earlier versions that stay. A version's age counts from its replacement by the next newer one.</summary>
    private static IReadOnlyList<FileContent> Prune(IReadOnlyList<FileContent> earlier, CatalogRules rules, DateTimeOffset now)
    {
        var keep = rules.VersionsKept;
        if (rules.VersionsMaxAge is { } age)
        {
            // A version is replaced when the next one is committed. So those replaced within the limit are those committed within it, and one more.
            keep = Math.Min(keep, earlier.Count(content => now - content.CreatedAt <= age) + 1);
        }
        return earlier.Count <= keep ? earlier : [.. earlier.Take(Math.Max(0, keep))];
    }
}
