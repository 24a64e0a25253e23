namespace FileDrop.Api;

/// <summary>Why a store could not do its work.</summary>
public enum StorageFailure
{
    /// <summary>It did not answer, or not in time; trying again later may help. The contract's <c>storage_unavailable</c>.</summary>
    Unavailable,

    /// <summary>It has no room left. The contract's <c>insufficient_storage</c>.</summary>
    Full,
}

/// <summary>
/// The catalog or the blob store failed, as opposed to having answered. What was asked for may have happened or not:
/// only a later read tells.
/// </summary>
/// <param name="failure">What kind of failure a client is told about.</param>
/// <param name="message">For the log; never sent to a client.</param>
/// <param name="inner">The driver's own exception.</param>
public sealed class StorageException(StorageFailure failure, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>What kind of failure a client is told about.</summary>
    public StorageFailure Failure { get; } = failure;
}
