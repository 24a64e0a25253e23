using FileDrop.Api.Storage;

namespace FileDrop.Api.Catalog.Sqlite;

/// <summary>Bytes outside the database that a change names, such as a file. They are synced before the change is committed.</summary>
internal interface IUnsynced
{
    /// <summary>Makes them durable.</summary>
    /// <exception cref="StorageException">They are not durable, and the change must not happen.</exception>
    void Sync();
}
