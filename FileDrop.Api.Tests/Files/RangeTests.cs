using System.Net;
using System.Text;
using Xunit;

namespace FileDrop.Api.Tests.Files;

public abstract class RangeTests(Pair pair)
{
    private const string Digits = "0123456789";

    [Theory]
    [InlineData("bytes=0-0", "0-0")]
    [InlineData("bytes=2-4", "2-4")]
    [InlineData("bytes=2-", "2-9")]
    [InlineData("bytes=9-", "9-9")]
    [InlineData("bytes=0-9", "0-9")]
    [InlineData("bytes=5-1000", "5-9")]
    [InlineData("bytes=-3", "7-9")]
    [InlineData("bytes=-10", "0-9")]
    [InlineData("bytes=-1000", "0-9")]
    [InlineData("BYTES=1-2", "1-2")]
    [InlineData("bytes=0-99999999999999999999999999", "0-9")]
    [InlineData("bytes=-99999999999999999999999999", "0-9")]
    [InlineData("bytes=00000000000000000000003-0000000000000000000000004", "3-4")]
    public async Task One_range_is_answered_with_its_bytes(string range, string slice)
    {
        var file = await UploadAsync(Digits);
        using var response = await pair.Http.SendAsync(HttpMethod.Get, $"/files/{file}", null, ("Range", range));
        Assert.Equal(HttpStatusCode.PartialContent, response.StatusCode);
        Assert.Equal($"bytes {slice}/10", response.Content.Headers.GetValues("Content-Range").Single());
        var (first, last) = (slice[0] - '0', slice[2] - '0');
        Assert.Equal(last - first + 1, response.Content.Headers.ContentLength);
        Assert.Equal(Digits[first..(last + 1)], await response.Content.ReadAsStringAsync());
        Assert.Equal(await pair.Http.TagAsync(file), response.Headers.ETag?.ToString());
        Assert.Equal(Requests.Digest(Digits), response.Headers.GetValues("Repr-Digest").Single());
        Assert.Equal("nosniff", response.Headers.GetValues("X-Content-Type-Options").Single());
    }

    [Theory]
    [ClusterAtNight]
    [InlineData("bytes=10-")]
    [InlineData("bytes=10-20")]
    [InlineData("bytes=1000-")]
    [InlineData("bytes=-0")]
    [InlineData("bytes=9223372036854775807-")]
    [InlineData("bytes=99999999999999999999999999-")]
    [InlineData("bytes=99999999999999999999999998-99999999999999999999999999")]
    public async Task A_range_outside_the_file_is_answered_with_416_and_the_size(string range)
    {
        var file = await UploadAsync(Digits);
        using var response = await pair.Http.SendAsync(HttpMethod.Get, $"/files/{file}", null, ("Range", range));
        Assert.Equal("bytes */10", response.Content.Headers.GetValues("Content-Range").Single());
        await response.RefusedAsync(416, "range_not_satisfiable");
    }

    [Theory]
    [ClusterAtNight]
    [InlineData("bytes=0-0,2-3")]
    [InlineData("bytes=0-0, -1")]
    [InlineData("bytes=")]
    [InlineData("bytes=-")]
    [InlineData("bytes=5")]
    [InlineData("bytes=a-b")]
    [InlineData("bytes=4-2")]
    [InlineData("bytes=--2")]
    [InlineData("bytes=0--1")]
    [InlineData("bytes=+1-2")]
    [InlineData("bytes=0x1-2")]
    [InlineData("bytes=1 - 2")]
    [InlineData("bytes=1-2;")]
    [InlineData("bytes:1-2")]
    [InlineData("bytes")]
    [InlineData("1-2")]
    [InlineData("items=1-2")]
    [InlineData("bytes =1-2")]
    [InlineData("bytes=１-２")]
    public async Task Several_ranges_a_malformed_range_and_another_unit_return_the_whole_file(string range)
    {
        var file = await UploadAsync(Digits);
        using var wire = await Wire.ConnectAsync(pair.Service);
        await wire.SendHeadAsync($"GET /files/{file}", $"Range: {range}");
        await AssertWholeAsync(wire);
    }

    [Fact]
    [ClusterAtNight]
    public async Task Two_Range_fields_return_the_whole_file()
    {
        var file = await UploadAsync(Digits);
        using var wire = await Wire.ConnectAsync(pair.Service);
        await wire.SendHeadAsync($"GET /files/{file}", "Range: bytes=0-1", "Range: bytes=2-3");
        await AssertWholeAsync(wire);
    }

