using System.Buffers;
using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.IO.Hashing;
using FileDrop.Api.Blobs;
using FileDrop.Api.Catalog;
using FileDrop.Api.Storage;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace FileDrop.Api.Contents;

/// <summary>A stored content is damaged or missing.</summary>
internal sealed class DamagedContentException(string message) : Exception(message);

/// <summary>Compares content on its way out with the checksum from its way in, and knows which contents were found damaged.</summary>
/// <remarks>
/// <para>XXH3 detects every accident at a tenth of SHA-256's price, but no forgery, because it has no key. The scrub and
/// <c>check --hash</c> compare the SHA-256.</para>
/// <para>Damage is noted beside the blobs. The health is degraded as long as there are notes, also from other processes. A note goes
/// when the content is found intact again or no document names it any more; the damage watch looks for both.</para>
/// </remarks>
internal sealed partial class Integrity : IHealthCheck, IDisposable
{
    private const int BufferSize = 128 * 1024;

    /// <summary>The most damages to note. More would tell nothing new, and a store that has lost everything would fill with notes.</summary>
    private const int MostKnown = 1_000;

    /// <summary>How old the list of notes may be. Several probes may ask for the health.</summary>
    private static readonly TimeSpan Trust = TimeSpan.FromSeconds(1);

    private readonly IBlobStore _blobs;
    private readonly IDamageNotes _notes;
    private readonly MissingCrcs _crcs;
    private readonly TimeProvider _time;
    private readonly Meter _meter;
    private readonly Counter<long> _counter;
    private readonly ILogger<Integrity> _log;

    /// <summary>Known damages, and whether each was noted beside the blobs. Changed only under <see cref="_changing"/>.</summary>
    private readonly ConcurrentDictionary<BlobKey, bool> _known = new();
    private readonly SemaphoreSlim _changing = new(1);
    private long _listedAt = long.MinValue;

    public Integrity(IBlobStore blobs, IDamageNotes notes, MissingCrcs crcs, IMeterFactory factory, TimeProvider time, ILogger<Integrity> log)
    {
        (_blobs, _notes, _crcs, _time, _meter, _log) = (blobs, notes, crcs, time, factory.Create("FileDrop"), log);
        _counter = _meter.CreateCounter<long>("filedrop.damages", "{damage}", "Contents found damaged or missing when they were read.");
    }

    /// <summary>
    /// Copies a whole content. It holds back the last bytes until the checksum is right, so that a damaged content never ends as if it were
    /// intact. A CRC-32 that the content lacks is recorded afterwards, in the background.
    /// </summary>
    /// <exception cref="DamagedContentException">The content is damaged; its last bytes were not written.</exception>
    /// <exception cref="StorageException">The store failed.</exception>
    public async Task CopyAsync(CatalogFile file, Stream content, Stream destination, CancellationToken cancellation)
    {
        var crc32 = file.Content.Crc32 is null ? new Crc32() : null;
        await CopyVerifiedAsync(file, content, destination, crc32, cancellation);
        if (crc32 is not null)
            _crcs.RecordSoon(file, crc32.GetCurrentHashAsUInt32());
    }

    /// <summary>Reads a whole content that lacks a CRC-32, and records it.</summary>
    /// <inheritdoc cref="CopyAsync"/>
    public async Task<uint> ComputeCrcAsync(CatalogFile file, Stream content, CancellationToken cancellation)
    {
        var crc32 = new Crc32();
        await CopyVerifiedAsync(file, content, Stream.Null, crc32, cancellation);
        var found = crc32.GetCurrentHashAsUInt32();
        await _crcs.RecordAsync(file.Owner, file.Id, file.Content.BlobId, found);
        return found;
    }

    /// <summary>Copies a part of a content. The checksum cannot tell whether a part is right.</summary>
    /// <inheritdoc cref="CopyAsync"/>
    public async Task CopySliceAsync(Guid file, FileContent expected, Stream slice, Stream destination, CancellationToken cancellation)
    {
        try
        {
            await slice.CopyToAsync(destination, BufferSize, cancellation);
        }
        catch (StorageException failure)
        {
            throw await JudgeAsync(file, expected, failure, cancellation);
        }
    }

    /// <summary>Decides whether a failed read means damage: the store answers, but its blob has another size. If not, it returns the failure.</summary>
    public async Task<Exception> JudgeAsync(Guid file, FileContent expected, StorageException failure, CancellationToken cancellation)
    {
        try
        {
            return await _blobs.FindSizeAsync(new BlobKey(expected.BlobId, file), cancellation) is { } size && size != expected.Size
                ? await ReportAsync(file, expected, $"has {size} bytes instead of {expected.Size}")
                : failure;
        }
        catch (StorageException)
        {
            return failure;
        }
    }

    private async Task CopyVerifiedAsync(CatalogFile file, Stream content, Stream destination, Crc32? crc32, CancellationToken cancellation)
    {
        try
        {
            await CopyWholeAsync(file.Id, file.Content, content, destination, crc32, cancellation);
        }
        catch (StorageException failure)
        {
            throw await JudgeAsync(file.Id, file.Content, failure, cancellation);
        }
        if (!_known.IsEmpty)
            await MendedAsync(new BlobKey(file.Content.BlobId, file.Id), cancellation);
    }

