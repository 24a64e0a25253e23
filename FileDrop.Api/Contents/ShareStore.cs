using FileDrop.Api.Catalog;
using FileDrop.Api.Settings;
using FileDrop.Api.Storage;
using FileDrop.Api.Text;

namespace FileDrop.Api.Contents;

/// <summary>Whether a share's link works, as its owner sees it.</summary>
internal enum ShareState
{
    /// <summary>The link works.</summary>
    Active,

    /// <summary>Its time has passed.</summary>
    Expired,

    /// <summary>All downloads are used up.</summary>
    Exhausted,

    /// <summary>All that it names is in the trash.</summary>
    Suspended,

    /// <summary>Nothing that it names exists any more.</summary>
    Gone,
}

/// <summary>A share as its owner sees it.</summary>
/// <param name="Share">The share.</param>
/// <param name="Token">The token of its link.</param>
/// <param name="State">Whether the link works.</param>
/// <param name="Name">The name of the first entry; null if it does not exist any more, or for the root.</param>
/// <param name="Kind">The kind of the one entry; null for a selection.</param>
internal sealed record OwnedShare(Share Share, string Token, ShareState State, string? Name, EntryKind? Kind);

/// <summary>The wishes for a new share.</summary>
/// <param name="Mode">The things that the holders of the link may do.</param>
/// <param name="Ids">The files and folders, without repetition.</param>
internal sealed record NewShare(ShareMode Mode, IReadOnlyList<Guid> Ids)
{
    /// <summary>Whether the share is of several entries, even if it names one.</summary>
    public bool IsSelection { get; init; }

    public long? Version { get; init; }

    /// <summary>The password; null for none.</summary>
    public string? Password { get; init; }

    public DateTimeOffset? ExpiresAt { get; init; }

    public long? MaxDownloads { get; init; }

    public string? Note { get; init; }

    public DropRules? Drop { get; init; }
}

/// <summary>A change of a share. A setting whose flag is false stays.</summary>
internal sealed record ShareChange
{
    public ShareMode? Mode { get; init; }

    public (bool Is, long? To) Version { get; init; }

    /// <summary>A change to null removes the password.</summary>
    public (bool Is, string? To) Password { get; init; }

    public (bool Is, DateTimeOffset? To) ExpiresAt { get; init; }

    public (bool Is, long? To) MaxDownloads { get; init; }

    public (bool Is, string? To) Note { get; init; }

    public DropRules? Drop { get; init; }
}

