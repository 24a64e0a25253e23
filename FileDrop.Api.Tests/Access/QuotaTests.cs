using System.Net;
using FileDrop.Api.Tests.Files;
using Xunit;

namespace FileDrop.Api.Tests.Access;

/// <summary>An owner can store exactly as much as the quota allows, even with concurrent requests.</summary>
public abstract class QuotaTests(Pair pair)
{
    private const int Size = 100_000;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Of_64_uploads_at_once_exactly_as_many_succeed_as_there_is_room_for(bool byFiles)
    {
        await using var stores = await pair.MakeStoresAsync();
        var limit = byFiles ? 7 : (7 * Size) + (Size / 2);
        await using var service = await Service.StartAsync(stores, (byFiles ? "FileDrop:Quota:Files" : "FileDrop:Quota:Bytes", $"{limit}"));
        using var ended = new CancellationTokenSource();
        var most = MostAsync(service.Http, ended.Token);
        var ids = await Task.WhenAll(Enumerable.Range(0, 64).Select(_ => service.Http.TryUploadAsync(Size)));
        await ended.CancelAsync();

        var stored = ids.OfType<string>().ToList();
        Assert.Equal(7, stored.Count);
        Assert.InRange(await most, 0, byFiles ? long.MaxValue : limit);
        await service.Http.UsesAsync(7 * Size, 7);
        await Invariants.NothingElseIsLeftAsync(stores, stored);
        Assert.Equal(7, (await Invariants.EveryFileIsWholeAsync(service.Http)).Count);
        // Released room can be used again.
        using var deleted = await service.Http.DeleteAsync($"/files/{stored[0]}");
        Assert.NotNull(await service.Http.TryUploadAsync(Size));
        Assert.Null(await service.Http.TryUploadAsync(Size));
    }

