using System.Net;

namespace FileDrop.Api.Access;

/// <summary>
/// What protects a service that asks nobody who they are: it is reached on this machine alone, under this machine's names,
/// and not by the pages of other sites.
/// </summary>
internal static class SafeByDefault
{
    /// <summary>Where the service listens if nothing says otherwise.</summary>
    public const string DefaultUrl = "http://localhost:5080";

    private static readonly string[] Loopback = ["localhost", "127.0.0.1", "[::1]"];
    private static readonly string[] Ports = ["HTTP_PORTS", "HTTPS_PORTS"];

    /// <summary>Sets the address where none is configured, and refuses one that others reach without anybody having allowed that.</summary>
    /// <exception cref="ConfigurationException">The service would listen beyond loopback.</exception>
    public static void ListenSafely(this WebApplicationBuilder builder, FileDropOptions options)
    {
        var (configuration, kestrel) = (builder.Configuration, builder.Configuration.GetSection("Kestrel:Endpoints").GetChildren().ToList());
        var ports = Ports.Where(key => !string.IsNullOrEmpty(configuration[key])).ToList();
        var urls = configuration["urls"]?.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];
        if (kestrel.Count == 0 && urls.Length == 0 && ports.Count == 0)
        {
            builder.WebHost.UseUrls(DefaultUrl);
            return;
        }
        if (options.Anonymous)
            return;
        // Kestrel's endpoints win over urls, and urls over the ports, which mean every address.
        var asked = kestrel.Count > 0 ? kestrel.Select(endpoint => endpoint["Url"] ?? "").ToArray() : urls;
        var open = asked.FirstOrDefault(url => !IsLoopback(url)) ?? (asked.Length == 0 ? $"{ports[0]}={configuration[ports[0]]}" : null);
        if (open is not null)
            throw new ConfigurationException(
                $"The service is to listen on \"{open}\", where others reach it, and nothing says who may use it. "
                + $"Listen on loopback ({DefaultUrl}), or set FileDrop:Access:Anonymous to true if everybody who reaches it may do everything.");
    }

    /// <summary>Answers 421 to a Host that is not ours, and 403 to a change that another site's page asks for.</summary>
    public static void UseSafeByDefault(this IApplicationBuilder app, FileDropOptions options)
    {
        var hosts = new HashSet<string>([.. Loopback, .. options.AllowedHosts], StringComparer.OrdinalIgnoreCase);
        // Whoever opens the service to everybody may do so without knowing its names.
        var anyHost = options is { Anonymous: true, AllowedHosts: [] };
        app.Use((context, next) =>
            !anyHost && !hosts.Contains(context.Request.Host.Host) ? ApiProblem.MisdirectedRequest.ExecuteAsync(context)
            : IsForeign(context.Request, options) ? Refused.ExecuteAsync(context)
            : next(context));
    }

    private static ApiProblem Refused { get; } =
        ApiProblem.Forbidden("Another site's page may not change anything here; add its origin to FileDrop:AllowedOrigins if it is yours.");

    private static bool IsForeign(HttpRequest request, FileDropOptions options)
    {
        if (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method) || HttpMethods.IsOptions(request.Method))
            return false;
        if (request.Headers.Origin is not { Count: > 0 } origin)
            return string.Equals(request.Headers["Sec-Fetch-Site"], "cross-site", StringComparison.OrdinalIgnoreCase);
        if (options.AllowedOrigins.Contains(origin.ToString(), StringComparer.OrdinalIgnoreCase))
            return false;
        // A proxy that ends TLS changes the scheme, so the authority is what counts.
        return !Uri.TryCreate(origin.ToString(), UriKind.Absolute, out var page)
            || !string.Equals(page.Authority, request.Host.Value, StringComparison.OrdinalIgnoreCase)
            || string.Equals(request.Headers["Sec-Fetch-Site"], "cross-site", StringComparison.OrdinalIgnoreCase);
    }

    private static bool IsLoopback(string url)
    {
        // BindingAddress understands what Uri does not: http://*:80 and http://+:80.
        var host = BindingAddress.Parse(url).Host;
        return string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
    }
}
