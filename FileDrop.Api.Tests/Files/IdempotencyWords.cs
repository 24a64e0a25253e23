using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using Xunit;

namespace FileDrop.Api.Tests.Files;

/// <summary>An upload under an Idempotency-Key, as a test describes it.</summary>
/// <param name="Key">The field's value as it is sent.</param>
internal sealed record KeyedRequest(string Key)
{
    public string Name { get; init; } = "report.txt";

    public string Type { get; init; } = "text/plain";

    public string Text { get; init; } = "the bytes";

    /// <summary>JSON; null: none. With tags the upload is a form.</summary>
    public string? Tags { get; init; }

    /// <summary>The value of Content-Digest; null: none. In a form it stands on the file's part.</summary>
    public string? Digest { get; init; }

    public static string DigestOf(string text) => $"sha-256=:{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)))}:";

    /// <summary>The request, with as much of its body as is asked for, for a <see cref="Wire"/>.</summary>
    public string OnTheWire(int sent, bool expectContinue = false) =>
        $"POST /files/upload?file_name={Name} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {Type}\r\nIdempotency-Key: {Key}\r\n"
        + (Digest is null ? "" : $"Content-Digest: {Digest}\r\n")
        + (expectContinue ? "Expect: 100-continue\r\n" : "")
        + $"Content-Length: {Text.Length}\r\n\r\n{Text[..sent]}";
}

/// <summary>What an upload was answered with, apart from what differs between any two answers.</summary>
internal sealed record KeyedAnswer(HttpStatusCode Status, string Body, string? Location, string? ETag, TimeSpan? RetryAfter, string? Code)
{
    public string Id => Location?.Split('/')[^1] ?? throw new InvalidOperationException(Body);
}

internal static class IdempotencyWords
{
    public static async Task<KeyedAnswer> SendAsync(this HttpClient http, KeyedRequest upload)
    {
        using HttpContent content = upload.Tags is null ? new StringContent(upload.Text) : new MultipartFormDataContent
        {
            { File(upload), "file", upload.Name },
            // Behind the file: what the upload is to be called and tagged is known only once its bytes are read.
            { new StringContent(upload.Tags), "tags" },
        };
        if (upload.Tags is null)
            content.Headers.ContentType = MediaTypeHeaderValue.Parse(upload.Type);
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/files/upload?{ListWords.Parameter("file_name", upload.Name)}");
        request.Content = content;
        Assert.True(request.Headers.TryAddWithoutValidation("Idempotency-Key", upload.Key));
        if (upload is { Digest: { } digest, Tags: null })
            content.Headers.Add("Content-Digest", digest);
        using var response = await http.SendAsync(request);
        return new KeyedAnswer(
            response.StatusCode, await response.Content.ReadAsStringAsync(), response.Headers.Location?.OriginalString,
            response.Headers.ETag?.ToString(), response.Headers.RetryAfter?.Delta,
            response.IsSuccessStatusCode ? null : await response.CodeAsync());
    }

    /// <summary>Sends an upload that must be stored, or answered as if it had been.</summary>
    public static async Task<KeyedAnswer> StoreAsync(this HttpClient http, KeyedRequest upload)
    {
        var answer = await http.SendAsync(upload);
        Assert.True(answer.Status == HttpStatusCode.Created, answer.Body);
        return answer;
    }

    /// <summary>Sends an upload until it is stored; before that it may be told that another is running, and nothing else.</summary>
    public static async Task<KeyedAnswer> UntilStoredAsync(this HttpClient http, string why, KeyedRequest upload)
    {
        var answers = new List<KeyedAnswer>();
        await Service.UntilAsync(why, async () =>
        {
            answers.Add(await http.SendAsync(upload));
            Assert.True(answers[^1].Status is HttpStatusCode.Created or HttpStatusCode.Conflict, answers[^1].Body);
            return answers[^1].Status == HttpStatusCode.Created;
        });
        return answers[^1];
    }

    /// <summary>The ids of all files with this name.</summary>
    public static async Task<IReadOnlyList<string>> NamedAsync(this HttpClient http, string name) =>
        [.. (await http.WalkAsync($"/files?{ListWords.Parameter("name", name)}")).Files().Ids()];

    private static StringContent File(KeyedRequest upload)
    {
        var file = new StringContent(upload.Text);
        file.Headers.ContentType = MediaTypeHeaderValue.Parse(upload.Type);
        if (upload.Digest is not null)
            file.Headers.Add("Content-Digest", upload.Digest);
        return file;
    }
}
