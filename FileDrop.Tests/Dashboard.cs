using System.Net;
using System.Text.Json;

namespace FileDrop.Tests;

/// <summary>A span as the dashboard keeps it.</summary>
/// <param name="Source">Its recorder, for example <c>MongoDB.Driver</c>.</param>
/// <param name="IsRequest">Whether it is a request to the service.</param>
public sealed record Span(string TraceId, string Source, string Name, bool IsRequest);

/// <summary>The dashboard, read by its HTTP API (https://aspire.dev/dashboard/apis).</summary>
public sealed class Dashboard(Uri url, string key) : IDisposable
{
    private readonly HttpClient _http = new()
    {
        BaseAddress = new Uri(url.GetLeftPart(UriPartial.Authority)),
        DefaultRequestHeaders = { { "X-API-Key", key } },
    };

    /// <summary>Its address with the login, as the console prints it.</summary>
    public Uri Url => url;

    /// <summary>The spans of one trace, or of all; none if the dashboard does not know the trace.</summary>
    public async Task<IReadOnlyList<Span>> SpansAsync(string? trace = null)
    {
        using var answer = await _http.GetAsync(trace is null ? "/api/telemetry/traces?limit=10000" : $"/api/telemetry/traces/{trace}");
        if (answer.StatusCode == HttpStatusCode.NotFound)
            return [];
        return [.. from resource in await ItemsAsync(answer, "resourceSpans")
                   from scope in Items(resource, "scopeSpans")
                   from span in Items(scope, "spans")
                   select new Span(Text(span, "traceId"), Text(scope.GetProperty("scope"), "name"), Text(span, "name"), span.GetProperty("kind").GetInt32() == 2)];
    }

    /// <summary>The messages that were logged as warnings or errors.</summary>
    public async Task<IReadOnlyList<string>> WarningsAsync()
    {
        using var answer = await _http.GetAsync("/api/telemetry/logs?limit=10000");
        return [.. from resource in await ItemsAsync(answer, "resourceLogs")
                   from scope in Items(resource, "scopeLogs")
                   from record in Items(scope, "logRecords")
                   where record.TryGetProperty("severityNumber", out var severity) && severity.GetInt32() >= 13
                   select $"{Text(record, "severityText")} {Text(record.GetProperty("body"), "stringValue")}"];
    }

    public void Dispose() => _http.Dispose();

    private static async Task<IEnumerable<JsonElement>> ItemsAsync(HttpResponseMessage answer, string name)
    {
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, $"{(int)answer.StatusCode} {text}");
        return Items(JsonDocument.Parse(text).RootElement.GetProperty("data"), name);
    }

    private static IEnumerable<JsonElement> Items(JsonElement element, string name) =>
        element.TryGetProperty(name, out var items) && items.ValueKind == JsonValueKind.Array ? items.EnumerateArray() : [];

    private static string Text(JsonElement element, string name) => element.TryGetProperty(name, out var text) ? text.GetString() ?? "" : "";
}
