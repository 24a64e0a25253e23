using System.Buffers;
using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.IO.Hashing;
using FileDrop.Api.Blobs;
using FileDrop.Api.Catalog;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace FileDrop.Api.Files;

/// <summary>Stored bytes are not what was stored, or are not there.</summary>
internal sealed class DamagedContentException(string message) : Exception(message);

/// <summary>Holds content on its way out against the checksum that was taken on its way in, and knows what was found damaged.</summary>
/// <remarks>
/// <para>XXH3 notices every accident at a tenth of SHA-256's price, and no forger: it has no key. The scrub and <c>check --hash</c> compare
/// the SHA-256.</para>
/// <para>Damages are noted beside the blobs: the health is degraded for as long as there are notes, whichever process wrote them. A
/// note goes when the content is seen to be whole again, or no document names it any more (the damage watch looks).</para>
/// </remarks>
internal sealed partial class Integrity : IHealthCheck, IDisposable
{
    private const int BufferSize = 128 * 1024;

    /// <summary>More than so many tell nothing more, and a store that has lost everything must not be filled with notes.</summary>
    private const int MostKnown = 1_000;

    /// <summary>How old the list of notes may be: probes come from many sides.</summary>
    private static readonly TimeSpan Trust = TimeSpan.FromSeconds(1);

    private readonly IBlobStore _blobs;
    private readonly IDamageNotes _notes;
    private readonly TimeProvider _time;
    private readonly Meter _meter;
    private readonly Counter<long> _counter;
    private readonly ILogger<Integrity> _log;

    /// <summary>Known damages, and whether each was noted beside the blobs. Changed by one at a time.</summary>
    private readonly ConcurrentDictionary<BlobKey, bool> _known = new();
    private readonly SemaphoreSlim _changing = new(1);
    private long _listedAt = long.MinValue;

    public Integrity(IBlobStore blobs, IDamageNotes notes, IMeterFactory factory, TimeProvider time, ILogger<Integrity> log)
    {
        (_blobs, _notes, _time, _meter, _log) = (blobs, notes, time, factory.Create("FileDrop"), log);
        _counter = _meter.CreateCounter<long>("filedrop.damages", "{damage}", "Contents found damaged or missing when they were read.");
    }

    /// <summary>
    /// Copies a whole content. Its last bytes are held back until all were seen to be right: a damaged content never ends
    /// as if it were whole.
    /// </summary>
    /// <exception cref="DamagedContentException">The bytes are not those that were stored; the last of them were not written.</exception>
    /// <exception cref="StorageException">The store failed.</exception>
    public async Task CopyAsync(Guid file, FileContent expected, Stream content, Stream destination, CancellationToken cancellation)
    {
        try
        {
            await CopyWholeAsync(file, expected, content, destination, cancellation);
        }
        catch (StorageException failure)
        {
            throw await JudgeAsync(file, expected, failure, cancellation);
        }
        if (!_known.IsEmpty)
            await MendedAsync(new BlobKey(expected.BlobId, file), cancellation);
    }

    /// <summary>Copies a part of a content, whose checksum says nothing of a part.</summary>
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

    /// <summary>What a failed read means: damage, if the store answers and its blob has another size; else the failure itself.</summary>
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

    private async Task CopyWholeAsync(Guid file, FileContent expected, Stream content, Stream destination, CancellationToken cancellation)
    {
        var hash = new XxHash3();
        var size = (int)Math.Min(BufferSize, Math.Max(1, expected.Size));
        var held = ArrayPool<byte>.Shared.Rent(size);
        var next = expected.Size > held.Length ? ArrayPool<byte>.Shared.Rent(size) : [];
        try
        {
            var count = await content.ReadAsync(held, cancellation);
            hash.Append(held.AsSpan(0, count));
            for (var total = (long)count; total < expected.Size; total += count)
            {
                // What was read in one piece is less than the file, so there is a second buffer, or there will be.
                next = next.Length > 0 ? next : ArrayPool<byte>.Shared.Rent(size);
                var following = await content.ReadAsync(next, cancellation);
                hash.Append(next.AsSpan(0, following));
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

    /// <summary>Counts, logs and notes a damage: the health is degraded until it is mended.</summary>
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

    /// <summary>Says that a content is whole, or that no document names it: it is no damage any more.</summary>
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
                // The next who sees it whole says so again.
            }
        }, cancellation);
    }

    /// <summary>The known damages, of every process over the same store. While the store does not answer: those known before.</summary>
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
                // The store's own check tells that it does not answer.
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
