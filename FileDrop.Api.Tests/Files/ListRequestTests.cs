using System.Net;
using Xunit;

namespace FileDrop.Api.Tests.Files;

/// <summary>GET /files: refused queries, and the bindings of a cursor.</summary>
public abstract class ListRequestTests(Pair pair)
{
    [Theory]
    [ClusterAtNight]
    [InlineData("/files?offset=100", "offset")]
    [InlineData("/files?page=2&limit=10", "page")]
    [InlineData("/trash?per_page=10", "per_page")]
    [InlineData("/files?skip=10", "skip")]
    [InlineData("/files?START=10", "START")]
    [InlineData("/admin/audit?marker=a", "marker")]
    [InlineData("/files?limt=10", "limt")]
    [InlineData("/files?curosr=a", "curosr")]
    [InlineData("/trash?tags=a:b", "tags")]
    [InlineData("/files?sortby=file_name", "sortby")]
    [InlineData("/files?createdafter=2026-11-23T08:25:25Z", "createdafter")]
    [InlineData("/admin/audit?limits=1", "limits")]
    public async Task A_likely_mistake_in_a_parameters_name_is_refused_and_the_answer_names_cursor(string path, string name)
    {
        using var response = await pair.Http.GetAsync(path);
        await response.RefusedAsync(400, "invalid_request");
        var detail = await response.Content.ReadAsStringAsync();
        Assert.Contains(name, detail, StringComparison.Ordinal);
        Assert.Contains("cursor", detail, StringComparison.Ordinal);
    }

    [Theory]
    [ClusterAtNight]
    [InlineData("_=1764444444")]
    [InlineData("ts=1&lang=en&utm_source=x")]
    [InlineData("access_token=a&format=json")]
    [InlineData("LIMIT=1")]
    [InlineData("owner=local")]
    public async Task Unknown_parameters_are_ignored(string query) => Assert.Equal(HttpStatusCode.OK, (await pair.Http.GetAsync($"/files?{query}")).StatusCode);

    [Theory]
    [ClusterAtNight]
    [InlineData("limit=0")]
    [InlineData("limit=-1")]
    [InlineData("limit=1001")]
    [InlineData("limit=abc")]
    [InlineData("limit=")]
    [InlineData("limit=1.0")]
    [InlineData("limit=%2B1")]
    [InlineData("limit=%201")]
    [InlineData("limit=99999999999999999999")]
    [InlineData("limit=1&limit=1")]
    [InlineData("sort=name")]
    [InlineData("sort=")]
    [InlineData("sort=FILE_NAME")]
    [InlineData("sort=file_name&sort=file_name")]
    [InlineData("order=down")]
    [InlineData("order=")]
    [InlineData("order=asc&order=desc")]
    [InlineData("cursor=a&cursor=b")]
    [InlineData("name=a&name=a&name=a&name=a&name=a&name=a&name=a&name=a&name=a&name=a&name=a&name=a&name=a&name=a&name=a&name=a&name=a")]
    [InlineData("search=a&search=b")]
    [InlineData("search=a+b+c+d+e+f+g+h+i+j+k+l+m+n+o+p+q")]
    [InlineData("type=a/b&type=a/c")]
    [InlineData("type=")]
    [InlineData("type=image")]
    [InlineData("type=image/")]
    [InlineData("type=/png")]
    [InlineData("type=a/b/c")]
    [InlineData("tag=a")]
    [InlineData("tag=")]
    [InlineData("tag=:b")]
    [InlineData("tag=a:b&tag=c")]
    [InlineData("min_size=-1")]
    [InlineData("min_size=x")]
    [InlineData("min_size=1&min_size=2")]
    [InlineData("max_size=9223372036854775808")]
    [InlineData("max_size=1.5")]
    [InlineData("max_size=1&max_size=1")]
    [InlineData("created_after=")]
    [InlineData("created_after=yesterday")]
    [InlineData("created_after=2026-11-23")]
    [InlineData("created_after=2026-11-23T08:25:25")]
    [InlineData("created_after=2026-11-23T08:25:25.123")]
    [InlineData("created_after=2026-11-23T08:25:25.Z")]
    [InlineData("created_after=2026-11-23T08:25:25.12xZ")]
    [InlineData("created_after=2026-11-23T08:25Z")]
    [InlineData("created_after=2026-11-23T08:25:25%2B0100")]
    [InlineData("created_after=2026-11-23T08:25:25%2B01")]
    [InlineData("created_after=2026-11-23T08:25:25%2B25:00")]
    [InlineData("created_after=2026-13-23T08:25:25Z")]
    [InlineData("created_after=2026-02-30T08:25:25Z")]
    [InlineData("created_after=2026-11-23T24:25:25Z")]
    [InlineData("created_after=1763886325")]
    [InlineData("created_after=0001-01-01T00:00:00%2B14:00")]
    [InlineData("created_before=Mon,%2023%20Nov%202026%2008:25:25%20GMT")]
    [InlineData("created_before=2026-11-23T08:25:25ZZ")]
    [InlineData("created_before=%D9%A2026-11-23T08:25:25Z")]
    [InlineData("created_before=2026-11-23T08:25:25Z&created_before=2026-11-23T08:25:25Z")]
    public async Task A_malformed_or_repeated_parameter_is_refused(string query)
    {
        using var response = await pair.Http.GetAsync($"/files?{query}");
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("invalid_request", await response.CodeAsync());
    }

