using FileDrop.Api.Storage;

namespace FileDrop.Api.Catalog;

/// <summary>The keys that sign links, shared by all replicas. Every call throws <see cref="StorageException"/> if the catalog does not answer.</summary>
public interface ILinkKeyCatalog
{
    /// <summary>Lists the link keys, the newest first.</summary>
    Task<IReadOnlyList<LinkKey>> ListLinkKeysAsync(CancellationToken cancellation);

    /// <summary>Adds a link key; durable when it returns. False if a key with this number already exists.</summary>
    Task<bool> AddLinkKeyAsync(LinkKey key, CancellationToken cancellation);

    /// <summary>Removes the link keys created before this time.</summary>
    Task ForgetLinkKeysAsync(DateTimeOffset before, CancellationToken cancellation);
}

/// <summary>A key that signs links.</summary>
/// <param name="Number">The key's number: 1, 2, 3 and so on.</param>
/// <param name="Secret">32 random bytes.</param>
/// <param name="CreatedAt">The time of creation, to the millisecond.</param>
public sealed record LinkKey(long Number, ReadOnlyMemory<byte> Secret, DateTimeOffset CreatedAt);
