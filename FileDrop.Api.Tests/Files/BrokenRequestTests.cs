using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace FileDrop.Api.Tests.Files;

public abstract class BrokenRequestTests(Pair pair)
{
    private const int Large = 20 * 1024 * 1024;

    [Theory]
    [InlineData("POST /files/upload", "application/octet-stream")]
    [InlineData("POST /files/upload", FormBody.Type)]
    [InlineData("PUT /files/{id}", "application/octet-stream")]
    [InlineData("PUT /files/{id}", FormBody.Type)]
    [InlineData("PUT /files/{id}/content", "application/octet-stream")]
    public async Task A_client_that_disconnects_at_99_percent_leaves_nothing_and_is_not_logged_as_a_bug(string line, string type)
    {
        var file = await pair.Http.UploadAsync([1], "a");
        var body = Body(type, Large);
        using var bugs = new Watch(pair.Service);
        var before = await pair.Stores.BlobKeysAsync();
        await pair.LeavesNothingAsync(async () =>
        {
            var wire = await Wire.ConnectAsync(pair.Service);
            await wire.SendHeadAsync(line.Replace("{id}", file.Id(), StringComparison.Ordinal), $"Content-Type: {type}", $"Content-Length: {body.Length}");
            await wire.SendAsync(body[..(body.Length / 100 * 99)]);
            await Service.UntilAsync("it is being stored", async () => (await pair.Stores.BlobKeysAsync()).Except(before).Any());
            wire.Reset();
        });
        Assert.Equal([1], await pair.Http.GetByteArrayAsync($"/files/{file.Id()}"));
        Assert.Empty(bugs.Failures);
    }

    [Fact]
    public async Task A_client_that_disconnects_from_a_download_is_not_logged_as_a_bug()
    {
        var file = await pair.Http.UploadAsync(Requests.Bytes(Large), "a");
        using var watch = new Watch(pair.Service);
        var wire = await Wire.ConnectAsync(pair.Service);
        await wire.SendHeadAsync($"GET /files/{file.Id()}");
        // The head has arrived, but most of the body has not.
        Assert.Equal(200, (await wire.ReadHeadAsync()).Status);
        wire.Reset();
        await Service.UntilAsync("the download has ended", () => Task.FromResult(watch.Ended > 0));
        Assert.Equal(Large, (await pair.Http.GetByteArrayAsync($"/files/{file.Id()}")).Length);
        Assert.Empty(watch.Failures);
    }

    [Theory]
    [InlineData("POST /files/upload", "application/octet-stream", 1000)]
    [InlineData("POST /files/upload", "application/octet-stream", Large)]
    [InlineData("POST /files/upload", FormBody.Type, 1000)]
    [InlineData("PUT /files/{id}", "application/json", 1000)]
    [InlineData("PUT /files/{id}/content", "application/octet-stream", 1000)]
    public async Task A_body_shorter_than_its_length_is_refused(string line, string type, int size)
    {
        var file = await pair.Http.UploadAsync([1], "a");
        var body = Body(type, size);
        await pair.LeavesNothingAsync(async () =>
        {
            using var wire = await Wire.ConnectAsync(pair.Service);
            await wire.SendHeadAsync(line.Replace("{id}", file.Id(), StringComparison.Ordinal), $"Content-Type: {type}", $"Content-Length: {body.Length}");
            await wire.SendAsync(body[..^1]);
            wire.EndSending();
            // The server need not answer a client that has closed its side; but an answer must not be 5xx.
            if (await wire.ReadAsync() is { } answer)
                Assert.Equal((400, "invalid_request"), (answer.Status, answer.Code()));
        });
    }

    [Fact]
    [ClusterAtNight]
    public async Task Bytes_after_a_bodys_length_do_not_belong_to_it()
    {
        using var wire = await Wire.ConnectAsync(pair.Service);
        await wire.SendHeadAsync("POST /files/upload", "Content-Length: 3");
        await wire.SendAsync("abcd\r\n\r\n");
        var answer = await wire.ReadAnswerAsync();
        Assert.Equal(201, answer.Status);
        Assert.Equal("abc", await pair.Http.GetStringAsync($"/files/{answer.Json().Id()}"));
        Assert.Equal(400, (await wire.ReadAnswerAsync()).Status);
        Assert.Null(await wire.ReadAsync());
    }

    [Theory]
    [ClusterAtNight]
    [InlineData("zz\r\nabc\r\n0\r\n\r\n")]
    [InlineData("3\r\nabcdef\r\n0\r\n\r\n")]
    [InlineData("-1\r\nabc\r\n0\r\n\r\n")]
    [InlineData("fffffffffffffffffff\r\nabc")]
    public async Task A_malformed_chunk_is_refused(string chunks) => await pair.LeavesNothingAsync(async () =>
    {
        foreach (var type in new[] { "text/plain", FormBody.Type })
        {
            using var wire = await Wire.ConnectAsync(pair.Service);
            await wire.SendHeadAsync("POST /files/upload", $"Content-Type: {type}", "Transfer-Encoding: chunked");
            await wire.SendAsync(chunks);
            Assert.Equal(400, (await wire.ReadAnswerAsync()).Status);
        }
    });