    [Fact]
    public async Task Uploads_of_unknown_length_fill_the_quota_to_its_last_byte_but_never_exceed_it()
    {
        await using var stores = await pair.MakeStoresAsync();
        const int mebibyte = 1 << 20;
        await using var service = await Service.StartAsync(stores, ("FileDrop:Quota:Bytes", $"{12 * mebibyte}"));
        using var ended = new CancellationTokenSource();
        var most = MostAsync(service.Http, ended.Token);
        var ids = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => service.Http.TryUploadAsync((3 * mebibyte) + i, chunked: true)));
        await ended.CancelAsync();
        Assert.InRange(await most, 0, 12 * mebibyte);
        var stored = ids.OfType<string>().ToList();
        // Concurrent uploads may compete until none fits, but together they never exceed the quota.
        Assert.InRange(stored.Count, 0, 3);
        Assert.Equal(stored.Count, (await service.Http.UsageAsync()).FilesUsed);

        await Service.UntilAsync("nothing is reserved", async () => (await service.Http.UsageAsync()).BytesReserved == 0);
        var left = (int)((12 * mebibyte) - (await service.Http.UsageAsync()).BytesUsed);
        Assert.Null(await service.Http.TryUploadAsync(left + 1, chunked: true));
        stored.Add(await service.Http.TryUploadAsync(left, chunked: true) ?? "");
        await service.Http.UsesAsync(12 * mebibyte, stored.Count);
        Assert.Null(await service.Http.TryUploadAsync(1, chunked: true));
        await Invariants.NothingElseIsLeftAsync(stores, stored);
    }

    [Fact]
    public async Task A_form_counts_by_its_file_without_its_framing()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, ("FileDrop:Quota:Bytes", $"{3 << 20}"));
        using (var large = await service.Http.PostAsync("/files/upload", Form((3 << 20) + 1)))
            await large.RefusedAsync(507, "quota_exceeded");
        using (var exact = await service.Http.PostAsync("/files/upload", Form(3 << 20)))
            await exact.SucceededAsync(HttpStatusCode.Created);
        using (var more = await service.Http.PostAsync("/files/upload", Form(1)))
            await more.RefusedAsync(507, "quota_exceeded");
        await service.Http.UsesAsync(3 << 20, 1);

        static MultipartFormDataContent Form(int size) => new() { { new ByteArrayContent(Requests.Bytes(size)), "file", "a.bin" } };
    }

    [Fact]
    public async Task An_upload_beyond_the_quota_is_refused_before_its_body_is_requested()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, ("FileDrop:Quota:Bytes", $"{2 * Size}"));
        var id = await service.Http.TryUploadAsync(Size);
        var (create, replace) = (HttpMethod.Post, HttpMethod.Put);
        foreach (var (method, path) in new[] { (create, "/files/upload"), (replace, $"/files/{id}"), (replace, $"/files/{id}/content") })
        {
            using var body = new GatedContent(new byte[Size + 1], 1);
            using var request = new HttpRequestMessage(method, path) { Content = body };
            // Send more than 1 KiB, because the client would send a smaller body at once.
            request.Headers.ExpectContinue = true;
            using var answer = await service.Http.SendAsync(request);
            await answer.RefusedAsync(507, "quota_exceeded");
            Assert.False(body.Stopped.IsCompleted);
        }
        Assert.Equal(new Usage(Size, 0, 2 * Size, 1, null), await service.Http.UsageAsync());
        await Invariants.NothingElseIsLeftAsync(stores, id ?? "");
    }

    [Fact]
    public async Task New_content_counts_in_addition_to_the_old_which_is_never_pruned_to_make_room()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, ("FileDrop:Quota:Bytes", "1000"), ("FileDrop:Versions:Keep", "1"));
        var id = await service.Http.TryUploadAsync(300);
        await PutAsync(310, HttpStatusCode.OK);
        await service.Http.UsesAsync(610, 1);
        // Pruned versions go with the change, so their room is in use until then.
        await PutAsync(391, HttpStatusCode.InsufficientStorage);
        await service.Http.UsesAsync(610, 1);
        await PutAsync(390, HttpStatusCode.OK);
        await service.Http.UsesAsync(700, 1);
        Assert.Equal(Requests.Bytes(390), await service.Http.GetByteArrayAsync($"/files/{id}"));

        async Task PutAsync(int size, HttpStatusCode status)
        {
            using var answer = await service.Http.PutAsync($"/files/{id}/content", new ByteArrayContent(Requests.Bytes(size)));
            Assert.Equal(status, answer.StatusCode);
        }
    }

    [Fact]
    public async Task Versions_and_trash_count_until_they_are_gone_and_a_restored_version_counts_once()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(
            stores, ("FileDrop:Quota:Owners:local:Bytes", "1000"), ("FileDrop:Quota:Files", "2"), ("FileDrop:Trash:Retention", "1.00:00:00"));
        var http = service.Http;
        var id = await http.TryUploadAsync(100);
        (await http.PutAsync($"/files/{id}", new ByteArrayContent(Requests.Bytes(200)))).Dispose();
        await http.UsesAsync(300, 1);
        (await http.PostAsync($"/files/{id}/versions/1/restore", null)).Dispose();
        await http.UsesAsync(300, 1);
        (await http.DeleteAsync($"/files/{id}/versions/1")).Dispose();
        await http.UsesAsync(300, 1);
        (await http.DeleteAsync($"/files/{id}/versions/2")).Dispose();
        await http.UsesAsync(100, 1);

        (await http.DeleteAsync($"/files/{id}")).Dispose();
        await http.UsesAsync(100, 1);
        var second = await http.TryUploadAsync(10);
        Assert.Null(await http.TryUploadAsync(1));
        (await http.PostAsync($"/trash/{id}/restore", null)).Dispose();
        await http.UsesAsync(110, 2);
        (await http.DeleteAsync($"/files/{id}")).Dispose();
        (await http.DeleteAsync($"/trash/{id}")).Dispose();
        await http.UsesAsync(10, 1);
        (await http.DeleteAsync($"/files/{second}")).Dispose();
        (await http.DeleteAsync("/trash")).Dispose();
        await http.UsesAsync(0, 0);
        var third = await http.TryUploadAsync(7);
        (await http.DeleteAsync($"/files/{third}?permanent=true")).Dispose();
        await http.UsesAsync(0, 0);
    }

    [Fact]
    public async Task Files_purged_by_the_sweeper_no_longer_count()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, ("FileDrop:Quota:Bytes", "1000"), ("FileDrop:Trash:Retention", "00:00:00.500"));
        var id = await service.Http.TryUploadAsync(1000);
        (await service.Http.DeleteAsync($"/files/{id}")).Dispose();
        await service.Http.UsesAsync(0, 0);
        Assert.NotNull(await service.Http.TryUploadAsync(1000));
    }

    [Fact]
    public async Task Usage_is_reported_without_a_quota_and_a_later_quota_counts_existing_files()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using (var free = await Service.StartAsync(stores))
        {
            await free.Http.TryUploadAsync(400);
            Assert.Equal(new Usage(400, 0, null, 1, null), await free.Http.UsageAsync());
        }
        await using (var limited = await Service.StartAsync(stores, ("FileDrop:Quota:Bytes", "1000")))
        {
            Assert.Equal(new Usage(400, 0, 1000, 1, null), await limited.Http.UsageAsync());
            Assert.Null(await limited.Http.TryUploadAsync(601));
            Assert.NotNull(await limited.Http.TryUploadAsync(100));
            await limited.Http.UsesAsync(500, 2);
        }
        await using (var free = await Service.StartAsync(stores, ("FileDrop:Quota:Bytes", "1000"), ("FileDrop:Quota:Owners:local:Bytes", "none")))
        {
            Assert.NotNull(await free.Http.TryUploadAsync(2000));
            Assert.Equal(new Usage(2500, 0, null, 3, null), await free.Http.UsageAsync());
        }
        await using (var limited = await Service.StartAsync(stores, ("FileDrop:Quota:Bytes", "2600")))
        {
            Assert.Null(await limited.Http.TryUploadAsync(101));
            Assert.NotNull(await limited.Http.TryUploadAsync(100));
            await limited.Http.UsesAsync(2600, 4);
        }
    }

    [Fact]
    public async Task A_killed_writers_reservation_is_released()
    {
        await using var stores = await pair.MakeStoresAsync();
        (string, string)[] settings =
        [
            ("FileDrop:Quota:Bytes", $"{2 << 20}"), ("FileDrop:Quota:Files", "1"), .. QuotaWords.Quick, .. Impatient(stores),
        ];
        await using (var killed = await ServiceProcess.StartAsync(stores, settings))
        {
            using var body = new GatedContent(new byte[2 << 20], 1000);
            var upload = killed.Http.PostAsync("/files/upload", body);
            await body.Stopped;
            await Service.UntilAsync("it is reserved", async () => (await killed.Http.UsageAsync()).BytesReserved == 2 << 20);
            killed.Signal(9);
            await killed.ExitAsync();
            body.Break();
            await Assert.ThrowsAnyAsync<Exception>(() => upload);
        }
        await using var service = await Service.StartAsync(stores, settings);
        // If the process was killed before a document named the reservation, a store call with it may still arrive.
        await service.Http.UsesAsync(0, 0, 60);
        Assert.NotNull(await service.Http.TryUploadAsync(2 << 20));
    }

    [Fact]
    public async Task A_check_finds_and_repairs_a_wrong_sum_beside_the_service()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, ("FileDrop:Quota:Bytes", "1000"));
        await service.Http.TryUploadAsync(300);
        var (exit, output) = await ServiceProcess.CommandAsync(stores, "check");
        Assert.True(exit == 0, output);

        await AddToSumAsync(stores, 650);
        Assert.Null(await service.Http.TryUploadAsync(100));
        (exit, output) = await ServiceProcess.CommandAsync(stores, "check");
        Assert.Equal(1, exit);
        Assert.Contains("UsageDiffers: owner local. 950 bytes in 1 files", output, StringComparison.Ordinal);
        (exit, output) = await ServiceProcess.CommandAsync(stores, "check", "--repair");
        Assert.Equal(1, exit);
        Assert.Contains("Repaired.", output, StringComparison.Ordinal);
        (exit, output) = await ServiceProcess.CommandAsync(stores, "check");
        Assert.True(exit == 0, output);
        Assert.NotNull(await service.Http.TryUploadAsync(700));
        await service.Http.UsesAsync(1000, 2);
    }

    /// <summary>Corrupts the recorded sum of the owner <c>local</c>.</summary>
    protected abstract Task AddToSumAsync(Stores stores, long bytes);

    /// <summary>Shortens the timeouts of store calls, because unnamed reservations are kept until no call can arrive any more.</summary>
    protected virtual (string Key, string Value)[] Impatient(Stores stores) => [];

    /// <summary>Watches the usage until the end, and returns the largest sum of used and reserved bytes.</summary>
    private static async Task<long> MostAsync(HttpClient http, CancellationToken ended)
    {
        var most = 0L;
        while (!ended.IsCancellationRequested)
        {
            var usage = await http.UsageAsync();
            most = Math.Max(most, usage.BytesUsed + usage.BytesReserved);
        }
        return most;
    }
}

public sealed class QuotaOnEmbeddedTests(EmbeddedPair pair) : QuotaTests(pair), IClassFixture<EmbeddedPair>
{
    protected override async Task AddToSumAsync(Stores stores, long bytes)
    {
        await using var connection = new Microsoft.Data.Sqlite.SqliteConnection(
            $"Data Source={Path.Combine(((EmbeddedStores)stores).Directory, "catalog.db")};Pooling=False");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = "UPDATE usage SET bytes = bytes + $bytes WHERE owner = 'local'";
        command.Parameters.AddWithValue("$bytes", bytes);
        Assert.Equal(1, await command.ExecuteNonQueryAsync());
    }
}
