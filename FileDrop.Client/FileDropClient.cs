using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace FileDrop.Client;

/// <summary>A client of a FileDrop service. It is safe for use by many threads at once.</summary>
/// <remarks>
/// An error is a <see cref="FileDropException"/> with the service's <c>code</c>. A connection that fails is an <see cref="HttpRequestException"/>; transfers
/// resume by themselves first. Every method throws <see cref="OperationCanceledException"/> if it is canceled.
/// </remarks>
public sealed partial class FileDropClient : IDisposable
{
    private readonly HttpClient _http;
    private readonly HttpClient _transfers;
    private readonly TimeProvider _time;
    private readonly bool _ownsClients;
    private Answered? _last;

    /// <param name="http">Sends short requests. Its base address is the service's.</param>
    /// <param name="transfers">Sends contents, and requests that last: it must have no timeout, and nothing around it that repeats requests.</param>
    /// <param name="time">The clock for pauses; null for the system's.</param>
    public FileDropClient(HttpClient http, HttpClient transfers, TimeProvider? time = null)
        : this(http, transfers, time, ownsClients: false)
    {
    }

    private FileDropClient(HttpClient http, HttpClient transfers, TimeProvider? time, bool ownsClients)
    {
        ArgumentNullException.ThrowIfNull(http);
        ArgumentNullException.ThrowIfNull(transfers);
        (_http, _transfers, _time, _ownsClients) = (http, transfers, time ?? TimeProvider.System, ownsClients);
    }

