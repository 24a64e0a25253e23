using FileDrop.Api.Hashing;
using FileDrop.Api.Text;

namespace FileDrop.Api.Catalog;

/// <summary>A resumable upload in its file's document; its blobs are the document's intents.</summary>
internal sealed record StoredUpload
{
    public required ResumablePlan Plan { get; init; }

    /// <summary>The total length in bytes; null while it is deferred.</summary>
    public long? Length { get; init; }

    /// <summary>The upload's own blob.</summary>
    public required Guid Main { get; init; }

    /// <summary>The fencing number of its last holder.</summary>
    public long Fence { get; init; }

    /// <summary>The time at which it is given up or, once complete, forgotten.</summary>
    public DateTimeOffset Until { get; init; }

    public long Offset { get; init; }

    public HashMark Hashes { get; init; }

    public string? Store { get; init; }

    public long Step { get; init; }

    public ResumableStage Stage { get; init; }

    /// <summary>The blob with the content, once complete.</summary>
    public Guid? Blob { get; init; }

    public Guid? Holder { get; init; }

    /// <summary>The holder's last sign of life.</summary>
    public DateTimeOffset SeenAt { get; init; }

    /// <summary>Whether another client has asked the holder to let go.</summary>
    public bool IsWanted { get; init; }

    /// <summary>Whether the holder has given a sign of life within the term.</summary>
    public bool IsAlive(DateTimeOffset now) => SeenAt > now - CatalogRules.ResumableTerm;
}

// Rules for resumable uploads: begin, take over, record steps, finish by a commit, give up.
internal sealed partial record FileDocument
{
    /// <summary>Makes a new document with a resumable upload, whose own blob is the first intent.</summary>
    public static FileDocument BeginResumable(
        string owner, Guid id, WriteIntent intent, ResumablePlan plan, long? length, Guid? holder, CatalogRules rules, DateTimeOffset now)
    {
        var until = WholeMilliseconds.After(now, rules.ResumableExpiry);
        return new FileDocument
        {
            Owner = owner,
            Id = id,
            Intents = [new BlobIntent(intent.BlobId, intent.Fence, until, new Reservation(length ?? 0, Creates: !plan.IsPartial))],
            Upload = new StoredUpload
            {
                Plan = plan,
                Length = length,
                Main = intent.BlobId,
                Fence = intent.Fence,
                Until = until,
                Holder = holder,
                SeenAt = now,
            },
        };
    }

    /// <summary>The upload, even if the file has changed since; null if there is none or it has expired.</summary>
    public ResumableUpload? FindUpload(DateTimeOffset now) =>
        Upload is { } upload && upload.Until > now && (upload.Stage == ResumableStage.Complete || State == FileState.Pending)
            ? new ResumableUpload(
                Id,
                Owner,
                upload.Plan,
                upload.Length,
                new WriteIntent(upload.Main, upload.Fence),
                new ResumableProgress(
                    upload.Offset, upload.Hashes, upload.Store,
                    [.. Intents.Select(intent => intent.BlobId).Where(blob => blob != upload.Main)]),
                upload.Step,
                upload.Stage,
                upload.Blob,
                upload.Until,
                upload.Holder,
                upload.IsAlive(now),
                upload.IsWanted)
            : null;

    /// <summary>Makes the taker the holder under a new fencing number. A holder that is alive is asked to let go instead.</summary>
    public Decision<ResumableUpload?> TakeUpload(Guid taker, DateTimeOffset now)
    {
        if (!IsOpen(now) || Upload is not { } upload || upload.Holder == taker)
            return new(FindUpload(now));
        if (upload is { Holder: not null, IsWanted: true } && upload.IsAlive(now))
            return new(FindUpload(now));
        var isFree = upload.Holder is null || !upload.IsAlive(now);
        var next = isFree
            ? this with
            {
                Upload = upload with { Holder = taker, Fence = upload.Fence + 1, SeenAt = now, IsWanted = false },
                Intents = [.. Intents.Select(intent => intent with { Fence = upload.Fence + 1 })],
            }
            : this with { Upload = upload with { IsWanted = true } };
        return new(next.FindUpload(now), next);
    }

    /// <summary>Records a holder's step. Null if its fencing number was raised or the upload is gone.</summary>
    public Decision<ResumableUpload?> RecordStep(WriteIntent intent, ResumableStep step, CatalogRules rules, DateTimeOffset now)
    {
        if (!IsOpen(now) || !IsHeldBy(intent) || Upload is not { } upload || upload.Step > step.Step)
            return new(null);
        var renews = step.Stage == ResumableStage.Complete || step.Progress.Offset > upload.Offset;
        var until = renews ? WholeMilliseconds.After(now, rules.ResumableExpiry) : upload.Until;
        HashSet<Guid> kept = [intent.BlobId, .. step.Progress.Pieces];
        var next = DropUploadIntents(each => !kept.Contains(each.BlobId), rules, now) with
        {
            Upload = upload with
            {
                Step = step.Step,
                Offset = step.Progress.Offset,
                Hashes = step.Progress.Hashes,
                Store = step.Progress.Store,
                Length = step.Length,
                Stage = step.Stage,
                Blob = step.BlobId,
                SeenAt = now,
                Until = until,
                Holder = step.Release ? null : upload.Holder,
                IsWanted = !step.Release && upload.IsWanted,
            },
            Intents =
            [
                .. kept.Select(blob => new BlobIntent(
                    blob, intent.Fence, until, Intents.FirstOrDefault(each => each.BlobId == blob)?.Reserved)),
            ],
        };
        return new(next.FindUpload(now), next);
    }

    /// <summary>Gives an upload up and moves its blobs to garbage. False if it does not exist under this fencing number.</summary>
    public Decision<bool> EndUpload(WriteIntent intent, CatalogRules rules, DateTimeOffset now) =>
        State == FileState.Pending && Upload?.Until > now && IsHeldBy(intent)
            ? new(true, DropUploadIntents(_ => true, rules, now) with { State = FileState.Deleted, Upload = null })
            : new(false);

    /// <summary>Marks the upload as complete, in the commit that ends it; its other blobs become garbage.</summary>
    private FileDocument Finish(WriteIntent intent, long size, ResumablePlan plan, CatalogRules rules, DateTimeOffset now) =>
        DropUploadIntents(_ => true, rules, now) with
        {
            Upload = new StoredUpload
            {
                Plan = plan,
                Length = size,
                Main = intent.BlobId,
                Fence = intent.Fence,
                Until = WholeMilliseconds.After(now, rules.ResumableExpiry),
                Offset = size,
                Stage = ResumableStage.Complete,
                Blob = intent.BlobId,
                SeenAt = now,
            },
        };

    private bool IsOpen(DateTimeOffset now) =>
        State == FileState.Pending && Upload is { Stage: not ResumableStage.Complete } upload && upload.Until > now;

    private bool IsHeldBy(WriteIntent intent) => Upload is { } upload && upload.Main == intent.BlobId && upload.Fence == intent.Fence;

    /// <summary>
    /// Moves intents to garbage. Their lease is the upload's expiry, but a holder stops long before that, so the last deletion need not wait for it.
    /// </summary>
    private FileDocument DropUploadIntents(Func<BlobIntent, bool> which, CatalogRules rules, DateTimeOffset now) =>
        DropIntents(which, _ => WholeMilliseconds.After(now, rules.ResumableLateWrites), now);
}
