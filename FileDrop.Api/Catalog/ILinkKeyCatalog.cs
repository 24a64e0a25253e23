namespace FileDrop.Api.Catalog;

/// <summary>The keys that sign links, shared by all replicas. Every call throws <see cref="StorageException"/> when the catalog does not answer.</summary>
public interface ILinkKeyCatalog
{
    /// <summary>The keys, the newest first.</summary>
    Task<IReadOnlyList<LinkKey>> ListLinkKeysAsync(CancellationToken cancellation);

    /// <summary>Adds a key; durable when it returns. False: there is one with this number already.</summary>
    Task<bool> AddLinkKeyAsync(LinkKey key, CancellationToken cancellation);

    /// <summary>Removes the keys that were made before this time.</summary>
    Task ForgetLinkKeysAsync(DateTimeOffset before, CancellationToken cancellation);
}

/// <summary>A key that signs links.</summary>
/// <param name="Number">From 1 on; each is one more than its predecessor's.</param>
/// <param name="Secret">32 random bytes.</param>
/// <param name="CreatedAt">To the millisecond.</param>
public sealed record LinkKey(long Number, ReadOnlyMemory<byte> Secret, DateTimeOffset CreatedAt);