    [Theory]
    [InlineData("text/plain")]
    [InlineData(FormBody.Type)]
    public async Task A_chunked_body_without_its_last_chunk_is_refused(string type) => await pair.LeavesNothingAsync(async () =>
    {
        var body = Encoding.UTF8.GetString(Body(type, 100));
        using var wire = await Wire.ConnectAsync(pair.Service);
        await wire.SendHeadAsync("POST /files/upload", $"Content-Type: {type}", "Transfer-Encoding: chunked");
        await wire.SendAsync($"{body.Length:x}\r\n{body}\r\n");
        wire.EndSending();
        if (await wire.ReadAsync() is { } answer)
            Assert.Equal(400, answer.Status);
    });

    [Theory]
    [ClusterAtNight]
    [InlineData("Content-Length: -1")]
    [InlineData("Content-Length: abc")]
    [InlineData("Content-Length: 99999999999999999999")]
    [InlineData("Content-Length: 3\r\nContent-Length: 4")]
    [InlineData("Transfer-Encoding: gzip")]
    [InlineData(" folded: line")]
    [InlineData("no colon")]
    [InlineData("X: a\0b")]
    [InlineData("X :y")]
    public async Task A_head_that_is_framed_wrongly_is_refused_by_the_server(string field) => await pair.LeavesNothingAsync(async () =>
    {
        using var wire = await Wire.ConnectAsync(pair.Service);
        await wire.SendHeadAsync("POST /files/upload", field);
        await wire.SendAsync("abc");
        Assert.InRange((await wire.ReadAnswerAsync()).Status, 400, 499);
        Assert.Null(await wire.ReadAsync());
    });

    [Theory]
    [ClusterAtNight]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Ten_kilobytes_of_garbage_close_the_connection(bool printable) => await pair.LeavesNothingAsync(async () =>
    {
        using var wire = await Wire.ConnectAsync(pair.Service);
        await wire.SendAsync(printable ? Encoding.UTF8.GetBytes(new string('x', 10_000)) : Requests.Bytes(10_000));
        wire.EndSending();
        if (await wire.ReadAsync() is { } answer)
            Assert.InRange(answer.Status, 400, 499);
        Assert.Null(await wire.ReadAsync());
    });

    [Theory]
    [ClusterAtNight]
    [InlineData("GET /files/%", 404)]
    [InlineData("GET /files/%zz/metadata", 404)]
    [InlineData("GET /files?limit=%FF%FE", 400)]
    [InlineData("GET /files/%ED%A0%80", 404)]
    [InlineData("GET /../../etc/passwd", 404)]
    [InlineData("GET //files", 404)]
    public async Task A_malformed_request_target_is_refused(string line, int status)
    {
        using var wire = await Wire.ConnectAsync(pair.Service);
        await wire.SendHeadAsync(line, "Content-Length: 0");
        var answer = await wire.ReadAnswerAsync();
        Assert.True(answer.Status == status, $"{answer.Status} {answer.Body}");
    }

    private static byte[] Body(string type, int size) =>
        type == FormBody.Type ? new FormBody().File(new string('x', size)).ToArray() : Encoding.UTF8.GetBytes(new string('x', size));

    /// <summary>Counts one service's ended transfers, and failures of the service or its stores.</summary>
    private sealed class Watch : IDisposable
    {
        private readonly MeterListener _listener = new();
        private int _ended;

        public Watch(Service service)
        {
            var meters = service.Services.GetRequiredService<IMeterFactory>();
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (ReferenceEquals(instrument.Meter.Scope, meters) && instrument.Name is "filedrop.failures" or "filedrop.transfers.in_flight")
                    listener.EnableMeasurementEvents(instrument);
            };
            _listener.SetMeasurementEventCallback<long>((_, measured, tags, _) =>
            {
                if (measured < 0)
                    Interlocked.Increment(ref _ended);
                foreach (var tag in tags)
                {
                    if (tag.Value is "internal_error" or "storage_unavailable")
                        Failures.Enqueue(tag.Value);
                }
            });
            _listener.Start();
        }

        public int Ended => Volatile.Read(ref _ended);

        public ConcurrentQueue<object> Failures { get; } = new();

        public void Dispose() => _listener.Dispose();
    }
}

public sealed class BrokenRequestOnEmbeddedTests(EmbeddedPair pair) : BrokenRequestTests(pair), IClassFixture<EmbeddedPair>;

public sealed class BrokenRequestOnClusterTests(ClusterPair pair) : BrokenRequestTests(pair), IClassFixture<ClusterPair>;
