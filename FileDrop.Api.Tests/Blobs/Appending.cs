using System.Buffers;
using FileDrop.Api.Blobs;
using FileDrop.Api.Hashing;

namespace FileDrop.Api.Tests.Blobs;

/// <summary>An upload that goes on in one request after another, as its record in the catalog would have it.</summary>
internal sealed class Appending(IBlobStore store, BlobKey key, long? length)
{
    private readonly HashSet<Guid> _pieces = [key.BlobId];

    public AppendPoint Point { get; private set; } = AppendPoint.Start;

    public string? Sha256 { get; private set; }

    /// <summary>Appends bytes in a request of their own.</summary>
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
        var hashes = Point.Hashes.IsEmpty ? new ContentHashState() : ContentHashState.Import(Point.Hashes.Span);
        var log = new AppendLog(bytes => hashes.Append(bytes.Span), () => hashes.Export(), RecordAsync, keeps);
        return (await store.AppendAsync(key, Point, new AppendExtent(length, incoming, "local"), log, default), hashes);
    }

    private Task RecordAsync(Func<AppendPoint> point, bool isSealed, CancellationToken cancellation)
    {
        lock (_pieces)
            Record(point());
        return Task.CompletedTask;
    }

    private void Record(AppendPoint point)
    {
        Point = point;
        _pieces.UnionWith(point.Pieces);
    }
}
