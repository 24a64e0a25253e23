using System.Buffers;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Xunit;

namespace FileDrop.Api.Tests.Files;

/// <summary>Helpers for tests of the five APIs.</summary>
internal static class Requests
{
    /// <summary>Sends a request with unvalidated header fields.</summary>
    public static async Task<HttpResponseMessage> SendAsync(
        this HttpClient http, HttpMethod method, string path, HttpContent? body, params (string Name, string Value)[] fields)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body };
        foreach (var (name, value) in fields)
            Assert.True(request.Headers.TryAddWithoutValidation(name, value) || (body?.Headers.TryAddWithoutValidation(name, value) ?? false), name);
        return await http.SendAsync(request);
    }

    /// <summary>Sends a body of unknown length.</summary>
    public static async Task<HttpResponseMessage> SendChunkedAsync(this HttpClient http, HttpMethod method, string path, HttpContent body)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body };
        request.Headers.TransferEncodingChunked = true;
        return await http.SendAsync(request);
    }

    public static Task<HttpResponseMessage> PutJsonAsync(this HttpClient http, string id, string json, params (string Name, string Value)[] fields) =>
        http.SendAsync(HttpMethod.Put, $"/files/{id}", new StringContent(json, Encoding.UTF8, "application/json"), fields);

    /// <summary>Uploads a form, which must succeed, and returns the file object.</summary>
    public static async Task<JsonElement> UploadFormAsync(this HttpClient http, FormBody form)
    {
        using var response = await http.PostAsync("/files/upload", form.Content());
        return await response.SucceededAsync(HttpStatusCode.Created);
    }

    /// <summary>Checks the status of an answer, and returns its JSON.</summary>
    public static async Task<JsonElement> SucceededAsync(this HttpResponseMessage response, HttpStatusCode status = HttpStatusCode.OK)
    {
        Assert.True(response.StatusCode == status, $"{response.StatusCode}: {await response.Content.ReadAsStringAsync()}");
        return await response.JsonAsync();
    }

    /// <summary>Checks an error's status, shape and code.</summary>
    public static async Task RefusedAsync(this HttpResponseMessage response, int status, string code)
    {
        Assert.True((int)response.StatusCode == status, $"{response.StatusCode}: {await response.Content.ReadAsStringAsync()}");
        Assert.Equal(code, await response.CodeAsync());
    }

    public static async Task<JsonElement> MetadataAsync(this HttpClient http, string id)
    {
        using var response = await http.GetAsync($"/files/{id}/metadata");
        return await response.SucceededAsync();
    }

    public static async Task<string> TagAsync(this HttpClient http, string id)
    {
        using var response = await http.SendAsync(HttpMethod.Head, $"/files/{id}", null);
        return response.Headers.ETag?.ToString() ?? throw new InvalidOperationException("There is no ETag.");
    }

    public static string Text(this JsonElement file, string member) => file.GetProperty(member).GetString() ?? "";

    public static string Name(this JsonElement file) => file.Text("file_name");

    public static long Version(this JsonElement file) => file.GetProperty("version").GetInt64();

    public static Dictionary<string, string> Tags(this JsonElement file) =>
        file.GetProperty("tags").EnumerateObject().ToDictionary(tag => tag.Name, tag => tag.Value.GetString() ?? "");

    /// <summary>Random bytes, which differ for each size.</summary>
    public static byte[] Bytes(int size)
    {
        var bytes = new byte[size];
        new Random(size).NextBytes(bytes);
        return bytes;
    }

    public static string Digest(byte[] content) => $"sha-256=:{Convert.ToBase64String(SHA256.HashData(content))}:";

    public static string Digest(string content) => Digest(Encoding.UTF8.GetBytes(content));

    /// <summary>Runs an action that must leave no trace: no file is added, removed or changed, and in the end no blob is added.</summary>
    public static async Task LeavesNothingAsync(this Pair pair, Func<Task> run)
    {
        var (files, blobs) = (await pair.Http.GetStringAsync("/files"), await pair.Stores.BlobKeysAsync());
        await run();
        Assert.Equal(files, await pair.Http.GetStringAsync("/files"));
        await Service.UntilAsync("no blob is left", async () => !(await pair.Stores.BlobKeysAsync()).Except(blobs).Any());
    }
}

/// <summary>Builds a form's body, part by part.</summary>
internal sealed class FormBody
{
    public const string Boundary = "----a-boundary-of-ours";
    public const string Type = $"multipart/form-data; boundary={Boundary}";

    private readonly ArrayBufferWriter<byte> _bytes = new();
    private bool _ended;

    /// <summary>Adds a part; <paramref name="fields"/> are whole header lines.</summary>
    public FormBody Part(byte[] content, params string[] fields)
    {
        Append($"--{Boundary}\r\n{string.Join("\r\n", fields)}\r\n\r\n");
        _bytes.Write(content);
        return Append("\r\n");
    }

    public FormBody Part(string content, params string[] fields) => Part(Encoding.UTF8.GetBytes(content), fields);

    /// <summary>Adds a file; <paramref name="name"/> goes unescaped into the quotes.</summary>
    public FormBody File(string content = "abc", string name = "a.txt", params string[] fields) =>
        Part(content, [$"Content-Disposition: form-data; name=\"file\"; filename=\"{name}\"", .. fields]);

    public FormBody Text(string name, string value) => Part(value, $"Content-Disposition: form-data; name=\"{name}\"");

    /// <summary>Appends text outside any part.</summary>
    public FormBody Append(string text)
    {
        _bytes.Write(Encoding.UTF8.GetBytes(text));
        return this;
    }

    public FormBody End()
    {
        _ended = true;
        return Append($"--{Boundary}--\r\n");
    }

    /// <summary>The whole body, including its last boundary.</summary>
    public byte[] ToArray()
    {
        if (!_ended)
            End();
        return _bytes.WrittenSpan.ToArray();
    }

    public ByteArrayContent Content(string type = Type) => Of(ToArray(), type);

    /// <summary>The body as it stands, with or without its last boundary.</summary>
    public ByteArrayContent Unfinished() => Of(_bytes.WrittenSpan.ToArray(), Type);

    private static ByteArrayContent Of(byte[] bytes, string type)
    {
        var content = new ByteArrayContent(bytes);
        content.Headers.TryAddWithoutValidation("Content-Type", type);
        return content;
    }
}
