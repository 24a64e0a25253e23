using System.Security.Cryptography;
using System.Text;
using FileDrop.Api.Settings;
using FileDrop.Api.Storage;

namespace FileDrop.Api.Access;

/// <summary>Decides whether callers need a credential.</summary>
/// <remarks>
/// Callers need none if the configuration says so. They also need none while no credential can exist: no configured key, no key in the catalog and no provider.
/// The service then listens on loopback only. Revoked and expired keys count as keys, so the end of the last key does not open the service.
/// </remarks>
internal sealed class AccessState(FileDropOptions options, ApiKeys keys, ListeningAddress address)
{
    private readonly byte[]? _configured = options.Access.Key is { } key ? Hash(key) : null;

    /// <summary>Whether a caller without a credential may do everything.</summary>
    /// <inheritdoc cref="IsUnconfiguredAsync" path="/exception"/>
    public async ValueTask<bool> IsOpenAsync(CancellationToken cancellation) => options.Access.Anonymous || await IsUnconfiguredAsync(cancellation);

    /// <summary>Whether access is not configured yet, so that everybody on this machine may use the service.</summary>
    /// <exception cref="StorageException">The catalog does not answer, so it is unknown whether a key exists.</exception>
    public async ValueTask<bool> IsUnconfiguredAsync(CancellationToken cancellation) => !options.Access.Anonymous && !options.Access.IsConfigured
        && address.BeyondLoopback is null && !await keys.AreThereAnyAsync(cancellation);

    /// <summary>Whether this is the configured key. The comparison takes the same time for every wrong key.</summary>
    public bool IsConfiguredKey(string text) => _configured is not null && CryptographicOperations.FixedTimeEquals(Hash(text), _configured);

    private static byte[] Hash(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));
}
