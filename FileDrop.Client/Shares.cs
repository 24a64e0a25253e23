using System.Text.Json.Serialization;

namespace FileDrop.Client;

/// <summary>What a share's link allows.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ShareMode>))]
public enum ShareMode
{
    /// <summary>Look at files and download them.</summary>
    [JsonStringEnumMemberName("download")]
    Download,

    /// <summary>Look at files.</summary>
    [JsonStringEnumMemberName("view")]
    View,

    /// <summary>Hand files in, into one folder, without seeing what is there.</summary>
    [JsonStringEnumMemberName("upload")]
    Upload,
}

/// <summary>The settings of a new share; null sets no limit.</summary>
/// <param name="Ids">1 to 1,000 files and folders, <see cref="DropFolder.Root"/> among them.</param>
public sealed record ShareSettings(IReadOnlyList<Guid> Ids)
{
    /// <summary>What the link allows.</summary>
    public ShareMode Mode { get; init; }

    /// <summary>Whether the link shows a list even of one entry.</summary>
    public bool IsSelection { get; init; }

    /// <summary>The version to which a share of one file is pinned; null follows the file.</summary>
    public long? Version { get; init; }

    /// <summary>The password that the link asks for: 8 to 256 characters.</summary>
    public string? Password { get; init; }

    /// <summary>The time from which the link is refused.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>The most downloads, from 1.</summary>
    public long? MaxDownloads { get; init; }

    /// <summary>Words for the holders of the link: at most 500 characters.</summary>
    public string? Note { get; init; }

    /// <summary>The limits of a share by which files are handed in.</summary>
    public DropLimits? Drop { get; init; }
}

/// <summary>The limits of a folder into which others drop files; null does not limit.</summary>
public sealed record DropLimits
{
    /// <summary>The bytes of all files together.</summary>
    public long? MaxBytes { get; init; }

    /// <summary>The number of files.</summary>
    public long? MaxFiles { get; init; }

    /// <summary>The bytes of one file.</summary>
    public long? MaxFileSize { get; init; }

    /// <summary>Media types and extensions that are taken, such as <c>image/*</c> and <c>.pdf</c>; empty takes all.</summary>
    public IReadOnlyList<string> Types { get; init; } = [];

    /// <summary>Whether an uploader must give a name.</summary>
    public bool AsksName { get; init; }

    /// <summary>Whether each uploader's files go into a folder of their own.</summary>
    public bool FolderPerUploader { get; init; }

    /// <summary>The seconds after which a file goes to the trash.</summary>
    public long? FilesExpireIn { get; init; }

    /// <summary>The bytes that have come, or are coming. Only the service sets it.</summary>
    public long ReceivedBytes { get; init; }

    /// <summary>The files that have come, or are coming. Only the service sets it.</summary>
    public long ReceivedFiles { get; init; }
}

/// <summary>A share.</summary>
public sealed record DropShare
{
    /// <summary>A UUIDv7.</summary>
    public required Guid ShareId { get; init; }

    /// <summary>The link, relative to the service. Everyone who has it can use it.</summary>
    public required string Url { get; init; }

    /// <summary>What the link allows.</summary>
    public required ShareMode Mode { get; init; }

    /// <summary><c>file</c>, <c>folder</c> or <c>selection</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>The files and folders.</summary>
    public IReadOnlyList<Guid> Ids { get; init; } = [];

    /// <summary>The name of the first one; null if it does not exist any more, or is the root.</summary>
    public string? Name { get; init; }

    /// <summary><c>active</c>, <c>expired</c>, <c>exhausted</c>, <c>suspended</c> or <c>gone</c>.</summary>
    public required string State { get; init; }

    /// <summary>Whether the link asks for a password.</summary>
    public bool HasPassword { get; init; }

    /// <summary>The version to which the share is pinned; null follows the file.</summary>
    public long? Version { get; init; }

    /// <summary>The time from which the link is refused; null for never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>The most downloads; null for any number.</summary>
    public long? MaxDownloads { get; init; }

    /// <summary>Downloads so far.</summary>
    public long Downloads { get; init; }

    /// <summary>The last download or dropped file; null if there was none.</summary>
    public DateTimeOffset? LastUsedAt { get; init; }

    /// <summary>Words for the holders of the link; null without.</summary>
    public string? Note { get; init; }

    /// <summary>The time of its creation.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The time of its last change.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>The limits of a folder into which files are dropped; null in other modes.</summary>
    public DropLimits? Drop { get; init; }
}
