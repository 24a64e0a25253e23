using System.Globalization;
using Amazon.S3;
using Amazon.S3.Model;
using FileDrop.Api.Storage;

namespace FileDrop.Api.Blobs.S3;

/// <summary>The calls of a multipart upload that several callers continue.</summary>
internal sealed class S3Multipart(S3BlobStore store, S3Options options, S3Connection s3)
{
    /// <summary>The smallest part except the last, in bytes (AWS, "Amazon S3 multipart upload limits").</summary>
    private const int SmallestPart = 5 * (int)PartSizes.MiB;

    public Task<string> BeginAsync(string name, CancellationToken cancellation) => s3.CallAsync(
        $"begin of multipart upload {name}",
        async (client, token) => (await client.InitiateMultipartUploadAsync(
            new InitiateMultipartUploadRequest { BucketName = options.Bucket, Key = name }, token)).UploadId,
        cancellation);

    public Task<Stream?> OpenAsync(BlobKey key, long size, CancellationToken cancellation) => store.OpenAsync(key, 0, size, cancellation);

    /// <summary>Makes an object of the parts that count. It may be called again, also by another caller, until it succeeds.</summary>
    /// <param name="name">The object's key.</param>
    /// <param name="state">The upload, and the parts that count.</param>
    /// <param name="size">Bytes in them.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <returns>False if the server accepts only all parts together.</returns>
    public async Task<bool> TryCompleteAsync(string name, S3AppendState state, long size, CancellationToken cancellation)
    {
        if (await ListPartsAsync(name, state.UploadId ?? "", cancellation) is { } all)
        {
            var parts = all.FindAll(part => state.Counts(part.PartNumber ?? 0));
            if (parts.Sum(part => part.Size) != size)
                throw new StorageException(
                    StorageFailure.Unavailable, $"S3 has {parts.Sum(part => part.Size)} bytes in parts of {name}, but {size} were stored.");
            if (!await TryCompleteAsync(name, state.UploadId ?? "", parts, cancellation))
                return false;
        }

        // This holds also if it was completed before, by a call whose answer was lost or by a caller that was killed.
        if (await store.FindSizeAsync(Key(name), cancellation) != size)
            throw new StorageException(StorageFailure.Unavailable, $"S3 has no {name} of {size} bytes after the end of its multipart upload.");
        // A begin whose answer was lost has left an upload without parts.
        await store.AbortUnfinishedAsync(name, cancellation);
        return true;
    }

    /// <summary>Makes an object of these parts. Returns false if the server has other parts too.</summary>
    public Task<bool> TryCompleteAsync(string name, string uploadId, IEnumerable<PartDetail> parts, CancellationToken cancellation)
    {
        var request = new CompleteMultipartUploadRequest
        {
            BucketName = options.Bucket,
            Key = name,
            UploadId = uploadId,
            PartETags = [.. parts.Select(part => new PartETag(part.PartNumber ?? 0, part.ETag))],
        };
        return s3.CallAsync($"end of multipart upload {name}", async (client, token) =>
        {
            try
            {
                // A server that begins its answer early reports a later failure in a body without a tag.
                return !string.IsNullOrEmpty((await client.CompleteMultipartUploadAsync(request, token)).ETag) ? true
                    : throw new StorageException(StorageFailure.Unavailable, $"S3 ended multipart upload {name} without an entity tag.");
            }
            catch (AmazonS3Exception e) when (e.ErrorCode is "InvalidPart")
            {
                return false;
            }
            catch (AmazonS3Exception e) when (S3Errors.IsNoSuchUpload(e))
            {
                // It is complete already.
                return true;
            }
        }, cancellation);
    }

    /// <summary>Lists all parts in order. Returns null if the upload does not exist any more.</summary>
    public async Task<List<PartDetail>?> ListPartsAsync(string name, string uploadId, CancellationToken cancellation)
    {
        List<PartDetail> found = [];
        var request = new ListPartsRequest { BucketName = options.Bucket, Key = name, UploadId = uploadId };
        while (true)
        {
            var page = await s3.CallAsync<ListPartsResponse?>($"list of parts of {name}", async (client, token) =>
            {
                try
                {
                    return await client.ListPartsAsync(request, token);
                }
                catch (AmazonS3Exception e) when (S3Errors.IsNoSuchUpload(e))
                {
                    return null;
                }
            }, cancellation);
            if (page is null)
                return null;
            found.AddRange(page.Parts ?? []);
            if (page.IsTruncated is not true)
                return found;
            request.PartNumberMarker = page.NextPartNumberMarker?.ToString(CultureInfo.InvariantCulture);
        }
    }

    /// <summary>Fills parts that do not count with zeros until they are large enough to be parts.</summary>
    /// <returns>All parts as they are then.</returns>
    public async Task<List<PartDetail>> FillAsync(
        string name, string owner, S3AppendState state, List<PartDetail> parts, PartMemory memory, CancellationToken cancellation)
    {
        var small = parts.SkipLast(1).Where(part => part.Size < SmallestPart && !state.Counts(part.PartNumber ?? 0)).ToList();
        foreach (var part in small)
        {
            using var filler = memory.Begin(SmallestPart, owner);
            while (filler.Length < filler.Size)
            {
                var space = await filler.SpaceAsync(cancellation);
                space.Span.Clear();
                filler.Advance(space.Length);
            }
            filler.Settle();
            await s3.PutAsync(new S3Target(name, state.UploadId, part.PartNumber), filler, cancellation);
        }
        return small.Count == 0 ? parts : await ListPartsAsync(name, state.UploadId ?? "", cancellation) ?? parts;
    }

    /// <summary>Copies runs of bytes of one object into another one, which is complete when this returns.</summary>
    public async Task CopyAsync(BlobKey from, BlobKey to, string owner, IReadOnlyList<long> runs, CancellationToken cancellation)
    {
        var slices = runs.Chunk(2).Select(run => new ConcatenatedBlobs.Part(from, run[0], run[1])).ToList();
        await using var content = new ConcatenatedBlobs(store, slices);
        await store.WriteAsync(to, owner, content, slices.Sum(slice => slice.Size), exact: true, cancellation);
    }

    private static BlobKey Key(string name) => BlobKey.TryParse(name, out var key) ? key : throw new ArgumentException("This is not a blob's key.", nameof(name));
}
