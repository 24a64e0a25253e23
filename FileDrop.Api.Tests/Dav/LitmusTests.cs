using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Xunit;

namespace FileDrop.Api.Tests.Dav;

/// <summary>The WebDAV test suite litmus 0.13: 104 tests, and no warning.</summary>
public abstract class LitmusTests(Pair pair)
{
    /// <summary>On MongoDB and S3, the short run has the test with two replicas.</summary>
    [Fact]
    [ClusterAtNight]
    public async Task The_drive_passes_all_of_litmus() => await RunAsync(pair.Service.Address);

    /// <summary>Runs the suite against an address below which the drive is.</summary>
    internal static async Task RunAsync(Uri address)
    {
        var (missing, _) = await Shell.RunAsync("command -v litmus");
        Assert.SkipWhen(missing != 0, "litmus is not installed: apt-get install litmus.");
        var folder = Directory.CreateTempSubdirectory("filedrop-litmus-").FullName;
        try
        {
            var (_, output) = await Shell.RunAsync("cd \"$1\" && litmus -k \"$2\" 2>&1", folder, $"{new Uri(address, "/dav/")}");
            var passed = output.Split('\n').Where(line => line.Contains("tests run:", StringComparison.Ordinal))
                .Sum(line => int.Parse(line.Split("tests run:")[1].Trim().Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture));
            Assert.True(passed == 104 && !output.Contains("WARNING", StringComparison.Ordinal) && !output.Contains("FAIL", StringComparison.Ordinal), output);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}

public sealed class LitmusOnEmbeddedTests(EmbeddedPair pair) : LitmusTests(pair), IClassFixture<EmbeddedPair>;

public sealed class LitmusOnClusterTests(ClusterPair pair) : LitmusTests(pair), IClassFixture<ClusterPair>
{
    [Fact]
    public async Task It_passes_when_each_request_meets_another_replica()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var one = await Service.StartAsync(stores);
        await using var other = await Service.StartAsync(stores);
        await using var proxy = await TurningProxy.StartAsync(one.Address, other.Address);
        await RunAsync(proxy.Address);
        Assert.True(proxy.Requests > 100, "the proxy was used");
    }
}

/// <summary>A proxy that sends each request to another replica than the one before.</summary>
internal sealed class TurningProxy : IAsyncDisposable
{
    private static readonly string[] OfConnection = ["Connection", "Transfer-Encoding", "Keep-Alive", "TE"];

    private readonly WebApplication _app;
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false });
    private readonly Uri[] _replicas;
    private int _requests;

    private TurningProxy(Uri[] replicas)
    {
        _replicas = replicas;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0").ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = null);
        _app = builder.Build();
        _app.Run(ForwardAsync);
    }

    public Uri Address => new(_app.Urls.First());

    public int Requests => _requests;

    public static async Task<TurningProxy> StartAsync(params Uri[] replicas)
    {
        var proxy = new TurningProxy(replicas);
        await proxy._app.StartAsync();
        return proxy;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _http.Dispose();
    }

    private async Task ForwardAsync(HttpContext context)
    {
        var replica = _replicas[Interlocked.Increment(ref _requests) % _replicas.Length];
        var raw = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        using var request = new HttpRequestMessage(
            new HttpMethod(context.Request.Method),
            new Uri($"{replica.GetLeftPart(UriPartial.Authority)}{raw}", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }));
        if (context.Request.ContentLength is not null || context.Request.Headers.TransferEncoding.Count > 0)
            request.Content = new StreamContent(context.Request.Body);
        foreach (var (name, value) in context.Request.Headers.Where(field => !OfConnection.Contains(field.Key)))
        {
            if (!request.Headers.TryAddWithoutValidation(name, [.. value]))
                request.Content?.Headers.TryAddWithoutValidation(name, [.. value]);
        }
        using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, context.RequestAborted);
        context.Response.StatusCode = (int)response.StatusCode;
        foreach (var (name, value) in response.Headers.Concat(response.Content.Headers).Where(field => !OfConnection.Contains(field.Key)))
            context.Response.Headers[name] = value.ToArray();
        if (response.StatusCode is not (HttpStatusCode.NoContent or HttpStatusCode.NotModified) && context.Request.Method != "HEAD")
            await response.Content.CopyToAsync(context.Response.Body, context.RequestAborted);
    }
}
