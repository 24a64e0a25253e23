using System.Security.Cryptography;
using FileDrop.Api.Blobs;
using FileDrop.Api.Catalog;

namespace FileDrop.Api.Maintenance;

/// <summary>A stored content is not what its document says.</summary>
/// <param name="Kind">What is wrong.</param>
/// <param name="Detail">For a person.</param>
internal sealed record ContentDamage(FindingKind Kind, string Detail);

/// <summary>Compares stored contents with what their documents say.</summary>
internal static class StoredContent
{
    /// <summary>What is wrong with a content, or null.</summary>
    /// <param name="blobs">The store.</param>
    /// <param name="file">The content's file.</param>
    /// <param name="content">What the document says.</param>
    /// <param name="hash">Whether every byte is read and its SHA-256 compared; otherwise only the size is.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <exception cref="StorageException">The store does not answer.</exception>
    public static async Task<ContentDamage?> FindDamageAsync(IBlobStore blobs, Guid file, FileContent content, bool hash, CancellationToken cancellation)
    {
        var key = new BlobKey(content.BlobId, file);
        if (await blobs.FindSizeAsync(key, cancellation) is not { } size)
            return new ContentDamage(FindingKind.FileWithoutBlob, $"The blob of {content.Size} bytes is not in the store.");
        if (size != content.Size)
            return new ContentDamage(FindingKind.SizeDiffers, $"The content has {content.Size} bytes, the blob {size}.");
        if (!hash)
            return null;
        try
        {
            await using var stream = await blobs.OpenAsync(key, 0, content.Size, cancellation);
            if (stream is null)
                return new ContentDamage(FindingKind.FileWithoutBlob, $"The blob of {content.Size} bytes is not in the store.");
            var found = Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellation));
            return found.Equals(content.Sha256, StringComparison.Ordinal) ? null
                : new ContentDamage(FindingKind.HashDiffers, $"The content has SHA-256 {content.Sha256}, the blob {found}.");
        }
        catch (StorageException failure)
        {
            // A store that answers and cannot give this one blob has lost it: a bad sector, most likely.
            await blobs.PingAsync(cancellation);
            return new ContentDamage(FindingKind.Unreadable, $"The blob cannot be read. {failure.Message}");
        }
    }

    /// <summary>Whether a document names a blob, as whatever.</summary>
    public static bool Names(this CatalogDocument document, Guid blob) =>
        document.Contents.Any(content => content.BlobId == blob)
        || document.Intents.Any(intent => intent.BlobId == blob)
        || document.Garbage.Any(garbage => garbage.BlobId == blob);

    /// <summary>The content of a blob that one of these documents names, or null.</summary>
    public static FileContent? ContentOf(this IEnumerable<CatalogDocument> documents, Guid blob) =>
        documents.SelectMany(document => document.Contents).FirstOrDefault(content => content.BlobId == blob);
}
