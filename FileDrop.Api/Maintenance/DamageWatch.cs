using FileDrop.Api.Blobs;
using FileDrop.Api.Catalog;
using FileDrop.Api.Contents;
using FileDrop.Api.Settings;
using FileDrop.Api.Storage;

namespace FileDrop.Api.Maintenance;

/// <summary>Looks again at damaged contents. Once one is mended, or no document names it any more, it stops counting as damage.</summary>
/// <remarks>
/// Each round looks up the document and the size, which is cheap. All bytes are read again only after a pause, so that a large damaged content does not keep
/// the store busy. The pause doubles each time, and is at least twenty times as long as the read.
/// </remarks>
internal sealed partial class DamageWatch(
    IDocumentCatalog catalog, IBlobStore blobs, Integrity integrity, StoreStarter starter, FileDropOptions options, TimeProvider time,
    ILogger<DamageWatch> log) : BackgroundService
{
    private const int PauseByReading = 20;
    private static readonly TimeSpan LongestPause = TimeSpan.FromHours(1);

    private readonly Dictionary<BlobKey, Look> _looks = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await starter.Started.WaitAsync(stoppingToken);
        using var timer = new PeriodicTimer(options.SweepInterval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                var known = await integrity.FindKnownAsync(stoppingToken);
                foreach (var forgotten in _looks.Keys.Except(known).ToList())
                    _looks.Remove(forgotten);
                foreach (var key in known)
                    await ReviewAsync(key, stoppingToken);
            }
            catch (StorageException failure)
            {
                LogCut(failure);
            }
        }
    }

    private async Task ReviewAsync(BlobKey key, CancellationToken cancellation)
    {
        var content = (await catalog.FindDocumentsAsync([key.FileId], cancellation)).ContentOf(key.BlobId);
        if (content is not null)
        {
            if (await StoredContent.FindDamageAsync(blobs, key.FileId, content, hash: false, cancellation) is not null)
            {
                // Once the size is right, read the bytes without delay.
                _looks.Remove(key);
                return;
            }
            var last = _looks.GetValueOrDefault(key);
            if (last is not null && time.GetElapsedTime(last.At) < last.Pause)
                return;
            var begun = time.GetTimestamp();
            if (await StoredContent.FindDamageAsync(blobs, key.FileId, content, hash: true, cancellation) is not null)
            {
                _looks[key] = new Look(time.GetTimestamp(), Pause(last, time.GetElapsedTime(begun)));
                return;
            }
        }
        await integrity.MendedAsync(key, cancellation);
        LogMended(key);
    }

    private TimeSpan Pause(Look? last, TimeSpan reading)
    {
        var pause = last is null ? options.SweepInterval : last.Pause * 2;
        pause = pause > reading * PauseByReading ? pause : reading * PauseByReading;
        return pause < LongestPause ? pause : LongestPause;
    }

    [LoggerMessage(LogLevel.Information, "Blob {Blob} is no longer damaged or missing, or no document names it any more")]
    private partial void LogMended(BlobKey blob);

    [LoggerMessage(LogLevel.Warning, "Damaged contents could not be checked again because a store does not answer")]
    private partial void LogCut(Exception failure);

    /// <param name="At">The time of the last read of the bytes.</param>
    /// <param name="Pause">The time to wait before the next read.</param>
    private sealed record Look(long At, TimeSpan Pause);
}
