using System.Threading.RateLimiting;
using FileDrop.Api.Catalog;
using FileDrop.Api.Settings;

namespace FileDrop.Api.Contents;

/// <summary>The task of a creation under an idempotency key.</summary>
/// <param name="Write">The key belongs to this request: write.</param>
/// <param name="First">The key belongs to a creation that was committed: the file as that one left it.</param>
/// <remarks>Both are null if the first creation was committed and its result is not known any more.</remarks>
internal readonly record struct KeyedWrite(PendingWrite? Write, CatalogFile? First);

/// <summary>Lets a client send a creation again without its being stored again (draft-ietf-httpapi-idempotency-key-header).</summary>
/// <remarks>
/// <para>A key's record only names a file. The file's own document says what became of the creation, so a crash cannot leave a key behind that blocks.</para>
/// <para>The document, with its intent, exists before the record. A record that names no document belongs to a failed creation and may be
/// taken over. If two creations begin at once, the one that adds the record goes on.</para>
/// </remarks>
internal sealed class IdempotencyKeys(FileStore files, IIdempotencyCatalog catalog, ISweepCatalog sweep, FileDropOptions options) : IDisposable
{
    private const string Limit = "idempotency-keys";

    /// <summary>A record outlives its file, which a quota counts. Records therefore have a limit of their own, counted as they are made.</summary>
    private readonly PartitionedRateLimiter<string> _made = PartitionedRateLimiter.Create<string, string>(
        owner => RateLimitPartition.GetFixedWindowLimiter(owner, _ => new FixedWindowRateLimiterOptions
        {
            PermitLimit = options.Limits.IdempotencyKeysPerOwner,
            Window = options.IdempotencyKeyLife,
        }));

    /// <summary>Begins a creation under a key, or finds the one that the key belongs to.</summary>
    /// <param name="owner">The key's owner.</param>
    /// <param name="key">The key.</param>
    /// <param name="length">The bounds of the content's length.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="RefusedException">The first creation is still running, or the owner has made too many keys.</exception>
    /// <exception cref="QuotaExceededException">The owner's quota has no room for another file.</exception>
    public async Task<KeyedWrite> BeginAsync(string owner, string key, ContentLength length, CancellationToken cancellation)
    {
        while (true)
        {
            var named = await catalog.FindIdempotencyKeyAsync(owner, key, cancellation);
            if (named is { } id)
            {
                var creation = await catalog.FindCreationAsync(owner, id, cancellation);
                switch (creation.State)
                {
                    case CreationState.Committed:
                        return new KeyedWrite(null, creation.Created);
                    case CreationState.Running:
                        throw new RefusedException(RefusalCode.RequestInProgress);
                    case CreationState.Expired:
                        // Its writer may still wake up. It must find its intent claimed before another file gets the key.
                        await sweep.ClaimExpiredAsync(owner, id, cancellation);
                        continue;
                    default:
                        break;
                }
            }
            if (named is null)
                CountNew(owner);
            var write = await files.BeginCreateAsync(owner, length, isRecorded: true, cancellation);
            var mine = false;
            try
            {
                mine = named is { } former
                    ? await catalog.TakeIdempotencyKeyAsync(owner, key, former, write.FileId, options.IdempotencyKeyLife, cancellation)
                    : await catalog.AddIdempotencyKeyAsync(owner, key, write.FileId, options.IdempotencyKeyLife, cancellation);
            }
            finally
            {
                if (!mine)
                    await write.DisposeAsync();
            }
            if (mine)
                return new KeyedWrite(write, null);
        }
    }

    public void Dispose() => _made.Dispose();

    private void CountNew(string owner)
    {
        using var lease = _made.AttemptAcquire(owner);
        if (lease.IsAcquired)
            return;
        var wait = lease.TryGetMetadata(MetadataName.RetryAfter, out var after) ? after : TimeSpan.FromSeconds(1);
        throw new RefusedException(new Refusal(RefusalCode.TooManyRequests) { Limit = Limit, Wait = wait });
    }
}
