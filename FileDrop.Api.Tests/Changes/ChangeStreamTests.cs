using System.Diagnostics;
using FileDrop.Api.Tests.Access;
using FileDrop.Api.Tests.Files;
using FileDrop.Api.Tests.Folders;
using Xunit;
using static FileDrop.Api.Tests.Changes.ChangeWords;

namespace FileDrop.Api.Tests.Changes;

/// <summary>Streams of changes: they bring each change, begin again where they were, and end when they must.</summary>
public abstract class ChangeStreamTests(Pair pair)
{
    [Fact]
    public async Task A_stream_brings_changes_and_goes_on_behind_the_last_event_that_the_client_has_seen()
    {
        using var http = await pair.Service.OwnerAsync("follower");
        string last, first;
        await using (var events = await EventClient.OpenAsync(http, "?cursor=latest"))
        {
            Assert.Equal("text/event-stream", events.Response.Content.Headers.ContentType?.ToString());
            Assert.Equal("no", events.Response.Headers.GetValues("X-Accel-Buffering").Single());
            Assert.Equal("no-store", events.Response.Headers.CacheControl?.ToString());
            Assert.Empty(events.Response.Content.Headers.ContentEncoding);
            first = (await http.UploadAsync([1], "Żółć\n.txt".Replace("\n", "", StringComparison.Ordinal))).Id();
            Assert.Equal(first, Assert.Single(await events.ReadUntilAsync(There(first))).ChangedId());
            last = events.LastId;
        }
        var missed = (await http.UploadAsync([1], "missed")).Id();
        await http.DeletedAsync($"/files/{first}");
        // The address still has the cursor that the client began with.
        await using var again = await EventClient.OpenAsync(http, "?cursor=latest", ("Last-Event-ID", last));
        var seen = await again.ReadUntilAsync(Gone(first));
        if (!seen.Exists(There(missed)))
            seen.AddRange(await again.ReadUntilAsync(There(missed)));
        Assert.Equal(2, seen.Select(change => change.ChangedId()).Distinct().Count());
        // The ids of events are cursors for pages too.
        Assert.Empty((await http.ChangesAsync($"?cursor={again.LastId}")).Changes);
    }

    [Fact]
    public async Task A_stream_that_begins_with_an_old_cursor_brings_all_pages()
    {
        using var http = await pair.Service.OwnerAsync("reader");
        List<string> ids = [];
        for (var i = 0; i < 5; i++)
            ids.Add((await http.UploadAsync([1], $"{i}")).Id());
        await using var events = await EventClient.OpenAsync(http);
        var seen = await events.ReadUntilAsync(There(ids[^1]));
        Assert.Equal(ids.Order(), seen.Select(change => change.ChangedId()).Distinct().Order());
        Assert.Equal(seen.Select(change => change.Seq()).Order(), seen.Select(change => change.Seq()));
    }

    [Fact]
    public async Task A_stream_ends_soon_after_its_key_is_revoked_and_no_other_does()
    {
        using var admin = pair.Service.AsAdmin();
        var (key, id) = await admin.MakeKeyAsync(new { owner = "revoked" });
        var (shortKey, _) = await admin.MakeKeyAsync(new { owner = "revoked", expires_at = DateTimeOffset.UtcNow.AddSeconds(3) });
        using var http = pair.Service.As(key);
        using var expiring = pair.Service.As(shortKey);
        using var other = await pair.Service.OwnerAsync("revoked");
        await using var events = await EventClient.OpenAsync(http, "?cursor=latest");
        await using var ending = await EventClient.OpenAsync(expiring, "?cursor=latest");
        await using var staying = await EventClient.OpenAsync(other, "?cursor=latest");
        var waiting = http.GetAsync("/changes/wait?timeout=90&cursor=latest");
        await admin.DeletedAsync($"/admin/keys/{id}");
        // Two seconds are the promise; a busy machine may need one more.
        Assert.InRange(await events.EndAsync(), TimeSpan.Zero, TimeSpan.FromSeconds(3));
        using (var refused = await waiting.WaitAsync(TimeSpan.FromSeconds(10)))
            await refused.UnauthenticatedAsync();
        await ending.EndAsync();
        using var again = await EventClient.SendAsync(http);
        await again.UnauthenticatedAsync();
        var file = (await other.UploadAsync([1], "a")).Id();
        await staying.ReadUntilAsync(There(file));
    }

