using System.Diagnostics.CodeAnalysis;
using System.Threading.RateLimiting;
using FileDrop.Api.Catalog;

namespace FileDrop.Api.Files;

/// <summary>What an upload with an Idempotency-Key has to do: exactly one of the two.</summary>
/// <param name="Write">The key is the upload's: write.</param>
/// <param name="First">The key belongs to an upload that was committed: this file, as it was then, is the answer.</param>
internal readonly record struct KeyedUpload(PendingWrite? Write, CatalogFile? First);

/// <summary>Uploads that may be sent again without being stored again (draft-ietf-httpapi-idempotency-key-header).</summary>
/// <remarks>
/// A key's record names a file, and nothing else: what became of the upload follows from the file's own document, so that no
/// crash can leave a key lying. The document, with its intent, is there before the record: a record that names no document
/// is an upload that failed, and may be taken over. Of two uploads that begin at once, the one that adds the record goes on.
/// </remarks>
internal sealed class IdempotencyKeys(FileStore files, IFileCatalog catalog, FileDropOptions options) : IDisposable
{
    private const int MaxLength = 255;
    private const string Policy = "idempotency-keys";

    /// <summary>A record outlives its file, which is counted by a quota; so records are counted by themselves, as they are made.</summary>
    private readonly PartitionedRateLimiter<string> _made = PartitionedRateLimiter.Create<string, string>(
        owner => RateLimitPartition.GetFixedWindowLimiter(owner, _ => new FixedWindowRateLimiterOptions
        {
            PermitLimit = options.Limits.IdempotencyKeysPerOwner,
            Window = options.IdempotencyKeyLife,
        }));

    /// <summary>Reads the Idempotency-Key field: printable ASCII, bare or as a quoted string (RFC 8941, section 3.3.3).</summary>
    public static bool TryRead(HttpRequest request, out string? key, [NotNullWhen(false)] out ApiProblem? problem)
    {
        (key, problem) = (null, null);
        if (!request.Headers.TryGetValue("Idempotency-Key", out var field))
            return true;
        var sent = field.Count == 1 ? (field[0] ?? "").Trim() : "";
        key = sent is ['"', .., '"'] ? sent[1..^1].Replace("\\\"", "\"", StringComparison.Ordinal).Replace(@"\\", @"\", StringComparison.Ordinal) : sent;
        if (key.Length is > 0 and <= MaxLength && key.AsSpan().IndexOfAnyExceptInRange(' ', '~') < 0)
            return true;
        (key, problem) = (null, ApiProblem.InvalidRequest($"An Idempotency-Key is one field of 1 to {MaxLength} printable ASCII characters."));
        return false;
    }

    /// <summary>Begins an upload under a key, or finds the one that the key belongs to.</summary>
    /// <param name="owner">Whose key it is.</param>
    /// <param name="key">The key.</param>
    /// <param name="length">The content's length, or a bound of it; null if unknown.</param>
    /// <param name="exact">Whether <paramref name="length"/> is exact.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="ContentRejectedException">That one is still running, or the owner has made too many keys.</exception>
    /// <exception cref="QuotaExceededException">The owner's quota has no room for another one.</exception>
    public async Task<KeyedUpload> BeginAsync(string owner, string key, long? length, bool exact, CancellationToken cancellation)
    {
        while (true)
        {
            var named = await catalog.FindKeyAsync(owner, key, cancellation);
            if (named is { } id)
            {
                var upload = await catalog.FindUploadAsync(owner, id, cancellation);
                switch (upload.State)
                {
                    case UploadState.Committed:
                        return new KeyedUpload(null, upload.Created);
                    case UploadState.Running:
                        throw new ContentRejectedException(ApiProblem.RequestInProgress);
                    case UploadState.Expired:
                        // Its writer may wake up yet: it must find its intent claimed before another file gets the key.
                        await catalog.ClaimExpiredAsync(owner, id, cancellation);
                        continue;
                    default:
                        break;
                }
            }
            if (named is null)
                CountNew(owner);
            var write = await files.BeginCreateAsync(owner, length, exact, stands: true, cancellation);
            var mine = false;
            try
            {
                mine = named is { } former
                    ? await catalog.TakeKeyAsync(owner, key, former, write.FileId, options.IdempotencyKeyLife, cancellation)
                    : await catalog.AddKeyAsync(owner, key, write.FileId, options.IdempotencyKeyLife, cancellation);
            }
            finally
            {
                if (!mine)
                    await write.DisposeAsync();
            }
            if (mine)
                return new KeyedUpload(write, null);
        }
    }

    public void Dispose() => _made.Dispose();

    private void CountNew(string owner)
    {
        using var lease = _made.AttemptAcquire(owner);
        if (lease.IsAcquired)
            return;
        var wait = lease.TryGetMetadata(MetadataName.RetryAfter, out var after) ? after : TimeSpan.FromSeconds(1);
        throw new ContentRejectedException(ApiProblem.TooManyRequests(Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds)), Policy));
    }
}
