// Blobs in S3: how they lie there, and why so.
//
// A blob is one object. Its key in the bucket is the text of its BlobKey; keys begin with random digits, so that a server
// that splits its key space by prefix spreads the load by itself. The object has no metadata, no tags and no type: the
// catalog knows all that, and servers differ in what they keep. An object is either there whole or not at all: S3 shows
// nothing of a PUT or of a multipart upload before it is complete.
//
// Writing. Content that fits one part (8 MiB, if no more is known) is one PUT. More is a multipart upload, four parts of
// which are on their way at a time while the next one fills; PartSizes says how long they are. Parts are held in memory,
// so that one can be sent again when the store has a bad moment without asking the sender for it; PartMemory bounds what all
// uploads hold together. While some wait for it, parts whose senders take their time go to temporary files, and are sent from
// there. Only parts above 64 MiB (content of known length above 562 GiB) go straight through, and have
// one try. Content of unknown length may have 492 GiB, content with a bound that is not exact 625 GiB; less, if the memory is
// set below 64 MiB. More throws BlobTooLargeException.
//
// Bytes go by presigned addresses with HttpClient. The SDK would hash every part for its signature, or frame it, and on the
// way down reads through a checksum stream; that halves the throughput. The price: what signs is the address alone, so over
// plain http nothing but TCP's checksum (and, with Checksums=supported, Content-MD5) guards bytes on the wire; the
// SHA-256 in the catalog tells afterwards. Put TLS between machines that do not trust their network.
//
// What may be left over. A write that fails aborts its upload and says so only if that was not possible, as nothing readable
// is left: parts without their completion are invisible, though they take space. A call whose answer was lost may have
// happened: CallTimeout after its begin it has, or never will. DeleteAsync finds all of that by the key alone, at the cost of
// one ListMultipartUploads for each delete; it cannot be spared, as the id of an upload whose begin got no answer is known to
// nobody. It aborts before it deletes, as an upload that completes in between would otherwise outlive the delete.
//
// Not used, because some servers lack or ignore them: conditional writes, lifecycle rules, trailing checksums, tags. A rule
// that aborts uploads after some days does no harm (AbortIncompleteMultipartUpload), one that is shorter than the longest
// upload does.
//
// Permissions: s3:PutObject, s3:GetObject, s3:DeleteObject, s3:AbortMultipartUpload and s3:ListMultipartUploadParts on the
// bucket's objects; s3:ListBucket and s3:ListBucketMultipartUploads on the bucket; s3:CreateBucket if it is not there yet.
// Without s3:ListBucket AWS answers 403 for an object that is not there, which we cannot tell from a refusal.
using System.Net;
using System.Net.Http.Headers;
using Amazon.S3;
using Amazon.S3.Model;

namespace FileDrop.Api.Blobs.S3;

/// <summary>Blobs as objects in one bucket of an S3 server.</summary>
internal sealed partial class S3BlobStore : IBlobStore, IDisposable
{
    private const int AbortTries = 10;
    private const string ProbedKey = "probe";
    private static readonly TimeSpan PingTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan AbortPause = TimeSpan.FromMilliseconds(200);

    private readonly S3Options _options;
    private readonly S3Connection _s3;
    private readonly PartMemory _memory;

    /// <param name="options">Which S3.</param>
    /// <param name="time">This machine's clock; null: the system's.</param>
    public S3BlobStore(S3Options options, TimeProvider? time = null)
    {
        _options = options;
        _s3 = new S3Connection(options, time ?? TimeProvider.System);
        _memory = PartMemory.WithReserve(options.PartMemory, 64 * PartSizes.MiB);
    }

    /// <inheritdoc/>
    public string Description => _options.ToString();

    /// <inheritdoc/>
    /// <remarks>
    /// It holds for every call but one: a part that is streamed (above 64 MiB) has this time once more for each 8 MiB in it, as
    /// its sender sets the pace, and is broken off when the store takes nothing for this time. Until its upload is
    /// completed, which is an ordinary call, nothing of it is visible, and its upload is found by its key and aborted.
    /// </remarks>
    public TimeSpan CallTimeout => _options.CallTimeout;

