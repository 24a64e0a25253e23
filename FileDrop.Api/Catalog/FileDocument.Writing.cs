using FileDrop.Api.Storage;
using FileDrop.Api.Text;

namespace FileDrop.Api.Catalog;

// The write protocol: intent, bytes, then a commit conditional on the intent.
internal sealed partial record FileDocument
{
    /// <summary>Makes a new file's document with one intent.</summary>
    public static FileDocument Begin(string owner, Guid id, WriteIntent intent, long bytes, CatalogRules rules, DateTimeOffset now) => new()
    {
        Owner = owner,
        Id = id,
        Intents = [NewIntent(intent, new Reservation(bytes, Creates: true), rules, now)],
    };

    /// <summary>Adds an intent to a live file. False if the file is not live.</summary>
    public Decision<bool> BeginReplace(WriteIntent intent, long bytes, CatalogRules rules, DateTimeOffset now) => IsLiveAt(now)
        ? new(true, this with { Intents = [.. Intents, NewIntent(intent, new Reservation(bytes, Creates: false), rules, now)] })
        : new(false);

    /// <summary>Makes the intent's blob the live content; see <see cref="IWriteCatalog.CommitAsync"/>.</summary>
    /// <param name="intent">The blob's intent.</param>
    /// <param name="commit">The commit.</param>
    /// <param name="rules">The protocol's times and counts.</param>
    /// <param name="now">The catalog's clock.</param>
    /// <param name="placement">The claimed place of a new file, or of a file in a folder that is renamed; otherwise null.</param>
    /// <exception cref="ArgumentException">A file's first commit lacks a name or a type.</exception>
    public Decision<ChangeResult> Commit(WriteIntent intent, FileCommit commit, CatalogRules rules, DateTimeOffset now, Placement? placement = null)
    {
        if (!(State == FileState.Pending || IsLiveAt(now)) || !Holds(intent))
            return new(new ChangeResult(ChangeOutcome.NotFound));
        if (State == FileState.Pending && (commit.Name is null || commit.Type is null))
            throw new ArgumentException("The first commit of a file must give its name and type.", nameof(commit));
        if (commit.IfVersion is { } wanted && wanted != Version)
            return new(new ChangeResult(ChangeOutcome.VersionMismatch));
        if (Dav.Forbids(commit.Held, now))
            return new(new ChangeResult(ChangeOutcome.Locked));
        if (!Allows(placement, commit.Name))
            return new(new ChangeResult(ChangeOutcome.Stale));

        var at = At(now);
        var type = commit.Type ?? Content?.Type ?? throw new InvalidOperationException("A live file has a content with a type.");
        var next = Remembering(now) with
        {
            Name = placement?.Name ?? commit.Name ?? Name,
            Place = placement?.ToPlace() ?? Place,
            Tags = commit.Tags ?? Tags,
            // A file system shows the time of the write if the client does not tell another.
            ModifiedAt = commit.ModifiedAt ?? (commit.Writer is null ? ModifiedAt : null),
            ExpiresAt = commit.ExpiresAt ?? ExpiresAt,
            CreatedAt = CreatedAt ?? at,
            Intents = [.. Intents.Where(each => each.BlobId != intent.BlobId)],
            Dav = DavAfter(commit, now),
        };
        if (Version == 0 && commit.RememberFor is { } life)
            next = next with { RememberUntil = WholeMilliseconds.After(at, life) };
        if (commit.Upload is { } plan)
            next = next.Finish(intent, commit.Size, plan, rules, now);
        var content = new FileContent(intent.BlobId, commit.Size, type, commit.Sha256, commit.XxHash3, Version + 1, at, commit.Crc32);
        return next.MakeLive(content, rules, now, Continues(commit, now));
    }

    /// <summary>Begins and commits a write in one step, with its bytes at hand; it happens completely or not at all.</summary>
    public static Decision<ChangeResult> CommitInline(
        FileDocument? document, string owner, Guid id, WriteIntent intent, bool creates, FileCommit commit, CatalogRules rules, DateTimeOffset now,
        Placement? placement = null)
    {
        if (creates)
        {
            return document is null
                ? Begin(owner, id, intent, commit.Size, rules, now).Commit(intent, commit, rules, now, placement)
                : throw KnownAlready(id);
        }
        return document?.BeginReplace(intent, commit.Size, rules, now).Next?.Commit(intent, commit, rules, now, placement)
            ?? new(new ChangeResult(ChangeOutcome.NotFound));
    }