    [Fact]
    public async Task A_stream_without_a_credential_ends_once_there_is_a_key()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores);
        await using var events = await EventClient.OpenAsync(service.Http, "?cursor=latest");
        var (exit, output) = await ServiceProcess.CommandAsync(stores, "keys", "create");
        Assert.True(exit == 0, output);
        Assert.InRange(await events.EndAsync(), TimeSpan.Zero, TimeSpan.FromSeconds(6));
    }

    [Fact]
    public async Task Streams_and_waiting_requests_end_at_once_when_the_service_stops()
    {
        await using var stores = await pair.MakeStoresAsync();
        var service = await Service.StartAsync(stores, ("FileDrop:ShutdownTimeout", "00:01:00"));
        using var http = service.As(null);
        await using var events = await EventClient.OpenAsync(http, "?cursor=latest");
        var waiting = http.ChangesAsync("/wait?timeout=90&cursor=latest");
        await Task.Delay(200);
        var began = Stopwatch.GetTimestamp();
        await service.DisposeAsync();
        Assert.InRange(Stopwatch.GetElapsedTime(began), TimeSpan.Zero, TimeSpan.FromSeconds(15));
        await events.EndAsync();
        Assert.Empty((await waiting).Changes);
    }

    [Fact]
    public async Task A_caller_has_so_many_streams_and_further_ones_are_refused_until_one_ends()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, AccessWords.AdminSetting, ("FileDrop:Limits:StreamsPerCaller", "2"));
        using var http = await service.OwnerAsync("greedy");
        await using var one = await EventClient.OpenAsync(http, "?cursor=latest");
        var two = await EventClient.OpenAsync(http, "?cursor=latest");
        using (var three = await EventClient.SendAsync(http))
        {
            await three.RefusedAsync(429, "too_many_requests");
            Assert.NotNull(three.Headers.RetryAfter);
        }
        await http.GetRefusedAsync("/changes/wait", 429, "too_many_requests");
        // Pages are no streams, and other callers have their own.
        await http.ChangesAsync("");
        using var other = await service.OwnerAsync("greedy");
        await using (await EventClient.OpenAsync(other))
            await two.DisposeAsync();
        await Service.UntilAsync("the place is free", async () =>
        {
            using var again = await EventClient.SendAsync(http);
            return again.IsSuccessStatusCode;
        });
    }

    [Fact]
    public async Task An_outage_of_the_catalog_ends_no_stream_and_loses_no_change()
    {
        var faults = new FaultyStores();
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, faults.Wrap);
        await using var events = await EventClient.OpenAsync(service.Http, "?cursor=latest");
        faults.Break("IChangeCatalog.ReadAsync", Fault.Before, times: 2);
        var id = (await service.Http.UploadAsync([1], "a")).Id();
        await events.ReadUntilAsync(There(id));
        Assert.Equal(2, faults.Happened);
    }

    [Fact]
    public async Task One_query_a_second_serves_all_streams()
    {
        var calls = new CountedCalls();
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, calls.Wrap, AccessWords.AdminSetting);
        List<(HttpClient Http, EventClient Events)> streams = [];
        foreach (var owner in Enumerable.Range(0, 8))
        {
            var http = await service.OwnerAsync($"owner-{owner / 2}");
            streams.Add((http, await EventClient.OpenAsync(http, "?cursor=latest")));
        }
        await Task.Delay(500);
        var (queries, reads, keys) = (calls.Of("IChangeCatalog.FindLaterAsync"), calls.Of("IChangeCatalog.ReadAsync"), calls.Of("IKeyCatalog.FindApiKeysAsync"));
        await Task.Delay(3_000);
        Assert.InRange(calls.Of("IChangeCatalog.FindLaterAsync") - queries, 1, 4);
        Assert.InRange(calls.Of("IKeyCatalog.FindApiKeysAsync") - keys, 1, 4);
        Assert.Equal(0, calls.Of("IChangeCatalog.ReadAsync") - reads);
        foreach (var (http, events) in streams)
        {
            await events.DisposeAsync();
            http.Dispose();
        }
    }

    /// <summary>Counts calls of the stores.</summary>
    private sealed class CountedCalls : StoreCalls
    {
        private readonly System.Collections.Concurrent.ConcurrentDictionary<string, int> _calls = new(StringComparer.Ordinal);

        public int Of(string method) => _calls.GetValueOrDefault(method);

        protected override void Before(string method, object?[] arguments) => _calls.AddOrUpdate(method, 1, (_, count) => count + 1);
    }
}

/// <summary>Streams on SQLite.</summary>
public sealed class ChangeStreamOnEmbeddedTests(FeedEmbeddedPair pair) : ChangeStreamTests(pair), IClassFixture<FeedEmbeddedPair>;

/// <summary>Streams on MongoDB, with several replicas.</summary>
public sealed class ChangeStreamOnClusterTests(FeedClusterPair pair) : ChangeStreamTests(pair), IClassFixture<FeedClusterPair>
{
    private readonly FeedClusterPair _pair = pair;

    [Fact]
    public async Task A_change_at_one_replica_comes_to_the_streams_at_another_and_so_does_a_revocation()
    {
        await using var other = await Service.StartAsync(_pair.Stores, AccessWords.AdminSetting, FolderRequests.Day);
        using var admin = _pair.Service.AsAdmin();
        var (key, id) = await admin.MakeKeyAsync(new { owner = "two" });
        using var here = _pair.Service.As(key);
        using var there = other.As(key);
        await using var events = await EventClient.OpenAsync(there, "?cursor=latest");
        var file = (await here.UploadAsync([1], "a")).Id();
        await events.ReadUntilAsync(There(file));
        await admin.DeletedAsync($"/admin/keys/{id}");
        Assert.InRange(await events.EndAsync(), TimeSpan.Zero, TimeSpan.FromSeconds(3));
    }
}
