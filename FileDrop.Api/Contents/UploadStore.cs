using System.Runtime.ExceptionServices;
using FileDrop.Api.Blobs;
using FileDrop.Api.Catalog;
using FileDrop.Api.Hashing;
using FileDrop.Api.Settings;
using FileDrop.Api.Storage;

namespace FileDrop.Api.Contents;

/// <summary>How far a request has brought an upload.</summary>
/// <param name="Upload">The upload as it was before the request.</param>
/// <param name="Offset">Bytes acknowledged.</param>
/// <param name="ExpiresAt">When the upload is given up, if it is not complete.</param>
/// <param name="IsComplete">Whether all bytes are there.</param>
/// <param name="File">The file that the upload has become; null for an upload that is not complete, or partial.</param>
internal sealed record UploadResult(ResumableUpload Upload, long Offset, DateTimeOffset ExpiresAt, bool IsComplete, CatalogFile? File);

/// <summary>Resumable uploads, for every protocol that has them. Between two requests, this process keeps no state of them.</summary>
internal sealed class UploadStore(
    IUploadCatalog catalog, IWriteCatalog reservations, IBlobStore blobs, IReserve reserve, FileStore files, FolderStore folders, FileWrites writes,
    FileDropOptions options, TimeProvider time, ILogger<UploadWriter> log)
{
    /// <summary>How long a newcomer waits until the holder has made its bytes durable and let go.</summary>
    private static readonly TimeSpan TakePatience = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan TakePause = TimeSpan.FromMilliseconds(100);

    /// <summary>The largest upload, in bytes.</summary>
    public long MaxSize { get; } = Math.Min(options.MaxFileSize, blobs.MaxAppendedSize);

    /// <summary>Whole seconds until a moment; 0 if it has passed.</summary>
    public long SecondsUntil(DateTimeOffset moment) => Math.Max(0, (long)(moment - time.GetUtcNow()).TotalSeconds);

    /// <summary>Completes a plan with the folder that its file is to be in.</summary>
    /// <exception cref="RefusedException">There is no such folder, or a file has the name of one.</exception>
    public async Task<ResumablePlan> PlaceAsync(string owner, ResumablePlan plan, Destination destination, CancellationToken cancellation) =>
        await folders.ResolveAsync(owner, destination, cancellation) is { Folder: { } folder } ? plan with { Folder = folder, OnConflict = destination.OnConflict } : plan;

    /// <summary>Begins an upload whose bytes come later.</summary>
    public Task<ResumableUpload> CreateAsync(string owner, ResumablePlan plan, long? length, CancellationToken cancellation) =>
        BeginAsync(owner, plan, length, holder: null, cancellation);

    /// <summary>Begins an upload with its first bytes, or all of them. If that fails, nothing is left of it: the client does not know its address.</summary>
    /// <inheritdoc cref="AppendAsync"/>
    public async Task<UploadResult> CreateAsync(
        string owner, ResumablePlan plan, long? length, IncomingAppend append, CancellationToken cancellation)
    {
        var upload = await BeginAsync(owner, plan, length, holder: Guid.NewGuid(), cancellation);
        await using var writer = Writer(upload);
        try
        {
            return await AppendAsync(writer, append, cancellation);
        }
        catch
        {
            try
            {
                await catalog.EndResumableAsync(owner, upload.Id, upload.Intent, CancellationToken.None);
            }
            catch (StorageException)
            {
                // The upload expires.
            }
            throw;
        }
    }

    /// <summary>The upload as it is recorded, or null.</summary>
    public Task<ResumableUpload?> FindAsync(string owner, Guid id, CancellationToken cancellation) =>
        catalog.FindResumableAsync(owner, id, cancellation);

    /// <summary>
    /// The upload with an offset at which the next append can go on. A request that appends at the moment is stopped. If the upload has all its bytes, it
    /// becomes a file now: the request that brought the last bytes may have been killed before that.
    /// </summary>
    /// <param name="owner">The upload's owner.</param>
    /// <param name="id">The upload's id.</param>
    /// <param name="atLength">Whether an upload is complete as soon as it has as many bytes as were announced.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="RefusedException">The holder does not let go.</exception>
    public async Task<ResumableUpload?> FindSettledAsync(string owner, Guid id, bool atLength, CancellationToken cancellation)
    {
        var upload = await FindAsync(owner, id, cancellation);
        if (upload is null || (upload.Holder is null && !HasAll(upload, atLength)) || upload.Stage == ResumableStage.Complete)
            return upload;
        var (taken, writer) = await TakeAsync(owner, id, cancellation);
        if (writer is null)
            return taken;
        await using (writer)
        {
            if (HasAll(writer.Upload, atLength))
                await AppendAsync(writer, IncomingAppend.Nothing, cancellation);
            else
                await writer.ReleaseAsync(keeps: true);
        }
        return await FindAsync(owner, id, cancellation);
    }

    /// <summary>Takes an upload that is not complete from its holder.</summary>
    /// <returns>The upload, or null; and its writer unless the upload is complete.</returns>
    /// <exception cref="RefusedException">The holder does not let go.</exception>
    public async Task<(ResumableUpload? Upload, UploadWriter? Writer)> TakeAsync(string owner, Guid id, CancellationToken cancellation)
    {
        var taker = Guid.NewGuid();
        var begun = time.GetTimestamp();
        while (true)
        {
            var upload = await catalog.TakeResumableAsync(owner, id, taker, cancellation);
            if (upload is null || upload.Stage == ResumableStage.Complete)
                return (upload, null);
            if (upload.Holder == taker)
                return (upload, Writer(upload));
            if (time.GetElapsedTime(begun) > TakePatience)
                throw new RefusedException(RefusalCode.UploadLocked);
            await Task.Delay(TakePause, time, cancellation);
        }
    }

    /// <summary>Appends bytes, and completes the upload if they are the last. Always lets go of the upload.</summary>
    /// <param name="writer">Holds the upload.</param>
    /// <param name="append">The bytes.</param>
    /// <param name="cancellation">The client's patience.</param>
    /// <exception cref="RefusedException">The bytes are refused, or another request goes first.</exception>
    public async Task<UploadResult> AppendAsync(UploadWriter writer, IncomingAppend append, CancellationToken cancellation)
    {
        var (isLast, check) = (append.IsLast, append.Check);
        try
        {
            await writer.OpenAsync(append.Length, keeps: check is null, cancellation);
            await writer.AppendAsync(append, writer.Length ?? MaxSize, cancellation);
            check?.Verify();
        }
        catch (Exception cut)
        {
            // The last byte may have come although the connection broke. Then no other request will follow.
            var hasAll = isLast is null && check is null && writer.Offset == writer.Length && !IsTooLarge(cut);
            if (!hasAll || writer.Lost.IsCancellationRequested)
                await CutShortAsync(writer, cut, keeps: check is null && !IsTooLarge(cut));
        }
        if (isLast ?? (writer.Offset == writer.Length))
            return await CompleteAsync(writer);
        await writer.ReleaseAsync(keeps: true);
        return new UploadResult(writer.Upload, writer.Offset, writer.ExpiresAt, IsComplete: false, File: null);
    }

    /// <summary>
    /// Ends an upload: a request that appends to it is stopped, and its bytes are deleted. A file that the upload has become stays.
    /// </summary>
    /// <returns>The reason why it is not done, or null if it is.</returns>
    public Task<Refusal?> EndAsync(string owner, Guid id, CancellationToken cancellation) => reserve.FreeAsync(async () =>
    {
        var (upload, writer) = await TakeAsync(owner, id, cancellation);
        if (upload is null)
            return new Refusal(RefusalCode.UploadNotFound);
        if (writer is not null)
            await writer.DisposeAsync();
        else if (!upload.Plan.IsPartial)
            return new Refusal(RefusalCode.UploadComplete);
        return await catalog.EndResumableAsync(owner, id, upload.Intent, cancellation) ? null : new Refusal(RefusalCode.UploadNotFound);
    });

    /// <summary>Finds partial uploads that are to become parts of one file.</summary>
    /// <returns>The parts in this order; and the first id that is not a partial upload of the owner's with all its bytes, or null.</returns>
    /// <exception cref="RefusedException">A holder does not let go.</exception>
    public async Task<(IReadOnlyList<ConcatenatedBlobs.Part> Parts, Guid? Unfit)> FindPartsAsync(
        string owner, IReadOnlyList<Guid> partials, CancellationToken cancellation)
    {
        var parts = new List<ConcatenatedBlobs.Part>(partials.Count);
        foreach (var id in partials)
        {
            if (await FindSettledAsync(owner, id, atLength: true, cancellation) is not
                { Plan.IsPartial: true, Stage: ResumableStage.Complete, BlobId: { } blob, Length: { } size })
                return (parts, id);
            parts.Add(new ConcatenatedBlobs.Part(new BlobKey(blob, id), 0, size));
        }
        return (parts, null);
    }

    /// <summary>Makes a file of parts. The partial uploads stay as they are.</summary>
    /// <exception cref="RefusedException">The parts are too long together.</exception>
    public async Task<CatalogFile> ConcatenateAsync(
        string owner, ResumablePlan plan, IReadOnlyList<ConcatenatedBlobs.Part> parts, CancellationToken cancellation)
    {
        var total = parts.Aggregate(0m, (sum, part) => sum + part.Size);
        if (total > options.MaxFileSize)
            throw new RefusedException(new Refusal(RefusalCode.FileTooLarge, $"The limit is {options.MaxFileSize} bytes."));
        await using var joined = new ConcatenatedBlobs(blobs, parts);
        using var content = new IncomingContent(joined, first: null, options.MaxFileSize, plan.Sha256) { Announced = ContentLength.Exactly((long)total) };
        return await writes.CreateAsync(owner, new KnownFile(content, FileProperties.Of(plan)), plan, cancellation);
    }

    private static bool HasAll(ResumableUpload upload, bool atLength) =>
        upload.Stage == ResumableStage.Sealed || (atLength && upload.Stage == ResumableStage.Open && upload.Progress.Offset == upload.Length);

    private static bool IsTooLarge(Exception cut) => cut is RefusedException { Refusal.Code: RefusalCode.FileTooLarge };

    private Task<ResumableUpload> BeginAsync(
        string owner, ResumablePlan plan, long? length, Guid? holder, CancellationToken cancellation) => catalog.BeginResumableAsync(
            owner, Guid.CreateVersion7(time.GetUtcNow()), new WriteIntent(Guid.NewGuid(), Fence: 1), plan, length, holder, cancellation);

    private UploadWriter Writer(ResumableUpload upload) =>
        new(upload, catalog, new UploadReservation(reservations, upload), blobs, options.Lease, time, log);

    private async Task<UploadResult> CompleteAsync(UploadWriter writer)
    {
        var (upload, plan) = (writer.Upload, writer.Upload.Plan);
        if (writer.Length is { } length && length != writer.Offset)
        {
            await writer.ReleaseAsync(keeps: true);
            throw new RefusedException(new Refusal(
                RefusalCode.InconsistentLength, $"The upload has {writer.Offset} bytes, and was to have {length}."));
        }
        try
        {
            var (blob, facts) = await writer.FinishAsync();
            if (plan.Sha256 is { } sha256 && !sha256.Equals(facts.Sha256, StringComparison.Ordinal))
            {
                writer.LetGo();
                await catalog.EndResumableAsync(upload.Owner, upload.Id, upload.Intent, CancellationToken.None);
                throw new RefusedException(new Refusal(RefusalCode.DigestMismatch,
                    $"The bytes that arrived have {ContentDigest.Format(facts.Sha256)}. The upload is gone; begin a new one."));
            }
            if (plan.IsPartial)
            {
                await writer.CompleteAsync(blob.BlobId);
                return new UploadResult(upload, writer.Offset, writer.ExpiresAt, IsComplete: true, File: null);
            }
            var file = await CommitAsync(writer, blob, facts);
            writer.LetGo();
            return new UploadResult(upload, writer.Offset, writer.ExpiresAt, IsComplete: true, file);
        }
        catch (Exception failure)
        {
            await CutShortAsync(writer, failure, keeps: true);
            throw;
        }
    }

    private async Task<CatalogFile> CommitAsync(UploadWriter writer, WriteIntent blob, ContentFacts facts)
    {
        var (upload, plan) = (writer.Upload, writer.Upload.Plan);
        var change = FileWrites.Commit(facts, FileProperties.Of(plan)) with { Upload = plan };
        return await files.CommitOf(upload.Owner, upload.Id).RunAsync(blob, change, writer.Lost) switch
        {
            { File: { } file } => file,
            { Outcome: ChangeOutcome.NameTaken } when plan.OnConflict == OnConflict.Replace => await ReplaceAsync(writer, blob, change),
            { Outcome: ChangeOutcome.NameTaken } => throw new RefusedException(RefusalCode.NameTaken),
            { Outcome: ChangeOutcome.FolderNotFound } => throw new RefusedException(RefusalCode.FolderNotFound),
            { Outcome: ChangeOutcome.Locked } => throw new RefusedException(RefusalCode.Locked),
            _ => throw new StorageException(StorageFailure.Unavailable, $"Upload {upload.Id} was taken over before its commit."),
        };
    }

    /// <summary>
    /// Makes a copy of the uploaded content a new version of the file that has the name, and ends the upload. If the process ends in between, the next request
    /// makes another version of the same bytes.
    /// </summary>
    private async Task<CatalogFile> ReplaceAsync(UploadWriter writer, WriteIntent blob, FileCommit change)
    {
        var upload = writer.Upload;
        var replaced = await writes.TryReplaceAsync(
            upload.Owner, change, replacement => replacement.CopyAsync(new BlobKey(blob.BlobId, upload.Id), change.Size, CancellationToken.None),
            CancellationToken.None);
        if (replaced is { Outcome: ChangeOutcome.NameTaken })
            throw new RefusedException(RefusalCode.NameTaken);
        if (replaced is { Outcome: ChangeOutcome.Locked })
            throw new RefusedException(RefusalCode.Locked);
        if (replaced?.File is not { } file)
            throw new StorageException(StorageFailure.Unavailable, $"The file that upload {upload.Id} replaces was deleted meanwhile.");
        writer.LetGo();
        await catalog.EndResumableAsync(upload.Owner, upload.Id, upload.Intent, CancellationToken.None);
        return file;
    }

    /// <summary>Lets go of an upload after a failure, and throws the failure or the refusal that explains it.</summary>
    private async Task CutShortAsync(UploadWriter writer, Exception cut, bool keeps)
    {
        try
        {
            await writer.ReleaseAsync(keeps);
        }
        catch (StorageException) when (cut is not OperationCanceledException)
        {
            // The first failure matters. The next request takes the upload from a holder that is silent.
        }
        if (writer.IsWanted && cut is OperationCanceledException)
            throw new RefusedException(RefusalCode.UploadLocked, cut);
        if (writer.Lost.IsCancellationRequested)
        {
            var isGone = await FindAsync(writer.Upload.Owner, writer.Upload.Id, CancellationToken.None) is null;
            throw new RefusedException(isGone ? RefusalCode.UploadNotFound : RefusalCode.UploadLocked, cut);
        }
        ExceptionDispatchInfo.Throw(cut);
    }
}
