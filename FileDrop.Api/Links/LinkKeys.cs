using System.Security.Cryptography;
using FileDrop.Api.Catalog;
using FileDrop.Api.Settings;
using FileDrop.Api.Storage;
using FileDrop.Api.Text;

namespace FileDrop.Api.Links;

/// <summary>The keys that sign links. All replicas share them; a new one is created daily, on first use.</summary>
internal sealed class LinkKeys(ILinkKeyCatalog catalog, FileDropOptions options, TimeProvider time) : IDisposable
{
    private const int SecretBytes = 32;

    /// <summary>The time for which a link key signs.</summary>
    private static readonly TimeSpan Rotation = TimeSpan.FromDays(1);

    /// <summary>The largest allowed difference between the replicas' clocks.</summary>
    private static readonly TimeSpan ClockMargin = TimeSpan.FromHours(1);

    private readonly SemaphoreSlim _reading = new(1);
    private int _readings;

    /// <summary>Newest first.</summary>
    private volatile IReadOnlyList<LinkKey> _keys = [];

    /// <summary>The lifetime of a link key. A leaked one opens nothing after it, whatever expiry its links name.</summary>
    private TimeSpan Life => Rotation + options.LinkLife + ClockMargin;

    private LinkKey? Newest => _keys is [var newest, ..] ? newest : null;

    /// <summary>Returns the link key that signs now.</summary>
    /// <exception cref="StorageException">The catalog does not answer.</exception>
    public async ValueTask<LinkKey> CurrentAsync(CancellationToken cancellation)
    {
        while (true)
        {
            var (now, newest) = (time.GetUtcNow(), Newest);
            if (newest is not null && now - newest.CreatedAt < Rotation)
                return newest;
            await ReadAsync(cancellation);
            newest = Newest;
            if (newest is not null && now - newest.CreatedAt < Rotation)
                return newest;
            // If several replicas get here at once, one creates the link key and all read it.
            await catalog.AddLinkKeyAsync(
                new LinkKey((newest?.Number ?? 0) + 1, RandomNumberGenerator.GetBytes(SecretBytes),
                    WholeMilliseconds.Floor(now)),
                cancellation);
            await catalog.ForgetLinkKeysAsync(now - Life, cancellation);
            await ReadAsync(cancellation);
        }
    }

    /// <summary>Returns a link key by its number; null if it does not exist or its lifetime is over.</summary>
    /// <exception cref="StorageException">The catalog does not answer.</exception>
    public async ValueTask<LinkKey?> FindAsync(long number, CancellationToken cancellation)
    {
        // Another replica may have created the next number. No other unknown number can exist, so made-up links cause no reads.
        if (Newest is not { } newest || number == newest.Number + 1)
            await ReadAsync(cancellation);
        return _keys.FirstOrDefault(key => key.Number == number && time.GetUtcNow() - key.CreatedAt < Life);
    }

    public void Dispose() => _reading.Dispose();

    private async Task ReadAsync(CancellationToken cancellation)
    {
        var before = Volatile.Read(ref _readings);
        await _reading.WaitAsync(cancellation);
        try
        {
            // If two reads finished since we were called, the second is fresh enough. Many made-up links therefore do not queue up here.
            if (_readings - before >= 2)
                return;
            _keys = await catalog.ListLinkKeysAsync(cancellation);
            _readings++;
        }
        finally
        {
            _reading.Release();
        }
    }
}
