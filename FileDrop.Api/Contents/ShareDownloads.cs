using System.Collections.Concurrent;
using FileDrop.Api.Catalog;
using FileDrop.Api.Memory;
using FileDrop.Api.Storage;

namespace FileDrop.Api.Contents;

/// <summary>A content that is to be sent to the holder of a share's link.</summary>
/// <param name="Share">The share as it was read.</param>
/// <param name="Visitor">Identifies the visitor's earlier downloads; random for a new visitor.</param>
/// <param name="Subject">Stands for the content: its blob, or an archive.</param>
/// <param name="Size">Bytes of the whole content.</param>
/// <param name="Count">Bytes of this request.</param>
/// <param name="IsUse">Whether the request is a download in its own right, not the continuation or the preview of one.</param>
internal sealed record SharedContent(Share Share, Guid Visitor, Guid Subject, long Size, long Count, bool IsUse)
{
    public ShareGrant Grant => new(Share.Digest, Visitor, Subject);
}

/// <summary>Counts downloads of shares, and ends those of shares that are revoked.</summary>
/// <remarks>
/// With a limit, a download is counted before its first byte by one conditional increment, so any number at once never exceeds it. The visitor may go on with it
/// for a day, up to twice the size of the content. Without a limit, downloads are counted in memory and recorded together.
/// </remarks>
internal sealed class ShareDownloads(ISharedCatalog catalog, TimeProvider time)
{
    /// <summary>The time between two looks of a running download whether its share is still there.</summary>
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, ShareUse> _uses = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Watch> _watched = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();

    /// <summary>Admits a download.</summary>
    /// <returns>The transfer; null if all downloads are used up and this one continues none.</returns>
    /// <exception cref="StorageException">The catalog does not answer.</exception>
    public async Task<SharedTransfer?> BeginAsync(SharedContent content, CancellationToken cancellation)
    {
        var share = content.Share;
        var isCounted = false;
        if (share.MaxDownloads is null)
        {
            if (content.IsUse)
                Note(share);
        }
        else if (!await catalog.TakeGrantAsync(content.Grant, content.Count, cancellation))
        {
            isCounted = await catalog.CountDownloadAsync(share, content.Grant, Share.Allowance(content.Size) - content.Count, cancellation);
            if (!isCounted)
                return null;
        }
        return new SharedTransfer(content, isCounted, this, Enter(share), cancellation);
    }

    /// <summary>Whether a visitor's counted download may go on.</summary>
    public Task<bool> MayContinueAsync(ShareGrant grant, CancellationToken cancellation) => catalog.TakeGrantAsync(grant, 0, cancellation);

    /// <summary>Records the downloads since the last call.</summary>
    /// <exception cref="StorageException">The catalog does not answer; the next call tries again. It does so after a cancellation, too.</exception>
    public async Task RecordAsync(CancellationToken cancellation)
    {
        var uses = new List<ShareUse>();
        foreach (var key in _uses.Keys)
        {
            if (_uses.TryRemove(key, out var use))
                uses.Add(use);
        }
        if (uses.Count == 0)
            return;
        try
        {
            await catalog.NoteShareUsesAsync(uses, cancellation);
        }
        catch (Exception failure) when (failure is StorageException or OperationCanceledException)
        {
            foreach (var use in uses)
                Add(use);
            throw;
        }
    }

    /// <summary>Gives back what a transfer did not send.</summary>
    internal async Task EndAsync(SharedContent content, bool isCounted, long sent, bool isComplete)
    {
        Leave(content.Share);
        if (content.Share.MaxDownloads is null || isComplete)
            return;
        try
        {
            if (isCounted && sent == 0)
                await catalog.UncountDownloadAsync(content.Grant, CancellationToken.None);
            else if (sent < content.Count)
                await catalog.ReturnGrantAsync(content.Grant, content.Count - sent, CancellationToken.None);
        }
        catch (StorageException)
        {
            // The visitor then has less to go on with; the limit holds.
        }
    }

    private void Note(Share share) => Add(new ShareUse(share.Digest, 1, time.GetUtcNow()));

