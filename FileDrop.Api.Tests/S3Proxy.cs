using FileDrop.Api.Blobs.S3;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace FileDrop.Api.Tests;

/// <summary>The fault of a call to S3.</summary>
public enum S3Fault
{
    /// <summary>The answer is 500, and the call is not done.</summary>
    InternalError,

    /// <summary>The answer is 503 SlowDown, and the call is not done.</summary>
    SlowDown,

    /// <summary>The answer is 501, and the call is not done.</summary>
    NotImplemented,

    /// <summary>The answer is 200 with an error in its body, as from a server that begins its answer early; the call is not done.</summary>
    LateError,

    /// <summary>The answer to a copy is 200, but the call is not done.</summary>
    Pretence,

    /// <summary>The connection is reset, and the call is not done.</summary>
    Drop,

    /// <summary>The call is done, but the connection is reset before its answer.</summary>
    LoseAnswer,

    /// <summary>The call is done, but its answer never comes.</summary>
    Silence,

    /// <summary>The answer's body is reset in its middle.</summary>
    Truncate,

    /// <summary>The answer has only half of the body, with a matching length.</summary>
    Shorten,

    /// <summary>The answer's body stops in its middle, but the connection stays open.</summary>
    Stall,
}

/// <summary>
/// An HTTP proxy between the service and S3, which can tell calls apart. It passes on the Host header unchanged, because signatures include it.
/// </summary>
public sealed class S3Proxy : IAsyncDisposable
{
    private static readonly string[] OfTheConnection = ["Host", "Connection", "Transfer-Encoding", "Keep-Alive", "Expect"];

    private readonly WebApplication _app;
    private readonly HttpClient _http;
    private readonly Uri _target;
    private readonly Lock _choosing = new();
    private string? _operation;
    private S3Fault _fault;
    private int _left;
    private int _happened;

