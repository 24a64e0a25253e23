using System.Net.Http.Headers;
using System.Text;
using FileDrop.Api.Tests.Files;
using FileDrop.Api.Tests.Folders;
using Xunit;

namespace FileDrop.Api.Tests.Dav;

/// <summary>Recorded requests of file managers and office programs, sent again.</summary>
public abstract class RecordingTests(Pair pair) : IAsyncLifetime
{
    private Stores? _stores;
    private Service? _service;

    public static IEnumerable<TheoryDataRow<string>> Names => Recordings.All.Select(each => new TheoryDataRow<string>($"{each}"));

    private HttpClient? _http;

    /// <summary>Sends fields in UTF-8, as some clients do.</summary>
    private HttpClient Http => _http ?? throw new InvalidOperationException("The service was not started.");

    public async ValueTask InitializeAsync()
    {
        _stores = await pair.MakeStoresAsync();
        _service = await Service.StartAsync(_stores, FolderRequests.Day);
        _http = new HttpClient(new SocketsHttpHandler { RequestHeaderEncodingSelector = (_, _) => Encoding.UTF8 }) { BaseAddress = _service.Http.BaseAddress };
    }

    public async ValueTask DisposeAsync()
    {
        _http?.Dispose();
        if (_service is not null)
            await _service.DisposeAsync();
        if (_stores is not null)
            await _stores.DisposeAsync();
    }

    [Theory]
    [ClusterAtNight]
    [MemberData(nameof(Names))]
    public async Task A_client_gets_the_answers_with_which_it_goes_on(string name)
    {
        var recording = Recordings.All.Single(each => $"{each}" == name);
        var top = $"/dav/{Guid.NewGuid():N}";
        await Http.DavOkAsync(201, "MKCOL", top);
        foreach (var (path, content) in recording.Before)
        {
            if (path.Contains('/'))
                await Http.DavOkAsync(201, "MKCOL", $"{top}/{path.Split('/')[0]}");
            // The file of another program: its content is a version of its own.
            using var upload = await Http.PostAsync($"/files/upload?path={Uri.EscapeDataString($"{top[4..]}/{path}")}", new StringContent(content));
            await upload.SucceededAsync(System.Net.HttpStatusCode.Created);
        }
        var id = recording.Keeps is { } kept ? await Http.IdAtAsync($"{top[5..]}/{kept}") : null;
        var token = "";
        foreach (var sent in recording.Requests)
        {
            using var response = await SendAsync(recording, sent, top, token);
            var text = await response.Content.ReadAsStringAsync();
            Assert.True((int)response.StatusCode == sent.Status, $"{sent.Method} {sent.Path}: {(int)response.StatusCode} instead of {sent.Status}: {text}");
            Assert.All(sent.Says, word => Assert.Contains(word, text, StringComparison.Ordinal));
            if (sent.Method == "LOCK" && response.Headers.TryGetValues("Lock-Token", out var tokens))
                token = tokens.Single();
        }

        foreach (var (path, content) in recording.After)
        {
            using var read = await Http.GetAsync($"{top}/{path}");
            Assert.Equal(content, read.IsSuccessStatusCode ? await read.Content.ReadAsStringAsync() : null);
        }
        if (id is not null)
            Assert.Equal(id, await Http.IdAtAsync($"{top[5..]}/{recording.Keeps}"));
        if (recording.After is [var (first, _), ..])
        {
            using var versions = await Http.GetAsync($"/files/{await Http.IdAtAsync($"{top[5..]}/{first}")}/versions");
            Assert.Equal(recording.Versions, (await versions.SucceededAsync()).GetArrayLength());
        }
        var trash = (await Http.EntryPagesAsync("/trash")).Concat(await Http.EntryPagesAsync("/trash/folders")).SelectMany(page => page);
        Assert.Equal(recording.Trash, trash.Select(entry => entry.TryGetProperty("file_name", out var file) ? file.GetString() : entry.Text("name")));
    }

    private async Task<HttpResponseMessage> SendAsync(Recording recording, Sent sent, string top, string token)
    {
        using var request = new HttpRequestMessage(new HttpMethod(sent.Method), $"{top}/{sent.Path}");
        request.Headers.TryAddWithoutValidation("User-Agent", recording.Client);
        if (sent.Body is { } body)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body.Trim()));
            if (body.StartsWith('<'))
                request.Content.Headers.ContentType = new MediaTypeHeaderValue("text/xml") { CharSet = "utf-8" };
            request.Headers.TransferEncodingChunked = sent.IsChunked ? true : null;
        }
        foreach (var (name, value) in sent.Fields)
        {
            var address = name != "Destination" || value.Contains("://", StringComparison.Ordinal) ? value : $"http://{{host}}{top}/{value}";
            request.Headers.TryAddWithoutValidation(
                name, address.Replace("{lock}", token, StringComparison.Ordinal).Replace("{host}", Http.BaseAddress?.Authority, StringComparison.Ordinal)
                    .Replace("{top}", top, StringComparison.Ordinal));
        }
        return await Http.SendAsync(request);
    }
}

public sealed class RecordingOnEmbeddedTests(EmbeddedPair pair) : RecordingTests(pair), IClassFixture<EmbeddedPair>;

public sealed class RecordingOnClusterTests(ClusterPair pair) : RecordingTests(pair), IClassFixture<ClusterPair>;