    private void Add(ShareUse use) => _uses.AddOrUpdate(
        Key(use.Digest), use, (_, other) => other with { Downloads = other.Downloads + use.Downloads, At = use.At > other.At ? use.At : other.At });

    /// <summary>Watches a share while at least one download of it runs. All of them share one look a second.</summary>
    private CancellationToken Enter(Share share)
    {
        lock (_gate)
        {
            var key = WatchKey(share);
            if (!_watched.TryGetValue(key, out var watch))
            {
                _watched.Add(key, watch = new Watch());
                _ = RunAsync(share, watch);
            }
            watch.Count++;
            return watch.Revoked.Token;
        }
    }

    private void Leave(Share share)
    {
        lock (_gate)
        {
            var key = WatchKey(share);
            if (_watched.TryGetValue(key, out var watch) && --watch.Count == 0)
            {
                _watched.Remove(key);
                watch.Ended.Cancel();
            }
        }
    }

    private async Task RunAsync(Share share, Watch watch)
    {
        try
        {
            while (true)
            {
                await Task.Delay(s_interval, time, watch.Ended.Token);
                try
                {
                    if (await catalog.FindShareAsync(share.Digest, watch.Ended.Token) is not var (now, at) || !share.MayGoOnUnder(now, at))
                    {
                        await watch.Revoked.CancelAsync();
                        return;
                    }
                }
                catch (StorageException)
                {
                    // The catalog does not answer. The downloads go on until it tells that the share is gone.
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The last download has ended, so nobody finds the watch any more.
            watch.Dispose();
        }
    }

    private static string Key(ReadOnlyMemory<byte> digest) => Convert.ToHexString(digest.Span);

    /// <summary>Downloads that began under different states of a share are watched apart.</summary>
    private static string WatchKey(Share share) => $"{Key(share.Digest)} {share.Revision}";

    private sealed class Watch : IDisposable
    {
        public int Count { get; set; }

        public CancellationTokenSource Ended { get; } = new();

        public CancellationTokenSource Revoked { get; } = new();

        public void Dispose()
        {
            Ended.Dispose();
            Revoked.Dispose();
        }
    }
}

/// <summary>One admitted download. Its end gives back what was not sent.</summary>
internal sealed class SharedTransfer : IAsyncDisposable
{
    private readonly SharedContent _content;
    private readonly bool _isCounted;
    private readonly ShareDownloads _downloads;
    private readonly CancellationToken _revoked;
    private readonly CancellationTokenSource _ends;
    private long _sent;
    private bool _isComplete;

    internal SharedTransfer(SharedContent content, bool isCounted, ShareDownloads downloads, CancellationToken revoked, CancellationToken client)
    {
        (_content, _isCounted, _downloads, _revoked) = (content, isCounted, downloads, revoked);
        _ends = CancellationTokenSource.CreateLinkedTokenSource(revoked, client);
    }

    /// <summary>Is canceled when the share is revoked, or the client gives up.</summary>
    public CancellationToken Token => _ends.Token;

    /// <summary>Whether the share was revoked meanwhile.</summary>
    public bool IsRevoked => _revoked.IsCancellationRequested;

    /// <summary>A stream to the client that counts the bytes.</summary>
    public Stream Over(Stream destination) => new Counted(this, destination);

    /// <summary>All bytes of the request were sent.</summary>
    public void Complete() => _isComplete = true;

    public async ValueTask DisposeAsync()
    {
        await _downloads.EndAsync(_content, _isCounted, Interlocked.Read(ref _sent), _isComplete);
        _ends.Dispose();
    }

    private sealed class Counted(SharedTransfer transfer, Stream destination) : ForwardOutput
    {
        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            // Counted before: a part of a failed write may have been sent.
            Interlocked.Add(ref transfer._sent, buffer.Length);
            await destination.WriteAsync(buffer, cancellationToken);
        }

        public override Task FlushAsync(CancellationToken cancellationToken) => destination.FlushAsync(cancellationToken);
    }
}
