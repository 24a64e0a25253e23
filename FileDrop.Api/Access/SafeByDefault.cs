using System.Net;
using FileDrop.Api.Http;
using FileDrop.Api.Settings;

namespace FileDrop.Api.Access;

/// <summary>
/// Protects a service without credentials: only this machine can reach it, under this machine's names, and pages of other sites cannot change anything.
/// </summary>
internal static class SafeByDefault
{
    /// <summary>The default address of the service.</summary>
    public const string DefaultUrl = "http://localhost:5080";

    private static readonly string[] Loopback = ["localhost", "127.0.0.1", "[::1]"];

    private static readonly string[] Ports = ["HTTP_PORTS", "HTTPS_PORTS"];

    /// <summary>
    /// Sets the default address if none is configured. Records an address that other machines can reach, for <see cref="AccessServices.DemandAccessAsync"/>.
    /// </summary>
    public static void ListenSafely(this WebApplicationBuilder builder)
    {
        var (configuration, kestrel) = (builder.Configuration, builder.Configuration.GetSection("Kestrel:Endpoints").GetChildren().ToList());
        var ports = Ports.Where(key => !string.IsNullOrEmpty(configuration[key])).ToList();
        var urls = configuration["urls"]?.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];
        // Kestrel's endpoints override urls, and urls override the ports; a port means every address of the machine.
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

    /// <exception cref="ConfigurationException">Kestrel would refuse the address; the message names the setting.</exception>
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
            // The exception below reports it.
        }
        throw new ConfigurationException(
            $"{setting} is \"{url}\", but it must be an address such as {DefaultUrl}: http or https, a host, a port and no path. Separate several by semicolons.");
    }

    private static string CheckPorts(string setting, string ports) =>
        ports.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).All(port => ushort.TryParse(port, out _)) ? $"{setting} is \"{ports}\""
        : throw new ConfigurationException($"{setting} is \"{ports}\", but it must be port numbers, separated by semicolons.");

    /// <summary>
    /// Answers 421 to a foreign Host and 403 to a change that another site's page requests. While access is not configured, also answers
    /// 403 to a request that a proxy forwarded. A proxy that rewrites Host would turn everybody into a local caller.
    /// </summary>
    public static void UseSafeByDefault(this IApplicationBuilder app, FileDropOptions options)
    {
        var hosts = new HashSet<string>([.. Loopback, .. options.AllowedHosts], StringComparer.OrdinalIgnoreCase);
        // A service that is open to others need not know its own names: after DNS rebinding, another site's page has no credential to send.
        var isForOthers = options.Access.Anonymous || options.Access.IsConfigured
            || app.ApplicationServices.GetRequiredService<ListeningAddress>().BeyondLoopback is not null;
        var anyHost = isForOthers && options.AllowedHosts.Count == 0;
        var access = app.ApplicationServices.GetRequiredService<AccessState>();
        app.Use(async (context, next) =>
        {
            var problem = !anyHost && !hosts.Contains(context.Request.Host.Host) ? ApiProblem.MisdirectedRequest
                : IsForeign(context.Request, options) ? Refused
                : !isForOthers && !Transport.IsProbe(context.Request) && ProxyFields.IsForwarded(context.Request) && await access.IsUnconfiguredAsync(context.RequestAborted) ? Unclaimed
                : null;
            await (problem?.ExecuteAsync(context) ?? next(context));
        });
    }

    private static ApiProblem Refused { get; } =
        ApiProblem.Forbidden("Pages of other sites may not change anything here. If this site is yours, add its origin to FileDrop:AllowedOrigins.") with
        {
            Header = ("Vary", "Origin, Sec-Fetch-Site"),
        };

    private static ApiProblem Unclaimed { get; } = ApiProblem.Forbidden(
        "This request came through a proxy, but nothing says who may use the service, so everybody behind the proxy could do everything. "
        + "Set FileDrop:Access:Key, or create a key with the command \"keys create\". If everybody may do everything, set FileDrop:Access:Anonymous=true.");

    /// <summary>Whether a page of another site requests a change.</summary>
    internal static bool IsForeign(HttpRequest request, FileDropOptions options)
    {
        if (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method) || HttpMethods.IsOptions(request.Method))
            return false;
        if (request.Headers.Origin is not { Count: > 0 } origin)
            return string.Equals(request.Headers["Sec-Fetch-Site"], "cross-site", StringComparison.OrdinalIgnoreCase);
        // A page without referrer has no origin either, even for itself. Only the browser can say that it is ours.
        if (origin is ["null"] && string.Equals(request.Headers["Sec-Fetch-Site"], "same-origin", StringComparison.OrdinalIgnoreCase))
            return false;
        if (options.AllowedOrigins.Contains(origin.ToString(), StringComparer.OrdinalIgnoreCase))
            return false;
        // A proxy that terminates TLS changes the scheme, so only the authority is compared.
        return !Uri.TryCreate(origin.ToString(), UriKind.Absolute, out var page)
            || !string.Equals(page.Authority, request.Host.Value, StringComparison.OrdinalIgnoreCase)
            || string.Equals(request.Headers["Sec-Fetch-Site"], "cross-site", StringComparison.OrdinalIgnoreCase);
    }

    private static bool IsLoopback(string url)
    {
        // BindingAddress understands http://*:80 and http://+:80, which Uri does not.
        var host = BindingAddress.Parse(url).Host;
        return string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
    }
}

/// <summary>The address on which the service listens.</summary>
/// <param name="BeyondLoopback">The first configured address that other machines can reach; null if there is none.</param>
/// <param name="Setting">The setting of that address with its value, for messages.</param>
internal sealed record ListeningAddress(string? BeyondLoopback, string Setting);
