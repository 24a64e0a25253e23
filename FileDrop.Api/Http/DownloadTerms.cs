using System.Security.Cryptography;
using System.Text;
using FileDrop.Api.Catalog;
using FileDrop.Api.Contents;

namespace FileDrop.Api.Http;

/// <summary>The terms under which a content is sent to the holder of a share's link.</summary>
/// <param name="downloads">Counts downloads, and ends those of revoked shares.</param>
/// <param name="share">The share, as it was read.</param>
/// <param name="visitor">The visitor.</param>
/// <param name="inline">Whether the content is to be shown in the browser, if its type allows that.</param>
internal sealed class DownloadTerms(ShareDownloads downloads, Share share, Guid visitor, bool inline)
{
    public bool Inline => inline;

    /// <summary>Admits one request.</summary>
    /// <param name="subject">Stands for the content.</param>
    /// <param name="size">Bytes of the whole content.</param>
    /// <param name="offset">The first byte of this request.</param>
    /// <param name="count">Bytes of this request.</param>
    /// <param name="cancellation">The client's patience.</param>
    /// <returns>The transfer; null if no download is left.</returns>
    public Task<SharedTransfer?> BeginAsync(Guid subject, long size, long offset, long count, CancellationToken cancellation) =>
        downloads.BeginAsync(new SharedContent(share, visitor, subject, size, count, IsUse: offset == 0 && !inline), cancellation);

    /// <summary>Stands for an archive, by its entity tag.</summary>
    public static Guid SubjectOf(string tag) => new(SHA256.HashData(Encoding.UTF8.GetBytes(tag)).AsSpan(0, 16));
}
