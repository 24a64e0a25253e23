using FileDrop.Api.Blobs;
using FileDrop.Api.Catalog;
using FileDrop.Api.Files;

namespace FileDrop.Api.Uploads;

/// <summary>How far a request has brought an upload.</summary>
/// <param name="Upload">The upload as it was before.</param>
/// <param name="Offset">Bytes acknowledged.</param>
/// <param name="ExpiresAt">When it is given up, if it is not complete.</param>
/// <param name="IsComplete">Whether all bytes are there.</param>
/// <param name="File">The file that it has become; null for one that is not complete, or partial.</param>
internal sealed record UploadResult(ResumableUpload Upload, long Offset, DateTimeOffset ExpiresAt, bool IsComplete, CatalogFile? File);

/// <summary>Resumable uploads, under whichever protocol: no state of theirs is in this process between two requests.</summary>
internal sealed class UploadStore(
    IFileCatalog catalog, IBlobStore blobs, IReserve reserve, FileStore files, FileDropOptions options, TimeProvider time, ILogger<UploadWriter> log)
{
    /// <summary>How long a newcomer waits for the holder to make durable what it has, and let go.</summary>
    private static readonly TimeSpan TakePatience = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan TakePause = TimeSpan.FromMilliseconds(100);

    /// <summary>The largest upload, in bytes.</summary>
    public long MaxSize { get; } = Math.Min(options.MaxFileSize, blobs.MaxAppendedSize);

    /// <summary>Whole seconds that are left until then.</summary>
    public long SecondsUntil(DateTimeOffset moment) => Math.Max(0, (long)(moment - time.GetUtcNow()).TotalSeconds);

    /// <summary>Begins an upload whose bytes come later.</summary>
    public Task<ResumableUpload> CreateAsync(string owner, ResumablePlan plan, long? length, CancellationToken cancellation) =>
        BeginAsync(owner, plan, length, holder: null, cancellation);

    /// <summary>
    /// Begins an upload with the first of its bytes, or all of them. If that fails nothing is left of it: nobody was told where it is.
    /// </summary>
    /// <inheritdoc cref="AppendAsync"/>
    public async Task<UploadResult> CreateAsync(
        string owner, ResumablePlan plan, long? length, UploadBody body, long? incoming, bool? isLast, UploadChecksum? check,
        CancellationToken cancellation)
    {
        var upload = await BeginAsync(owner, plan, length, holder: Guid.NewGuid(), cancellation);
        await using var writer = Writer(upload);
        try
        {
            return await AppendAsync(writer, body, incoming, isLast, check, cancellation);
        }
        catch
        {
            try
            {
                await catalog.EndResumableAsync(owner, upload.Id, upload.Intent, CancellationToken.None);
            }
            catch (StorageException)
            {
                // It expires.
            }
            throw;
        }
    }

    /// <summary>The upload as it is recorded, or null.</summary>
    public Task<ResumableUpload?> FindAsync(string owner, Guid id, CancellationToken cancellation) =>
        catalog.FindResumableAsync(owner, id, cancellation);

    /// <summary>
    /// The upload with an offset that the next append can use: who appends at the moment is stopped. What has all its bytes is made a
    /// file on the way, should the one who brought the last of them have been killed before that.
    /// </summary>
    /// <param name="owner">Whose it is.</param>
    /// <param name="id">The upload's id.</param>
    /// <param name="atLength">Whether an upload is complete as soon as it has as many bytes as were announced.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="ContentRejectedException">The holder does not let go.</exception>
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
            {
                using var nothing = UploadBody.Empty;
                await AppendAsync(writer, nothing, incoming: 0, isLast: true, check: null, cancellation);
            }
            else
            {
                await writer.ReleaseAsync(keeps: true);
            }
        }
        return await FindAsync(owner, id, cancellation);
    }

    /// <summary>Takes an upload that is not complete, from whoever holds it.</summary>
    /// <returns>The upload, or null; and its writer unless it is complete.</returns>
    /// <exception cref="ContentRejectedException">The holder does not let go.</exception>
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
                throw new ContentRejectedException(ApiProblem.UploadLocked);
            await Task.Delay(TakePause, time, cancellation);
        }
    }

    /// <summary>Appends a body, and completes the upload if that was the last of it. Lets go of the upload in any case.</summary>
    /// <param name="writer">Holds the upload.</param>
    /// <param name="body">Read to its end.</param>
    /// <param name="incoming">Its length, if known.</param>
    /// <param name="isLast">Whether the upload is complete afterwards; null: if it has as many bytes then as were announced.</param>
    /// <param name="check">What the body must have; if it has not, nothing of it is kept.</param>
    /// <param name="cancellation">The client's patience.</param>
    /// <exception cref="ContentRejectedException">The body is refused, or another request goes first.</exception>
    public async Task<UploadResult> AppendAsync(
        UploadWriter writer, UploadBody body, long? incoming, bool? isLast, UploadChecksum? check, CancellationToken cancellation)
    {
        try
        {
            await writer.OpenAsync(incoming, keeps: check is null, cancellation);
            await writer.AppendAsync(body, incoming, writer.Length ?? MaxSize, check, cancellation);
            check?.Verify();
        }
        catch (Exception cut)
        {
            // The last byte may have come although the connection broke: then nobody will send another one.
            var hasAll = isLast is null && check is null && writer.Offset == writer.Length && cut is not ContentRejectedException { Problem.Status: 413 };
            if (!hasAll || writer.Lost.IsCancellationRequested)
                await CutShortAsync(writer, cut, keeps: check is null && cut is not ContentRejectedException { Problem.Status: 413 });
        }
        if (isLast ?? (writer.Offset == writer.Length))
            return await CompleteAsync(writer);
        await writer.ReleaseAsync(keeps: true);
        return new UploadResult(writer.Upload, writer.Offset, writer.ExpiresAt, IsComplete: false, File: null);
    }

    /// <summary>Ends an upload: whoever appends to it is stopped, and what it has stored is deleted. A file that it has become stays.</summary>
    /// <returns>Null: it is done. Else why not.</returns>
    public Task<ApiProblem?> EndAsync(string owner, Guid id, CancellationToken cancellation) => reserve.FreeAsync(async () =>
    {
        var (upload, writer) = await TakeAsync(owner, id, cancellation);
        if (upload is null)
            return ApiProblem.UploadNotFound;
        if (writer is not null)
            await writer.DisposeAsync();
        else if (!upload.Plan.IsPartial)
            return ApiProblem.UploadComplete;
        return await catalog.EndResumableAsync(owner, id, upload.Intent, cancellation) ? null : ApiProblem.UploadNotFound;
    });

    /// <summary>Makes a file of partial uploads, in this order; they stay as they are.</summary>
    /// <exception cref="ContentRejectedException">One of them is not there, not partial or not complete; or they are too long together.</exception>
    public async Task<CatalogFile> ConcatenateAsync(string owner, ResumablePlan plan, IReadOnlyList<Guid> partials, CancellationToken cancellation)
    {
        var parts = new List<ConcatenatedBlobs.Part>(partials.Count);
        foreach (var id in partials)
        {
            if (await FindSettledAsync(owner, id, atLength: true, cancellation) is not
                { Plan.IsPartial: true, Stage: ResumableStage.Complete, BlobId: { } blob, Length: { } size })
                throw new ContentRejectedException(ApiProblem.InvalidRequest(
                    $"Upload-Concat: {id} is not a partial upload of yours with all its bytes. Nothing was made."));
            parts.Add(new ConcatenatedBlobs.Part(new BlobKey(blob, id), 0, size));
        }
        var total = parts.Aggregate(0m, (sum, part) => sum + part.Size);
        if (total > options.MaxFileSize)
            throw new ContentRejectedException(ApiProblem.FileTooLarge($"The limit is {options.MaxFileSize} bytes."));
        await using var write = await files.BeginCreateAsync(owner, (long)total, exact: true, stands: false, cancellation);
        await using var joined = new ConcatenatedBlobs(blobs, parts);
        using var content = new IncomingContent(joined, first: null, options.MaxFileSize, plan.Sha256);
        await write.StoreAsync(content, (long)total, exact: true, cancellation);
        return (await write.CommitAsync(Commit(content.Facts, plan))).File
            ?? throw new InvalidOperationException("A commit without a condition is done, or throws.");
    }

    private static bool HasAll(ResumableUpload upload, bool atLength) =>
        upload.Stage == ResumableStage.Sealed || (atLength && upload.Stage == ResumableStage.Open && upload.Progress.Offset == upload.Length);

    private static FileCommit Commit(ContentFacts facts, ResumablePlan plan) =>
        new(facts.Size, plan.Type, facts.Sha256, facts.XxHash3, plan.Name, plan.Tags, Upload: plan);

    private Task<ResumableUpload> BeginAsync(
        string owner, ResumablePlan plan, long? length, Guid? holder, CancellationToken cancellation) => catalog.BeginResumableAsync(
            owner, Guid.CreateVersion7(time.GetUtcNow()), new WriteIntent(Guid.NewGuid(), Fence: 1), plan, length, holder, cancellation);

    private UploadWriter Writer(ResumableUpload upload) => new(upload, catalog, blobs, options.Lease, time, log);

    private async Task<UploadResult> CompleteAsync(UploadWriter writer)
    {
        var (upload, plan) = (writer.Upload, writer.Upload.Plan);
        if (writer.Length is { } length && length != writer.Offset)
        {
            await writer.ReleaseAsync(keeps: true);
            throw new ContentRejectedException(ApiProblem.InconsistentLength($"The upload has {writer.Offset} bytes, and was to have {length}."));
        }
        try
        {
            var (blob, facts) = await writer.FinishAsync();
            if (plan.Sha256 is { } sha256 && !sha256.Equals(facts.Sha256, StringComparison.Ordinal))
            {
                writer.LetGo();
                await catalog.EndResumableAsync(upload.Owner, upload.Id, upload.Intent, CancellationToken.None);
                throw new ContentRejectedException(ApiProblem.DigestMismatch(
                    $"The bytes that arrived have {ContentDigest.Format(facts.Sha256)}. The upload is gone; begin a new one."));
            }
            if (plan.IsPartial)
            {
                await writer.CompleteAsync(blob.BlobId);
                return new UploadResult(upload, writer.Offset, writer.ExpiresAt, IsComplete: true, File: null);
            }
            var commit = new WriteCommit(catalog, upload.Owner, upload.Id, time, log);
            if (await commit.RunAsync(blob, Commit(facts, plan), writer.Lost) is not { File: { } file })
                throw new StorageException(StorageFailure.Unavailable, $"Upload {upload.Id} was taken over before its commit.");
            writer.LetGo();
            return new UploadResult(upload, writer.Offset, writer.ExpiresAt, IsComplete: true, file);
        }
        catch (Exception failure)
        {
            await CutShortAsync(writer, failure, keeps: true);
            throw;
        }
    }

    /// <summary>Lets go of an upload after a failure, and throws what the client is told.</summary>
    private async Task CutShortAsync(UploadWriter writer, Exception cut, bool keeps)
    {
        try
        {
            await writer.ReleaseAsync(keeps);
        }
        catch (StorageException) when (cut is not OperationCanceledException)
        {
            // The first failure is the one to tell. The upload is taken from a holder that is silent.
        }
        if (writer.IsWanted && cut is OperationCanceledException)
            throw new ContentRejectedException(ApiProblem.UploadLocked, cut);
        if (writer.Lost.IsCancellationRequested)
            throw new ContentRejectedException(
                await FindAsync(writer.Upload.Owner, writer.Upload.Id, CancellationToken.None) is null ? ApiProblem.UploadNotFound : ApiProblem.UploadLocked, cut);
        System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(cut);
    }
}
