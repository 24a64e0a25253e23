using System.Net;

namespace FileDrop.Api.Settings;

/// <summary>HTTPS and proxies. Each property is a setting under <c>FileDrop</c>.</summary>
public sealed record TransportOptions
{
    /// <summary>
    /// <c>Https:Only</c>: <c>true</c>: over plain HTTP, visits of the page are redirected to HTTPS and all other requests are refused, except <c>/health</c>
    /// and <c>/alive</c>.
    /// </summary>
    public bool HttpsOnly { get; init; }

    /// <summary><c>Https:Port</c>: the port where clients find HTTPS: 1 to 65535.</summary>
    public int HttpsPort { get; init; } = 443;

    /// <summary>
    /// <c>Https:Hsts</c>: how long browsers must use HTTPS only (<c>Strict-Transport-Security</c>, RFC 6797): at most 730d. <c>0</c>: the field is not sent.
    /// </summary>
    public TimeSpan Hsts { get; init; }

    /// <summary>
    /// <c>Proxies</c>: addresses and networks of the proxies whose <c>X-Forwarded-For</c>, <c>-Proto</c> and <c>-Host</c> are trusted, separated by <c>;</c>:
    /// <c>10.0.0.7;10.1.0.0/16</c>.
    /// </summary>
    public IReadOnlyList<IPNetwork> Proxies { get; init; } = [];

    /// <summary>Reads and checks the settings.</summary>
    /// <exception cref="ConfigurationException">A value cannot be used; the message names the key and the fix.</exception>
    internal static TransportOptions Read(SettingsReader settings)
    {
        var https = settings.Below("Https");
        return new TransportOptions
        {
            HttpsOnly = https.Flag("Only"),
            HttpsPort = (int)https.Number("Port", new TransportOptions().HttpsPort, 1, ushort.MaxValue),
            Hsts = https.Time("Hsts", TimeSpan.Zero, zero: true, max: TimeSpan.FromDays(730)),
            Proxies = [.. settings.Items("Proxies").Select(proxy => ReadNetwork(proxy)
                ?? throw settings.Wrong("Proxies", proxy, "addresses and networks such as 10.0.0.7 or 10.0.0.0/8, separated by semicolons"))],
        };
    }

    private static IPNetwork? ReadNetwork(string text) =>
        IPAddress.TryParse(text, out var address) ? new IPNetwork(address, address.GetAddressBytes().Length * 8)
        : IPNetwork.TryParse(text, out var network) ? network
        : null;
}
