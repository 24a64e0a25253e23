using System.Diagnostics;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using FileDrop.Api.Tests.Files;
using Xunit;

namespace FileDrop.Api.Tests.Folders;

/// <summary>Folders and selections are downloaded as one zip archive.</summary>
public abstract class FolderZipTests(Pair pair)
{
    private HttpClient Http => pair.Http;

    [Fact]
    public async Task A_folder_is_one_archive_of_everything_in_it()
    {
        var (top, contents) = await TreeAsync();
        using var answer = await Http.GetAsync($"/folders/{top}/zip");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("application/zip", answer.Content.Headers.ContentType?.ToString());
        var bytes = await answer.Content.ReadAsByteArrayAsync();
        Assert.Equal(bytes.Length, answer.Content.Headers.ContentLength);
        using var archive = new ZipArchive(new MemoryStream(bytes));
        Assert.Equal(contents.Keys.Append("empty/").Append("sub/").Order(StringComparer.Ordinal), archive.Entries.Select(entry => entry.FullName).Order(StringComparer.Ordinal));
        foreach (var (path, content) in contents)
        {
            using var stream = (archive.GetEntry(path) ?? throw new InvalidOperationException(path)).Open();
            using var read = new MemoryStream();
            await stream.CopyToAsync(read);
            Assert.Equal(content, read.ToArray());
        }
        using var head = await Http.SendAsync(new HttpRequestMessage(HttpMethod.Head, $"/folders/{top}/zip"));
        Assert.Equal((bytes.Length, answer.Headers.ETag), (head.Content.Headers.ContentLength, head.Headers.ETag));
        using var known = await Http.SendAsync(HttpMethod.Get, $"/folders/{top}/zip", null, ("If-None-Match", $"{answer.Headers.ETag}"));
        Assert.Equal(HttpStatusCode.NotModified, known.StatusCode);
    }

    [Fact]
    public async Task A_download_goes_on_until_the_folder_changes_and_then_starts_over()
    {
        var (top, _) = await TreeAsync();
        using var answer = await Http.GetAsync($"/folders/{top}/zip");
        var whole = await answer.Content.ReadAsByteArrayAsync();
        foreach (var (from, to) in new (int, int)[] { (0, 10), (100, whole.Length - 50), (whole.Length - 30, whole.Length - 1) })
        {
            using var part = await RangeAsync(top, from, to, answer.Headers.ETag);
            Assert.Equal(HttpStatusCode.PartialContent, part.StatusCode);
            Assert.Equal(whole[from..(to + 1)], await part.Content.ReadAsByteArrayAsync());
        }
        using var outside = await RangeAsync(top, whole.Length, whole.Length, answer.Headers.ETag);
        Assert.Equal(HttpStatusCode.RequestedRangeNotSatisfiable, outside.StatusCode);
        await Http.FolderAsync("new", top);
        using var over = await RangeAsync(top, 100, 200, answer.Headers.ETag);
        Assert.Equal(HttpStatusCode.OK, over.StatusCode);
        Assert.NotEqual(answer.Headers.ETag, over.Headers.ETag);
    }

    [Fact]
    public async Task An_archive_has_the_conditions_of_a_file_except_those_with_dates()
    {
        var (top, _) = await TreeAsync();
        using var answer = await Http.GetAsync($"/folders/{top}/zip");
        var tag = $"{answer.Headers.ETag}";
        foreach (var (field, value, status) in new[]
        {
            ("If-Match", "*", 200), ("If-Match", tag, 200), ("If-Match", "\"other\"", 412), ("If-Match", $"W/{tag}", 412), ("If-Match", "unquoted", 400),
            ("If-None-Match", "*", 304), ("If-None-Match", "unquoted", 200),
            ("If-Unmodified-Since", "Mon, 23 Nov 2020 08:25:25 GMT", 200), ("If-Modified-Since", "Mon, 23 Nov 2020 08:25:25 GMT", 200),
        })
            await AnswersAsync(status, (field, value));
        foreach (var (value, status) in new[]
        {
            (tag, 206), ("\"other\"", 200), ($"W/{tag}", 200), ("unquoted", 200), ("Mon, 23 Nov 2020 08:25:25 GMT", 200), (" ", 206),
        })
            await AnswersAsync(status, ("Range", "bytes=0-9"), ("If-Range", value));

        async Task AnswersAsync(int status, params (string Name, string Value)[] fields)
        {
            using var response = await Http.SendAsync(HttpMethod.Get, $"/folders/{top}/zip", null, fields);
            Assert.True(status == (int)response.StatusCode, $"{string.Join(", ", fields)} is {(int)response.StatusCode} instead of {status}");
        }
    }