    /// <summary>Moves the intent to garbage. False if the document does not name it.</summary>
    public Decision<bool> Abandon(WriteIntent intent, CatalogRules rules, DateTimeOffset now) => Holds(intent)
        ? new(true, DropIntents(each => each.BlobId == intent.BlobId, rules, now).BuryIfUnwritten())
        : new(false);

    /// <summary>Whether a write with this intent is still open, committed or lost.</summary>
    public WriteFate Fate(WriteIntent intent)
    {
        if (Intents.Any(each => each.BlobId == intent.BlobId))
            return Holds(intent) ? WriteFate.Open : WriteFate.Lost;
        return Contents.Any(content => content.BlobId == intent.BlobId)
            || Garbage.Any(blob => blob.BlobId == intent.BlobId && blob.Committed)
                ? WriteFate.Committed
                : WriteFate.Lost;
    }

    /// <summary>The state of the creation of this file.</summary>
    public CreationRecord Creation(DateTimeOffset now) => this switch
    {
        { First: { } first } => new CreationRecord(CreationState.Committed, first),
        // The record shows the file at its creation, so the times of the trash are left out.
        { IsFile: true, Version: 1 } => new CreationRecord(CreationState.Committed, ToFile() with { DeletedAt = null, PurgeAt = null }),
        { Version: > 0 } => new CreationRecord(CreationState.Committed),
        { State: FileState.Pending, Intents.Count: > 0 } => new CreationRecord(
            Intents.Any(intent => intent.LeaseUntil > now) ? CreationState.Running : CreationState.Expired),
        _ => new CreationRecord(CreationState.Failed),
    };

    /// <summary>The failure of an insertion whose id exists. Ids are random, so only a repeated call meets its own document.</summary>
    public static StorageException KnownAlready(Guid id) =>
        new(StorageFailure.Unavailable, $"The catalog already has a document {id}.");

    private bool Holds(WriteIntent intent) =>
        Intents.Any(each => each.BlobId == intent.BlobId && each.Fence == intent.Fence);

    private static BlobIntent NewIntent(WriteIntent intent, Reservation reserved, CatalogRules rules, DateTimeOffset now) =>
        new(intent.BlobId, intent.Fence, WholeMilliseconds.After(now, rules.Lease), reserved);

    /// <summary>Makes a content live, turns the former one into an earlier version, and prunes.</summary>
    /// <param name="content">The content.</param>
    /// <param name="rules">The protocol's times and counts.</param>
    /// <param name="now">The catalog's clock.</param>
    /// <param name="drops">Whether the former content does not become a version, because the same caller has just written it.</param>
    private Decision<ChangeResult> MakeLive(FileContent content, CatalogRules rules, DateTimeOffset now, bool drops = false)
    {
        IReadOnlyList<FileContent> earlier = [.. Contents];
        var next = this with
        {
            State = FileState.Live,
            Version = content.Version,
            UpdatedAt = content.CreatedAt,
            Content = content,
            Versions = drops ? Versions : Prune(earlier, rules, now),
        };
        next = next with { Garbage = next.Released(earlier, rules, now) };
        return new(new ChangeResult(ChangeOutcome.Done, next.ToFile()), next);
    }

    /// <summary>Keeps the file as created before its first change, or forgets it once its time has passed.</summary>
    private FileDocument Remembering(DateTimeOffset now)
    {
        if (RememberUntil is not { } until)
            return this;
        if (until <= now)
            return this with { First = null, RememberUntil = null };
        return Version == 1 && First is null ? this with { First = Creation(now).Created } : this;
    }

    /// <summary>Moves intents to garbage as unfinished writes, whose store calls may still arrive.</summary>
    private FileDocument DropIntents(Func<BlobIntent, bool> which, CatalogRules rules, DateTimeOffset now) =>
        DropIntents(which, intent => WholeMilliseconds.After(intent.LeaseUntil > now ? intent.LeaseUntil : now, rules.LateWrites), now);

    /// <param name="which">The intents.</param>
    /// <param name="until">The time after which no store call of an intent's write can arrive.</param>
    /// <param name="now">The catalog's clock.</param>
    private FileDocument DropIntents(Func<BlobIntent, bool> which, Func<BlobIntent, DateTimeOffset> until, DateTimeOffset now)
    {
        var dropped = Intents.Where(which).ToList();
        return dropped.Count == 0 ? this : this with
        {
            Intents = [.. Intents.Except(dropped)],
            Garbage = [.. Garbage, .. dropped.Select(intent => new GarbageBlob(intent.BlobId, now, until(intent), Committed: false))],
        };
    }

    private FileDocument BuryIfUnwritten() =>
        this is { State: FileState.Pending, Intents.Count: 0 } ? this with { State = FileState.Deleted } : this;
}
