using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;

namespace FileDrop.Tests;

/// <summary>A file as the service describes it.</summary>
public sealed record StoredFile(Guid Id, string Name, long Size, string Sha256, int Version, string ETag);

/// <summary>The service's five APIs, as its clients call them.</summary>
internal static class Api
{
    public static byte[] Bytes(int size, int seed = 1)
    {
        var bytes = new byte[size];
#pragma warning disable CA5394 // Tests want content that they can make again.
        new Random(seed).NextBytes(bytes);
#pragma warning restore CA5394
        return bytes;
    }

    public static string Hash(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    public static async Task<StoredFile> UploadAsync(this HttpClient http, byte[] content, string name)
    {
        using var body = new ByteArrayContent(content);
        body.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        using var answer = await http.PostAsync($"/files/upload?file_name={Uri.EscapeDataString(name)}", body);
        Assert.True(answer.StatusCode == HttpStatusCode.Created, await Describe(answer));
        return await ReadFileAsync(answer);
    }

    public static async Task<HttpResponseMessage> PutAsync(this HttpClient http, Guid id, byte[] content, string? ifMatch = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, $"/files/{id}/content") { Content = new ByteArrayContent(content) };
        if (ifMatch is not null)
            request.Headers.IfMatch.Add(EntityTagHeaderValue.Parse(ifMatch));
        return await http.SendAsync(request);
    }

    public static async Task<string> ReadHashAsync(this HttpClient http, Guid id)
    {
        using var answer = await http.GetAsync($"/files/{id}", HttpCompletionOption.ResponseHeadersRead);
        Assert.True(answer.StatusCode == HttpStatusCode.OK, await Describe(answer));
        await using var content = await answer.Content.ReadAsStreamAsync();
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(content));
    }

    public static async Task<IReadOnlyList<StoredFile>> ListAsync(this HttpClient http, string query = "")
    {
        var files = await http.GetFromJsonAsync<JsonElement>($"/files{query}");
        return [.. files.EnumerateArray().Select(file => ToFile(file, ""))];
    }

    public static async Task<StoredFile> ReadFileAsync(HttpResponseMessage answer)
    {
        var file = await answer.Content.ReadFromJsonAsync<JsonElement>();
        return ToFile(file.TryGetProperty("file", out var inner) ? inner : file, answer.Headers.ETag?.ToString() ?? "");
    }

    public static async Task<string> Describe(HttpResponseMessage answer) =>
        string.Create(CultureInfo.InvariantCulture, $"{(int)answer.StatusCode} {answer.RequestMessage?.Method} {answer.RequestMessage?.RequestUri}: ")
        + (answer.IsSuccessStatusCode ? "" : await answer.Content.ReadAsStringAsync());

    private static StoredFile ToFile(JsonElement file, string etag) => new(
        file.GetProperty("file_id").GetGuid(), file.GetProperty("file_name").GetString() ?? "", file.GetProperty("file_size").GetInt64(),
        file.GetProperty("sha256").GetString() ?? "", file.GetProperty("version").GetInt32(), etag);
}
