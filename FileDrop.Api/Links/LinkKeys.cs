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

    /// <summary>Issues a grant to read something until the end of a link's life.</summary>
    /// <param name="owner">The owner.</param>
    /// <param name="subject">The file's id, or what stands for an archive.</param>
    /// <param name="version">The version of a file; 0 for an archive.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="StorageException">The catalog does not answer.</exception>
    public async ValueTask<(string Grant, DateTimeOffset ExpiresAt)> IssueAsync(
        string owner, Guid subject, long version, CancellationToken cancellation)
    {
        var key = await CurrentAsync(cancellation);
        var expiresAt = WholeMilliseconds.Floor(time.GetUtcNow() + options.LinkLife);
        return (new LinkGrant(owner, subject, version, expiresAt).Write(key), expiresAt);
    }

    /// <summary>Verifies a grant; null unless it was issued for this subject and has not expired.</summary>
    /// <exception cref="StorageException">The catalog does not answer.</exception>
    public async ValueTask<LinkGrant?> VerifyAsync(string text, Guid subject, CancellationToken cancellation) =>
        LinkGrant.KeyOf(text) is { } number
        && await FindAsync(number, cancellation) is { } key
        && LinkGrant.Read(text, subject, key) is { } grant
        && grant.ExpiresAt > time.GetUtcNow()
            ? grant
            : null;

    public void Dispose() => _reading.Dispose();

    /// <summary>Returns the link key that signs now.</summary>
    private async ValueTask<LinkKey> CurrentAsync(CancellationToken cancellation)
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
    private async ValueTask<LinkKey?> FindAsync(long number, CancellationToken cancellation)
    {
        // Another replica may have created the next number. No other unknown number can exist, so made-up links cause no reads.
        if (Newest is not { } newest || number == newest.Number + 1)
            await ReadAsync(cancellation);
        return _keys.FirstOrDefault(key => key.Number == number && time.GetUtcNow() - key.CreatedAt < Life);
    }

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