    [Theory]
    [ClusterAtNight]
    [InlineData("name=%E9")]
    [InlineData("name=%FF%FE")]
    [InlineData("name=%ED%A0%80")]
    [InlineData("NAME=a&na%6De=%E9")]
    [InlineData("search=%E9")]
    [InlineData("tag=a:%E9")]
    [InlineData("tag=a:b&tag=a:%ED%A0%80")]
    [InlineData("type=%E9/*")]
    public async Task A_filter_with_bytes_that_are_not_UTF_8_is_refused_with_a_detail(string query)
    {
        foreach (var list in new[] { "/files", "/trash" })
        {
            using var response = await pair.Http.GetAsync($"{list}?{query}");
            await response.RefusedAsync(400, "invalid_request");
            Assert.Contains("UTF-8", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("limit=1")]
    [InlineData("limit=1000")]
    [InlineData("limit=007")]
    [InlineData("created_before=9999-12-31T23:59:59.9999%2B00:01")]
    [InlineData("created_after=9999-12-31T23:59:59.9999-00:00")]
    [InlineData("name=")]
    [InlineData("name=%EF%BF%BE")]
    [InlineData("search=")]
    [InlineData("search=%20%00%EF%BF%BE+%CC%81")]
    [InlineData("search=%5B%5D%5C%28%2A%2B%3F%7B1%2C%7D%5E%24%7C.-%23%26~%3C%3D%3E")]
    [InlineData("tag=a:b%00")]
    [InlineData("tag=%00:b")]
    [InlineData("type=%00/%00")]
    [InlineData("unknown=1&unknown=2")]
    [InlineData("")]
    public async Task A_strange_but_well_formed_query_is_answered(string query)
    {
        using var response = await pair.Http.GetAsync($"/files?{query}");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Theory]
    [ClusterAtNight]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("AAAA")]
    [InlineData("!!!!")]
    [InlineData("%00")]
    [InlineData("%C5%BC")]
    [InlineData("019ab3c2-7c1e-7d44-9a51-0c5f3f9b8a10")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public async Task A_cursor_that_no_list_has_issued_is_refused(string cursor)
    {
        foreach (var sort in new[] { "created_at", "file_name", "file_size" })
            await RefusesAsync($"sort={sort}&cursor={cursor}");
    }

    [Fact]
    [ClusterAtNight]
    public async Task A_cursor_that_was_damaged_or_cut_short_never_makes_the_service_fail()
    {
        foreach (var sort in new[] { "created_at", "updated_at", "file_name", "file_size" })
        {
            var cursor = await CursorAsync($"sort={sort}");
            for (var at = 0; at < cursor.Length; at++)
            {
                var damaged = $"{cursor[..at]}{(cursor[at] == 'A' ? '_' : 'A')}{cursor[(at + 1)..]}";
                foreach (var bad in new[] { damaged, cursor[..at] })
                {
                    using var response = await pair.Http.GetAsync($"/files?sort={sort}&cursor={bad}");
                    Assert.True((int)response.StatusCode is 200 or 400, $"{bad}: {response.StatusCode}");
                    // The first characters identify the walk, so a change there makes the cursor invalid.
                    if (at < 10 || bad.Length < 42)
                        Assert.Equal("invalid_cursor", await response.CodeAsync());
                }
            }
        }
    }

    [Fact]
    public async Task A_cursor_is_valid_only_with_its_own_sort_order_and_filters()
    {
        string[] walks =
        [
            "", "sort=updated_at", "sort=file_name", "sort=file_size", "order=asc", "sort=file_name&order=asc",
            "name=f", "name=fi", "type=text/*", "type=text/plain", "tag=a:1", "tag=a:1&tag=b:2", "tag=b:2", "tag=a:1&tag=a:1",
            "min_size=1", "max_size=1", "min_size=1&max_size=1", "min_size=0",
            "created_after=2000-01-01T00:00:00Z", "created_before=2100-01-01T00:00:00Z", "created_after=2001-01-01T00:00:00Z",
        ];
        var cursors = new Dictionary<string, string>();
        foreach (var walk in walks)
            cursors[walk] = await CursorAsync(walk);
        foreach (var (given, cursor) in cursors)
        {
            foreach (var walk in walks.Where(walk => walk != given))
                await RefusesAsync($"{walk}&cursor={cursor}");
            Assert.Single((await pair.Http.PageAsync($"/files?{given}&limit=1&cursor={cursor}")).Files);
        }
    }

    [Fact]
    public async Task A_cursor_is_valid_with_any_limit_and_any_spelling_of_the_query()
    {
        var cursor = await CursorAsync("name=F&type=TEXT/*&created_after=2000-01-01T02:00:00%2B02:00");
        const string Same = "limit=1000&order=desc&sort=created_at&type=text/*&name=f&created_after=2000-01-01T00:00:00Z";
        var rest = await pair.Http.PageAsync($"/files?{Same}&cursor={cursor}");
        Assert.Equal(2, rest.Files.Count);
        Assert.Null(rest.Next);
    }

    [Fact]
    public async Task A_next_link_works_with_parameters_in_any_case()
    {
        var first = await pair.Http.PageAsync($"/files?Limit=1&CURSOR={await CursorAsync("")}");
        Assert.Single(first.Files);
        Assert.Single((await pair.Http.PageAsync(first.Next ?? "")).Files);
    }

    private async Task RefusesAsync(string query)
    {
        using var response = await pair.Http.GetAsync($"/files?{query}");
        Assert.True(response.StatusCode == HttpStatusCode.BadRequest, query);
        Assert.Equal("invalid_cursor", await response.CodeAsync());
    }

    /// <summary>The cursor after the first of three files, which match every filter here.</summary>
    private async Task<string> CursorAsync(string query)
    {
        if ((await pair.Http.PageAsync("/files")).Files.Count == 0)
        {
            var tags = new Dictionary<string, string> { ["a"] = "1", ["b"] = "2" };
            foreach (var name in new[] { "fiii", "file", "Filed" })
                await pair.Http.UploadFormAsync(name, 1, "text/plain", tags);
        }
        return (await pair.Http.PageAsync($"/files?{query}&limit=1")).Cursor;
    }
}

public sealed class ListRequestOnEmbeddedTests(EmbeddedPair pair) : ListRequestTests(pair), IClassFixture<EmbeddedPair>;

public sealed class ListRequestOnClusterTests(ClusterPair pair) : ListRequestTests(pair), IClassFixture<ClusterPair>;