    [Theory]
    [InlineData("bytes=0-", 416)]
    [InlineData("bytes=0-0", 416)]
    [InlineData("bytes=5-", 416)]
    [InlineData("bytes=-5", 200)]
    public async Task An_empty_file_has_no_first_byte_but_its_last_five_are_all_of_it(string range, int status)
    {
        var file = await UploadAsync("");
        using var response = await pair.Http.SendAsync(HttpMethod.Get, $"/files/{file}", null, ("Range", range));
        Assert.Equal(status, (int)response.StatusCode);
        if (status == 200)
            Assert.Empty(await response.Content.ReadAsByteArrayAsync());
        else
            Assert.Equal("bytes */0", response.Content.Headers.GetValues("Content-Range").Single());
    }

    [Theory]
    [ClusterAtNight]
    [InlineData("bytes=2-4")]
    [InlineData("bytes=10-")]
    public async Task A_HEAD_request_ignores_ranges(string range)
    {
        var file = await UploadAsync(Digits);
        using var response = await pair.Http.SendAsync(HttpMethod.Head, $"/files/{file}", null, ("Range", range));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(10, response.Content.Headers.ContentLength);
        Assert.False(response.Content.Headers.Contains("Content-Range"));
    }

    [Fact]
    public async Task If_Range_allows_the_range_only_for_the_same_content()
    {
        var file = await UploadAsync(Digits);
        var tag = await pair.Http.TagAsync(file);
        foreach (var (condition, status) in new[]
        {
            (tag, 206), ("\"other\"", 200), ($"W/{tag}", 200), ("rubbish", 200), ("*", 200), ($"{tag}, \"other\"", 200),
            ("Thu, 01 Jan 2015 00:00:00 GMT", 200), ("Fri, 01 Jan 2100 00:00:00 GMT", 200),
        })
        {
            using var response = await pair.Http.SendAsync(HttpMethod.Get, $"/files/{file}", null, ("Range", "bytes=2-4"), ("If-Range", condition));
            Assert.True(status == (int)response.StatusCode, condition);
            Assert.Equal(status == 206 ? "234" : Digits, await response.Content.ReadAsStringAsync());
        }
        // A condition that does not hold cancels the range, even one outside the file.
        using var outside = await pair.Http.SendAsync(HttpMethod.Get, $"/files/{file}", null, ("Range", "bytes=10-"), ("If-Range", "\"other\""));
        Assert.Equal(HttpStatusCode.OK, outside.StatusCode);
    }

    [Fact]
    public async Task If_Range_with_the_date_of_the_content_allows_the_range_once_that_second_is_over()
    {
        var file = await UploadAsync(Digits);
        using var whole = await pair.Http.GetAsync($"/files/{file}");
        var date = whole.Content.Headers.LastModified?.ToString("r", System.Globalization.CultureInfo.InvariantCulture) ?? "";
        await Service.UntilAsync("the date is a strong validator", async () =>
        {
            using var response = await pair.Http.SendAsync(HttpMethod.Get, $"/files/{file}", null, ("Range", "bytes=2-4"), ("If-Range", date));
            return response.StatusCode == HttpStatusCode.PartialContent && await response.Content.ReadAsStringAsync() == "234";
        });
    }

    [Fact]
    public async Task Slices_of_a_file_of_several_parts_are_its_bytes()
    {
        const int MiB = 1024 * 1024;
        var content = Requests.Bytes((17 * MiB) + 5);
        var file = await pair.Http.UploadAsync(content, "large");
        foreach (var (first, last) in new[] { (0, 0), ((8 * MiB) - 1, 8 * MiB), (MiB, 17 * MiB), (16 * MiB, content.Length - 1) })
        {
            using var response = await pair.Http.SendAsync(HttpMethod.Get, $"/files/{file.Id()}", null, ("Range", $"bytes={first}-{last}"));
            Assert.Equal(HttpStatusCode.PartialContent, response.StatusCode);
            var read = await response.Content.ReadAsByteArrayAsync();
            Assert.True(content.AsSpan(first, last - first + 1).SequenceEqual(read), $"{first}-{last}");
        }
    }

    private static async Task AssertWholeAsync(Wire wire)
    {
        var answer = await wire.ReadAnswerAsync();
        Assert.Equal(200, answer.Status);
        Assert.Equal(Digits, answer.Body);
        Assert.False(answer.Fields.ContainsKey("Content-Range"));
    }

    private async Task<string> UploadAsync(string content) => (await pair.Http.UploadAsync(Encoding.UTF8.GetBytes(content), "digits.txt")).Id();
}

public sealed class RangeOnEmbeddedTests(EmbeddedPair pair) : RangeTests(pair), IClassFixture<EmbeddedPair>;

public sealed class RangeOnClusterTests(ClusterPair pair) : RangeTests(pair), IClassFixture<ClusterPair>;
