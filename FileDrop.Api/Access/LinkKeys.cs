using System.Security.Cryptography;
using FileDrop.Api.Catalog;

namespace FileDrop.Api.Access;

/// <summary>The keys that sign links: made when first needed, the same on every replica, a new one every day.</summary>
internal sealed class LinkKeys(ILinkKeyCatalog catalog, FileDropOptions options, TimeProvider time) : IDisposable
{
    private const int SecretBytes = 32;

    /// <summary>How long a key signs.</summary>
    private static readonly TimeSpan Rotation = TimeSpan.FromDays(1);

    /// <summary>By how much the clocks of replicas may differ.</summary>
    private static readonly TimeSpan ClockMargin = TimeSpan.FromHours(1);

    private readonly SemaphoreSlim _reading = new(1);
    private int _readings;

    /// <summary>Newest first.</summary>
    private volatile IReadOnlyList<LinkKey> _keys = [];

    /// <summary>How long a key is good for: none that leaked signs links for longer, whatever end they name.</summary>
    private TimeSpan Life => Rotation + options.LinkLife + ClockMargin;

    private LinkKey? Newest => _keys is [var newest, ..] ? newest : null;

    /// <summary>The key that signs now.</summary>
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
            // Of several replicas that do this at once one makes the key, and all read it.
            await catalog.AddLinkKeyAsync(
                new LinkKey((newest?.Number ?? 0) + 1, RandomNumberGenerator.GetBytes(SecretBytes),
                    DateTimeOffset.FromUnixTimeMilliseconds(now.ToUnixTimeMilliseconds())),
                cancellation);
            await catalog.ForgetLinkKeysAsync(now - Life, cancellation);
            await ReadAsync(cancellation);
        }
    }

    /// <summary>The key of a link; null: there is none, or it is good no longer.</summary>
    /// <exception cref="StorageException">The catalog does not answer.</exception>
    public async ValueTask<LinkKey?> FindAsync(long number, CancellationToken cancellation)
    {
        // Another replica may have made the one after the newest known here, but no other that is not known.
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
            // Of two that have ended since this was called the second began since: made-up links, however many, do not queue up here.
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
