using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json;
using FileDrop.Api.Tests.Files;
using Xunit;

namespace FileDrop.Api.Tests.Changes;

/// <summary>Helpers for tests of the feed of changes.</summary>
internal static class ChangeWords
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    /// <summary>A page of the feed.</summary>
    public static async Task<(List<JsonElement> Changes, string Cursor, bool HasMore)> ChangesAsync(this HttpClient http, string query)
    {
        using var response = await http.GetAsync($"/changes{query}");
        var page = await response.SucceededAsync();
        return ([.. page.GetProperty("changes").EnumerateArray()], page.Text("cursor"), page.GetProperty("has_more").GetBoolean());
    }

    /// <summary>The cursor that begins now.</summary>
    public static async Task<string> LatestAsync(this HttpClient http)
    {
        var (changes, cursor, hasMore) = await http.ChangesAsync("?cursor=latest");
        Assert.Empty(changes);
        Assert.False(hasMore);
        return cursor;
    }

    /// <summary>Waits for changes until all that are wanted have come, in any order.</summary>
    /// <returns>All changes since the cursor, and the cursor behind them.</returns>
    public static async Task<(List<JsonElement> Changes, string Cursor)> FollowAsync(
        this HttpClient http, string cursor, params IReadOnlyList<Predicate<JsonElement>> wanted)
    {
        List<JsonElement> all = [];
        for (var began = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(began) < s_patience;)
        {
            var page = await http.ChangesAsync($"/wait?timeout=2&cursor={cursor}");
            all.AddRange(page.Changes);
            cursor = page.Cursor;
            if (!page.HasMore && wanted.All(one => all.Exists(one)))
                return (all, cursor);
        }
        throw new TimeoutException($"Some changes do not come, but these: {string.Join('\n', all)}");
    }

    public static long Seq(this JsonElement change) => change.GetProperty("seq").GetInt64();

    public static bool IsGone(this JsonElement change) => change.TryGetProperty("gone", out _);

    /// <summary>The id of the file or folder that changed.</summary>
    public static string ChangedId(this JsonElement change) =>
        change.Text(change.IsGone() ? "id" : change.Text("kind") == "file" ? "file_id" : "folder_id");

    /// <summary>A change after which the entry is gone.</summary>
    public static Predicate<JsonElement> Gone(string id) => change => change.ChangedId() == id && change.IsGone();

    /// <summary>A change after which the entry is there.</summary>
    public static Predicate<JsonElement> There(string id) => change => change.ChangedId() == id && !change.IsGone();

    /// <summary>A change after which a file has this name.</summary>
    public static Predicate<JsonElement> Named(string id, string name) => change => There(id)(change) && change.Name() == name;
}

/// <summary>A client of a stream of server-sent events.</summary>
internal sealed class EventClient : IAsyncDisposable
{
    private readonly HttpResponseMessage _response;
    private readonly StreamReader _lines;

    private EventClient(HttpResponseMessage response, StreamReader lines) => (_response, _lines) = (response, lines);

    /// <summary>The id of the last event: where to go on.</summary>
    public string LastId { get; private set; } = "";

    public HttpResponseMessage Response => _response;

    /// <summary>Opens a stream, which must succeed, and reads the cursor that it begins with.</summary>
    public static async Task<EventClient> OpenAsync(HttpClient http, string query = "", params (string Name, string Value)[] fields)
    {
        var response = await SendAsync(http, query, fields);
        Assert.True(response.StatusCode == HttpStatusCode.OK, $"{response.StatusCode}");
        var client = new EventClient(response, new StreamReader(await response.Content.ReadAsStreamAsync()));
        Assert.Null(await client.ReadAsync());
        Assert.NotEqual("", client.LastId);
        return client;
    }

    public static async Task<HttpResponseMessage> SendAsync(HttpClient http, string query = "", params (string Name, string Value)[] fields)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/changes{query}");
        request.Headers.Accept.ParseAdd("text/event-stream");
        foreach (var (name, value) in fields)
            request.Headers.Add(name, value);
        return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    /// <summary>Reads up to the next empty line. Null: it was not an event, but a sign of life or only an id.</summary>
    /// <exception cref="EndOfStreamException">The stream has ended.</exception>
    public async Task<JsonElement?> ReadAsync()
    {
        var (name, data) = ("", default(JsonElement?));
        while (await _lines.ReadLineAsync() is { } line)
        {
            if (line.Length == 0)
                return name == "change" ? data : null;
            var (field, value) = line.Split(": ", 2) is [var before, var after] ? (before, after) : (line, "");
            if (field == "id")
                LastId = value;
            else if (field == "event")
                name = value;
            else if (field == "data")
                data = JsonDocument.Parse(value).RootElement;
            else if (field == "retry")
                Assert.InRange(int.Parse(value, CultureInfo.InvariantCulture), 1, 60_000);
            else
                Assert.Equal(":", field);
        }
        throw new EndOfStreamException();
    }

    /// <summary>Reads events up to the wanted one.</summary>
    public async Task<List<JsonElement>> ReadUntilAsync(Predicate<JsonElement> wanted)
    {
        List<JsonElement> events = [];
        while (!events.Exists(wanted))
        {
            if (await ReadAsync().WaitAsync(TimeSpan.FromSeconds(40)) is { } one)
                events.Add(one);
        }
        return events;
    }

    /// <summary>Reads to the end of the stream.</summary>
    /// <returns>The time until the end.</returns>
    public async Task<TimeSpan> EndAsync()
    {
        var began = Stopwatch.GetTimestamp();
        try
        {
            while (true)
                await ReadAsync().WaitAsync(TimeSpan.FromSeconds(40));
        }
        catch (EndOfStreamException)
        {
            return Stopwatch.GetElapsedTime(began);
        }
    }

    public ValueTask DisposeAsync()
    {
        _lines.Dispose();
        _response.Dispose();
        return ValueTask.CompletedTask;
    }
}
