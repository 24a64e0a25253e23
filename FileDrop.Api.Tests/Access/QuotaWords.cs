using System.Net;
using System.Text.Json;
using FileDrop.Api.Tests.Files;
using Xunit;

namespace FileDrop.Api.Tests.Access;

/// <summary>What <c>GET /usage</c> says.</summary>
internal sealed record Usage(long BytesUsed, long BytesReserved, long? BytesLimit, long FilesUsed, long? FilesLimit);

/// <summary>What the tests of quotas say to a service, in few words.</summary>
internal static class QuotaWords
{
    /// <summary>A write is given up by the sweeper soon after its writer is gone.</summary>
    public static readonly (string Key, string Value)[] Quick = [("FileDrop:Lease", "00:00:02"), ("FileDrop:LateWrites", "00:00:00")];

    public static async Task<Usage> UsageAsync(this HttpClient http)
    {
        using var response = await http.GetAsync("/usage");
        var json = await response.SucceededAsync();
        return new Usage(
            json.GetProperty("bytes_used").GetInt64(), json.GetProperty("bytes_reserved").GetInt64(), Number("bytes_limit"),
            json.GetProperty("files_used").GetInt64(), Number("files_limit"));

        long? Number(string member) => json.GetProperty(member) is { ValueKind: not JsonValueKind.Null } value ? value.GetInt64() : null;
    }

    /// <summary>Checks what is used once nothing is being written.</summary>
    public static async Task UsesAsync(this HttpClient http, long bytes, long files, int seconds = 20)
    {
        Usage? last = null;
        try
        {
            await Service.UntilAsync("it adds up", async () =>
            {
                last = await http.UsageAsync();
                return (last.BytesUsed, last.BytesReserved, last.FilesUsed) == (bytes, 0, files);
            }, seconds);
        }
        catch (TimeoutException)
        {
            Assert.Fail($"{bytes} bytes in {files} files were expected: {last}");
        }
    }

    /// <summary>Uploads so many bytes, and tells whether there was room for them.</summary>
    /// <param name="http">Reaches the service.</param>
    /// <param name="size">In bytes.</param>
    /// <param name="chunked">Whether their number is kept from the service.</param>
    public static async Task<string?> TryUploadAsync(this HttpClient http, int size, bool chunked = false)
    {
        using var body = new ByteArrayContent(Requests.Bytes(size));
        using var answer = chunked
            ? await http.SendChunkedAsync(HttpMethod.Post, "/files/upload", body)
            : await http.PostAsync("/files/upload", body);
        if (answer.StatusCode == HttpStatusCode.Created)
            return (await answer.JsonAsync()).Id();
        await answer.RefusedAsync(507, "quota_exceeded");
        return null;
    }

    /// <summary>What all files, their versions and the trash have, by what the service says of each of them.</summary>
    public static async Task<(long Bytes, int Files)> AddUpAsync(this HttpClient http)
    {
        var (bytes, files) = (0L, 0);
        using var live = await http.GetAsync("/files?limit=1000");
        foreach (var file in (await live.SucceededAsync()).EnumerateArray())
        {
            using var versions = await http.GetAsync($"/files/{file.Id()}/versions");
            bytes += (await versions.SucceededAsync()).EnumerateArray().DistinctBy(version => version.Text("sha256"))
                .Sum(version => version.GetProperty("size").GetInt64());
            files++;
        }
        return (bytes, files);
    }
}