    public void Dispose() => _s3.Dispose();

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellation) => _s3.CallAsync($"look for bucket {_options.Bucket}", async (client, token) =>
    {
        try
        {
            await client.HeadBucketAsync(new HeadBucketRequest { BucketName = _options.Bucket }, token);
        }
        catch (AmazonS3Exception e) when (e.StatusCode == HttpStatusCode.NotFound)
        {
            await CreateBucketAsync(client, token);
        }
        catch (AmazonS3Exception e) when (e.StatusCode == HttpStatusCode.Forbidden)
        {
            // Some policies allow all that we need, but not this question.
            await ListOneAsync(client, token);
        }
        return true;
    }, cancellation);

    /// <inheritdoc/>
    /// <remarks>By the way that bytes take, signature and connection: what would keep them from the store keeps this too.</remarks>
    public async Task PingAsync(CancellationToken cancellation) =>
        // There is no such object, and only a server that took the signature says so.
        (await _s3.GetAsync(ProbedKey, new RangeHeaderValue(0, 0), cancellation, PingTimeout))?.Dispose();

    /// <inheritdoc/>
    /// <exception cref="BlobTooLargeException">The content is longer than S3, or memory for its parts, allows.</exception>
    public async Task WriteAsync(BlobKey key, string owner, Stream content, long? length, bool exact, CancellationToken cancellation)
    {
        using var upload = new S3Upload(_options, _s3, _memory, key.ToString(), owner, content, length, exact && length is not null);
        await upload.RunAsync(cancellation);
    }

    /// <inheritdoc/>
    /// <remarks>Parts of 64 MiB, or what the memory is set to, and the number that <see cref="PartSizes"/> plans with.</remarks>
    public long MaxAppendedSize => _memory.LargestPart * PartSizes.PlannedParts;

    /// <inheritdoc/>
    public Task<IBlobAppender> AppendAsync(
        BlobKey key, AppendPoint from, AppendExtent extent, IAppendJournal journal, CancellationToken cancellation) =>
        Task.FromResult<IBlobAppender>(new S3Appender(_s3, new S3Multipart(this, _options, _s3), _memory, key, from, extent, journal));

    /// <inheritdoc/>
    public async Task<Stream?> OpenAsync(BlobKey key, long offset, long count, CancellationToken cancellation)
    {
        var name = key.ToString();
        if (count == 0)
            return await ExistsAsync(name, cancellation) ? Stream.Null : null;

        // Always a range, also for the whole: the answer then says in Content-Range where it begins.
        var response = await _s3.GetAsync(name, new RangeHeaderValue(offset, offset + count - 1), cancellation);
        if (response is null)
            return null;
        var begins = response.StatusCode == HttpStatusCode.PartialContent ? response.Content.Headers.ContentRange?.From ?? offset : 0;
        if (begins <= offset)
        {
            var body = await response.Content.ReadAsStreamAsync(cancellation);
            return new S3Body(response, body, name, offset - begins, count, _options.CallTimeout, cancellation);
        }
        response.Dispose();
        throw new StorageException(StorageFailure.Unavailable, $"S3 gave bytes from {begins} on of {name}, asked for {offset}.");
    }

    /// <inheritdoc/>
    public async Task DeleteAsync(BlobKey key, CancellationToken cancellation)
    {
        var name = key.ToString();
        await AbortUnfinishedAsync(name, cancellation);
        await _s3.CallAsync($"delete of {name}", (client, token) => client.DeleteObjectAsync(_options.Bucket, name, token), cancellation);
    }

    /// <summary>Aborts all uploads of an object.</summary>
    public async Task AbortUnfinishedAsync(string name, CancellationToken cancellation)
    {
        foreach (var uploadId in await UnfinishedAsync(name, cancellation))
            await AbortAsync(name, uploadId, cancellation);
    }

    private Task<bool> ExistsAsync(string name, CancellationToken cancellation) => _s3.CallAsync($"HEAD {name}", async (client, token) =>
    {
        try
        {
            await client.GetObjectMetadataAsync(_options.Bucket, name, token);
            return true;
        }
        catch (AmazonS3Exception e) when (S3Errors.IsNoSuchKey(e))
        {
            return false;
        }
    }, cancellation);

    private async Task<IReadOnlyList<string>> UnfinishedAsync(string name, CancellationToken cancellation)
    {
        List<string> found = [];
        var request = new ListMultipartUploadsRequest { BucketName = _options.Bucket, Prefix = name };
        while (true)
        {
            var page = await _s3.CallAsync(
                $"list of uploads of {name}", (client, token) => client.ListMultipartUploadsAsync(request, token), cancellation);
            found.AddRange((page.MultipartUploads ?? [])
                .Where(upload => string.Equals(upload.Key, name, StringComparison.Ordinal)).Select(upload => upload.UploadId));
            if (page.IsTruncated is not true || string.IsNullOrEmpty(page.NextKeyMarker))
                return found;
            (request.KeyMarker, request.UploadIdMarker) = (page.NextKeyMarker, page.NextUploadIdMarker);
        }
    }

    /// <summary>Aborts an upload until none of its parts is left.</summary>
    /// <remarks>One that was on its way may arrive after the abort (AWS, "AbortMultipartUpload").</remarks>
    private async Task AbortAsync(string name, string uploadId, CancellationToken cancellation)
    {
        for (var attempt = 1; attempt <= AbortTries; attempt++)
        {
            var gone = await _s3.CallAsync($"abort of an upload of {name}", async (client, token) =>
            {
                try
                {
                    await client.AbortMultipartUploadAsync(_options.Bucket, name, uploadId, token);
                    var left = await client.ListPartsAsync(
                        new ListPartsRequest { BucketName = _options.Bucket, Key = name, UploadId = uploadId, MaxParts = 1 }, token);
                    return left.Parts is null or { Count: 0 };
                }
                catch (AmazonS3Exception e) when (S3Errors.IsNoSuchUpload(e))
                {
                    return true;
                }
                catch (AmazonS3Exception e) when (e.StatusCode == HttpStatusCode.Conflict)
                {
                    // Ceph says so while another abort of the same upload is at work.
                    return false;
                }
            }, cancellation);
            if (gone)
                return;
            await Task.Delay(AbortPause * attempt, cancellation);
        }
        throw new StorageException(StorageFailure.Unavailable, $"S3 keeps parts of an upload of {name}, aborted {AbortTries} times.");
    }

    private async Task CreateBucketAsync(AmazonS3Client client, CancellationToken cancellation)
    {
        try
        {
            // Only AWS wants its region named; Ceph takes such a name for the name of a zone group, and refuses it.
            var request = new PutBucketRequest { BucketName = _options.Bucket, UseClientRegion = _options.Endpoint is null };
            await client.PutBucketAsync(request, cancellation);
        }
        catch (AmazonS3Exception e) when (e.StatusCode == HttpStatusCode.Conflict)
        {
            // Ours already, or another replica is creating it at this moment; if it is somebody else's, this throws.
            await ListOneAsync(client, cancellation);
        }
    }

    private Task<ListObjectsV2Response> ListOneAsync(AmazonS3Client client, CancellationToken cancellation) =>
        client.ListObjectsV2Async(new ListObjectsV2Request { BucketName = _options.Bucket, MaxKeys = 1 }, cancellation);
}