/// <summary>Shares, for the owners of the files.</summary>
internal sealed class ShareStore(
    IShareCatalog catalog, ShareTokens tokens, SharePasswords passwords, FileStore files, IDocumentCatalog documents,
    IFolderDocumentCatalog folderDocuments, FileDropOptions options, TimeProvider time)
{
    /// <summary>The most entries of one share that a list looks at to tell its state.</summary>
    private const int MaxLookedAt = 100;

    private const int DocumentsAtOnce = 500;

    /// <summary>Makes a share.</summary>
    /// <param name="owner">The owner of the files.</param>
    /// <param name="wanted">The wishes, whose single values are valid.</param>
    /// <param name="creator">The caller, as the audit log names it, and the id of its API key, if it has one.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="RefusedException">Something that the share names does not exist or does not fit its mode, or the owner has too many shares.</exception>
    /// <exception cref="StorageException">A store failed.</exception>
    public async Task<OwnedShare> CreateAsync(string owner, NewShare wanted, (string Name, string? Key) creator, CancellationToken cancellation)
    {
        if (await catalog.CountSharesAsync(owner, options.Limits.SharesPerOwner, cancellation) >= options.Limits.SharesPerOwner)
            throw new RefusedException(new Refusal(
                RefusalCode.QuotaExceeded, $"You have {options.Limits.SharesPerOwner} shares. End some of them first: DELETE /shares/{{share_id}}."));
        await DemandAsync(owner, wanted, cancellation);
        var key = await tokens.CurrentAsync(cancellation);
        var now = WholeMilliseconds.Floor(time.GetUtcNow());
        var id = Guid.CreateVersion7(now);
        var share = new Share
        {
            Id = id,
            Owner = owner,
            Key = key.Number,
            Digest = Share.DigestOf(Share.TokenOf(id, key.Secret.Span)),
            Mode = wanted.Mode,
            Ids = wanted.Ids,
            IsSelection = wanted.IsSelection,
            Version = wanted.Version,
            Password = wanted.Password is { } password ? await passwords.HashAsync(password, owner, cancellation) : null,
            ExpiresAt = wanted.ExpiresAt,
            MaxDownloads = wanted.MaxDownloads,
            Note = wanted.Note,
            Drop = wanted.Mode == ShareMode.Upload ? wanted.Drop ?? new DropRules() : null,
            Creator = creator.Name,
            CreatorKey = creator.Key,
            CreatedAt = now,
            UpdatedAt = now,
            Revision = Random.Shared.NextInt64(),
        };
        await catalog.AddShareAsync(share, cancellation);
        return await ShowAsync(share, now, cancellation);
    }

    /// <summary>A share of the owner's, or null.</summary>
    public async Task<OwnedShare?> FindAsync(string owner, Guid id, CancellationToken cancellation) =>
        await catalog.FindShareAsync(owner, id, cancellation) is var (share, now) ? await ShowAsync(share, now, cancellation) : null;

    /// <summary>One page of an owner's shares, the newest first.</summary>
    /// <returns>The shares, and the id after which the next page begins; null at the end.</returns>
    public async Task<(IReadOnlyList<OwnedShare> Shares, Guid? Next)> ListAsync(string owner, Guid? before, int limit, CancellationToken cancellation)
    {
        var page = await catalog.ListSharesAsync(owner, before, limit, cancellation);
        var shown = await ShowAsync(page, time.GetUtcNow(), cancellation);
        return (shown, page.Count == limit ? page[^1].Id : null);
    }

    /// <summary>Changes a share. The change holds everywhere at once.</summary>
    /// <returns>The share; null if the owner has no such share.</returns>
    /// <exception cref="RefusedException">The change does not fit the share.</exception>
    /// <exception cref="StorageException">A store failed.</exception>
    public async Task<OwnedShare?> ChangeAsync(string owner, Guid id, ShareChange change, CancellationToken cancellation)
    {
        if (await catalog.FindShareAsync(owner, id, cancellation) is not var (before, _))
            return null;
        if (change.Mode is { } mode && mode == ShareMode.Upload != (before.Mode == ShareMode.Upload))
            throw Refused("A share to drop files stays one, and no other becomes one. Make a new share.");
        if (change.Drop is not null && before.Mode != ShareMode.Upload)
            throw Refused("drop belongs to shares of the mode upload.");
        if (before.Mode == ShareMode.Upload && (change.MaxDownloads.To is not null || change.Version.To is not null))
            throw Refused("A share of the mode upload has no downloads and no version.");
        if (change.Version.To is { } version)
            await DemandVersionAsync(owner, before.Ids, before.IsSelection, version, cancellation);
        var hash = change.Password.To is { } password ? await passwords.HashAsync(password, owner, cancellation) : null;
        var changed = await catalog.ChangeShareAsync(
            owner, id,
            (share, now) => share with
            {
                Mode = change.Mode ?? share.Mode,
                Version = change.Version.Is ? change.Version.To : share.Version,
                Password = change.Password.Is ? hash : share.Password,
                ExpiresAt = change.ExpiresAt.Is ? change.ExpiresAt.To : share.ExpiresAt,
                MaxDownloads = change.MaxDownloads.Is ? change.MaxDownloads.To : share.MaxDownloads,
                Note = change.Note.Is ? change.Note.To : share.Note,
                Drop = change.Drop ?? share.Drop,
                UpdatedAt = now > share.UpdatedAt ? now : share.UpdatedAt,
            },
            cancellation);
        return changed is null ? null : await ShowAsync(changed, time.GetUtcNow(), cancellation);
    }

    /// <summary>Ends a share. False if the owner has no such share.</summary>
    public Task<bool> DeleteAsync(string owner, Guid id, CancellationToken cancellation) => catalog.DeleteShareAsync(owner, id, cancellation);

    /// <summary>Ends all shares that an API key made.</summary>
    public Task<long> DeleteOfKeyAsync(string key, CancellationToken cancellation) => catalog.DeleteSharesOfKeyAsync(key, cancellation);

    private async Task DemandAsync(string owner, NewShare wanted, CancellationToken cancellation)
    {
        var known = await LookUpAsync(wanted.Ids, time.GetUtcNow(), cancellation);
        var found = wanted.Ids.Select(id => Known.Of(known, owner, id)).ToList();
        if (found.Exists(entry => entry.State != FileState.Live))
            throw new RefusedException(RefusalCode.FileNotFound);
        if (wanted.Mode == ShareMode.Upload && (wanted.IsSelection || found is not [{ Kind: EntryKind.Folder }]))
            throw Refused("Files are dropped into one folder: send its id as the only one.");
        if (wanted.Version is { } version)
            await DemandVersionAsync(owner, wanted.Ids, wanted.IsSelection, version, cancellation);
    }

    private async Task DemandVersionAsync(string owner, IReadOnlyList<Guid> ids, bool isSelection, long version, CancellationToken cancellation)
    {
        if (isSelection || ids is not [var file] || await files.FindAsync(owner, file, cancellation) is null)
            throw Refused("Only a share of one file can have a version.");
        if (await files.FindVersionAsync(owner, file, version, cancellation) is null)
            throw new RefusedException(RefusalCode.VersionNotFound);
    }

    private async Task<OwnedShare> ShowAsync(Share share, DateTimeOffset now, CancellationToken cancellation) =>
        (await ShowAsync([share], now, cancellation))[0];

    /// <summary>Looks up the entries of all shares together.</summary>
    private async Task<IReadOnlyList<OwnedShare>> ShowAsync(IReadOnlyList<Share> shares, DateTimeOffset now, CancellationToken cancellation)
    {
        var known = await LookUpAsync(shares.SelectMany(share => share.Ids.Take(shares.Count == 1 ? Share.MaxIds : MaxLookedAt)).Distinct(), now, cancellation);
        var shown = new List<OwnedShare>();
        foreach (var share in shares)
        {
            var entries = share.Ids.Select(id => Known.Of(known, share.Owner, id)).ToList();
            var state = share.IsExpired(now) ? ShareState.Expired
                : share.IsExhausted ? ShareState.Exhausted
                : entries.Exists(entry => entry.State == FileState.Live) ? ShareState.Active
                : entries.Exists(entry => entry.State is FileState.Trash or FileState.Carried) ? ShareState.Suspended
                : ShareState.Gone;
            shown.Add(new OwnedShare(
                share, await tokens.OfAsync(share, cancellation), state, entries[0].Name, share.IsSelection ? null : entries[0].Kind));
        }
        return shown;
    }

    /// <summary>Finds files and folders of any owner, in any state, with few calls.</summary>
    private async Task<Dictionary<(string Owner, Guid Id), Known>> LookUpAsync(IEnumerable<Guid> ids, DateTimeOffset now, CancellationToken cancellation)
    {
        var known = new Dictionary<(string Owner, Guid Id), Known>();
        foreach (var some in ids.Chunk(DocumentsAtOnce))
        {
            foreach (var file in await documents.FindDocumentsAsync(some, cancellation))
                known[(file.Owner, file.FileId)] = new Known(EntryKind.File, file.File?.Name, file.File?.ExpiresAt <= now ? FileState.Trash : file.State);
            foreach (var folder in await folderDocuments.FindFoldersAsync(some, cancellation))
                known[(folder.Owner, folder.Id)] = new Known(EntryKind.Folder, folder.Name, folder.State);
        }
        return known;
    }

    private static RefusedException Refused(string detail) => new(new Refusal(RefusalCode.InvalidRequest, detail));

    private sealed record Known(EntryKind Kind, string? Name, FileState State)
    {
        /// <summary>An entry as it was looked up. The root has no document, and is always there.</summary>
        public static Known Of(Dictionary<(string Owner, Guid Id), Known> known, string owner, Guid id) => id == Place.Root
            ? new Known(EntryKind.Folder, null, FileState.Live)
            : known.GetValueOrDefault((owner, id), new Known(EntryKind.File, null, FileState.Deleted));
    }
}
