using Amazon.S3;
using Amazon.S3.Model;

namespace FileDrop.Bench.Compare;

/// <summary>The store itself, driven with AWSSDK.S3 in this process.</summary>
internal sealed class S3Peer(AmazonS3Client client, string bucket) : Peer("AWSSDK.S3",
    "the store itself by AWSSDK.S3 with its own checks (the MD5 of a single part), "
    + "from 16 MiB on in parts of 16 MiB, 4 at a time; synced as the store does")
{
    public override PeerClient Connect() => new S3PeerClient(client, bucket);

    public override ValueTask DisposeAsync()
    {
        client.Dispose();
        return ValueTask.CompletedTask;
    }
}

/// <summary>One user of the library. It has no blocking calls, so the thread waits for its tasks.</summary>
internal sealed class S3PeerClient(AmazonS3Client client, string bucket) : PeerClient
{
    private const long LargestAtOnce = 16 << 20;
    private const long PartSize = 16 << 20;
    private const int PartsAtOnce = 4;

    public override string Upload(string name, long seed, long size)
    {
        var key = $"sdk/{name}";
        if (size >= LargestAtOnce)
        {
            UploadPartsAsync(key, seed, size).GetAwaiter().GetResult();
            return key;
        }
        using var content = new SampleStream(seed, 0, size);
        client.PutObjectAsync(new PutObjectRequest { BucketName = bucket, Key = key, InputStream = content }).GetAwaiter().GetResult();
        return key;
    }

    public override void Download(string key, long seed, long size) =>
        GetAsync(new GetObjectRequest { BucketName = bucket, Key = key }, seed, 0, size).GetAwaiter().GetResult();

    public override void Range(string key, long seed, long offset, long count) =>
        GetAsync(new GetObjectRequest { BucketName = bucket, Key = key, ByteRange = new ByteRange(offset, offset + count - 1) }, seed, offset, count)
            .GetAwaiter().GetResult();

    public override void Delete(string key) => client.DeleteObjectAsync(bucket, key).GetAwaiter().GetResult();

    public override void Dispose()
    {
        // All users share the client, as its manual recommends.
    }

    private async Task GetAsync(GetObjectRequest request, long seed, long offset, long count)
    {
        using var answer = await client.GetObjectAsync(request);
        await using var stream = answer.ResponseStream;
        await CompareAsync(buffer => stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false), seed, offset, count);
    }

    private async Task UploadPartsAsync(string key, long seed, long size)
    {
        var upload = (await client.InitiateMultipartUploadAsync(bucket, key)).UploadId;
        var parts = new PartETag[(int)((size + PartSize - 1) / PartSize)];
        await Parallel.ForAsync(0, parts.Length, new ParallelOptions { MaxDegreeOfParallelism = PartsAtOnce }, async (i, token) =>
        {
            var length = Math.Min(PartSize, size - (i * PartSize));
            await using var content = new SampleStream(seed, i * PartSize, length);
            var part = await client.UploadPartAsync(new UploadPartRequest
            {
                BucketName = bucket,
                Key = key,
                UploadId = upload,
                PartNumber = i + 1,
                PartSize = length,
                InputStream = content,
            }, token);
            parts[i] = new PartETag(i + 1, part.ETag);
        });
        await client.CompleteMultipartUploadAsync(
            new CompleteMultipartUploadRequest { BucketName = bucket, Key = key, UploadId = upload, PartETags = [.. parts] });
    }

    /// <summary>A part of a sample for the library, which may read it twice: first to sign it.</summary>
    /// <param name="begin">A multiple of <see cref="SampleBlock.Size"/>.</param>
    private sealed class SampleStream(long seed, long begin, long length) : Stream
    {
        private readonly SampleBlock _block = new(length);

        public override bool CanRead => true;

        public override bool CanSeek => true;

        public override bool CanWrite => false;

        public override long Length => length;

        public override long Position { get; set; }

        public override int Read(Span<byte> buffer)
        {
            var within = (int)(Position % SampleBlock.Size);
            var block = _block.At(seed, begin + Position - within, (int)Math.Min(_block.Length, length - Position + within)).Span[within..];
            var count = Math.Min(buffer.Length, block.Length);
            block[..count].CopyTo(buffer);
            Position += count;
            return count;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override long Seek(long offset, SeekOrigin origin) => Position = origin switch
        {
            SeekOrigin.Begin => offset,
            SeekOrigin.Current => Position + offset,
            _ => length + offset,
        };

        public override void Flush()
        {
            // Nothing is ever written.
        }

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