    [Fact]
    public async Task A_link_opens_an_archive_of_what_it_names_and_nothing_else()
    {
        var (top, contents) = await TreeAsync();
        var file = await Http.UploadAsync([7, 8, 9], "loose.bin");
        using var created = await Http.SendJsonAsync(HttpMethod.Post, "/zip", $$"""{"ids":["{{file.Id()}}","{{top}}"]}""");
        var url = (await created.SucceededAsync()).Text("url");
        using var archive = new ZipArchive(new MemoryStream(await Http.GetByteArrayAsync(url)));
        Assert.Equal(contents.Count + 4, archive.Entries.Count);
        Assert.Contains("loose.bin", archive.Entries.Select(entry => entry.FullName));
        Assert.All(archive.Entries.Where(entry => entry.FullName != "loose.bin"), entry => Assert.StartsWith("tree", entry.FullName, StringComparison.Ordinal));

        var (path, grant) = (url.Split('?')[0], url.Split("grant=")[1]);
        foreach (var wrong in new[] { path, $"{path}?grant={grant[..^2]}AA", $"/zip/{path[5..27]}?grant={grant}", $"/links/{file.Id()}?grant={grant}", $"/zip/A?grant={grant}" })
            await Http.GetRefusedAsync(wrong, 404, "link_not_found");
        using var link = await Http.PostAsync($"/files/{file.Id()}/link", null);
        var other = (await link.SucceededAsync()).Text("url").Split("grant=")[1];
        await Http.GetRefusedAsync($"{path}?grant={other}", 404, "link_not_found");
        await Http.DeletedAsync($"/files/{file.Id()}?permanent=true");
        await Http.GetRefusedAsync(url, 404, "link_not_found");
    }

    [Fact]
    public async Task A_link_to_one_folder_gives_the_archive_its_name()
    {
        var folder = await Http.FolderAsync($"Ferien zoë {Guid.NewGuid():N}");
        var file = await Http.UploadAsync([7], "loose.bin");
        foreach (var (ids, name) in new[] { ($"\"{folder.FolderId()}\"", folder.Text("name")), ($"\"{file.Id()}\"", "FileDrop"), ("\"root\"", "FileDrop") })
        {
            using var created = await Http.SendJsonAsync(HttpMethod.Post, "/zip", $$"""{"ids":[{{ids}}]}""");
            using var answer = await Http.GetAsync((await created.SucceededAsync()).Text("url"));
            Assert.Equal($"{name}.zip", answer.Content.Headers.ContentDisposition?.FileNameStar ?? answer.Content.Headers.ContentDisposition?.FileName);
        }
    }

    [Theory]
    [InlineData("{}", 400, "invalid_request")]
    [InlineData("""{"ids":[]}""", 400, "invalid_request")]
    [InlineData("""{"ids":[5]}""", 400, "invalid_request")]
    [InlineData("""{"ids":["a"]}""", 404, "file_not_found")]
    [InlineData("""{"ids":["019ab3c2-7c1e-7d44-9a51-0c5f3f9b8a10"]}""", 404, "file_not_found")]
    [InlineData("""{"ids":["root"],"name":"a"}""", 400, "invalid_request")]
    public async Task A_bad_selection_is_refused(string json, int status, string code)
    {
        using var answer = await Http.SendJsonAsync(HttpMethod.Post, "/zip", json);
        await answer.RefusedAsync(status, code);
    }

    [Fact]
    public async Task Curl_resumes_an_archive_and_unzip_finds_it_whole()
    {
        var (top, contents) = await TreeAsync();
        var path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.zip");
        try
        {
            var whole = await Http.GetByteArrayAsync($"/folders/{top}/zip");
            await File.WriteAllBytesAsync(path, whole[..(whole.Length / 2)]);
            await RunAsync("curl", "-sSf", "-C", "-", "-o", path, $"{Http.BaseAddress}folders/{top}/zip");
            Assert.Equal(whole, await File.ReadAllBytesAsync(path));
            using var archive = ZipFile.OpenRead(path);
            Assert.Equal(contents.Count + 2, archive.Entries.Count);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private async Task<(string Top, Dictionary<string, byte[]> Contents)> TreeAsync()
    {
        var top = (await Http.FolderAsync($"tree {Guid.NewGuid():N}")).FolderId();
        await Http.FolderAsync("empty", top);
        var sub = (await Http.FolderAsync("sub", top)).FolderId();
        var large = new byte[300_000];
        Random.Shared.NextBytes(large);
        var contents = new Dictionary<string, byte[]>
        {
            ["a.txt"] = Encoding.UTF8.GetBytes("a"),
            ["Żółć 灯泡.txt"] = [],
            ["sub/large.bin"] = large,
        };
        foreach (var (path, content) in contents)
        {
            var folder = path.StartsWith("sub/", StringComparison.Ordinal) ? sub : top;
            using var answer = await Http.PostAsync(
                $"/files/upload?folder_id={folder}&file_name={Uri.EscapeDataString(path.Split('/')[^1])}", new ByteArrayContent(content));
            await answer.SucceededAsync(HttpStatusCode.Created);
        }
        return (top, contents);
    }

    private async Task<HttpResponseMessage> RangeAsync(string folder, long from, long to, EntityTagHeaderValue? tag)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/folders/{folder}/zip");
        request.Headers.Range = new RangeHeaderValue(from, to);
        request.Headers.IfRange = new RangeConditionHeaderValue(tag ?? throw new InvalidOperationException("The archive has no tag."));
        return await Http.SendAsync(request);
    }

    private static async Task RunAsync(string command, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardError = true })
            ?? throw new InvalidOperationException($"{command} did not start.");
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, error);
    }
}

public sealed class FolderZipOnEmbeddedTests(EmbeddedPair pair) : FolderZipTests(pair), IClassFixture<EmbeddedPair>;

public sealed class FolderZipOnClusterTests(ClusterPair pair) : FolderZipTests(pair), IClassFixture<ClusterPair>;