    /// <summary>Makes a client without a container.</summary>
    /// <param name="address">The service's address.</param>
    /// <param name="key">An API key or an access token; null for a service that needs none.</param>
    public static FileDropClient Create(Uri address, string? key = null)
    {
        // One handler, so that both share their connections.
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5) };
        return new FileDropClient(Make(disposes: true), Make(disposes: false), time: null, ownsClients: true);

        HttpClient Make(bool disposes)
        {
            var client = new HttpClient(handler, disposes) { BaseAddress = address };
            if (key is not null)
                client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
            if (!disposes)
                client.Timeout = Timeout.InfiniteTimeSpan;
            return client;
        }
    }

    /// <summary>
    /// The service's time: that of its last answer, in whole seconds, and the time that has passed since; null before the first answer. It does not depend on this
    /// machine's clock, which may be wrong.
    /// </summary>
    public DateTimeOffset? ServiceTime => _last is { } last ? last.Date + _time.GetElapsedTime(last.At) : null;

    /// <summary>Closes the connections of a client that <see cref="Create"/> has made.</summary>
    public void Dispose()
    {
        if (!_ownsClients)
            return;
        _transfers.Dispose();
        _http.Dispose();
    }

    private async Task<T> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        return await SendAsync(request, type, cancellation);
    }

    private async Task<T> SendJsonAsync<T>(
        HttpMethod method, string path, JsonNode? body, string? ifMatch, JsonTypeInfo<T> type, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
            request.Content = new StringContent(body.ToJsonString(ClientJson.Instance.Options), Encoding.UTF8, "application/json");
        if (ifMatch is not null)
            request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
        return await SendAsync(request, type, cancellation);
    }

    private async Task<T> SendAsync<T>(HttpRequestMessage request, JsonTypeInfo<T> type, CancellationToken cancellation)
    {
        using var response = await SendAsync(_http, request, cancellation);
        return await ReadAsync(response, type, cancellation);
    }

    private async Task SendAsync(HttpMethod method, string path, string? ifMatch, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(method, path);
        if (ifMatch is not null)
            request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
        using var response = await SendAsync(_http, request, cancellation);
    }

    /// <summary>Sends a request, and returns its answer once the headers are there.</summary>
    /// <exception cref="FileDropException">The service refuses the request.</exception>
    private async Task<HttpResponseMessage> SendAsync(HttpClient client, HttpRequestMessage request, CancellationToken cancellation)
    {
        var response = await AnswerAsync(client, request, cancellation);
        if (response.Headers.Date is { } date)
            _last = new Answered(date, _time.GetTimestamp());
        if (response.IsSuccessStatusCode)
            return response;
        using (response)
            throw await ExplainAsync(response, cancellation);
    }

    private static async Task<HttpResponseMessage> AnswerAsync(HttpClient client, HttpRequestMessage request, CancellationToken cancellation)
    {
        try
        {
            return await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        }
        catch (SocketException broken)
        {
            // HttpClient lets it out as it is if a connection is reset as soon as it is made.
            throw new HttpRequestException(HttpRequestError.ConnectionError, broken.Message, broken);
        }
    }

    private static async Task<T> ReadAsync<T>(HttpResponseMessage response, JsonTypeInfo<T> type, CancellationToken cancellation)
    {
        await using var body = await response.Content.ReadAsStreamAsync(cancellation);
        try
        {
            if (await JsonSerializer.DeserializeAsync(body, type, cancellation) is { } value)
                return value;
        }
        catch (JsonException strange)
        {
            throw new FileDropException("The answer is not the service's.", strange);
        }
        throw Strange(response);
    }

    private static FileDropException Strange(HttpResponseMessage response) =>
        new(response.StatusCode, FileDropException.UnknownAnswer, "The answer is not the service's. Check the address.");

    /// <summary>Reads the problem in an answer.</summary>
    private static async Task<FileDropException> ExplainAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        var problem = new Problem();
        if (response.Content.Headers.ContentType?.MediaType is "application/problem+json")
        {
            await using var body = await response.Content.ReadAsStreamAsync(cancellation);
            try
            {
                problem = await JsonSerializer.DeserializeAsync(body, ClientJson.Instance.Problem, cancellation) ?? problem;
            }
            catch (JsonException)
            {
                // The status tells enough.
            }
        }
        return new FileDropException(
            response.StatusCode, problem.Code ?? FileDropException.UnknownAnswer,
            problem.Detail ?? $"The service answered {(int)response.StatusCode} {response.ReasonPhrase}.")
        {
            TraceId = problem.TraceId,
            RetryAfter = response.Headers.RetryAfter?.Delta,
        };
    }

    /// <summary>Walks through the pages of a list.</summary>
    private async IAsyncEnumerable<T> WalkAsync<T>(string path, JsonTypeInfo<T[]> type, [EnumeratorCancellation] CancellationToken cancellation)
    {
        for (var next = path; next is not null;)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, next);
            using var response = await SendAsync(_http, request, cancellation);
            next = response.Headers.TryGetValues("Link", out var links)
                ? links.Where(link => link.Contains("rel=\"next\"", StringComparison.Ordinal)).Select(link => link.Split('<', '>')[1]).FirstOrDefault()
                : null;
            foreach (var item in await ReadAsync(response, type, cancellation))
                yield return item;
        }
    }

    private static string Query(string path, params ReadOnlySpan<(string Name, string? Value)> parameters)
    {
        var (text, sign) = (new StringBuilder(path), path.Contains('?', StringComparison.Ordinal) ? '&' : '?');
        foreach (var (name, value) in parameters)
        {
            if (value is null)
                continue;
            text.Append(sign).Append(name).Append('=').Append(Uri.EscapeDataString(value));
            sign = '&';
        }
        return text.ToString();
    }

    private static string? Flag(bool flag) => flag ? "true" : null;

    private static string FolderText(Guid folder) => folder == DropFolder.Root ? "root" : $"{folder}";

    private static bool IsBroken(Exception failure, CancellationToken cancellation) => !cancellation.IsCancellationRequested
        && failure is HttpRequestException or IOException or FileDropException { IsTransient: true } or OperationCanceledException;

    /// <summary>Waits before another try: longer each time, or as long as the service says.</summary>
    private async Task PauseAsync(int tries, Exception failure, CancellationToken cancellation)
    {
        var usual = TimeSpan.FromMilliseconds(Math.Min(8_000, 200 * Math.Pow(2, tries)) * (0.5 + Random.Shared.NextDouble()));
        var wanted = (failure as FileDropException)?.RetryAfter ?? TimeSpan.Zero;
        await Task.Delay(usual > wanted ? usual : wanted, _time, cancellation);
    }

    /// <summary>The service's time in an answer.</summary>
    /// <param name="Date">The time.</param>
    /// <param name="At">When the answer came, on the monotonic clock.</param>
    private sealed record Answered(DateTimeOffset Date, long At);
}
