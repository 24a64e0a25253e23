using System.Net;
using Xunit;

namespace FileDrop.Api.Tests.Files;

/// <summary>Uploads with the same idempotency key that run at the same time, fail or die.</summary>
public abstract class IdempotencyRaceTests(Pair pair)
{
    private readonly string _mine = $"race-{Guid.NewGuid():N}";

    private HttpClient Http => pair.Http;

    private KeyedRequest Upload => new(_mine) { Name = $"{_mine}.txt" };

    [Fact]
    public async Task While_the_first_upload_runs_a_repeat_is_told_to_wait_and_later_gets_the_same_answer()
    {
        using var wire = await Wire.ConnectAsync(pair.Service.Address);
        await wire.SendAsync(Upload.OnTheWire(3));
        await pair.UntilRunningAsync(_mine);
        foreach (var repeat in new[]
        {
            Upload,
            Upload with { Tags = "{}" },
            Upload with { Text = "other" },
            Upload with { Digest = KeyedRequest.DigestOf(Upload.Text) },
        })
        {
            var answer = await Http.SendAsync(repeat);
            Assert.Equal((HttpStatusCode.Conflict, "request_in_progress"), (answer.Status, answer.Code));
            Assert.True(answer.RetryAfter > TimeSpan.Zero, "Retry-After says when");
        }
        Assert.Empty(await Http.NamedAsync(_mine));
        await wire.SendAsync(Upload.Text[3..]);
        var first = await wire.ReadAnswerAsync();
        Assert.Equal(201, first.Status);
        var second = await Http.StoreAsync(Upload);
        Assert.Equal((first.Body, first.Fields["Location"], first.Fields["ETag"]), (second.Body, second.Location, second.ETag));
        Assert.Single(await Http.NamedAsync(_mine));
    }

    [Fact]
    public async Task A_first_upload_that_was_refused_frees_its_key_at_once()
    {
        foreach (var refused in new[]
        {
            Upload with { Digest = KeyedRequest.DigestOf("other") },
            Upload with { Tags = "no JSON" },
            Upload with { Tags = $$"""{"{{new string('k', 65)}}":""}""" },
            Upload with { Name = new string('n', 256) },
        })
        {
            var answer = await Http.SendAsync(refused);
            Assert.True(answer.Status == HttpStatusCode.BadRequest, answer.Body);
        }
        // The key is as if never used: a different upload is stored too.
        var first = await Http.StoreAsync(Upload with { Type = "text/html", Text = "entirely other" });
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await Http.SendAsync(Upload)).Status);
        Assert.Equal([first.Id], await Http.NamedAsync(_mine));
    }

    [Fact]
    public async Task A_first_upload_that_was_cut_off_frees_its_key_without_waiting_for_a_lease()
    {
        using var wire = await Wire.ConnectAsync(pair.Service.Address);
        await wire.SendAsync(Upload.OnTheWire(3));
        await pair.UntilRunningAsync(_mine);
        wire.Reset();
        // The lease lasts a minute, so the key is free because the service noticed the client's disconnect.
        var answer = await Http.UntilStoredAsync("the key is free", Upload with { Text = "other" });
        Assert.Equal([answer.Id], await Http.NamedAsync(_mine));
    }

    [Fact]
    public async Task Exactly_one_of_many_concurrent_uploads_with_one_key_is_stored()
    {
        for (var round = 0; round < 4; round++)
        {
            var upload = new KeyedRequest($"{_mine}-{round}")
            {
                Name = $"{_mine}-{round}.txt",
                Text = new string('x', 100_000),
                Tags = round % 2 == 0 ? null : "{}",
            };
            var answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => Http.SendAsync(upload)));
            var stored = answers.Where(answer => answer.Status == HttpStatusCode.Created).Distinct().ToList();
            Assert.All(answers, answer => Assert.True(
                answer is { Status: HttpStatusCode.Created } or { Code: "request_in_progress", RetryAfter: not null }, answer.Body));
            var first = Assert.Single(stored);
            Assert.Equal([first.Id], await Http.NamedAsync($"{_mine}-{round}."));
            Assert.Equal(first, await Http.StoreAsync(upload));
        }
        // The uploads that lost the race had already begun to write.
        await Service.UntilAsync("nothing is left of the others", async () =>
            (await pair.Stores.BlobKeysAsync()).Count == (await Http.PageAsync("/files")).Files.Count);
    }

    [Fact]
    public async Task An_expired_key_stores_a_new_file()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, ("FileDrop:IdempotencyKeyLife", "00:00:01"));
        var first = await service.Http.StoreAsync(Upload);
        await Service.UntilAsync("the key is forgotten", async () => (await service.Http.StoreAsync(Upload)).Id != first.Id);
        Assert.Equal(2, (await service.Http.NamedAsync(_mine)).Count);
        // A forgotten key accepts any other upload.
        await Service.UntilAsync("the key takes another upload", async () =>
            (await service.Http.SendAsync(Upload with { Text = "other" })).Status == HttpStatusCode.Created);
        Assert.Equal(3, (await service.Http.NamedAsync(_mine)).Count);
    }

    [Fact]
    public async Task A_key_whose_uploader_was_killed_is_taken_over_when_the_lease_has_run_out()
    {
        await using var stores = await pair.MakeStoresAsync();
        (string, string) lease = ("FileDrop:Lease", "00:00:01");
        await using (var killed = await ServiceProcess.StartAsync(stores, lease))
        {
            using var wire = await Wire.ConnectAsync(killed.Address);
            await wire.SendAsync(Upload.OnTheWire(0, expectContinue: true));
            Assert.Equal(100, (await wire.ReadAnswerAsync()).Status);
            await wire.SendAsync(Upload.Text[..3]);
            Assert.Equal(HttpStatusCode.Conflict, (await killed.Http.SendAsync(Upload)).Status);
            killed.Signal(9);
            await killed.ExitAsync();
        }
        await using var service = await Service.StartAsync(stores, lease);
        var answer = await service.Http.UntilStoredAsync("the lease has run out", Upload with { Text = "sent again" });
        Assert.Equal([answer.Id], await service.Http.NamedAsync(_mine));
        Assert.Equal("sent again", await service.Http.GetStringAsync(answer.Location));
        Assert.Equal(answer, await service.Http.StoreAsync(Upload with { Text = "sent again" }));
    }
}

public sealed class IdempotencyRaceOnEmbeddedTests(EmbeddedPair pair) : IdempotencyRaceTests(pair), IClassFixture<EmbeddedPair>;

public sealed class IdempotencyRaceOnClusterTests(ClusterPair pair) : IdempotencyRaceTests(pair), IClassFixture<ClusterPair>;
