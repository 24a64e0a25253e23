namespace FileDrop.Api.Catalog;

/// <summary>Records idempotency keys; see <see cref="ICatalog"/>. A key names the file that was, or was to be, created with it.</summary>
public interface IIdempotencyCatalog
{
    /// <summary>The file that an idempotency key of this owner names, or null.</summary>
    Task<Guid?> FindIdempotencyKeyAsync(string owner, string key, CancellationToken cancellation);

    /// <summary>Lets a key name a file. Returns false if the key already names one.</summary>
    /// <param name="owner">The key's owner.</param>
    /// <param name="key">The key.</param>
    /// <param name="id">The file.</param>
    /// <param name="life">After this time the key is forgotten.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    Task<bool> AddIdempotencyKeyAsync(string owner, string key, Guid id, TimeSpan life, CancellationToken cancellation);

    /// <summary>Lets a key name another file, and begins its life again. Returns false if it does not name <paramref name="former"/>.</summary>
    /// <inheritdoc cref="AddIdempotencyKeyAsync"/>
    Task<bool> TakeIdempotencyKeyAsync(string owner, string key, Guid former, Guid successor, TimeSpan life, CancellationToken cancellation);

    /// <summary>The state of the creation of this file.</summary>
    Task<CreationRecord> FindCreationAsync(string owner, Guid id, CancellationToken cancellation);
}