    private async Task CopyWholeAsync(
        Guid file, FileContent expected, Stream content, Stream destination, Crc32? crc32, CancellationToken cancellation)
    {
        var hash = new XxHash3();
        var size = (int)Math.Min(BufferSize, Math.Max(1, expected.Size));
        var held = ArrayPool<byte>.Shared.Rent(size);
        var next = expected.Size > held.Length ? ArrayPool<byte>.Shared.Rent(size) : [];
        try
        {
            var count = await content.ReadAsync(held, cancellation);
            hash.Append(held.AsSpan(0, count));
            crc32?.Append(held.AsSpan(0, count));
            for (var total = (long)count; total < expected.Size; total += count)
            {
                // The first read did not reach the end of the content, so a second buffer is needed.
                next = next.Length > 0 ? next : ArrayPool<byte>.Shared.Rent(size);
                var following = await content.ReadAsync(next, cancellation);
                hash.Append(next.AsSpan(0, following));
                crc32?.Append(next.AsSpan(0, following));
                if (following == 0)
                    break;
                await destination.WriteAsync(held.AsMemory(0, count), cancellation);
                (held, next, count) = (next, held, following);
            }
            if (unchecked((long)hash.GetCurrentHashAsUInt64()) != expected.XxHash3)
                throw await ReportAsync(file, expected, "is damaged");
            await destination.WriteAsync(held.AsMemory(0, count), cancellation);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(held);
            if (next.Length > 0)
                ArrayPool<byte>.Shared.Return(next);
        }
    }

    /// <summary>Counts, logs and notes damage. The health is degraded until it is mended.</summary>
    public async Task<DamagedContentException> ReportAsync(Guid file, FileContent content, string what)
    {
        _counter.Add(1);
        LogDamage(file, content.Version, content.BlobId, what);
        var key = new BlobKey(content.BlobId, file);
        await ChangeAsync(async () =>
        {
            if (_known.Count < MostKnown && _known.TryAdd(key, false))
                await NoteAsync(key, CancellationToken.None);
        }, CancellationToken.None);
        return new DamagedContentException($"Blob {content.BlobId} of file {file} {what}.");
    }

    /// <summary>Removes a damage: the content is intact, or no document names it.</summary>
    public async Task MendedAsync(BlobKey key, CancellationToken cancellation)
    {
        if (!_known.ContainsKey(key))
            return;
        await ChangeAsync(async () =>
        {
            try
            {
                await _notes.RemoveAsync(key, cancellation);
                _known.TryRemove(key, out _);
            }
            catch (StorageException)
            {
                // The next reader that finds the content intact tries again.
            }
        }, cancellation);
    }

    /// <summary>The known damages, of every process over the same store. If the store does not answer, these are the damages known before.</summary>
    public async Task<IReadOnlyCollection<BlobKey>> FindKnownAsync(CancellationToken cancellation)
    {
        await ChangeAsync(async () =>
        {
            if (_listedAt != long.MinValue && _time.GetElapsedTime(_listedAt) < Trust)
                return;
            foreach (var (key, isNoted) in _known)
            {
                if (!isNoted)
                    await NoteAsync(key, cancellation);
            }
            try
            {
                var listed = (await _notes.ListAsync(cancellation)).ToHashSet();
                foreach (var key in listed)
                    _known[key] = true;
                foreach (var (key, isNoted) in _known)
                {
                    if (isNoted && !listed.Contains(key))
                        _known.TryRemove(key, out _);
                }
                _listedAt = _time.GetTimestamp();
            }
            catch (StorageException)
            {
                // The store's own health check reports this.
            }
        }, cancellation);
        return [.. _known.Keys];
    }

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        await FindKnownAsync(cancellationToken) is { Count: > 0 } known
            ? HealthCheckResult.Degraded($"{known.Count} contents are damaged or missing; the log names them, the check finds all.")
            : HealthCheckResult.Healthy();

    public void Dispose()
    {
        _meter.Dispose();
        _changing.Dispose();
    }

    private async Task ChangeAsync(Func<Task> change, CancellationToken cancellation)
    {
        await _changing.WaitAsync(cancellation);
        try
        {
            await change();
        }
        finally
        {
            _changing.Release();
        }
    }

    private async Task NoteAsync(BlobKey key, CancellationToken cancellation)
    {
        try
        {
            await _notes.AddAsync(key, cancellation);
            _known[key] = true;
        }
        catch (StorageException failure)
        {
            LogUnnoted(failure, key);
        }
    }

    [LoggerMessage(LogLevel.Warning, "The damage of blob {Blob} could not be noted beside it; it is tried again")]
    private partial void LogUnnoted(Exception failure, BlobKey blob);

    [LoggerMessage(LogLevel.Critical, "The content of version {Version} of file {File}, blob {Blob}, {What}")]
    private partial void LogDamage(Guid file, long version, Guid blob, string what);
}
