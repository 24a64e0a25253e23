using FileDrop.Api.Storage;

namespace FileDrop.Api.Blobs;

/// <summary>Keeps room for changes that free room. Without it, nothing could ever be deleted on a full store.</summary>
internal interface IReserve
{
    /// <summary>Begins to keep the room, as far as there is any. Only a service keeps it; a command uses the service's reserve.</summary>
    void Keep();

    /// <summary>
    /// Makes a change that frees room, or leads to it. If the store is full, it gives the reserve up and makes the change again.
    /// </summary>
    /// <param name="change">Called again after it failed because the store is full.</param>
    /// <exception cref="StorageException">The store is full to the last byte of the reserve, or failed in another way.</exception>
    Task<T> FreeAsync<T>(Func<Task<T>> change);

    /// <inheritdoc cref="FreeAsync{T}"/>
    Task FreeAsync(Func<Task> change) => FreeAsync(async () =>
    {
        await change();
        return true;
    });
}

/// <summary>Keeps no room: the stores are other machines, whose operators keep some.</summary>
internal sealed class NoReserve : IReserve
{
    public void Keep()
    {
    }

    public Task<T> FreeAsync<T>(Func<Task<T>> change) => change();
}
