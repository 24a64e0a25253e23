using System.Text.Json.Serialization;
using FileDrop.Api.Catalog;
using FileDrop.Api.Contents;

namespace FileDrop.Api.Http;

/// <summary>A share as its owner sees it.</summary>
/// <param name="ShareId">A UUIDv7.</param>
/// <param name="Url">The link, relative to the service. Everyone who has it can use it.</param>
/// <param name="Mode"><c>view</c>, <c>download</c> or <c>upload</c>.</param>
/// <param name="Kind"><c>file</c>, <c>folder</c> or <c>selection</c>.</param>
/// <param name="Ids">The files and folders.</param>
/// <param name="Name">The name of the first one; null if it does not exist any more, or is the root.</param>
/// <param name="State"><c>active</c>, <c>expired</c>, <c>exhausted</c>, <c>suspended</c> or <c>gone</c>.</param>
/// <param name="HasPassword">Whether the link asks for a password.</param>
/// <param name="Version">The version of the file to which the share is pinned; null follows the file.</param>
/// <param name="ExpiresAt">The time from which the link is refused; null for never.</param>
/// <param name="MaxDownloads">The most downloads; null for any number.</param>
/// <param name="Downloads">Downloads so far.</param>
/// <param name="LastUsedAt">The last download or dropped file; null if there was none.</param>
/// <param name="Note">Words for the holders of the link; null without.</param>
/// <param name="CreatedBy">The caller that made the share.</param>
/// <param name="CreatedAt">The time of its creation.</param>
/// <param name="UpdatedAt">The time of its last change.</param>
/// <param name="Drop">The limits of a folder to drop files into; null in other modes.</param>
public sealed record ShareJson(
    Guid ShareId,
    string Url,
    string Mode,
    string Kind,
    IReadOnlyList<Guid> Ids,
    string? Name,
    string State,
    bool HasPassword,
    long? Version,
    [property: JsonConverter(typeof(MillisecondTimeConverter))] DateTimeOffset? ExpiresAt,
    long? MaxDownloads,
    long Downloads,
    [property: JsonConverter(typeof(MillisecondTimeConverter))] DateTimeOffset? LastUsedAt,
    string? Note,
    string CreatedBy,
    [property: JsonConverter(typeof(MillisecondTimeConverter))] DateTimeOffset CreatedAt,
    [property: JsonConverter(typeof(MillisecondTimeConverter))] DateTimeOffset UpdatedAt,
    DropJson? Drop)
{
    internal static ShareJson Of(OwnedShare owned, PathString pathBase)
    {
        var share = owned.Share;
        return new ShareJson(
            share.Id, $"{pathBase}{LoggedPath.Shares}/{owned.Token}", NameOf(share.Mode),
            owned.Kind switch { EntryKind.File => "file", EntryKind.Folder => "folder", _ => "selection" },
            share.Ids, owned.Name, NameOf(owned.State), share.Password is not null, share.Version, share.ExpiresAt, share.MaxDownloads, share.Downloads,
            share.LastUsedAt, share.Note, share.Creator, share.CreatedAt, share.UpdatedAt, share.Drop is { } rules ? DropJson.Of(rules, share) : null);
    }

    internal static string NameOf(ShareMode mode) => mode switch
    {
        ShareMode.View => "view",
        ShareMode.Upload => "upload",
        _ => "download",
    };

    private static string NameOf(ShareState state) => state switch
    {
        ShareState.Active => "active",
        ShareState.Expired => "expired",
        ShareState.Exhausted => "exhausted",
        ShareState.Suspended => "suspended",
        _ => "gone",
    };
}

/// <summary>The limits of a folder to drop files into, and how much has come. A null limit does not limit.</summary>
/// <param name="MaxBytes">Bytes of all files together.</param>
/// <param name="MaxFiles">The number of files.</param>
/// <param name="MaxFileSize">Bytes of one file.</param>
/// <param name="Types">Media types and extensions that are taken; empty takes all.</param>
/// <param name="AsksName">Whether an uploader must give a name.</param>
/// <param name="FolderPerUploader">Whether each uploader's files go into a folder of their own.</param>
/// <param name="FilesExpireIn">Seconds after which a file goes to the trash; null keeps it.</param>
/// <param name="ReceivedBytes">Bytes that have come, or are coming.</param>
/// <param name="ReceivedFiles">Files that have come, or are coming.</param>
public sealed record DropJson(
    long? MaxBytes, long? MaxFiles, long? MaxFileSize, IReadOnlyList<string> Types, bool AsksName, bool FolderPerUploader, long? FilesExpireIn,
    long ReceivedBytes, long ReceivedFiles)
{
    internal static DropJson Of(DropRules rules, Share share) => new(
        rules.MaxBytes, rules.MaxFiles, rules.MaxFileSize, rules.Types ?? [], rules.AsksName, rules.FolderPerUploader,
        rules.FileLife is { } life ? (long)life.TotalSeconds : null, share.ReceivedBytes, share.ReceivedFiles);
}

/// <summary>The answer to the end of a share.</summary>
/// <param name="Message">For a person.</param>
/// <param name="ShareId">The share whose link is refused from now on.</param>
public sealed record ShareDeletedJson(string Message, Guid ShareId);

/// <summary>An entry of a shared folder or selection, for programs.</summary>
/// <param name="Kind"><c>file</c> or <c>folder</c>.</param>
/// <param name="Name">The name.</param>
/// <param name="Url">The address, relative to the service.</param>
/// <param name="Size">Bytes; absent for a folder.</param>
/// <param name="Type">The media type; absent for a folder.</param>
/// <param name="ModifiedAt">When the content last changed.</param>
public sealed record SharedEntryJson(
    string Kind,
    string Name,
    string Url,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? Size,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Type,
    [property: JsonConverter(typeof(MillisecondTimeConverter))] DateTimeOffset ModifiedAt);

/// <summary>The receipt for a dropped file. It has no id, since nobody can do anything with one.</summary>
/// <param name="FileName">The name under which it was stored.</param>
/// <param name="FileSize">In bytes.</param>
/// <param name="Sha256">The content's SHA-256 in hexadecimal.</param>
/// <param name="ReceivedAt">The time at which it was stored.</param>
public sealed record ReceiptJson(
    string FileName,
    long FileSize,
    [property: JsonPropertyName("sha256")] string Sha256,
    [property: JsonConverter(typeof(MillisecondTimeConverter))] DateTimeOffset ReceivedAt);
