using System.Net;
using System.Security.Cryptography;
using System.Text;
using FileDrop.Api.Catalog;
using Xunit;

namespace FileDrop.Api.Tests.Files;

/// <summary>GET /files: the content and order of a page, and the link to the next.</summary>
public abstract class ListTests(Pair pair)
{
    public static IEnumerable<TheoryDataRow<string, string>> Orders => ListWords.Orders;

    [Fact]
    public async Task A_service_without_files_answers_with_an_empty_array()
    {
        var http = await pair.EmptiedAsync();
        using var response = await http.GetAsync("/files");
        Assert.Equal("[]\n", await response.Content.ReadAsStringAsync());
        Assert.False(response.Headers.Contains("Link"), "there is no next page");
    }

    [Fact]
    public async Task A_list_is_an_array_of_the_same_objects_as_in_other_answers()
    {
        var http = await pair.EmptiedAsync();
        await http.UploadFormAsync("Żółć 灯泡.pdf", 7, "application/pdf", new Dictionary<string, string> { ["project"] = "apollo" });
        using var response = await http.GetAsync("/files");
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        var list = await response.Content.ReadAsStringAsync();
        var file = Assert.Single((await response.JsonAsync()).EnumerateArray());
        Assert.Equal(
            ["created_at", "file_id", "file_name", "file_size", "file_type", "folder_id", "modified_at", "sha256", "tags", "updated_at", "version"],
            file.EnumerateObject().Select(member => member.Name).Order(StringComparer.Ordinal));
        Assert.Equal($"[{(await http.GetStringAsync($"/files/{file.Id()}/metadata")).TrimEnd()}]\n", list);
        Assert.Equal("Żółć 灯泡.pdf", file.GetProperty("file_name").GetString());
        Assert.Equal("""{"project":"apollo"}""", file.GetProperty("tags").GetRawText());
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(new byte[7])), file.GetProperty("sha256").GetString());
        foreach (var time in new[] { "created_at", "updated_at" })
            Assert.Matches(@"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$", file.GetProperty(time).GetString() ?? "");
    }

    [Fact]
    public async Task The_newest_file_comes_first_by_default()
    {
        var http = await pair.EmptiedAsync();
        var uploaded = new List<Listed>();
        for (var i = 0; i < 5; i++)
            uploaded.Add(Listed.Of(await http.UploadAsync([1], $"{i}")));
        var listed = (await http.PageAsync("/files")).Files;
        Assert.Equal(uploaded.Sorted("created_at", "desc"), listed);
        Assert.Equal(listed, (await http.PageAsync("/files?sort=created_at&order=desc")).Files);
        Assert.Equal(listed.Reverse(), (await http.PageAsync("/files?order=asc")).Files);
    }

    [Fact]
    public async Task A_page_that_the_client_has_is_answered_with_304_until_it_changes()
    {
        var http = await pair.EmptiedAsync();
        var file = await http.UploadAsync([1], "a");
        var first = await TagAsync();
        Assert.Equal(first, await TagAsync());
        using var known = await http.SendAsync(HttpMethod.Get, "/files?limit=2", null, ("If-None-Match", $"\"other\", {first}"));
        Assert.Equal((HttpStatusCode.NotModified, first), (known.StatusCode, known.Headers.ETag?.ToString()));
        using (await http.PutJsonAsync(file.Id(), """{"file_name":"b"}"""))
        {
            var renamed = await TagAsync();
            await http.UploadAsync([2], "c");
            var longer = await TagAsync();
            await http.UploadAsync([3], "d");
            await http.UploadAsync([4], "e");
            Assert.Equal(4, new HashSet<string>([first, renamed, longer, await TagAsync()]).Count);
        }

        async Task<string> TagAsync()
        {
            using var response = await http.SendAsync(HttpMethod.Get, "/files?limit=2", null, ("If-None-Match", "\"none\""));
            return response.Headers.ETag?.ToString() ?? "";
        }
    }

    [Theory, MemberData(nameof(Orders))]
    public async Task Every_order_is_total_and_breaks_ties_by_the_id_in_the_same_direction(string sort, string order)
    {
        var http = await pair.EmptiedAsync();
        var files = await MakeTiesAsync(http);
        Assert.Equal(files.Sorted(sort, order).Ids(), (await http.PageAsync($"/files?sort={sort}&order={order}")).Files.Ids());
        if (order == "desc")
            Assert.Equal(files.Sorted(sort, order).Ids(), (await http.PageAsync($"/files?sort={sort}")).Files.Ids());
    }

    [Theory, MemberData(nameof(Orders))]
    public async Task Following_the_next_links_visits_every_file_exactly_once_and_in_order(string sort, string order)
    {
        var http = await pair.EmptiedAsync();
        var files = await MakeTiesAsync(http);
        foreach (var limit in new[] { 1, 2, 7, files.Count, 1000 })
        {
            var pages = await http.WalkAsync($"/files?sort={sort}&order={order}&limit={limit}");
            Assert.Equal(files.Sorted(sort, order).Ids(), pages.Files().Ids());
            Assert.All(pages.SkipLast(1), page => Assert.Equal(limit, page.Files.Count));
            Assert.Equal((files.Count + limit - 1) / limit, pages.Count);
        }
    }

    [Fact]
    public async Task A_page_has_at_most_a_thousand_files_which_is_the_default()
    {
        var http = await pair.EmptiedAsync();
        var ids = new List<string>();
        foreach (var some in Enumerable.Range(0, 1003).Chunk(40))
            ids.AddRange(await Task.WhenAll(some.Select(i => pair.Catalog().SeedAsync($"{i}"))));
        foreach (var target in new[] { "/files", "/files?limit=1000" })
        {
            var pages = await http.WalkAsync(target);
            Assert.Equal([1000, 3], pages.Select(page => page.Files.Count));
            Assert.Equal(ids.Order(StringComparer.Ordinal), pages.Files().Ids().Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public async Task The_next_link_repeats_the_query_and_changes_only_the_cursor()
    {
        var http = await pair.EmptiedAsync();
        foreach (var name in new[] { "ż & co=1", "Ż & CO=2", "ż & co=3" })
            await http.UploadFormAsync(name, 3, "text/plain", new Dictionary<string, string> { ["a"] = "1", ["b.c"] = "x:y+z" });
        const string Query = "name=%C5%BC%20%26%20co%3D&tag=a%3A1&tag=b.c%3Ax%3Ay%2Bz&type=text%2F*&sort=file_name&order=asc&limit=1";
        var first = await http.PageAsync($"/files?{Query}");
        Assert.Equal(Query.Split('&').Order(StringComparer.Ordinal), Others(first));
        var second = await http.PageAsync(first.Next ?? "");
        Assert.Equal(Query.Split('&').Order(StringComparer.Ordinal), Others(second));
        Assert.NotEqual(first.Cursor, second.Cursor);
        Assert.Equal(["ż & co=1", "Ż & CO=2", "ż & co=3"], (await http.WalkAsync($"/files?{Query}")).Files().Select(file => file.Name));

        static IEnumerable<string> Others(Page page) => (page.Next ?? "").Split('?')[1].Split('&')
            .Where(part => !part.StartsWith("cursor=", StringComparison.Ordinal)).Order(StringComparer.Ordinal);
    }

    [Fact]
    public async Task Names_sort_by_the_bytes_of_UTF_8_and_not_by_UTF_16()
    {
        var http = await pair.EmptiedAsync();
        // In UTF-16, the emoji (a surrogate pair) would come before the private use area and the full-width letters.
        string[] names =
        [
            "A", "b", "C", "Z", "_", "ß", "İ", "Ż", "ſ", "ⓐ", "中", "\uD7FF", "\uE000", "\uFB00", "ａ", "\uFFFD", "🎉", "\U0010FFFF",
        ];
        foreach (var name in names.Reverse())
            await pair.Catalog().SeedAsync(name);
        var expected = names
            .OrderBy(name => Convert.ToHexString(Encoding.UTF8.GetBytes(name.ToUpperInvariant())), StringComparer.Ordinal).ToList();
        Assert.True(expected.IndexOf("\uE000") < expected.IndexOf("🎉"), "what is expected is the order of UTF-8");
        foreach (var limit in new[] { 1, 4, 1000 })
        {
            var upwards = await http.WalkAsync($"/files?sort=file_name&order=asc&limit={limit}");
            Assert.Equal(expected, upwards.Files().Select(file => file.Name));
            var downwards = await http.WalkAsync($"/files?sort=file_name&order=desc&limit={limit}");
            Assert.Equal(expected.AsEnumerable().Reverse(), downwards.Files().Select(file => file.Name));
        }
    }

    [Fact]
    public async Task A_file_is_listed_exactly_from_its_commit_to_its_deletion()
    {
        var http = await pair.EmptiedAsync();
        using var upload = await Wire.ConnectAsync(pair.Service.Address);
        await upload.SendAsync(new KeyedRequest("slow") { Name = "slow", Text = "abcdef" }.OnTheWire(3));
        await pair.UntilRunningAsync("slow");
        Assert.Empty((await http.PageAsync("/files")).Files);
        await upload.SendAsync("def");
        var answer = await upload.ReadAnswerAsync();
        Assert.Equal(201, answer.Status);
        var file = Assert.Single((await http.PageAsync("/files")).Files);
        Assert.Equal("slow", file.Name);
        using var deleted = await http.DeleteAsync($"/files/{file.Id}");
        Assert.True(deleted.IsSuccessStatusCode);
        Assert.Empty((await http.PageAsync("/files")).Files);
        Assert.Empty((await http.WalkAsync("/files?name=slow&sort=file_name")).Files());
    }

    /// <summary>Makes files with equal names (except for case), sizes and, if the clock allows, times.</summary>
    private async Task<IReadOnlyList<Listed>> MakeTiesAsync(HttpClient http)
    {
        string[] names = ["same", "Same", "SAME", "other", "same", "\uE000", "🎉", "other", "ż"];
        await Task.WhenAll(names.Select((name, i) => pair.Catalog().SeedAsync(name, size: i % 3)));
        var ids = (await http.PageAsync("/files")).Files.Where((_, i) => i % 3 == 1).Ids().ToList();
        foreach (var id in ids)
        {
            var change = new MetadataChange(null, new Dictionary<string, string> { ["touched"] = "yes" });
            Assert.Equal(ChangeOutcome.Done, (await pair.Catalog().ChangeAsync("local", Guid.Parse(id), change, default)).Outcome);
        }
        var files = (await http.PageAsync("/files")).Files;
        Assert.Equal(names.Order(StringComparer.Ordinal), files.Select(file => file.Name).Order(StringComparer.Ordinal));
        return files;
    }
}

public sealed class ListOnEmbeddedTests(EmbeddedPair pair) : ListTests(pair), IClassFixture<EmbeddedPair>;

public sealed class ListOnClusterTests(ClusterPair pair) : ListTests(pair), IClassFixture<ClusterPair>;
