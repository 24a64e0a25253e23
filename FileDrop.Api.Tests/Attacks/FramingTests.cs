using FileDrop.Api.Tests.Files;
using Xunit;

namespace FileDrop.Api.Tests.Attacks;

/// <summary>Requests that a proxy may read differently from this service.</summary>
public abstract class FramingTests(Pair pair)
{
    /// <summary>Five bytes if read as chunks, fifteen if read as they are.</summary>
    private const string Chunks = "5\r\nhello\r\n0\r\n\r\n";

    private static readonly string[] Lines = ["POST /files/upload", "GET /files", "POST /uploads"];

    [Theory]
    [InlineData("Transfer-Encoding: gzip, chunked", 501)]
    [InlineData("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked", 501)]
    [InlineData("Transfer-Encoding: deflate, chunked", 501)]
    [InlineData("Transfer-Encoding: identity, chunked", 501)]
    [InlineData("Transfer-Encoding: x, CHUNKED", 501)]
    [InlineData("Transfer-Encoding: chunked, chunked", 400)]
    [InlineData("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", 400)]
    [InlineData("Transfer-Encoding: , chunked", 400)]
    [InlineData("Transfer-Encoding: chunked\r\nContent-Length: 5", 400)]
    [InlineData("Content-Length: 15\r\nTransfer-Encoding: chunked", 400)]
    [InlineData("Content-Length: 0\r\nTransfer-Encoding: chunked", 400)]
    [InlineData("Transfer-Encoding: chunked, gzip", 400)]
    [InlineData("Transfer-Encoding: \u000bchunked", 400)]
    [InlineData("Transfer-Encoding : chunked", 400)]
    [InlineData("Content-Length: +15", 400)]
    [InlineData("Content-Length: -0", 400)]
    [InlineData("Content-Length: 15 ,", 400)]
    [InlineData("Content-Length: 1_5", 400)]
    [InlineData("Content-Length: 0x15", 400)]
    [InlineData("Content-Length: 15, 15", 400)]
    [InlineData("Content-Length: 15\r\nContent-Length: 15", 400)]
    [InlineData("Content-Length: 00000000000000000000000000000000000015", 400)]
    [InlineData("Content-Length: 1\u0661", 400)]
    [InlineData("X: y\nContent-Length: 15", 400)]
    [InlineData("X: y\rContent-Length: 15", 400)]
    [InlineData("X: y\r\n folded\r\nContent-Length: 15", 400)]
    public async Task A_request_whose_end_is_doubtful_is_refused_and_the_connection_closed(string fields, int status) => await pair.LeavesNothingAsync(async () =>
    {
        foreach (var line in Lines)
        {
            using var wire = await Wire.ConnectAsync(pair.Service);
            await wire.SendAsync($"{line} HTTP/1.1\r\nHost: {pair.Service.Address.Authority}\r\n{fields}\r\n\r\n{Chunks}GET /alive HTTP/1.1\r\nHost: localhost\r\n\r\n");
            var answer = await wire.ReadAnswerAsync();
            Assert.True(status == answer.Status, $"{line}: {answer.Status} {answer.Body}");
            if (status == 501)
                Assert.Equal("unknown_transfer_coding", answer.Code());
            Assert.Null(await wire.ReadAsync());
        }
    });

    [Theory]
    [InlineData("POST /files/upload HTTP/1.1\nHost: localhost\nContent-Length: 0\n\n")]
    [InlineData("POST /files/upload HTTP/1.1\r\nHost: localhost\nContent-Length: 0\r\n\r\n")]
    [InlineData("POST /files/upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\n")]
    [InlineData("POST /files/upload HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n")]
    [InlineData("POST /files/upload HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5;\nhello\r\n0\r\n\r\n")]
    [InlineData("POST /files/upload HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\n0\r\n\r\n")]
    [InlineData("POST /files/upload HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX: y\n\r\n")]
    [InlineData("POST /files/upload HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\n\n")]
    [InlineData("POST /files/upload HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n+5\r\nhello\r\n0\r\n\r\n")]
    [InlineData("POST /files/upload HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n")]
    public async Task A_bare_line_feed_or_an_odd_chunk_is_refused_and_the_connection_closed(string request) => await pair.LeavesNothingAsync(async () =>
    {
        using var wire = await Wire.ConnectAsync(pair.Service);
        await wire.SendAsync($"{request}GET /alive HTTP/1.1\r\nHost: localhost\r\n\r\n");
        Assert.Equal(400, (await wire.ReadAnswerAsync()).Status);
        Assert.Null(await wire.ReadAsync());
    });

    [Fact]
    public async Task Chunks_in_HTTP_1_0_are_refused()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, ("FileDrop:Access:Anonymous", "true"));
        using var wire = await Wire.ConnectAsync(service);
        await wire.SendAsync($"POST /files/upload HTTP/1.0\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n{Chunks}");
        var answer = await wire.ReadAnswerAsync();
        Assert.Equal((400, "invalid_request"), (answer.Status, answer.Code()));
        Assert.Null(await wire.ReadAsync());
    }

    [Theory]
    [InlineData("Content-Length: 015", 15)]
    [InlineData("Content-Length:   15  ", 15)]
    [InlineData("Transfer-Encoding: Chunked", 5)]
    public async Task What_everybody_reads_alike_is_taken(string field, int size)
    {
        using var wire = await Wire.ConnectAsync(pair.Service);
        await wire.SendHeadAsync("POST /files/upload", field);
        await wire.SendAsync(Chunks);
        var answer = await wire.ReadAnswerAsync();
        Assert.Equal(201, answer.Status);
        Assert.Equal(size, answer.Json().GetProperty("file_size").GetInt32());
        await wire.SendHeadAsync("GET /alive");
        Assert.Equal(200, (await wire.ReadAnswerAsync()).Status);
    }
}

public sealed class FramingOnEmbeddedTests(EmbeddedPair pair) : FramingTests(pair), IClassFixture<EmbeddedPair>;

[ClusterAtNight]
public sealed class FramingOnClusterTests(ClusterPair pair) : FramingTests(pair), IClassFixture<ClusterPair>;
