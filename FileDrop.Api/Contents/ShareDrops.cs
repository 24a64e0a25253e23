using System.Collections.Concurrent;
using System.Security.Cryptography;
using FileDrop.Api.Catalog;
using FileDrop.Api.Settings;
using FileDrop.Api.Storage;
using FileDrop.Api.Text;

namespace FileDrop.Api.Contents;

/// <summary>Files that others drop into a shared folder, within the share's limits and its owner's quota.</summary>
/// <remarks>
/// A dropped file never replaces another one. Its type is not kept, so that no browser ever shows it in place: the senders are unknown. Room for a file is
/// reserved by one conditional increment before its content counts; a crash can leave a reservation of a file that did not arrive.
/// </remarks>
internal sealed class ShareDrops(
    ISharedCatalog catalog, ShareTokens tokens, FolderStore folders, FileWrites writes, UploadStore uploads, FileDropOptions options, TimeProvider time)
{
    /// <summary>The media type of all dropped files.</summary>
    public const string Type = "application/octet-stream";

    /// <summary>The most folders on the way to a file, below the shared one.</summary>
    public const int MaxFolders = 16;

    /// <summary>Uploads of one share that have begun here and are not complete. They would use up the owner's own.</summary>
    private const int MostOpen = 100;

    /// <summary>If a name has this number, many files of one name were dropped, and the next one gets a random part instead.</summary>
    private const int ManyOfOneName = 50;

    private readonly ConcurrentDictionary<Guid, ConcurrentDictionary<Guid, DateTimeOffset>> _open = new();

    /// <summary>The most bytes that one file may still have.</summary>
    public long MostBytes(Share share) => Math.Max(0, Math.Min(
        Math.Min(options.MaxFileSize, share.Drop?.MaxFileSize ?? long.MaxValue),
        share.Drop?.MaxBytes is { } most ? most - share.ReceivedBytes : long.MaxValue));

    /// <summary>Stores a dropped file.</summary>
    /// <param name="share">The share.</param>
    /// <param name="file">The file as it arrives. Its content is limited to <see cref="MostBytes"/>.</param>
    /// <param name="way">The names of the folders below the shared one; missing ones are created.</param>
    /// <param name="sender">The sender; asked once the content has arrived, since a form may tell it behind.</param>
    /// <param name="cancellation">The client's patience.</param>
    /// <exception cref="RefusedException">The file does not fit the share, or its folder is gone.</exception>
    /// <exception cref="QuotaExceededException">The owner's quota has no room for it.</exception>
    /// <exception cref="StorageException">A store failed.</exception>
    public async Task<CatalogFile> TakeAsync(
        Share share, IIncomingFile file, IReadOnlyList<string> way, Func<DropSender> sender, CancellationToken cancellation)
    {
        await DemandTopAsync(share, cancellation);
        if (share.ReceivedFiles >= share.Drop?.MaxFiles)
            throw new RefusedException(RefusalCode.DropFull);
        var dropped = new DroppedFile(this, share, file, way, sender);
        // Without a length only once the content has arrived: all the room that is left would be too much to lose in a crash.
        if (file.Content.Announced is { IsExact: true } announced)
            await dropped.ReserveAsync(announced.AtLeast, cancellation);
        try
        {
            return await writes.CreateAsync(share.Owner, dropped, upload: null, cancellation);
        }
        catch (Exception failure)
        {
            if (!dropped.MayBeStored || !IsUnknown(failure))
                await dropped.ReleaseAsync();
            throw;
        }
    }

    /// <summary>Begins a resumable upload of a file.</summary>
    /// <returns>The handle by which its sender goes on; it tells nobody the upload's id.</returns>
    /// <inheritdoc cref="TakeAsync" path="/exception"/>
    public async Task<(string Handle, UploadResult? Done, DateTimeOffset ExpiresAt)> BeginAsync(
        Share share, string name, long length, IReadOnlyList<string> way, DropSender sender, CancellationToken cancellation)
    {
        await DemandTopAsync(share, cancellation);
        if (length > MostBytes(share) || share.ReceivedFiles >= share.Drop?.MaxFiles || !HasRoom(share.Id))
            throw new RefusedException(RefusalCode.DropFull);
        var properties = await PlaceAsync(share, new FileProperties(name, Type, null), way, sender, cancellation);
        var plan = new ResumablePlan(properties.Name ?? FileName.Untitled, Type, properties.Tags ?? FileTags.None)
        {
            Folder = properties.Destination.Folder,
            OnConflict = properties.Destination.OnConflict,
            ExpiresAt = properties.ExpiresAt,
        };
        if (length > 0)
        {
            var upload = await uploads.CreateAsync(share.Owner, plan, length, cancellation);
            _open.GetOrAdd(share.Id, _ => new()).TryAdd(upload.Id, time.GetUtcNow());
            return (await HandleOfAsync(share, upload.Id, cancellation), null, upload.ExpiresAt);
        }
        await ReserveAsync(share, 0, cancellation);
        try
        {
            var done = await uploads.CreateAsync(share.Owner, plan, 0, IncomingAppend.Nothing, cancellation);
            return (await HandleOfAsync(share, done.Upload.Id, cancellation), done, done.ExpiresAt);
        }
        catch (Exception failure)
        {
            if (!IsUnknown(failure))
                await ReleaseAsync(share, 0);
            throw;
        }
    }

    /// <summary>Finds an upload by its handle, with an offset at which it can go on; null if there is none.</summary>
    public async Task<ResumableUpload?> FindAsync(Share share, string handle, CancellationToken cancellation) =>
        await IdOfAsync(share, handle, cancellation) is { } id ? await uploads.FindSettledAsync(share.Owner, id, atLength: false, cancellation) : null;

    /// <summary>Appends bytes to an upload, which becomes a file with the last one.</summary>
    /// <param name="share">The share.</param>
    /// <param name="handle">The upload's handle.</param>
    /// <param name="offset">The offset at which the sender believes to go on.</param>
    /// <param name="append">The bytes.</param>
    /// <param name="cancellation">The client's patience.</param>
    /// <returns>The upload as it was, or null; and the result, which is null if the upload is at another offset or complete.</returns>
    /// <inheritdoc cref="TakeAsync" path="/exception"/>
    public async Task<(ResumableUpload? Upload, UploadResult? Result)> AppendAsync(
        Share share, string handle, long offset, IncomingAppend append, CancellationToken cancellation)
    {
        if (await IdOfAsync(share, handle, cancellation) is not { } id)
            return (null, null);
        var (upload, writer) = await uploads.TakeAsync(share.Owner, id, cancellation);
        if (upload is null || writer is null)
            return (upload, null);
        await using (writer)
        {
            if (offset != writer.Offset || append.Length > writer.Length - offset)
            {
                await writer.ReleaseAsync(keeps: true);
                return (upload with { Progress = upload.Progress with { Offset = writer.Offset } }, null);
            }
            var length = writer.Length ?? 0;
            // Only the request that can bring the last byte makes a file.
            var mayEnd = offset + (append.Length ?? long.MaxValue - offset) >= length;
            if (!mayEnd)
                return (upload, await uploads.AppendAsync(writer, append, cancellation));
            if (!await catalog.ReserveDropAsync(share, length, cancellation))
            {
                await writer.ReleaseAsync(keeps: true);
                throw new RefusedException(RefusalCode.DropFull);
            }
            try
            {
                var result = await uploads.AppendAsync(writer, append, cancellation);
                if (result.IsComplete)
                    Forget(share.Id, id);
                else
                    await ReleaseAsync(share, length);
                return (upload, result);
            }
            catch (Exception failure)
            {
                if (!IsUnknown(failure) || await IsOpenAsync(share, id))
                    await ReleaseAsync(share, length);
                throw;
            }
        }
    }

    /// <summary>Ends an upload that is not complete.</summary>
    /// <returns>The reason why it is not done, or null if it is.</returns>
    public async Task<Refusal?> EndAsync(Share share, string handle, CancellationToken cancellation)
    {
        if (await IdOfAsync(share, handle, cancellation) is not { } id)
            return new Refusal(RefusalCode.UploadNotFound);
        Forget(share.Id, id);
        return await uploads.EndAsync(share.Owner, id, cancellation);
    }

    /// <summary>The shared folder. A folder below a deleted one is about to follow it, so it counts as gone.</summary>
    private async Task<CatalogFolder> DemandTopAsync(Share share, CancellationToken cancellation) =>
        await folders.FindPathAsync(share.Owner, share.Ids[0], cancellation) switch
        {
            null => throw new RefusedException(RefusalCode.FolderNotFound),
            [.., var top] => top,
            _ => CatalogFolder.RootOf(share.Owner),
        };

    /// <summary>Gives a file its place, its tags and its end.</summary>
    private async Task<FileProperties> PlaceAsync(
        Share share, FileProperties sent, IReadOnlyList<string> way, DropSender sender, CancellationToken cancellation)
    {
        var top = await DemandTopAsync(share, cancellation);
        string[] names = [.. share.Drop?.FolderPerUploader == true ? [sender.FolderName] : Array.Empty<string>(), .. way.Take(MaxFolders)];
        if (await folders.FindOrCreateBelowAsync(share.Owner, top, names, OnConflict.Rename, cancellation) is not { Outcome: ChangeOutcome.Done, Folder: { } folder })
            throw new RefusedException(RefusalCode.FolderNotFound);
        var name = sent.Name ?? FileName.Untitled;
        if (await folders.FindAsync(share.Owner, folder.Id, FreeName.Numbered(name, ManyOfOneName, EntryKind.File), cancellation) is not null)
            name = FreeName.Numbered(name, RandomNumberGenerator.GetInt32(100_000, int.MaxValue), EntryKind.File);
        return sent with
        {
            Name = name,
            Type = Type,
            Tags = sender.ToTags(),
            ExpiresAt = share.Drop?.FileLife is { } life ? WholeMilliseconds.After(time.GetUtcNow(), life) : null,
            Destination = new Destination(folder.Id, OnConflict: OnConflict.Rename),
        };
    }

    private async Task ReserveAsync(Share share, long bytes, CancellationToken cancellation)
    {
        if (bytes > MostBytes(share) || !await catalog.ReserveDropAsync(share, bytes, cancellation))
            throw new RefusedException(RefusalCode.DropFull);
    }

    /// <summary>Whether a failure leaves open if the file was stored. It keeps its room then: the limit holds, and the share may take a little less.</summary>
    private static bool IsUnknown(Exception failure) => failure is StorageException { Failure: not StorageFailure.Full };

    /// <summary>Whether an upload is certainly not a file, and becomes none without another append. A sealed one becomes one when it is read.</summary>
    private async Task<bool> IsOpenAsync(Share share, Guid id)
    {
        try
        {
            return await uploads.FindAsync(share.Owner, id, CancellationToken.None) is null or { Stage: ResumableStage.Open };
        }
        catch (StorageException)
        {
            return false;
        }
    }

    /// <summary>Gives back the room of a file that did not arrive.</summary>
    private async Task ReleaseAsync(Share share, long bytes)
    {
        try
        {
            await catalog.ReleaseDropAsync(share.Digest, bytes, CancellationToken.None);
        }
        catch (StorageException)
        {
            // The share then takes a little less. The file itself is as its sender was told.
        }
    }

    private bool HasRoom(Guid share)
    {
        if (!_open.TryGetValue(share, out var open) || open.Count < MostOpen)
            return true;
        foreach (var (id, at) in open)
        {
            if (time.GetUtcNow() - at > options.UploadsExpiry)
                open.TryRemove(id, out _);
        }
        return open.Count < MostOpen;
    }

    private void Forget(Guid share, Guid upload)
    {
        if (_open.TryGetValue(share, out var open))
            open.TryRemove(upload, out _);
    }

    private async ValueTask<string> HandleOfAsync(Share share, Guid upload, CancellationToken cancellation)
    {
        using var aes = await CipherAsync(share, cancellation);
        return Convert.ToHexStringLower(aes.EncryptEcb(upload.ToByteArray(bigEndian: true), PaddingMode.None));
    }

    private async ValueTask<Guid?> IdOfAsync(Share share, string handle, CancellationToken cancellation)
    {
        if (handle.Length != 32 || !handle.All(char.IsAsciiHexDigitLower))
            return null;
        using var aes = await CipherAsync(share, cancellation);
        return new Guid(aes.DecryptEcb(Convert.FromHexString(handle), PaddingMode.None), bigEndian: true);
    }

    /// <summary>One block is encrypted under a key of its own share, so no two plain texts meet; a made-up handle is the id of nothing.</summary>
    private async ValueTask<Aes> CipherAsync(Share share, CancellationToken cancellation)
    {
        var aes = Aes.Create();
        aes.Key = await tokens.DeriveAsync(share, "FileDrop drop upload", cancellation);
        return aes;
    }

    /// <summary>A file that gets its place, and its room if it has none yet, when its content has arrived.</summary>
    private sealed class DroppedFile(ShareDrops drops, Share share, IIncomingFile file, IReadOnlyList<string> way, Func<DropSender> sender) : IIncomingFile
    {
        private long? _reserved;

        public IncomingContent Content => file.Content;

        public async Task ReserveAsync(long bytes, CancellationToken cancellation)
        {
            await drops.ReserveAsync(share, bytes, cancellation);
            _reserved = bytes;
        }

        /// <summary>Whether the content has arrived, so that its commit may have begun.</summary>
        public bool MayBeStored { get; private set; }

        public Task ReleaseAsync() => _reserved is { } bytes ? drops.ReleaseAsync(share, bytes) : Task.CompletedTask;

        public async ValueTask<FileProperties> ReadPropertiesAsync(CancellationToken cancellation)
        {
            if (_reserved is null)
                await ReserveAsync(Content.Count, cancellation);
            var sent = await file.ReadPropertiesAsync(cancellation);
            var placed = await drops.PlaceAsync(share, sent, way, sender(), cancellation);
            MayBeStored = true;
            return placed;
        }
    }
}
