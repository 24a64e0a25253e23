using System.Runtime.ExceptionServices;
using Amazon.S3;
using Amazon.S3.Model;
using FileDrop.Api.Storage;

namespace FileDrop.Api.Blobs.S3;

/// <summary>One write of one blob: a single PUT if it fits one part, otherwise a multipart upload with parts in parallel.</summary>
internal sealed class S3Upload(
    S3Options options, S3Connection s3, PartMemory memory, string key, string owner, Stream content, long? length, bool exact) : IDisposable
{
    private const int PartsInFlight = 4;
    private static readonly TimeSpan CleanupTimeout = TimeSpan.FromSeconds(5);

    private readonly PartSizes _sizes = new(length, exact, memory.LargestPart);
    private readonly SemaphoreSlim _slots = new(PartsInFlight);
    private readonly List<PartETag> _stored = [];
    private readonly byte[] _ahead = new byte[1];
    private Exception? _storeFailure;
    private bool _hasAhead;
    private bool _ended;
    private long _total;

    public void Dispose() => _slots.Dispose();

    public async Task RunAsync(CancellationToken cancellation)
    {
        if (_sizes.Streamed)
        {
            await MultipartAsync(StreamPartsAsync, cancellation);
            return;
        }
        using var first = await FillAsync(1, cancellation);
        // Wait for one more byte: it decides between PUT and multipart.
        if (!_ended && !(exact && _total < length))
            await LookAheadAsync(cancellation);
        if (!_ended)
            await MultipartAsync((uploadId, stop) => SendPartsAsync(uploadId, first, stop), cancellation);
        else
            await PutSingleAsync(first, cancellation);
    }

    private async Task PutSingleAsync(PartBuffer part, CancellationToken cancellation)
    {
        CheckLength();
        try
        {
            await s3.PutAsync(new S3Target(key), part, cancellation);
        }
        catch
        {
            await QuietlyAsync("delete", (client, token) => client.DeleteObjectAsync(options.Bucket, key, token));
            throw;
        }
    }

    private async Task MultipartAsync(Func<string, CancellationTokenSource, Task> sendParts, CancellationToken cancellation)
    {
        var request = new InitiateMultipartUploadRequest { BucketName = options.Bucket, Key = key };
        var uploadId = await s3.CallAsync($"begin of multipart upload {key}", async (client, token) =>
            (await client.InitiateMultipartUploadAsync(request, token)).UploadId, cancellation);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        try
        {
            await sendParts(uploadId, stop);
            CheckLength();
            await CompleteAsync(uploadId, cancellation);
        }
        catch (Exception e)
        {
            await QuietlyAsync("abort", (client, token) => client.AbortMultipartUploadAsync(options.Bucket, key, uploadId, token));
            // The failure of a part stopped the reading: report that failure.
            if (e is OperationCanceledException && !cancellation.IsCancellationRequested && _storeFailure is { } failure)
                ExceptionDispatchInfo.Throw(failure);
            throw;
        }
    }

    private async Task SendPartsAsync(string uploadId, PartBuffer first, CancellationTokenSource stop)
    {
        List<Task> sending = [];
        try
        {
            var part = first;
            for (var number = 1; part.Length > 0; part = await FillAsync(++number, stop.Token))
            {
                try
                {
                    await part.FreezeAsync();
                    await _slots.WaitAsync(stop.Token);
                }
                catch
                {
                    part.Dispose();
                    throw;
                }
                sending.RemoveAll(task => task.IsCompletedSuccessfully);
                sending.Add(SendPartAsync(new S3Target(key, uploadId, number), part, stop));
                if (_ended)
                    break;
            }
            if (part.Length == 0)
                part.Dispose();
            await Task.WhenAll(sending);
        }
        catch
        {
            await stop.CancelAsync();
            await Task.WhenAll(sending).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }
    }

    private async Task SendPartAsync(S3Target target, PartBuffer part, CancellationTokenSource stop)
    {
        try
        {
            var tag = await s3.PutAsync(target, part, stop.Token);
            lock (_stored)
                _stored.Add(new PartETag(target.PartNumber.GetValueOrDefault(), tag));
        }
        catch (Exception e)
        {
            if (!stop.IsCancellationRequested)
                _storeFailure = e;
            await stop.CancelAsync();
            throw;
        }
        finally
        {
            part.Dispose();
            _slots.Release();
        }
    }

    private async Task StreamPartsAsync(string uploadId, CancellationTokenSource stop)
    {
        for (var number = 1; _total < length; number++)
        {
            var size = Math.Min(_sizes.SizeOf(number), length.GetValueOrDefault() - _total);
            using var part = new StreamedPartContent(content, size);
            try
            {
                _stored.Add(new PartETag(number, await s3.PutAsync(new S3Target(key, uploadId, number), part, stop.Token)));
            }
            catch when (part.Failure is { } failure)
            {
                ExceptionDispatchInfo.Throw(failure);
            }
            _total += size;
        }
        await LookAheadAsync(stop.Token);
    }

    private async Task CompleteAsync(string uploadId, CancellationToken cancellation)
    {
        _stored.Sort((a, b) => a.PartNumber.GetValueOrDefault().CompareTo(b.PartNumber.GetValueOrDefault()));
        var request = new CompleteMultipartUploadRequest { BucketName = options.Bucket, Key = key, UploadId = uploadId, PartETags = _stored };
        await s3.CallAsync($"end of multipart upload {key}", async (client, token) =>
        {
            try
            {
                // A server that begins its answer early reports a later failure in a body without a tag.
                var done = await client.CompleteMultipartUploadAsync(request, token);
                return !string.IsNullOrEmpty(done.ETag) ? true
                    : throw new StorageException(StorageFailure.Unavailable, $"S3 ended multipart upload {key} without an entity tag.");
            }
            catch (AmazonS3Exception e) when (S3Errors.IsNoSuchUpload(e))
            {
                // A call whose answer was lost may have completed it. No other bytes can be under this key.
                var there = await client.GetObjectMetadataAsync(options.Bucket, key, token);
                return there.ContentLength == _total ? true : throw S3Errors.Translate($"end of multipart upload {key}", e);
            }
        }, cancellation);
    }

    /// <summary>Fills the next part, unless the content ends before.</summary>
    private async Task<PartBuffer> FillAsync(int number, CancellationToken cancellation)
    {
        // No bytes may follow the announced ones, or the last part that S3 allows.
        if (!_hasAhead && ((exact && _total >= length) || number > PartSizes.MaxParts))
            await LookAheadAsync(cancellation);
        var part = memory.Begin(_ended ? 0 : SizeOf(number), owner);
        try
        {
            while (!_ended && part.Length < part.Size)
            {
                if (!_hasAhead)
                    await WaitAsync(cancellation);
                var space = await part.SpaceAsync(cancellation);
                part.Advance(await ReadAsync(space, cancellation));
            }
            part.Settle();
            return part;
        }
        catch
        {
            part.Dispose();
            throw;
        }
    }

    private long SizeOf(int number) =>
        length - _total is { } left ? Math.Min(_sizes.SizeOf(number), exact ? left : Math.Max(1, left)) : _sizes.SizeOf(number);

#pragma warning disable CA2022, MA0060 // A read into an empty buffer reads nothing.
    /// <summary>Waits for bytes without room for them, so that a slow sender's part can move to the disk meanwhile.</summary>
    private async ValueTask WaitAsync(CancellationToken cancellation) => await content.ReadAsync(Memory<byte>.Empty, cancellation);
#pragma warning restore CA2022, MA0060

    private async ValueTask<int> ReadAsync(Memory<byte> space, CancellationToken cancellation)
    {
        if (_hasAhead)
        {
            _hasAhead = false;
            _ahead.CopyTo(space);
            return 1;
        }
        var count = await content.ReadAsync(space, cancellation);
        _total += count;
        _ended = count == 0;
        return count;
    }

    /// <summary>Finds out whether the content has ended. Always read it to its end, because its checks may throw only there.</summary>
    private async Task LookAheadAsync(CancellationToken cancellation)
    {
        _hasAhead = await ReadAsync(_ahead, cancellation) > 0;
        if (exact && _total > length)
            throw new InvalidDataException($"The content is longer than its announced {length} bytes.");
    }

    private void CheckLength()
    {
        if (exact && _total != length)
            throw new EndOfStreamException($"The content ended after {_total} of {length} bytes.");
    }

    /// <summary>Does not throw: the failure that led here is the one to report, and a deletion by the key finds what is left.</summary>
    private async Task QuietlyAsync<T>(string what, Func<AmazonS3Client, CancellationToken, Task<T>> call)
    {
        try
        {
            await s3.CallAsync($"{what} {key}", call, CancellationToken.None, CleanupTimeout);
        }
        catch (StorageException)
        {
        }
    }
}
