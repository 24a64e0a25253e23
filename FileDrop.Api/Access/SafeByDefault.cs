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
    /// <summary>What a named proxy's X-Forwarded fields were is in X-Original fields by then.</summary>
    private static readonly string[] ProxyPrefixes = ["X-Forwarded", "X-Original-"];

    private static readonly HashSet<string> ProxyFields = new(StringComparer.OrdinalIgnoreCase)
    {
        "Forwarded", "Via", "X-Real-IP", "X-Client-IP", "X-Cluster-Client-IP", "True-Client-IP", "CF-Connecting-IP", "CDN-Loop",
    };

    private static readonly string[] Ports = ["HTTP_PORTS", "HTTPS_PORTS"];

    /// <summary>
    /// Sets the address where none is configured, and notes one that others reach, which <see cref="AccessServices.DemandAccessAsync"/> may
    /// refuse.
    /// </summary>
    public static void ListenSafely(this WebApplicationBuilder builder)
    {
        var (configuration, kestrel) = (builder.Configuration, builder.Configuration.GetSection("Kestrel:Endpoints").GetChildren().ToList());
        var ports = Ports.Where(key => !string.IsNullOrEmpty(configuration[key])).ToList();
        var urls = configuration["urls"]?.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];
        // Kestrel's endpoints win over urls, and urls over the ports, which mean every address.
        var asked = kestrel.Count > 0
            ? kestrel.Select(endpoint => Check($"{endpoint.Path}:Url", endpoint["Url"] ?? "")).ToArray()
            : [.. urls.Select(url => Check("urls", url))];
        var isUnsaid = asked.Length == 0 && ports.Count == 0;
        if (isUnsaid)
            builder.WebHost.UseUrls(DefaultUrl);
        var port = asked.Length == 0 && !isUnsaid ? CheckPorts(ports[0], configuration[ports[0]] ?? "") : null;
        var setting = kestrel.Count > 0 ? "Kestrel:Endpoints is set" : port ?? $"urls is \"{(isUnsaid ? DefaultUrl : configuration["urls"])}\"";
        builder.Services.AddSingleton(new ListeningAddress(asked.FirstOrDefault(url => !IsLoopback(url)) ?? port, setting));
    }

    /// <exception cref="ConfigurationException">The server would refuse the address; the message names the setting.</exception>
    private static string Check(string setting, string url)
    {
        try
        {
            var address = BindingAddress.Parse(url);
            if (address.IsUnixPipe || address.IsNamedPipe || (address is { Scheme: "http" or "https", PathBase: "", Port: >= 0 and <= ushort.MaxValue }))
                return url;
        }
        catch (FormatException)
        {
            // It is said below.
        }
        throw new ConfigurationException(
            $"{setting} is \"{url}\", but it must be an address such as {DefaultUrl}: http or https, a host, a port, and no path; several are separated by semicolons.");
    }

    private static string CheckPorts(string setting, string ports) =>
        ports.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).All(port => ushort.TryParse(port, out _)) ? $"{setting} is \"{ports}\""
        : throw new ConfigurationException($"{setting} is \"{ports}\", but it must be port numbers, separated by semicolons.");

    /// <summary>
    /// Answers 421 to a Host that is not ours, and 403 to a change that another site's page asks for and, until somebody says who may use the
    /// service, to what a proxy has let in: a proxy that writes its own name for ours into Host makes everybody a local caller.
    /// </summary>
    public static void UseSafeByDefault(this IApplicationBuilder app, FileDropOptions options)
    {
        var hosts = new HashSet<string>([.. Loopback, .. options.AllowedHosts], StringComparer.OrdinalIgnoreCase);
        // Whoever opens the service to others may do so without knowing its names: a page that is taken to us by a lying name server has
        // no credential to send.
        var isForOthers = options.Access.Anonymous || options.Access.IsConfigured
            || app.ApplicationServices.GetRequiredService<ListeningAddress>().BeyondLoopback is not null;
        var anyHost = isForOthers && options.AllowedHosts.Count == 0;
        var access = app.ApplicationServices.GetRequiredService<AccessState>();
        app.Use(async (context, next) =>
        {
            var problem = !anyHost && !hosts.Contains(context.Request.Host.Host) ? ApiProblem.MisdirectedRequest
                : IsForeign(context.Request, options) ? Refused
                : !isForOthers && IsForwarded(context.Request) && await access.IsUnconfiguredAsync(context.RequestAborted) ? Unclaimed
                : null;
            await (problem?.ExecuteAsync(context) ?? next(context));
        });
    }

    private static ApiProblem Refused { get; } =
        ApiProblem.Forbidden("Another site's page may not change anything here; add its origin to FileDrop:AllowedOrigins if it is yours.") with
        {
            Header = ("Vary", "Origin, Sec-Fetch-Site"),
        };

    private static ApiProblem Unclaimed { get; } = ApiProblem.Forbidden(
        "This request came through a proxy, and nothing says who may use the service, so that everybody whom the proxy lets in could do everything. "
        + "Set FileDrop:Access:Key, or make a key by the command \"keys create\". Or set FileDrop:Access:Anonymous=true if everybody may do everything.");

    /// <summary>
    /// Whether a proxy says that it sent the request on, or speaks as one: HTTP/1.0 is what nginx speaks to a service if nothing is configured, and
    /// it then adds no field.
    /// </summary>
    private static bool IsForwarded(HttpRequest request)
    {
        if (Transport.IsProbe(request))
            return false;
        foreach (var (field, _) in request.Headers)
        {
            if (ProxyFields.Contains(field) || ProxyPrefixes.Any(prefix => field.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)))
                return true;
        }
        return HttpProtocol.IsHttp10(request.Protocol);
    }

    /// <summary>Whether a page of another site asks for a change.</summary>
    internal static bool IsForeign(HttpRequest request, FileDropOptions options)
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

/// <summary>Where the service listens.</summary>
/// <param name="BeyondLoopback">The first address, as it was configured, by which other machines reach the service; null: none.</param>
/// <param name="Setting">The setting that says so with its value, for messages.</param>
internal sealed record ListeningAddress(string? BeyondLoopback, string Setting);
