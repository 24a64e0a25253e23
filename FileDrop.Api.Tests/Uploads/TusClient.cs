using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using FileDrop.Api.Tests.Files;
using Xunit;

namespace FileDrop.Api.Tests.Uploads;

/// <summary>A client of the tus protocol 1.0.0, which can send wrong requests too.</summary>
internal sealed class TusClient(HttpClient http)
{
    public const string ContentType = "application/offset+octet-stream";
    public const string Uploads = "/uploads";

    /// <summary>A valid id that no upload has.</summary>
    public const string Unknown = $"{Uploads}/019ab3c2-7c1e-7d44-9a51-0c5f3f9b8a10";

    /// <summary>
    /// Sends a request with the protocol's version and, with a body, its content type. The given fields replace these; fields with the value null are left out.
    /// </summary>
    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, HttpContent? body, params (string Name, string? Value)[] fields)
    {
        var all = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase) { ["Tus-Resumable"] = "1.0.0" };
        if (body is not null)
            all["Content-Type"] = ContentType;
        foreach (var (name, value) in fields)
            all[name] = value;
        var response = await http.SendAsync(method, path, body, [.. all.Where(field => field.Value is not null).Select(field => (field.Key, field.Value ?? ""))]);
        Assert.Equal("1.0.0", response.Field("Tus-Resumable"));
        return response;
    }

    public Task<HttpResponseMessage> PostAsync(params (string Name, string? Value)[] fields) => SendAsync(HttpMethod.Post, Uploads, null, fields);

    public Task<HttpResponseMessage> PostAsync(byte[] content, params (string Name, string? Value)[] fields) =>
        SendAsync(HttpMethod.Post, Uploads, new ByteArrayContent(content), fields);

    public Task<HttpResponseMessage> HeadAsync(string upload) => SendAsync(HttpMethod.Head, upload, null);

    public Task<HttpResponseMessage> DeleteAsync(string upload) => SendAsync(HttpMethod.Delete, upload, null);

    public Task<HttpResponseMessage> PatchAsync(string upload, long offset, HttpContent content, params (string Name, string? Value)[] fields) =>
        SendAsync(HttpMethod.Patch, upload, content, [("Upload-Offset", Text(offset)), .. fields]);

    public Task<HttpResponseMessage> PatchAsync(string upload, long offset, byte[] content, params (string Name, string? Value)[] fields) =>
        PatchAsync(upload, offset, new ByteArrayContent(content), fields);

    /// <summary>Creates an upload, which must succeed; a null length is deferred.</summary>
    /// <returns>Its URL.</returns>
    public async Task<string> CreateAsync(long? length, params (string Name, string? Value)[] fields)
    {
        using var response = await PostAsync([length is { } known ? ("Upload-Length", Text(known)) : ("Upload-Defer-Length", "1"), .. fields]);
        return await CreatedAsync(response);
    }

    /// <summary>Creates an upload from finished ones, which must succeed.</summary>
    public async Task<string> ConcatenateAsync(IEnumerable<string> partials, params (string Name, string? Value)[] fields)
    {
        using var response = await PostAsync([("Upload-Concat", Final(partials)), .. fields]);
        return await CreatedAsync(response);
    }

    /// <summary>Creates a partial upload, and sends its whole content.</summary>
    public async Task<string> PartialAsync(byte[] content, params (string Name, string? Value)[] fields)
    {
        var upload = await CreateAsync(content.Length, [("Upload-Concat", "partial"), .. fields]);
        if (content.Length > 0)
            await AppendAsync(upload, 0, content);
        return upload;
    }

    /// <summary>Appends, which must succeed, and checks the new offset.</summary>
    public async Task AppendAsync(string upload, long offset, byte[] content, params (string Name, string? Value)[] fields)
    {
        using var response = await PatchAsync(upload, offset, content, fields);
        Assert.True(response.StatusCode == HttpStatusCode.NoContent, $"{response.StatusCode}: {await response.Content.ReadAsStringAsync()}");
        Assert.Equal(Text(offset + content.Length), response.Field("Upload-Offset"));
    }

    public async Task<long> OffsetAsync(string upload)
    {
        using var response = await HeadAsync(upload);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return response.Offset();
    }

    /// <summary>Returns the offset, once the upload's holder has released it.</summary>
    public async Task<long> OffsetInTheEndAsync(string upload)
    {
        var offset = -1L;
        await Service.UntilAsync("the upload tells its offset", async () =>
        {
            using var response = await HeadAsync(upload);
            Assert.True(response.StatusCode is HttpStatusCode.OK or HttpStatusCode.Locked, response.StatusCode.ToString());
            if (response.StatusCode == HttpStatusCode.OK)
                offset = response.Offset();
            return offset >= 0;
        }, 30);
        return offset;
    }

    /// <summary>Returns the file of a complete upload; it has the upload's id.</summary>
    public async Task<JsonElement> FileAsync(string upload)
    {
        using var response = await HeadAsync(upload);
        Assert.Equal($"/files/{Id(upload)}", response.Field("Content-Location"));
        return await http.MetadataAsync(Id(upload));
    }

    /// <summary>Checks that an upload has not become a file.</summary>
    public async Task IsNoFileAsync(string upload)
    {
        using var read = await http.GetAsync($"/files/{Id(upload)}");
        await read.RefusedAsync(404, "file_not_found");
        Assert.DoesNotContain(Id(upload), await http.GetStringAsync("/files"), StringComparison.Ordinal);
    }

    /// <summary>Checks that every method answers that the upload does not exist.</summary>
    public async Task IsGoneAsync(string upload)
    {
        using var head = await HeadAsync(upload);
        Assert.Equal(HttpStatusCode.NotFound, head.StatusCode);
        Assert.Null(head.Field("Upload-Offset"));
        using var patch = await PatchAsync(upload, 0, [1]);
        await patch.RefusedAsync(404, "upload_not_found");
        using var delete = await DeleteAsync(upload);
        await delete.RefusedAsync(404, "upload_not_found");
    }

    /// <summary>Checks that an upload was created, and returns its URL.</summary>
    public static async Task<string> CreatedAsync(HttpResponseMessage response)
    {
        Assert.True(response.StatusCode == HttpStatusCode.Created, $"{response.StatusCode}: {await response.Content.ReadAsStringAsync()}");
        var upload = response.Field("Location") ?? "";
        Assert.StartsWith(Uploads + "/", upload, StringComparison.Ordinal);
        return upload;
    }

    public static string Id(string upload) => upload[(upload.LastIndexOf('/') + 1)..];

    public static string Final(IEnumerable<string> partials) => "final;" + string.Join(' ', partials);

    /// <summary>The value of Upload-Metadata.</summary>
    public static string Metadata(params (string Key, string Value)[] pairs) =>
        string.Join(',', pairs.Select(pair => $"{pair.Key} {Convert.ToBase64String(Encoding.UTF8.GetBytes(pair.Value))}"));

    public static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}

/// <summary>Helpers for header fields of answers.</summary>
internal static class FieldWords
{
    /// <summary>The largest upload in bytes: 5 TiB, but on S3 only 9,000 parts of 64 MiB.</summary>
    public static long LargestUpload(this Pair pair) => pair is ClusterPair ? 9_000 * (64L << 20) : 5L << 40;

    /// <summary>A header field of an answer or its content; null if absent.</summary>
    public static string? Field(this HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out var values) || response.Content.Headers.TryGetValues(name, out values) ? string.Join(", ", values) : null;

    public static long Offset(this HttpResponseMessage response) =>
        long.Parse(response.Field("Upload-Offset") ?? "", NumberStyles.None, CultureInfo.InvariantCulture);
}