    private S3Proxy(Uri target)
    {
        _target = target;
        _http = new HttpClient(new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            ActivityHeadersPropagator = null,
        })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.WebHost.ConfigureKestrel(server => (server.Limits.MaxRequestBodySize, server.Limits.MinRequestBodyDataRate,
            server.Limits.MinResponseDataRate, server.AddServerHeader) = (null, null, null, false));
        _app = builder.Build();
        _app.Run(ServeAsync);
    }

    /// <summary>Whether to refuse calls that are signed in the address, but not those signed in a header.</summary>
    public bool RefusePresigned { get; set; }

    /// <summary>The number of faults so far.</summary>
    public int Happened => Volatile.Read(ref _happened);

    public Uri Address => new(_app.Urls.First());

    /// <summary>Starts a proxy, and returns the connection string that leads through it.</summary>
    public static async Task<(S3Proxy Proxy, string ConnectionString)> StartAsync(ClusterStores stores)
    {
        var target = S3Options.Parse(stores.S3).Endpoint ?? throw new InvalidOperationException("The S3 server has no endpoint.");
        var proxy = new S3Proxy(target);
        await proxy._app.StartAsync();
        var from = target.GetLeftPart(UriPartial.Authority);
        return (proxy, stores.S3.Replace(from, proxy.Address.GetLeftPart(UriPartial.Authority), StringComparison.Ordinal));
    }

    /// <summary>Makes this call fail the given number of times; see <see cref="OperationOf"/> for the names.</summary>
    public void Break(string operation, S3Fault fault, int times = int.MaxValue)
    {
        lock (_choosing)
            (_operation, _fault, _left, _happened) = (operation, fault, times, 0);
    }

    public void Heal()
    {
        lock (_choosing)
            _operation = null;
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(TimeSpan.Zero);
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
        _http.Dispose();
    }

    private static string OperationOf(HttpRequest request)
    {
        var ofObject = request.Path.Value?.Trim('/').Contains('/', StringComparison.Ordinal) is true;
        var (uploads, id) = (request.Query.ContainsKey("uploads"), request.Query.ContainsKey("uploadId"));
        var copies = request.Headers.ContainsKey("x-amz-copy-source");
        return (request.Method, ofObject) switch
        {
            ("PUT", true) when copies => id ? "CopyPart" : "CopyObject",
            ("PUT", true) => id ? "UploadPart" : "PutObject",
            ("POST", true) => uploads ? "BeginUpload" : "CompleteUpload",
            ("GET", true) => id ? "ListParts" : "GetObject",
            ("DELETE", true) => id ? "AbortUpload" : "DeleteObject",
            ("HEAD", true) => "HeadObject",
            ("GET", false) => uploads ? "ListUploads" : "ListObjects",
            _ => "Bucket",
        };
    }

    private S3Fault? Choose(HttpRequest request)
    {
        lock (_choosing)
        {
            if (_operation is null || _left == 0 || _operation != OperationOf(request))
                return null;
            _left--;
            _happened++;
            return _fault;
        }
    }

    private async Task ServeAsync(HttpContext context)
    {
        var fault = Choose(context.Request);
        try
        {
            switch (fault)
            {
                case S3Fault.InternalError:
                    await RefuseAsync(context, 500, "InternalError");
                    break;
                case S3Fault.SlowDown:
                    await RefuseAsync(context, 503, "SlowDown");
                    break;
                case S3Fault.NotImplemented:
                    await RefuseAsync(context, 501, "NotImplemented");
                    break;
                case S3Fault.LateError:
                    await RefuseAsync(context, 200, "InternalError");
                    break;
                case S3Fault.Pretence:
                    await context.Response.WriteAsync("<?xml version=\"1.0\"?><CopyObjectResult><ETag>\"0\"</ETag></CopyObjectResult>");
                    break;
                case S3Fault.Drop:
                    context.Abort();
                    break;
                default:
                    if (RefusePresigned && context.Request.Query.ContainsKey("X-Amz-Signature"))
                        await RefuseAsync(context, 403, "SignatureDoesNotMatch");
                    else
                        await ForwardAsync(context, fault);
                    break;
            }
        }
        catch (Exception broken) when (broken is OperationCanceledException or HttpRequestException or IOException)
        {
            context.Abort();
        }
    }

    private static Task RefuseAsync(HttpContext context, int status, string code)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/xml";
        return context.Response.WriteAsync($"<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>A test's fault.</Message></Error>");
    }

    private async Task ForwardAsync(HttpContext context, S3Fault? fault)
    {
        using var request = Copy(context.Request);
        using var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, context.RequestAborted);
        if (fault is S3Fault.LoseAnswer or S3Fault.Silence)
        {
            await answer.Content.CopyToAsync(Stream.Null, context.RequestAborted);
            if (fault is S3Fault.Silence)
                await Task.Delay(Timeout.Infinite, context.RequestAborted);
            context.Abort();
            return;
        }

        var response = context.Response;
        response.StatusCode = (int)answer.StatusCode;
        foreach (var (name, values) in answer.Headers.NonValidated.Concat(answer.Content.Headers.NonValidated))
        {
            if (!OfTheConnection.Contains(name, StringComparer.OrdinalIgnoreCase))
                response.Headers[name] = values.ToArray();
        }
        if (fault is null)
        {
            await answer.Content.CopyToAsync(response.Body, context.RequestAborted);
            return;
        }
        var bytes = await answer.Content.ReadAsByteArrayAsync(context.RequestAborted);
        if (fault is S3Fault.Shorten)
            response.ContentLength = bytes.Length / 2;
        await response.Body.WriteAsync(bytes.AsMemory(0, bytes.Length / 2), context.RequestAborted);
        await response.Body.FlushAsync(context.RequestAborted);
        if (fault is S3Fault.Stall)
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        if (fault is S3Fault.Truncate)
            context.Abort();
    }

    private HttpRequestMessage Copy(HttpRequest from)
    {
        var raw = from.HttpContext.Features.Get<IHttpRequestFeature>()?.RawTarget ?? throw new InvalidOperationException("There is no target.");
        var address = new Uri(
            _target.GetLeftPart(UriPartial.Authority) + raw, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        var to = new HttpRequestMessage(new HttpMethod(from.Method), address);
        if (from.ContentLength is not null || from.Headers.TransferEncoding.Count > 0)
            to.Content = new StreamContent(from.Body);
        foreach (var (name, values) in from.Headers)
        {
            if (!OfTheConnection.Contains(name, StringComparer.OrdinalIgnoreCase) && !to.Headers.TryAddWithoutValidation(name, values.ToArray()))
                to.Content?.Headers.TryAddWithoutValidation(name, values.ToArray());
        }
        to.Headers.Host = from.Host.Value;
        return to;
    }
}
