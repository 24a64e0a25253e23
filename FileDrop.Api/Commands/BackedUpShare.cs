using FileDrop.Api.Catalog;
using FileDrop.Api.Contents;

namespace FileDrop.Api.Commands;

/// <summary>A share in a backup, with the key that makes its token. Everyone who can read the backup can make the link.</summary>
/// <param name="Id">The share's id.</param>
/// <param name="Owner">The owner of the files.</param>
/// <param name="Secret">The key, 32 bytes.</param>
/// <param name="Mode">The things that the link allows.</param>
/// <param name="Ids">The files and folders.</param>
/// <param name="Creator">The caller that made the share.</param>
/// <param name="CreatedAt">The time of its creation.</param>
/// <param name="UpdatedAt">The time of its last change.</param>
internal sealed record BackedUpShare(
    Guid Id, string Owner, byte[] Secret, ShareMode Mode, IReadOnlyList<Guid> Ids, string Creator, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt)
{
    private const int SecretBytes = 32, MaxCreator = 2048, MaxNote = 4096, MaxTypes = 1000;

    public bool IsSelection { get; init; }

    public long? Version { get; init; }

    public string? Password { get; init; }

    public DateTimeOffset? ExpiresAt { get; init; }

    public long? MaxDownloads { get; init; }

    public DropRules? Drop { get; init; }

    public string? Note { get; init; }

    public string? CreatorKey { get; init; }

    public long Downloads { get; init; }

    public long ReceivedBytes { get; init; }

    public long ReceivedFiles { get; init; }

    public DateTimeOffset? LastUsedAt { get; init; }

    /// <summary>The share as it goes into a backup.</summary>
    public static BackedUpShare Of(Share share, ReadOnlyMemory<byte> secret) =>
        new(share.Id, share.Owner, secret.ToArray(), share.Mode, share.Ids, share.Creator, share.CreatedAt, share.UpdatedAt)
        {
            IsSelection = share.IsSelection,
            Version = share.Version,
            Password = share.Password,
            ExpiresAt = share.ExpiresAt,
            MaxDownloads = share.MaxDownloads,
            Drop = share.Drop,
            Note = share.Note,
            CreatorKey = share.CreatorKey,
            Downloads = share.Downloads,
            ReceivedBytes = share.ReceivedBytes,
            ReceivedFiles = share.ReceivedFiles,
            LastUsedAt = share.LastUsedAt,
        };

    /// <summary>The share as it goes into a catalog.</summary>
    /// <param name="key">The number that the catalog has for the key.</param>
    public Share ToShare(long key) => new()
    {
        Id = Id,
        Owner = Owner,
        Key = key,
        Digest = Share.DigestOf(Share.TokenOf(Id, Secret)),
        Mode = Mode,
        Ids = Ids,
        IsSelection = IsSelection,
        Version = Version,
        Password = Password,
        ExpiresAt = ExpiresAt,
        MaxDownloads = MaxDownloads,
        Drop = Drop,
        Note = Note,
        Creator = Creator,
        CreatorKey = CreatorKey,
        CreatedAt = CreatedAt,
        UpdatedAt = UpdatedAt,
        Revision = Random.Shared.NextInt64(),
        Downloads = Downloads,
        ReceivedBytes = ReceivedBytes,
        ReceivedFiles = ReceivedFiles,
        LastUsedAt = LastUsedAt,
    };

    /// <summary>The reason to refuse the document, or null; see <see cref="BackupFile.Problem"/>.</summary>
    /// <param name="id">The share's id in the entry's path.</param>
    public string? Problem(Guid id)
    {
        if (Id != id)
            return "it has the id of another share";
        if (!BackupFile.IsOwner(Owner))
            return "its owner is missing or too long";
        if (Secret.Length != SecretBytes)
            return "its key does not have 32 bytes";
        if (!Enum.IsDefined(Mode) || Mode == ShareMode.Upload != Drop is not null)
            return "its mode does not fit its limits";
        if (Ids.Count is 0 or > Share.MaxIds || Ids.Distinct().Count() != Ids.Count || (Mode == ShareMode.Upload && Ids.Count != 1))
            return "it names no entries, too many, or one twice";
        if (Creator.Length > MaxCreator || Note?.Length > MaxNote || Drop?.Types?.Count > MaxTypes || Drop?.Types?.Any(type => string.IsNullOrEmpty(type)) == true)
            return "one of its texts is too long, or empty";
        if (Password is { } hash && !SharePasswords.IsHash(hash))
            return "its password is not a hash";
        return Version < 1 || MaxDownloads < 1 || Downloads < 0 || ReceivedBytes < 0 || ReceivedFiles < 0 ? "one of its numbers is not valid" : null;
    }
}
