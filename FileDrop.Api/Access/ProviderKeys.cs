using FileDrop.Api.Settings;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace FileDrop.Api.Access;

/// <summary>The provider's discovery document and signing keys (OpenID Connect Discovery, section 4), cached for minutes only.</summary>
/// <remarks>
/// The framework's manager returns its cache, however old, and refreshes it in the background. The first token after a quiet night would then be judged by
/// yesterday's keys. Here a request waits for the provider instead. While the provider does not answer, its last keys hold for <see cref="Outage"/>, since a
/// restart of the provider must not close the service.
/// </remarks>
internal sealed class ProviderKeys : BaseConfigurationManager, IConfigurationManager<OpenIdConnectConfiguration>, IDisposable
{
    /// <summary>The time for which a withdrawn key may still be accepted while the provider answers.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromMinutes(5);

    /// <summary>The same time while the provider does not answer.</summary>
    public static readonly TimeSpan Outage = TimeSpan.FromHours(1);

    /// <summary>The shortest time between two requests to the provider, whatever tokens come.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);

    /// <summary>The timeout of a request to the provider.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly TimeProvider _time;
    private readonly HttpClient _http = new() { Timeout = Patience };
    private readonly HttpDocumentRetriever _documents;
    private readonly SemaphoreSlim _asking = new(1);

    private volatile Said? _said;
    private volatile bool _isStale;
    private long _askedAt = long.MinValue;

    public ProviderKeys(OidcOptions oidc, TimeProvider time)
    {
        _time = time;
        _documents = new HttpDocumentRetriever(_http) { RequireHttps = oidc.Authority.Scheme is "https" };
        MetadataAddress = $"{oidc.Authority.ToString().TrimEnd('/')}/.well-known/openid-configuration";
        // Otherwise a leaked key that the provider has withdrawn would be accepted for another hour.
        UseLastKnownGoodConfiguration = false;
    }

    /// <summary>Returns the keys that verify a token.</summary>
    /// <exception cref="InvalidOperationException">The provider has never answered, or has been silent for too long.</exception>
    public async Task<OpenIdConnectConfiguration> GetConfigurationAsync(CancellationToken cancel)
    {
        if (Known() is { } known)
            return known;
        await _asking.WaitAsync(cancel);
        try
        {
            // Another request may have asked meanwhile.
            return Known() ?? await AskAsync(cancel);
        }
        finally
        {
            _asking.Release();
        }
    }

    public override async Task<BaseConfiguration> GetBaseConfigurationAsync(CancellationToken cancel) => await GetConfigurationAsync(cancel);

    /// <summary>Called if a token names an unknown key: the provider may have a new one.</summary>
    public override void RequestRefresh() => _isStale = true;

    public void Dispose()
    {
        _http.Dispose();
        _asking.Dispose();
    }

    /// <summary>Returns the keys that are fresh enough; null if the provider must be asked.</summary>
    /// <inheritdoc cref="GetConfigurationAsync" path="/exception"/>
    private OpenIdConnectConfiguration? Known()
    {
        var (said, asked) = (_said, Interlocked.Read(ref _askedAt));
        if (said is not null && !_isStale && _time.GetElapsedTime(said.At) < Life)
            return said.Keys;
        return asked == long.MinValue || _time.GetElapsedTime(asked) >= Pause ? null : Last(said, null);
    }

    private async Task<OpenIdConnectConfiguration> AskAsync(CancellationToken cancel)
    {
        var now = _time.GetTimestamp();
        Interlocked.Exchange(ref _askedAt, now);
        try
        {
            _said = new Said(await OpenIdConnectConfigurationRetriever.GetAsync(MetadataAddress, _documents, cancel), now);
            _isStale = false;
            return _said.Keys;
        }
        catch (Exception failure) when (!cancel.IsCancellationRequested)
        {
            return Last(_said, failure);
        }
    }

    private OpenIdConnectConfiguration Last(Said? said, Exception? failure) => said is not null && _time.GetElapsedTime(said.At) < Outage
        ? said.Keys
        : throw new InvalidOperationException("The identity provider does not answer.", failure);

    private sealed record Said(OpenIdConnectConfiguration Keys, long At);
}
