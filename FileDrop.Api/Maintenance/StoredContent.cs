using System.Security.Cryptography;
using FileDrop.Api.Blobs;
using FileDrop.Api.Catalog;
using FileDrop.Api.Storage;

namespace FileDrop.Api.Maintenance;

/// <summary>The damage of a stored content: its difference from its document.</summary>
/// <param name="Kind">The kind of damage.</param>
/// <param name="Detail">For a person.</param>
internal sealed record ContentDamage(FindingKind Kind, string Detail);

/// <summary>Compares stored contents with their documents.</summary>
internal static class StoredContent
{
    /// <summary>Finds the damage of a content, or null.</summary>
    /// <param name="blobs">The store.</param>
    /// <param name="file">The content's file.</param>
    /// <param name="content">The content in the document.</param>
    /// <param name="hash">Whether to read every byte and compare the SHA-256, instead of only the size.</param>
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
            // A store that answers but cannot return this one blob has lost it, most likely by a bad sector.
            await blobs.PingAsync(cancellation);
            return new ContentDamage(FindingKind.Unreadable, $"The blob cannot be read. {failure.Message}");
        }
    }

    /// <summary>Whether a document names a blob as content, intent or garbage.</summary>
    public static bool Names(this CatalogDocument document, Guid blob) =>
        document.Contents.Any(content => content.BlobId == blob)
        || document.Intents.Any(intent => intent.BlobId == blob)
        || document.Garbage.Any(garbage => garbage.BlobId == blob);

    /// <summary>Finds the content with this blob in the documents, or null.</summary>
    public static FileContent? ContentOf(this IEnumerable<CatalogDocument> documents, Guid blob) =>
        documents.SelectMany(document => document.Contents).FirstOrDefault(content => content.BlobId == blob);
}
