using System.Security.Cryptography;
using System.Text;

namespace FileDrop.Api.Access;

/// <summary>Whether callers have to say who they are.</summary>
/// <remarks>
/// They have to unless the configuration says that nobody does, or there is nothing that they could say: no key in the configuration,
/// none in the catalog and no provider; then the service is reached on this machine alone. A key that was revoked or has expired
/// counts still: the last one's end does not open the service.
/// </remarks>
internal sealed class AccessState(FileDropOptions options, ApiKeys keys, ListeningAddress address)
{
    private readonly byte[]? _configured = options.Access.Key is { } key ? Hash(key) : null;

    /// <summary>Whether a caller without a credential may do everything.</summary>
    /// <inheritdoc cref="IsUnconfiguredAsync" path="/exception"/>
    public async ValueTask<bool> IsOpenAsync(CancellationToken cancellation) => options.Access.Anonymous || await IsUnconfiguredAsync(cancellation);

    /// <summary>Whether nobody has said yet who may use the service, so that all who reach it on this machine may.</summary>
    /// <exception cref="StorageException">The catalog does not answer whether there is a key.</exception>
    public async ValueTask<bool> IsUnconfiguredAsync(CancellationToken cancellation) => !options.Access.Anonymous && !options.Access.IsConfigured
        && address.BeyondLoopback is null && !await keys.AreThereAnyAsync(cancellation);

    /// <summary>Whether this is the key that the configuration names; in the same time for every other one.</summary>
    public bool IsConfiguredKey(string text) => _configured is not null && CryptographicOperations.FixedTimeEquals(Hash(text), _configured);

    private static byte[] Hash(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));
}
