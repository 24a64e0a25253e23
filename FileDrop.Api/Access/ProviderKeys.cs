using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace FileDrop.Api.Access;

/// <summary>The provider's discovery document and its signing keys (OpenID Connect Discovery, section 4), never believed for longer than minutes.</summary>
/// <remarks>
/// The framework's own manager hands out what it has, however old, and asks in the background: the first token after a quiet night would be
/// judged by yesterday's keys. Here a request waits for the provider instead. While the provider does not answer, what it said last counts for
/// <see cref="Outage"/>, since a provider that restarts must not close the service.
/// </remarks>
internal sealed class ProviderKeys : BaseConfigurationManager, IConfigurationManager<OpenIdConnectConfiguration>, IDisposable
{
    /// <summary>How long a key that the provider has withdrawn may still be good, while the provider answers.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromMinutes(5);

    /// <summary>And while the provider does not answer.</summary>
    public static readonly TimeSpan Outage = TimeSpan.FromHours(1);

    /// <summary>No more often than this is the provider asked, whatever tokens come.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);

    /// <summary>How long a request waits for the provider.</summary>
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
        // Else a key that the provider has withdrawn, because it leaked, would be good for another hour.
        UseLastKnownGoodConfiguration = false;
    }

    /// <summary>The keys to judge a token by.</summary>
    /// <exception cref="InvalidOperationException">The provider has not answered for too long, or never.</exception>
    public async Task<OpenIdConnectConfiguration> GetConfigurationAsync(CancellationToken cancel)
    {
        if (Known() is { } known)
            return known;
        await _asking.WaitAsync(cancel);
        try
        {
            // Somebody else may have asked meanwhile.
            return Known() ?? await AskAsync(cancel);
        }
        finally
        {
            _asking.Release();
        }
    }

    public override async Task<BaseConfiguration> GetBaseConfigurationAsync(CancellationToken cancel) => await GetConfigurationAsync(cancel);

    /// <summary>A token names a key that is not known: the provider may have a new one.</summary>
    public override void RequestRefresh() => _isStale = true;

    public void Dispose()
    {
        _http.Dispose();
        _asking.Dispose();
    }

    /// <summary>What can be believed without asking; null: the provider is to be asked.</summary>
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
