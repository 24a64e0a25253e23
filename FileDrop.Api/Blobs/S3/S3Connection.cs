using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using Amazon;
using Amazon.Runtime;
using Amazon.S3;
using FileDrop.Api.Storage;

namespace FileDrop.Api.Blobs.S3;

/// <summary>
/// Two ways to one S3 over one pool of connections. The SDK makes the small calls. HttpClient sends bytes to presigned addresses, at a
/// third of the SDK's processor time. Every call ends within its limit, and fails with a <see cref="StorageException"/>.
/// </summary>
internal sealed class S3Connection : IDisposable
{
    private const int Tries = 4;
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);

    private readonly S3Options _options;
    private readonly HttpClient _http;
    private readonly AmazonS3Client _client;
    private readonly S3Signer _signer;
    private readonly S3Clock _clock;

    public S3Connection(S3Options options, TimeProvider time)
    {
        _options = options;
        _clock = new S3Clock(time);
        _http = new HttpClient(new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            // No limit: slow readers must not keep writers from a connection.
            MaxConnectionsPerServer = int.MaxValue,
            ConnectTimeout = TimeSpan.FromSeconds(10),
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            // Trace calls without sending the trace's id to the server. With null instead, calls would not be traced either.
            ActivityHeadersPropagator = DistributedContextPropagator.CreateNoOutputPropagator(),
            ConnectCallback = ConnectAsync,
        })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
        var config = new AmazonS3Config
        {
            ForcePathStyle = options.PathStyle,
            HttpClientFactory = new OneHttpClient(_http),
            // The SDK's default frames bodies and adds checksums, which several servers refuse or store as content.
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
            RetryMode = RequestRetryMode.Standard,
            MaxErrorRetry = Tries - 1,
        };
        if (options.Endpoint is { } endpoint)
        {
            config.ServiceURL = endpoint.AbsoluteUri;
            config.AuthenticationRegion = options.Region ?? "us-east-1";
        }
        else
        {
            config.RegionEndpoint = options.Region is { } region ? RegionEndpoint.GetBySystemName(region)
                : FallbackRegionFactory.GetRegionEndpoint()
                ?? throw new FormatException("S3 connection string: Region is missing; give one, or Endpoint for a server that is not AWS.");
        }
        var credentials = options is { AccessKey: { } access, SecretKey: { } secret } ? new BasicAWSCredentials(access, secret) : null;
        _client = credentials is null ? new AmazonS3Client(config) : new AmazonS3Client(credentials, config);
        _signer = new S3Signer(options, credentials, _clock);
    }

    public void Dispose()
    {
        _client.Dispose();
        _http.Dispose();
    }

    /// <summary>Makes a call of the SDK, which repeats it by itself.</summary>
    /// <param name="what">The call, for the log if it fails.</param>
    /// <param name="call">The call. Its own <see cref="StorageException"/> comes out unchanged.</param>
    /// <param name="limit">Its hard limit. The default is the ordinary one.</param>
    /// <param name="cancellation">Ends the call.</param>
    public async Task<T> CallAsync<T>(
        string what, Func<AmazonS3Client, CancellationToken, Task<T>> call, CancellationToken cancellation, TimeSpan? limit = null)
    {
        using var timer = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        return await WithinAsync(what, timer, limit ?? _options.CallTimeout, token => call(_client, token), cancellation);
    }

    /// <summary>Stores an object, or a part of an upload, from memory. It repeats a failed call within the limit.</summary>
    /// <param name="target">The object or part.</param>
    /// <param name="part">The bytes.</param>
    /// <param name="cancellation">Ends the call.</param>
    /// <param name="skip">The number of bytes at the beginning of <paramref name="part"/> that are not sent.</param>
    /// <returns>The entity tag as the server wrote it.</returns>
    public async Task<string> PutAsync(S3Target target, PartBuffer part, CancellationToken cancellation, int skip = 0)
    {
        await part.FreezeAsync();
        using var timer = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        return await WithinAsync($"PUT {target}", timer, _options.CallTimeout, token => RepeatAsync(async () =>
        {
            using var content = new PartContent(part, _options.SendChecksums, skip);
            try
            {
                return await SendPutAsync(target, content, token);
            }
            finally
            {
                // The connection may read the memory until here, and the caller is about to give it back.
                await content.Done;
            }
        }, token), cancellation);
    }

    /// <summary>Stores a part straight from the sender's stream. It tries once, because the bytes do not come again.</summary>
    public async Task<string> PutAsync(S3Target target, StreamedPartContent content, CancellationToken cancellation)
    {
        using var timer = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(timer.Token);
        (content.Stop, content.Patience) = (stop, _options.CallTimeout);
        var limit = _options.CallTimeout * (1 + (content.Length / (8 * PartSizes.MiB)));
        return await WithinAsync($"PUT {target}", timer, limit, _ => SendPutAsync(target, content, stop.Token), cancellation);
    }

    /// <summary>Opens a range for reading.</summary>
    /// <param name="key">The object's key.</param>
    /// <param name="range">The range of its bytes.</param>
    /// <param name="cancellation">Ends the call.</param>
    /// <param name="limit">The time until the answer begins. The default is the ordinary limit.</param>
    /// <returns>The answer, which the caller disposes of, or null if the object does not exist.</returns>
    public async Task<HttpResponseMessage?> GetAsync(
        string key, RangeHeaderValue range, CancellationToken cancellation, TimeSpan? limit = null)
    {
        using var timer = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        try
        {
            return await WithinAsync($"GET {key}", timer, limit ?? _options.CallTimeout, token => RepeatAsync(
                () => SendAsync(HttpMethod.Get, new S3Target(key), request => request.Headers.Range = range, token), token), cancellation);
        }
        catch (StorageException e) when (e.InnerException is AmazonS3Exception s3 && S3Errors.IsNoSuchKey(s3))
        {
            return null;
        }
    }

    /// <summary>
    /// Makes connections that are reset when they are closed in the middle of a call. Otherwise the system would go on sending its buffers
    /// after the call's hard limit, and an object could appear after the last look for it.
    /// </summary>
    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, LingerState = new LingerOption(true, 0) };
        try
        {
            await socket.ConnectAsync(context.DnsEndPoint, cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async Task<string> SendPutAsync(S3Target target, HttpContent content, CancellationToken cancellation)
    {
        using var response = await SendAsync(HttpMethod.Put, target, request => request.Content = content, cancellation);
        return response.Headers.NonValidated.TryGetValues("ETag", out var tags) ? tags.ToString()
            : throw new StorageException(StorageFailure.Unavailable, $"S3 returned no entity tag for PUT {target}.");
    }

    private async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, S3Target target, Action<HttpRequestMessage> prepare, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(method, await _signer.SignAsync(_client, method, target, cancellation));
        request.Headers.ExpectContinue = false;
        prepare(request);
        var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        if (response.IsSuccessStatusCode)
            return response;
        using (response)
        {
            var refusal = await S3Errors.ReadAsync(response, cancellation);
            // Servers have several codes for a signature with a wrong time, so compare the times.
            throw response.StatusCode is HttpStatusCode.Forbidden or HttpStatusCode.BadRequest or HttpStatusCode.Unauthorized
                && _clock.Correct(response.Headers.Date) ? S3Errors.WrongTime(refusal) : refusal;
        }
    }

    /// <remarks>Our own: the SDK repeats only its own calls, and Polly would need more lines to be set up than this loop has.</remarks>
    private static async Task<T> RepeatAsync<T>(Func<Task<T>> call, CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await call();
            }
            catch (Exception e) when (attempt < Tries && S3Errors.IsPassing(e) && !cancellation.IsCancellationRequested)
            {
                // Jitter, so that calls that failed together do not come back together.
                await Task.Delay(FirstPause * Math.Pow(3, attempt - 1) * (0.5 + Random.Shared.NextDouble()), cancellation);
            }
        }
    }

    private static async Task<T> WithinAsync<T>(
        string what, CancellationTokenSource timer, TimeSpan limit, Func<CancellationToken, Task<T>> call, CancellationToken cancellation)
    {
        timer.CancelAfter(limit);
        try
        {
            return await call(timer.Token);
        }
        catch (Exception e) when (cancellation.IsCancellationRequested)
        {
            throw new OperationCanceledException($"Cancelled: {what}.", e, cancellation);
        }
        catch (Exception e) when (timer.IsCancellationRequested)
        {
            throw new StorageException(StorageFailure.Unavailable, $"S3 did not finish {what} within {limit.TotalSeconds:0.#} s.", e);
        }
        catch (Exception e)
        {
            throw S3Errors.Translate(what, e);
        }
    }

    /// <summary>Gives the SDK this HttpClient, which uses no proxy, so that both ways share its connections.</summary>
    private sealed class OneHttpClient(HttpClient client) : Amazon.Runtime.HttpClientFactory
    {
        public override HttpClient CreateHttpClient(IClientConfig clientConfig) => client;

        public override bool UseSDKHttpClientCaching(IClientConfig clientConfig) => false;

        public override bool DisposeHttpClientsAfterUse(IClientConfig clientConfig) => false;
    }
}

/// <summary>The target of a request: an object, or a part of an upload of it.</summary>
internal readonly record struct S3Target(string Key, string? UploadId = null, int? PartNumber = null)
{
    public override string ToString() => PartNumber is { } number ? $"{Key}, part {number}" : Key;
}
