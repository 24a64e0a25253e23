namespace FileDrop.Api.Blobs;

/// <summary>Room that is kept for changes that free room: on a full store nothing could ever be deleted without it.</summary>
internal interface IReserve
{
    /// <summary>Begins to keep the room, as far as there is any. Only a service does; a command uses what the service keeps.</summary>
    void Keep();

    /// <summary>Makes a change that frees room, or leads to it. If the store is full, the change is made once more in the reserve.</summary>
    /// <param name="change">May be called several times, after it failed because the store is full.</param>
    /// <exception cref="StorageException">The store is full to the last byte of the reserve, or fails otherwise.</exception>
    Task<T> FreeAsync<T>(Func<Task<T>> change);

    /// <inheritdoc cref="FreeAsync{T}"/>
    Task FreeAsync(Func<Task> change) => FreeAsync(async () =>
    {
        await change();
        return true;
    });
}

/// <summary>None: the stores are other machines, whose operators keep room there.</summary>
internal sealed class NoReserve : IReserve
{
    public void Keep()
    {
    }

    public Task<T> FreeAsync<T>(Func<Task<T>> change) => change();
}
