using System.Net;
using Xunit;

namespace FileDrop.Api.Tests.Files;

/// <summary>GET /files: queries that are refused, and what a cursor is bound to.</summary>
public abstract class ListRequestTests(Pair pair)
{
    [Theory]
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
    [InlineData("name=a&name=b")]
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
    public async Task A_parameter_that_is_malformed_or_stands_twice_is_refused(string query)
    {
        using var response = await pair.Http.GetAsync($"/files?{query}");
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("invalid_request", await response.CodeAsync());
    }

    [Theory]
    [InlineData("limit=1")]
    [InlineData("limit=1000")]
    [InlineData("limit=007")]
    [InlineData("created_before=9999-12-31T23:59:59.9999%2B00:01")]
    [InlineData("created_after=9999-12-31T23:59:59.9999-00:00")]
    [InlineData("name=")]
    [InlineData("name=%EF%BF%BE")]
    [InlineData("name=%FF%FE")]
    [InlineData("name=%ED%A0%80")]
    [InlineData("tag=a:%ED%A0%80")]
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
    [InlineData("")]
    [InlineData("x")]
    [InlineData("AAAA")]
    [InlineData("!!!!")]
    [InlineData("%00")]
    [InlineData("%C5%BC")]
    [InlineData("019ab3c2-7c1e-7d44-9a51-0c5f3f9b8a10")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public async Task A_cursor_that_no_list_gave_is_refused(string cursor)
    {
        foreach (var sort in new[] { "created_at", "file_name", "file_size" })
            await RefusesAsync($"sort={sort}&cursor={cursor}");
    }

    [Fact]
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
                    // The first characters tell which walk the cursor belongs to; without them there is none.
                    if (at < 10 || bad.Length < 42)
                        Assert.Equal("invalid_cursor", await response.CodeAsync());
                }
            }
        }
    }

    [Fact]
    public async Task A_cursor_goes_on_with_its_own_sort_order_and_filters_alone()
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
    public async Task A_cursor_is_not_bound_to_the_limit_nor_to_how_the_query_is_spelled()
    {
        var cursor = await CursorAsync("name=F&type=TEXT/*&created_after=2000-01-01T02:00:00%2B02:00");
        const string Same = "limit=1000&order=desc&sort=created_at&type=text/*&name=f&created_after=2000-01-01T00:00:00Z";
        var rest = await pair.Http.PageAsync($"/files?{Same}&cursor={cursor}");
        Assert.Equal(2, rest.Files.Count);
        Assert.Null(rest.Next);
    }

    [Fact]
    public async Task A_link_can_be_followed_whatever_the_case_in_which_its_parameters_are_written()
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

    /// <summary>The cursor behind the first of three files that every filter here lets through.</summary>
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
