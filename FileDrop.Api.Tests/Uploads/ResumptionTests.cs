using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using FileDrop.Api.Tests.Attacks;
using FileDrop.Api.Tests.Files;
using FileDrop.Api.Tests.Folders;
using Xunit;

namespace FileDrop.Api.Tests.Uploads;

/// <summary>Uploads that are interrupted, and how they continue.</summary>
public abstract class ResumptionTests(Pair pair)
{
    private const int MiB = 1024 * 1024;

    private TusClient Tus => new(pair.Http);

    /// <remarks>The server loses up to 1 MiB that it has buffered but not passed on when the connection ends.</remarks>
    [Theory]
    [InlineData(3 * MiB, 2 * MiB)]
    [InlineData(20 * MiB, (9 * MiB) + 5)]
    public async Task A_broken_connection_keeps_the_bytes_that_arrived(int size, int sent)
    {
        var content = new Generated(size, size);
        var upload = await Tus.CreateAsync(size);
        using (var wire = await Wire.ConnectAsync(pair.Service))
        {
            await wire.SendHeadAsync($"PATCH {upload}", "Tus-Resumable: 1.0.0", "Upload-Offset: 0", $"Content-Type: {TusClient.ContentType}",
                $"Content-Length: {size}");
            await wire.SendAsync(content.Bytes(0, sent));
            wire.EndSending();
            await wire.ReadAsync();
        }
        var offset = await Tus.OffsetInTheEndAsync(upload);
        Assert.InRange(offset, sent - MiB, sent);
        await Tus.AppendAsync(upload, offset, content.Bytes(offset, size - offset));
        Assert.Equal(content.Sha256(), (await Tus.FileAsync(upload)).Text("sha256"));
    }

    [Theory]
    [InlineData("PATCH")]
    [InlineData("HEAD")]
    public async Task A_new_request_takes_over_from_a_hanging_one_within_seconds(string method)
    {
        const int Size = 9 * MiB;
        var content = Requests.Bytes(Size);
        var upload = await Tus.CreateAsync(Size);
        using var body = new GatedContent(content, Size - 1);
        var hanging = Tus.PatchAsync(upload, 0, body);
        await body.Stopped;
        // The system's buffers can take the whole body before the service has looked at the request.
        await Service.UntilAsync("the first request holds the upload", async () => await Backups.Catalog(pair.Service).FindResumableAsync(
            FolderTree.Owner, Guid.Parse(TusClient.Id(upload)), default) is { Holder: not null });
        var clock = Stopwatch.StartNew();
        if (method == "PATCH")
        {
            // The offset has moved, so the answer must tell the new client where to continue.
            using var conflict = await Tus.PatchAsync(upload, 0, content);
            Assert.Equal(HttpStatusCode.Conflict, conflict.StatusCode);
        }
        var offset = await Tus.OffsetAsync(upload);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(10), $"{clock.Elapsed}");
        await Interruption.EndedEarlyAsync(hanging, body.Break);
        Assert.Equal(offset, await Tus.OffsetAsync(upload));
        await Tus.AppendAsync(upload, offset, content[(int)offset..]);
        Assert.Equal(content, await pair.Http.GetByteArrayAsync($"/files/{TusClient.Id(upload)}"));
    }

    [Fact]
    public async Task Two_concurrent_writers_never_mix()
    {
        const int Size = 3 * MiB;
        var contents = new[] { new Generated(1, Size), new Generated(2, Size) };
        var upload = await Tus.CreateAsync(Size);
        var answers = await Task.WhenAll(contents.Select(content => Tus.PatchAsync(upload, 0, content.From(0))));
        Assert.All(answers, answer => Assert.True(
            answer.StatusCode is HttpStatusCode.NoContent or HttpStatusCode.Conflict or HttpStatusCode.Locked, answer.StatusCode.ToString()));
        var offset = await Tus.OffsetInTheEndAsync(upload);
        // The first writer owns the bytes up to here, and continues.
        var firsts = contents.Where((_, i) => answers[i].StatusCode is not HttpStatusCode.Conflict).ToList();
        if (offset < Size)
            await Tus.AppendAsync(upload, offset, firsts[0].Bytes(offset, Size - offset));
        var stored = Convert.ToHexStringLower(SHA256.HashData(await pair.Http.GetByteArrayAsync($"/files/{TusClient.Id(upload)}")));
        if (offset == 0 || offset == Size)
            Assert.Contains(stored, contents.Select(content => content.Sha256()));
        Assert.Equal(stored, (await Tus.FileAsync(upload)).Text("sha256"));
    }

    [Fact]
    public async Task More_small_requests_than_stored_pieces_make_one_content()
    {
        const int Requests = 300;
        var content = new Generated(7, Requests * 17);
        var upload = await Tus.CreateAsync(content.Size);
        for (var i = 0; i < Requests; i++)
            await Tus.AppendAsync(upload, i * 17, content.Bytes(i * 17, 17));
        Assert.Equal(content.Sha256(), (await Tus.FileAsync(upload)).Text("sha256"));
        Assert.Equal(content.Bytes(0, content.Size), await pair.Http.GetByteArrayAsync($"/files/{TusClient.Id(upload)}"));
    }

    [Fact]
    public async Task An_upload_continues_at_the_acknowledged_offset_after_a_kill()
    {
        await using var stores = await pair.MakeStoresAsync();
        var content = new Generated(3, 40 * MiB);
        var (upload, acknowledged) = ("", 0L);
        for (var life = 0; acknowledged < content.Size; life++)
        {
            await using var service = await ServiceProcess.StartAsync(stores);
            var tus = new TusClient(service.Http);
            if (life == 0)
                upload = await tus.CreateAsync(content.Size);
            var offset = await tus.OffsetInTheEndAsync(upload);
            Assert.InRange(offset, acknowledged, content.Size);
            acknowledged = offset;
            if (life == 3)
            {
                await tus.AppendAsync(upload, offset, content.Bytes(offset, content.Size - offset));
                Assert.Equal(content.Sha256(), (await tus.FileAsync(upload)).Text("sha256"));
                await Invariants.EveryFileIsWholeAsync(service.Http);
                break;
            }
            // Send one whole request, and one that the kill cuts off.
            await tus.AppendAsync(upload, offset, content.Bytes(offset, (3 * MiB) + life));
            acknowledged = offset + (3 * MiB) + life;
            using var body = new GatedContent(content.Bytes(acknowledged, 10 * MiB), 9 * MiB);
            var cut = tus.PatchAsync(upload, acknowledged, body);
            await body.Stopped;
            service.Signal(9);
            await service.ExitAsync();
            body.Break();
            await Assert.ThrowsAnyAsync<Exception>(() => cut);
        }
        var (exit, output) = await ServiceProcess.CommandAsync(stores, "check", "--hash");
        Assert.True(exit == 0, output);
    }

    [Fact]
    public async Task Many_broken_uploads_continue_and_none_is_held_longer_than_its_term()
    {
        const int Uploads = 64, Size = 300_000;
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await ServiceProcess.StartAsync(stores);
        var tus = new TusClient(service.Http);
        await Task.WhenAll(Enumerable.Range(0, Uploads).Select(async seed =>
        {
            var content = new Generated(seed, Size);
            var upload = await tus.CreateAsync(Size);
            using (var wire = await Wire.ConnectAsync(service.Address))
            {
                await wire.SendHeadAsync($"PATCH {upload}", "Tus-Resumable: 1.0.0", "Upload-Offset: 0", $"Content-Type: {TusClient.ContentType}",
                    $"Content-Length: {Size}");
                await wire.SendAsync(content.Bytes(0, Size / 2));
                wire.Reset();
            }
            var offset = await tus.OffsetInTheEndAsync(upload);
            await tus.AppendAsync(upload, offset, content.Bytes(offset, Size - offset));
            Assert.Equal(content.Sha256(), (await tus.FileAsync(upload)).Text("sha256"));
        }));
        var peak = File.ReadLines($"/proc/{service.Id}/status").First(line => line.StartsWith("VmHWM", StringComparison.Ordinal));
        Assert.InRange(long.Parse(peak.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture), 1, 450 * 1024);
        var (exit, output) = await ServiceProcess.CommandAsync(stores, "check", "--hash");
        Assert.True(exit == 0, output);
    }
}

