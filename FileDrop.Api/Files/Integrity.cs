using System.Buffers;
using System.Diagnostics.Metrics;
using System.IO.Hashing;
using FileDrop.Api.Catalog;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace FileDrop.Api.Files;

/// <summary>Stored bytes are not what was stored, or are not there.</summary>
internal sealed class DamagedContentException(string message) : Exception(message);

/// <summary>Holds content on its way out against the checksum that was taken on its way in, and remembers what it found.</summary>
/// <remarks>
/// XXH3 notices every accident at a tenth of SHA-256's price; who fears a forger compares the SHA-256, which the check does.
/// </remarks>
internal sealed partial class Integrity : IHealthCheck, IDisposable
{
    private const int BufferSize = 128 * 1024;

    private readonly Meter _meter;
    private readonly Counter<long> _counter;
    private readonly ILogger<Integrity> _log;
    private long _found;

    public Integrity(IMeterFactory factory, ILogger<Integrity> log)
    {
        (_meter, _log) = (factory.Create("FileDrop"), log);
        _counter = _meter.CreateCounter<long>("filedrop.damages", "{damage}", "Contents found damaged or missing when they were read.");
    }

    /// <summary>
    /// Copies a whole content. Its last bytes are held back until all were seen to be right: a damaged content never ends
    /// as if it were whole.
    /// </summary>
    /// <exception cref="DamagedContentException">The bytes are not those that were stored; the last of them were not written.</exception>
    public async Task CopyAsync(Guid file, FileContent expected, Stream content, Stream destination, CancellationToken cancellation)
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
                throw Report(file, expected, "is damaged");
            await destination.WriteAsync(held.AsMemory(0, count), cancellation);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(held);
            if (next.Length > 0)
                ArrayPool<byte>.Shared.Return(next);
        }
    }

    /// <summary>Counts and logs a damage; the health degrades until the next start.</summary>
    public DamagedContentException Report(Guid file, FileContent content, string what)
    {
        Interlocked.Increment(ref _found);
        _counter.Add(1);
        LogDamage(file, content.Version, content.BlobId, what);
        return new DamagedContentException($"Blob {content.BlobId} of file {file} {what}.");
    }

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(Interlocked.Read(ref _found) is > 0 and var found
            ? HealthCheckResult.Degraded($"{found} times since the start content was damaged or missing; the log names it, the check finds all.")
            : HealthCheckResult.Healthy());

    public void Dispose() => _meter.Dispose();

    [LoggerMessage(LogLevel.Critical, "The content of version {Version} of file {File}, blob {Blob}, {What}")]
    private partial void LogDamage(Guid file, long version, Guid blob, string what);
}
