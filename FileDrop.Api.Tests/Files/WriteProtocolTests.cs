using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using Xunit;

namespace FileDrop.Api.Tests.Files;

/// <summary>Concurrent writers of one file, a writer and a deletion, and readers meanwhile.</summary>
public abstract class WriteProtocolTests(Pair pair)
{
    // Larger than one part, so that S3 has an unfinished multipart upload in the middle.
    private const int Size = 20 * 1024 * 1024;

    [Fact]
    public async Task An_update_that_is_overtaken_by_a_deletion_ends_in_404_and_leaves_nothing()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, ("FileDrop:LateWrites", "00:00:01"), ("FileDrop:Lease", "00:00:02"));
        var file = await service.Http.UploadAsync([1], "a");
        using var body = new GatedContent(RandomNumberGenerator.GetBytes(Size), Size / 2);
        var put = service.Http.PutAsync($"/files/{file.Id()}", body);
        await body.Stopped;

        using var deleted = await service.Http.DeleteAsync($"/files/{file.Id()}");
        Assert.Equal(HttpStatusCode.OK, deleted.StatusCode);
        body.Open();

        using var answer = await put;
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Equal("file_not_found", await answer.CodeAsync());
        Assert.Empty(await Invariants.EveryFileIsWholeAsync(service.Http));
        await Invariants.NothingElseIsLeftAsync(stores);
    }

    [Fact]
    public async Task A_client_that_is_answered_during_its_body_can_send_the_rest_and_reuse_the_connection()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, ("FileDrop:Lease", "00:00:02"));
        var file = await service.Http.UploadAsync([1], "a");
        using var wire = await Wire.ConnectAsync(service);
        await wire.SendHeadAsync($"PUT /files/{file.Id()}", $"Content-Length: {Size}");
        await wire.SendAsync(new byte[Size / 2]);

        using var deleted = await service.Http.DeleteAsync($"/files/{file.Id()}");
        Assert.Equal(HttpStatusCode.OK, deleted.StatusCode);
        var answer = await wire.ReadAnswerAsync();
        Assert.Equal((404, "file_not_found"), (answer.Status, answer.Code()));

        await wire.SendAsync(new byte[Size / 2]);
        await wire.SendHeadAsync("GET /health");
        Assert.Equal(200, (await wire.ReadAnswerAsync()).Status);
    }

    [Fact]
    public async Task Exactly_one_of_16_renames_with_one_If_Match_wins()
    {
        var file = await pair.Http.UploadAsync([1, 2], "before");
        using var seen = await pair.Http.GetAsync($"/files/{file.Id()}/metadata");
        var answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(async i =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Put, $"/files/{file.Id()}");
            request.Content = JsonContent.Create(new { file_name = $"after-{i}" });
            request.Headers.IfMatch.Add(seen.Headers.ETag ?? throw new InvalidOperationException("There is no ETag."));
            using var answer = await pair.Http.SendAsync(request);
            return (answer.StatusCode, Name: $"after-{i}");
        }));

        var winner = Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.OK);
        Assert.All(answers.Except([winner]), loser => Assert.Equal(HttpStatusCode.PreconditionFailed, loser.StatusCode));
        using var now = await pair.Http.GetAsync($"/files/{file.Id()}/metadata");
        var metadata = await now.JsonAsync();
        Assert.Equal(winner.Name, metadata.GetProperty("file_name").GetString());
        Assert.Equal(2, metadata.GetProperty("version").GetInt64());
    }

    [Fact]
    public async Task Two_concurrent_writers_without_If_Match_both_succeed_and_do_not_mix()
    {
        var file = await pair.Http.UploadAsync([0], "shared");
        var contents = Enumerable.Range(1, 8).Select(i => Enumerable.Repeat((byte)i, 6 * 1024 * 1024).ToArray()).ToList();
        await Task.WhenAll(contents.Select(async content =>
        {
            using var body = new ByteArrayContent(content);
            using var answer = await pair.Http.PutAsync($"/files/{file.Id()}/content", body);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }));

        var bytes = await pair.Http.GetByteArrayAsync($"/files/{file.Id()}");
        Assert.Contains(contents, content => content.AsSpan().SequenceEqual(bytes));
        using var now = await pair.Http.GetAsync($"/files/{file.Id()}/metadata");
        Assert.Equal(9, (await now.JsonAsync()).GetProperty("version").GetInt64());
    }

    [Fact]
    public async Task A_file_keeps_exactly_its_last_versions()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, ("FileDrop:Versions:Keep", "3"));
        var file = await service.Http.UploadAsync([0], "often");
        for (byte i = 1; i <= 6; i++)
        {
            using var body = new ByteArrayContent([i]);
            using var answer = await service.Http.PutAsync($"/files/{file.Id()}", body);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }
        await Invariants.NothingElseIsLeftAsync(stores, new Dictionary<string, int> { [file.Id()] = 4 });
        Assert.Equal([6], await service.Http.GetByteArrayAsync($"/files/{file.Id()}"));
    }

    [Fact]
    public async Task A_reader_can_finish_reading_a_file_that_is_deleted_meanwhile()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, ("FileDrop:ReadersGrace", "00:10:00"));
        var content = RandomNumberGenerator.GetBytes(Size);
        var file = await service.Http.UploadAsync(content, "a");
        using var reading = await service.Http.GetAsync($"/files/{file.Id()}", HttpCompletionOption.ResponseHeadersRead);
        await using var body = await reading.Content.ReadAsStreamAsync();
        using var received = new MemoryStream();
        var first = new byte[1];
        await body.ReadExactlyAsync(first);
        received.Write(first);

        using var deleted = await service.Http.DeleteAsync($"/files/{file.Id()}");
        Assert.Equal(HttpStatusCode.OK, deleted.StatusCode);
        using var gone = await service.Http.GetAsync($"/files/{file.Id()}");
        Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);

        await body.CopyToAsync(received);
        Assert.Equal(content, received.ToArray());
    }

    [Fact]
    public async Task A_client_that_disconnects_in_the_middle_leaves_nothing()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, ("FileDrop:LateWrites", "00:00:00.5"), ("FileDrop:Lease", "00:00:01"));
        var kept = await service.Http.UploadAsync([7], "kept");
        using var create = new GatedContent(RandomNumberGenerator.GetBytes(Size), Size * 99 / 100);
        using var replace = new GatedContent(RandomNumberGenerator.GetBytes(Size), Size * 99 / 100);
        var sending = new[] { service.Http.PostAsync("/files/upload", create), service.Http.PutAsync($"/files/{kept.Id()}", replace) };
        await Task.WhenAll(create.Stopped, replace.Stopped);
        create.Break();
        replace.Break();
        foreach (var request in sending)
            await Assert.ThrowsAnyAsync<Exception>(() => request);

        await Invariants.NothingElseIsLeftAsync(stores, kept.Id());
        var file = Assert.Single(await Invariants.EveryFileIsWholeAsync(service.Http));
        Assert.Equal(1, file.GetProperty("version").GetInt64());
    }

    [Fact]
    public async Task A_write_lives_for_many_leases_while_no_byte_arrives()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, ("FileDrop:Lease", "00:00:01"), ("FileDrop:LateWrites", "00:00:00"));
        var content = RandomNumberGenerator.GetBytes(Size);
        using var body = new GatedContent(content, Size / 2);
        var upload = service.Http.PostAsync("/files/upload", body);
        await body.Stopped;
        // Wait for four terms of the lease, in which the sweeper looks forty times.
        await Task.Delay(TimeSpan.FromSeconds(4));
        body.Open();

        using var answer = await upload;
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        Assert.Equal(content, await service.Http.GetByteArrayAsync(answer.Headers.Location));
    }
}

public sealed class WriteProtocolOnEmbeddedTests(EmbeddedPair pair) : WriteProtocolTests(pair), IClassFixture<EmbeddedPair>;

public sealed class WriteProtocolOnClusterTests(ClusterPair pair) : WriteProtocolTests(pair), IClassFixture<ClusterPair>;