public sealed class ResumptionOnEmbeddedTests(EmbeddedPair pair) : ResumptionTests(pair), IClassFixture<EmbeddedPair>;

public sealed class ResumptionOnClusterTests(ClusterPair pair) : ResumptionTests(pair), IClassFixture<ClusterPair>
{
    [Fact]
    public async Task Another_replica_continues_and_late_bytes_of_a_paused_one_do_not_count()
    {
        const int Size = 30 * 1024 * 1024, First = 9 * 1024 * 1024;
        await using var stores = await ClusterStores.MakeAsync();
        await using var one = await ServiceProcess.StartAsync(stores);
        await using var two = await ServiceProcess.StartAsync(stores);
        var (content, other) = (new Generated(1, Size), new Generated(2, Size));
        var upload = await new TusClient(one.Http).CreateAsync(Size);
        using var body = new GatedContent(other.Bytes(0, Size), First);
        var paused = new TusClient(one.Http).PatchAsync(upload, 0, body);
        await body.Stopped;
        one.Signal(19);
        var tus = new TusClient(two.Http);
        var offset = await tus.OffsetInTheEndAsync(upload);
        Assert.InRange(offset, 0, First);
        var rest = content.Bytes(offset, Size - offset);
        await tus.AppendAsync(upload, offset, rest[..(rest.Length / 2)]);
        one.Signal(18);
        body.Open();
        try
        {
            using var late = await paused;
            Assert.False(late.IsSuccessStatusCode, "a late writer was acknowledged");
        }
        catch (HttpRequestException)
        {
            // The service closed the connection during the body.
        }
        await tus.AppendAsync(upload, offset + (rest.Length / 2), rest[(rest.Length / 2)..]);
        var stored = await two.Http.GetByteArrayAsync($"/files/{TusClient.Id(upload)}");
        Assert.Equal(other.Bytes(0, offset).Concat(rest), stored);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(stored)), (await tus.FileAsync(upload)).Text("sha256"));
        var (exit, output) = await ServiceProcess.CommandAsync(stores, "check", "--hash");
        Assert.True(exit == 0, output);
    }
}
