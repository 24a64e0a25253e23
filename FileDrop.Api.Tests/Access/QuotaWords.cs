using System.Net;
using System.Text.Json;
using FileDrop.Api.Tests.Files;
using Xunit;

namespace FileDrop.Api.Tests.Access;

/// <summary>The answer of <c>GET /usage</c>.</summary>
internal sealed record Usage(long BytesUsed, long BytesReserved, long? BytesLimit, long FilesUsed, long? FilesLimit);

/// <summary>Helpers for tests of quotas.</summary>
internal static class QuotaWords
{
    /// <summary>Settings with which the sweeper claims a write soon after its writer has ended.</summary>
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

    /// <summary>Waits until nothing is being written, and checks the usage.</summary>
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

    /// <summary>Uploads this number of bytes. Returns the file's id, or null if the quota has no room.</summary>
    /// <param name="http">The client of the service.</param>
    /// <param name="size">In bytes.</param>
    /// <param name="chunked">Whether to hide the length from the service.</param>
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

    /// <summary>Adds up all files, their versions and the trash, by the service's own answers.</summary>
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
