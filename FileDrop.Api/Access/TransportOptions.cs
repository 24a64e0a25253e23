using System.Net;

namespace FileDrop.Api.Access;

/// <summary>The way by which requests come. Each is a key under <c>FileDrop</c>.</summary>
public sealed record TransportOptions
{
    /// <summary><c>Https:Only</c>: whether what comes over plain HTTP is sent to HTTPS, or refused where it may have shown a secret.</summary>
    public bool HttpsOnly { get; init; }

    /// <summary><c>Https:Port</c>: where clients find HTTPS, 1 to 65,535.</summary>
    public int HttpsPort { get; init; } = 443;

    /// <summary><c>Https:Hsts</c>: how long browsers are to ask by HTTPS alone (RFC 6797), up to two years; zero: it is not said.</summary>
    public TimeSpan Hsts { get; init; }

    /// <summary><c>Proxies</c>: addresses and networks of the proxies whose X-Forwarded-For, -Proto and -Host are believed.</summary>
    public IReadOnlyList<IPNetwork> Proxies { get; init; } = [];

    /// <summary>Reads and checks the settings.</summary>
    /// <exception cref="ConfigurationException">A value cannot be used; the message names the key and the fix.</exception>
    internal static TransportOptions Read(IConfigurationSection section)
    {
        var https = section.GetSection("Https");
        return new TransportOptions
        {
            HttpsOnly = FileDropOptions.Flag(https, "Only"),
            HttpsPort = (int)FileDropOptions.Number(https, "Port", new TransportOptions().HttpsPort, 1, ushort.MaxValue),
            Hsts = FileDropOptions.Time(https, "Hsts", TimeSpan.Zero, zero: true, max: TimeSpan.FromDays(730)),
            Proxies = [.. FileDropOptions.Items(section, "Proxies").Select(proxy => ReadNetwork(proxy)
                ?? throw FileDropOptions.Wrong(section, "Proxies", proxy, "addresses and networks such as 10.0.0.7 or 10.0.0.0/8, separated by semicolons"))],
        };
    }

    private static IPNetwork? ReadNetwork(string text) =>
        IPAddress.TryParse(text, out var address) ? new IPNetwork(address, address.GetAddressBytes().Length * 8)
        : IPNetwork.TryParse(text, out var network) ? network
        : null;
}
