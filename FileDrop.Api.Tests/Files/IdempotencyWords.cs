using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using Xunit;

namespace FileDrop.Api.Tests.Files;

/// <summary>An upload with an idempotency key.</summary>
/// <param name="Key">The value of the field.</param>
internal sealed record KeyedRequest(string Key)
{
    public string Name { get; init; } = "report.txt";

    public string Type { get; init; } = "text/plain";

    public string Text { get; init; } = "the bytes";

    /// <summary>The tags as JSON; null for none. With tags the upload is a form.</summary>
    public string? Tags { get; init; }

    /// <summary>The value of Content-Digest; null for none. In a form it belongs to the file's part.</summary>
    public string? Digest { get; init; }

    public static string DigestOf(string text) => $"sha-256=:{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)))}:";

    /// <summary>The request for a <see cref="Wire"/>, with this much of its body.</summary>
    public string OnTheWire(int sent, bool expectContinue = false) =>
        $"POST /files/upload?file_name={Name} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {Type}\r\nIdempotency-Key: {Key}\r\n"
        + (Digest is null ? "" : $"Content-Digest: {Digest}\r\n")
        + (expectContinue ? "Expect: 100-continue\r\n" : "")
        + $"Content-Length: {Text.Length}\r\n\r\n{Text[..sent]}";
}

/// <summary>The answer to an upload, without the parts that differ between any two answers.</summary>
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
            // Send the tags after the file, so that they are known only once its bytes are read.
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

    /// <summary>Sends an upload, which must get 201.</summary>
    public static async Task<KeyedAnswer> StoreAsync(this HttpClient http, KeyedRequest upload)
    {
        var answer = await http.SendAsync(upload);
        Assert.True(answer.Status == HttpStatusCode.Created, answer.Body);
        return answer;
    }

    /// <summary>Repeats an upload until it is stored; until then the only allowed answer is that another is running.</summary>
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
