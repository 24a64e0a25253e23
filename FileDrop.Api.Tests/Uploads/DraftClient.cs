using System.Net;
using System.Text.Json;
using FileDrop.Api.Tests.Files;
using Xunit;

namespace FileDrop.Api.Tests.Uploads;

/// <summary>A client of draft-ietf-httpbis-resumable-upload, which can send wrong requests too.</summary>
internal sealed class DraftClient(HttpClient http)
{
    public const string ContentType = "application/partial-upload";
    public const string Target = "/files/upload";

    /// <summary>A valid id that no upload has.</summary>
    public const string Unknown = $"{Target}/019ab3c2-7c1e-7d44-9a51-0c5f3f9b8a10";

    public const string MismatchingOffset = "https://iana.org/assignments/http-problem-types#mismatching-upload-offset";
    public const string InconsistentLength = "https://iana.org/assignments/http-problem-types#inconsistent-upload-length";

    /// <summary>Sends a request; fields with the value null are left out.</summary>
    public Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, byte[]? body, params (string Name, string? Value)[] fields) =>
        http.SendAsync(method, path, body is null ? null : new ByteArrayContent(body),
            [.. fields.Where(field => field.Value is not null).Select(field => (field.Name, field.Value ?? ""))]);

    public Task<HttpResponseMessage> PostAsync(byte[] content, bool complete, params (string Name, string? Value)[] fields) =>
        SendAsync(HttpMethod.Post, $"{Target}?file_name=a.bin", content, [("Upload-Complete", Text(complete)), .. fields]);

    public Task<HttpResponseMessage> HeadAsync(string upload) => SendAsync(HttpMethod.Head, upload, null);

    public Task<HttpResponseMessage> DeleteAsync(string upload) => SendAsync(HttpMethod.Delete, upload, null);

    /// <summary>Appends; the given fields replace those that the draft requires.</summary>
    public Task<HttpResponseMessage> PatchAsync(
        string upload, long offset, byte[] content, bool complete, params (string Name, string? Value)[] fields)
    {
        var all = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase)
        {
            ["Content-Type"] = ContentType,
            ["Upload-Offset"] = TusClient.Text(offset),
            ["Upload-Complete"] = Text(complete),
        };
        foreach (var (name, value) in fields)
            all[name] = value;
        return SendAsync(HttpMethod.Patch, upload, content, [.. all.Select(field => (field.Key, field.Value))]);
    }

    /// <summary>Creates an upload resource with its first bytes, which must succeed.</summary>
    /// <returns>Its URL.</returns>
    public async Task<string> CreateAsync(byte[] content, params (string Name, string? Value)[] fields)
    {
        using var response = await PostAsync(content, complete: false, fields);
        Assert.True(response.StatusCode == HttpStatusCode.Created, $"{response.StatusCode}: {await response.Content.ReadAsStringAsync()}");
        Assert.Equal(("?0", TusClient.Text(content.Length)), (response.Field("Upload-Complete"), response.Field("Upload-Offset")));
        var upload = response.Field("Location") ?? "";
        Assert.StartsWith(Target + "/", upload, StringComparison.Ordinal);
        return upload;
    }

    /// <summary>Appends bytes that are not the last, which must succeed.</summary>
    public async Task AppendAsync(string upload, long offset, byte[] content, params (string Name, string? Value)[] fields)
    {
        using var response = await PatchAsync(upload, offset, content, complete: false, fields);
        Assert.True(response.StatusCode == HttpStatusCode.NoContent, $"{response.StatusCode}: {await response.Content.ReadAsStringAsync()}");
        Assert.Equal(("?0", TusClient.Text(offset + content.Length)), (response.Field("Upload-Complete"), response.Field("Upload-Offset")));
    }

    /// <summary>Appends the last bytes, which must succeed, and returns the file.</summary>
    public async Task<JsonElement> FinishAsync(string upload, long offset, byte[] content, params (string Name, string? Value)[] fields)
    {
        using var response = await PatchAsync(upload, offset, content, complete: true, fields);
        return await IsFileAsync(response, upload);
    }

    /// <summary>Checks that an answer equals that of an ordinary upload.</summary>
    public async Task<JsonElement> IsFileAsync(HttpResponseMessage response, string upload)
    {
        var file = await response.SucceededAsync(HttpStatusCode.Created);
        Assert.Equal("?1", response.Field("Upload-Complete"));
        Assert.Equal((TusClient.Id(upload), $"/files/{TusClient.Id(upload)}"), (file.Id(), response.Field("Location")));
        Assert.Equal(await http.TagAsync(file.Id()), response.Field("ETag"));
        Assert.Equal((await http.MetadataAsync(file.Id())).GetRawText(), file.GetRawText());
        return file;
    }

    public async Task<long> OffsetAsync(string upload)
    {
        using var response = await HeadAsync(upload);
        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        return response.Offset();
    }

    /// <summary>Checks that every method answers that the upload does not exist.</summary>
    public async Task IsGoneAsync(string upload)
    {
        using var head = await HeadAsync(upload);
        Assert.Equal((HttpStatusCode.NotFound, (string?)null), (head.StatusCode, head.Field("Upload-Offset")));
        using var get = await SendAsync(HttpMethod.Get, upload, null);
        await get.RefusedAsync(404, "upload_not_found");
        using var patch = await PatchAsync(upload, 0, [1], complete: false);
        await patch.RefusedAsync(404, "upload_not_found");
        using var delete = await DeleteAsync(upload);
        await delete.RefusedAsync(404, "upload_not_found");
        using var read = await http.GetAsync($"/files/{TusClient.Id(upload)}");
        Assert.Equal(HttpStatusCode.NotFound, read.StatusCode);
    }

    /// <summary>Reads an error's body, which can be read again.</summary>
    public static async Task<JsonElement> ProblemAsync(HttpResponseMessage response)
    {
        using var problem = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        return problem.RootElement.Clone();
    }

    /// <summary>A boolean in a structured field.</summary>
    private static string Text(bool value) => value ? "?1" : "?0";
}
