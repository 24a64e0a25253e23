// How blobs lie in S3, and why.
//
// A blob is one object. Its key in the bucket is the text of its BlobKey. Keys begin with random digits, so a server that splits its key
// space by prefix spreads the load by itself. The object has no metadata, no tags and no type: the catalog knows all that, and servers
// differ in what they keep. An object exists whole or not at all, because S3 shows nothing of an incomplete PUT or multipart upload.
//
// Writing. Content that fits one part (8 MiB if nothing is known of its length) is one PUT. More is a multipart upload: four parts are on
// their way at a time while the next one fills. PartSizes sets their sizes. Parts are held in memory, so that a part can be sent again
// without the sender when the store has a bad moment. PartMemory bounds the memory of all uploads. While some wait for it, parts of slow
// senders go to temporary files and are sent from there. Only parts above 64 MiB (content of known length above 562 GiB) are streamed, with
// one try. Content of unknown length may have 492 GiB, content with only an upper bound 625 GiB; less if the memory is set below 64 MiB.
// Longer content throws BlobTooLargeException.
//
// Bytes go to presigned addresses with HttpClient. The SDK would hash every part for its signature, or frame it, and reads downloads
// through a checksum stream; that halves the throughput. The price: only the address is signed, so over plain http only TCP's checksum (and
// Content-MD5, with Checksums=supported) guards bytes on the wire. The SHA-256 in the catalog detects damage afterwards. Use TLS between
// machines that do not trust their network.
//
// Copying. The server copies objects up to 256 MiB in one call, and larger ones part by part. A server that has no such operation says so once; from
// then on, copies go through this process like other content.
//
// Leftovers. A write that fails aborts its upload. If that fails too, the parts take space but stay invisible without their completion. A
// call whose answer was lost may take effect until CallTimeout after its begin, and never later. DeleteAsync finds all leftovers by the
// key, at the price of one ListMultipartUploads for each deletion. That call is necessary, because the id of an upload whose begin got no
// answer is unknown. It aborts before it deletes, because an upload that completes in between would otherwise survive.
//
// Not used, because some servers lack or ignore them: conditional writes, lifecycle rules, trailing checksums, tags. A rule that aborts
// uploads after some days (AbortIncompleteMultipartUpload) does no harm, unless it is shorter than the longest upload.
//
// Permissions on the bucket's objects: s3:PutObject, s3:GetObject, s3:DeleteObject, s3:AbortMultipartUpload and
// s3:ListMultipartUploadParts. Permissions on the bucket: s3:ListBucket and s3:ListBucketMultipartUploads, and s3:CreateBucket if the
// bucket does not exist yet. Without s3:ListBucket AWS answers 403 for an object that does not exist, which looks like a refusal.
using System.Net;
using System.Net.Http.Headers;
using Amazon.S3;
using Amazon.S3.Model;
using FileDrop.Api.Storage;

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

    /// <param name="options">The server and the bucket.</param>
    /// <param name="time">This machine's clock. The default is the system's.</param>
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
    /// It holds for every call except those of large parts. A streamed part (above 64 MiB) has this time once more for each 8 MiB, because its
    /// sender sets the pace. It ends when the store takes no bytes for this time. A copied part above 256 MiB has this time for each 256 MiB. Both
    /// stay invisible until an ordinary call completes their upload. A deletion finds the upload by its key and aborts it.
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
            // Some policies allow everything that FileDrop needs, but not this call.
            await ListOneAsync(client, token);
        }
        return true;
    }, cancellation);

    /// <inheritdoc/>
    /// <remarks>It takes the way of the bytes, with their signature and connection, so it fails whenever they would.</remarks>
    public async Task PingAsync(CancellationToken cancellation) =>
        // The object does not exist, and only a server that accepted the signature says so.
        (await _s3.GetAsync(ProbedKey, new RangeHeaderValue(0, 0), cancellation, PingTimeout))?.Dispose();

    /// <inheritdoc/>
    /// <exception cref="BlobTooLargeException">The content is longer than S3, or the memory for its parts, allows.</exception>
    public async Task WriteAsync(BlobKey key, string owner, Stream content, long? length, bool exact, CancellationToken cancellation)
    {
        using var upload = new S3Upload(_options, _s3, _memory, key.ToString(), owner, content, length, exact && length is not null);
        await upload.RunAsync(cancellation);
    }

    /// <inheritdoc/>
    /// <remarks>
    /// The largest part (64 MiB, or less if the memory is set so) times the number of parts that <see cref="PartSizes"/> plans with.
    /// </remarks>
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

        // Ask for a range even for the whole object, so that Content-Range says where the answer begins.
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
        throw new StorageException(StorageFailure.Unavailable, $"S3 returned bytes of {name} from {begins}, but the request was for {offset}.");
    }

    /// <inheritdoc/>
    public async Task DeleteAsync(BlobKey key, CancellationToken cancellation)
    {
        var name = key.ToString();
        await AbortUnfinishedAsync(name, cancellation);
        await _s3.CallAsync($"delete of {name}", (client, token) => client.DeleteObjectAsync(_options.Bucket, name, token), cancellation);
    }

    /// <summary>Aborts all multipart uploads of an object.</summary>
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
    /// <remarks>A part that was on its way may arrive after the abort (AWS, "AbortMultipartUpload").</remarks>
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
                    // Ceph answers so while another abort of the same upload runs.
                    return false;
                }
            }, cancellation);
            if (gone)
                return;
            await Task.Delay(AbortPause * attempt, cancellation);
        }
        throw new StorageException(StorageFailure.Unavailable, $"S3 still has parts of an upload of {name} after {AbortTries} aborts.");
    }

    private async Task CreateBucketAsync(AmazonS3Client client, CancellationToken cancellation)
    {
        try
        {
            // Only AWS needs the region's name. Ceph takes it for the name of a zone group and refuses it.
            var request = new PutBucketRequest { BucketName = _options.Bucket, UseClientRegion = _options.Endpoint is null };
            await client.PutBucketAsync(request, cancellation);
        }
        catch (AmazonS3Exception e) when (e.StatusCode == HttpStatusCode.Conflict)
        {
            // The bucket exists, or another replica is creating it now. If it belongs to somebody else, this throws.
            await ListOneAsync(client, cancellation);
        }
    }

    private Task<ListObjectsV2Response> ListOneAsync(AmazonS3Client client, CancellationToken cancellation) =>
        client.ListObjectsV2Async(new ListObjectsV2Request { BucketName = _options.Bucket, MaxKeys = 1 }, cancellation);
}
