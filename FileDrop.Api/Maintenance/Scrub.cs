using FileDrop.Api.Blobs;
using FileDrop.Api.Catalog;
using FileDrop.Api.Contents;
using FileDrop.Api.Settings;
using FileDrop.Api.Storage;

namespace FileDrop.Api.Maintenance;

/// <summary>
/// Reads all content again in the background at a set rate, and compares its SHA-256. It thus finds damage while a backup to mend it still exists, and records
/// each CRC-32 that is missing. It is off unless a rate is set. Each replica with a rate reads everything.
/// </summary>
internal sealed partial class Scrub(
    IDocumentCatalog catalog, IBlobStore blobs, Integrity integrity, MissingCrcs crcs, StoreStarter starter, FileDropOptions options, TimeProvider time,
    ILogger<Scrub> log) : BackgroundService
{
    private const int DocumentsAtOnce = 100;
    private static readonly TimeSpan PauseBetweenPasses = TimeSpan.FromMinutes(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.ScrubBytesPerSecond == 0)
            return;
        await starter.Started.WaitAsync(stoppingToken);
        while (true)
        {
            await PassAsync(stoppingToken);
            await Task.Delay(PauseBetweenPasses, time, stoppingToken);
        }
    }

    private async Task PassAsync(CancellationToken cancellation)
    {
        var (contents, damaged, begun) = (0L, 0L, time.GetTimestamp());
        for (Guid? after = null; ;)
        {
            IReadOnlyList<CatalogDocument> documents;
            try
            {
                documents = await catalog.ScanAsync(after, DocumentsAtOnce, cancellation);
            }
            catch (StorageException failure)
            {
                starter.Report(failure);
                LogCut(failure.Reason);
                return;
            }
            if (documents.Count == 0)
                break;
            after = documents[^1].FileId;
            foreach (var document in documents)
            {
                // If versions share a blob, the one that lacks a CRC-32 comes first.
                foreach (var content in document.Contents.OrderBy(content => content.Crc32.HasValue).DistinctBy(content => content.BlobId))
                {
                    var whole = await IsWholeAsync(document.Owner, document.FileId, content, cancellation);
                    (contents, damaged) = (contents + 1, damaged + (whole ? 0 : 1));
                }
            }
        }
        LogPass(contents, damaged, time.GetElapsedTime(begun).TotalSeconds);
    }

    private async Task<bool> IsWholeAsync(string owner, Guid file, FileContent content, CancellationToken cancellation)
    {
        try
        {
            if (await FindDamageAsync(owner, file, content, cancellation) is not { } damage)
            {
                await integrity.MendedAsync(new BlobKey(content.BlobId, file), cancellation);
                return true;
            }
            // A missing content was most likely pruned or purged since its document was read.
            if ((await catalog.FindDocumentsAsync([file], cancellation)).ContentOf(content.BlobId) is null)
                return true;
            await integrity.ReportAsync(file, content, damage);
            return false;
        }
        catch (DamagedContentException)
        {
            return false;
        }
        catch (StorageException failure)
        {
            starter.Report(failure);
            LogUnread(file, failure.Reason);
            return true;
        }
    }

    /// <summary>Finds the damage of a content, or null. It compares the SHA-256, because the fast checksum does not detect tampering.</summary>
    private async Task<string?> FindDamageAsync(string owner, Guid file, FileContent content, CancellationToken cancellation)
    {
        var key = new BlobKey(content.BlobId, file);
        if (await blobs.FindSizeAsync(key, cancellation) is not { } size)
            return "is missing";
        if (size != content.Size)
            return $"has {size} bytes instead of {content.Size}";
        try
        {
            await using var stream = await blobs.OpenAsync(key, 0, size, cancellation);
            if (stream is null)
                return "is missing";
            using var hashed = new IncomingContent(stream, first: null, long.MaxValue, digest: null);
            await using var paced = new PacedSink(options.ScrubBytesPerSecond, time);
            await hashed.CopyToAsync(paced, cancellation);
            var facts = hashed.Facts;
            if (!facts.Sha256.Equals(content.Sha256, StringComparison.Ordinal))
                return "is damaged";
            if (content.Crc32 is null && facts.Crc32 is { } crc32)
                await crcs.RecordAsync(owner, file, content.BlobId, crc32);
            return null;
        }
        catch (StorageException failure)
        {
            throw await integrity.JudgeAsync(file, content, failure, cancellation);
        }
    }

    [LoggerMessage(LogLevel.Information, "Scrubbed {Contents} contents in {Seconds:0} s; {Damaged} are damaged or missing")]
    private partial void LogPass(long contents, long damaged, double seconds);

    [LoggerMessage(LogLevel.Warning, "A scrub was interrupted. {Reason}")]
    private partial void LogCut(string reason);

    [LoggerMessage(LogLevel.Debug, "A content of file {File} could not be read; the next scrub tries again. {Reason}")]
    private partial void LogUnread(Guid file, string reason);

    /// <summary>Accepts bytes no faster than the rate, and discards them.</summary>
    private sealed class PacedSink(long bytesPerSecond, TimeProvider time) : Stream
    {
        private readonly long _begun = time.GetTimestamp();
        private long _taken;

        public override bool CanRead => false;
        public override bool CanSeek => false;
        public override bool CanWrite => true;
        public override long Length => _taken;
        public override long Position { get => _taken; set => throw new NotSupportedException(); }

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            _taken += buffer.Length;
            var ahead = TimeSpan.FromSeconds((double)_taken / bytesPerSecond) - time.GetElapsedTime(_begun);
            if (ahead > TimeSpan.Zero)
                await Task.Delay(ahead, time, cancellationToken);
        }

        public override void Flush() { }
        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
