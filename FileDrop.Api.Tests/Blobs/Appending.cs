using System.Buffers;
using FileDrop.Api.Blobs;
using FileDrop.Api.Hashing;

namespace FileDrop.Api.Tests.Blobs;

/// <summary>An upload in several requests, with the progress that the catalog would record.</summary>
internal sealed class Appending(IBlobStore store, BlobKey key, long? length)
{
    private readonly HashSet<Guid> _pieces = [key.BlobId];

    public AppendPoint Point { get; private set; } = AppendPoint.Start;

    public string? Sha256 { get; private set; }

    /// <summary>Appends bytes in one request.</summary>
    public async Task AppendAsync(ReadOnlyMemory<byte> bytes, bool keeps = true)
    {
        var (appender, _) = await OpenAsync(bytes.Length, keeps);
        await using (appender)
        {
            await appender.AppendAsync(new ReadOnlySequence<byte>(bytes), default);
            if (keeps)
                await appender.SettleAsync(default);
            Record(keeps ? appender.Durable : appender.Discarded);
        }
    }

    /// <summary>Appends the last bytes and finishes.</summary>
    public async Task<BlobKey> FinishAsync(ReadOnlyMemory<byte> bytes)
    {
        var (appender, hashes) = await OpenAsync(bytes.Length, keeps: true);
        await using (appender)
        {
            await appender.AppendAsync(new ReadOnlySequence<byte>(bytes), default);
            var blob = await appender.FinishAsync(default);
            Sha256 = hashes.Sha256;
            return key with { BlobId = blob };
        }
    }

    /// <summary>Deletes the blob and all its pieces, as the sweeper would.</summary>
    public async Task DeleteAllAsync(BlobKey? except)
    {
        foreach (var piece in _pieces.Where(piece => piece != except?.BlobId))
            await store.DeleteAsync(key with { BlobId = piece }, default);
    }

    private async Task<(IBlobAppender Appender, ContentHashState Hashes)> OpenAsync(long incoming, bool keeps)
    {
        var hashes = ContentHashState.Resume(Point.Hashes);
        var journal = new Journal(this, hashes, keeps);
        var appender = await store.AppendAsync(key, Point, new AppendExtent(length, incoming, "local"), journal, default);
        journal.Appender = appender;
        return (appender, hashes);
    }

    private void Record(AppendPoint point)
    {
        Point = point;
        _pieces.UnionWith(point.Pieces);
    }

    private sealed class Journal(Appending upload, ContentHashState hashes, bool keeps) : IAppendJournal
    {
        public IBlobAppender? Appender { get; set; }

        public void Hash(ReadOnlySpan<byte> bytes) => hashes.Append(bytes);

        public HashMark Mark() => hashes.Mark();

        public Task RecordAsync(bool isSealed, CancellationToken cancellation)
        {
            var appender = Appender ?? throw new InvalidOperationException("The appender records before it is open.");
            lock (upload._pieces)
                upload.Record(isSealed || keeps ? appender.Durable : appender.Discarded);
            return Task.CompletedTask;
        }
    }
}
