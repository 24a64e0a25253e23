using System.Diagnostics.Metrics;
using System.Net;
using FileDrop.Api.Maintenance;
using FileDrop.Api.Tests.Files;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace FileDrop.Api.Tests.Folders;

/// <summary>A folder is deleted while something uses it.</summary>
public abstract class FolderDeletionTests(Pair pair)
{
    [Fact]
    public async Task An_upload_into_a_folder_that_is_deleted_meanwhile_is_refused_and_leaves_nothing()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, ("FileDrop:LateWrites", "00:00:00"), FolderRequests.Day);
        var http = service.Http;
        var folder = (await http.FolderAsync("a")).FolderId();
        using var body = new GatedContent(Requests.Bytes(200_000), 100_000);
        var sending = http.PostAsync($"/files/upload?folder_id={folder}&file_name=late.bin", body);
        await Task.WhenAny(sending, body.Stopped);
        await http.DeletedAsync($"/folders/{folder}");
        body.Open();
        using var answer = await sending;
        await answer.RefusedAsync(404, "folder_not_found");
        await new FolderTree(service).SweptAsync();
        await Invariants.NothingElseIsLeftAsync(stores, Array.Empty<string>());
        Assert.Empty(await new FolderTree(service).CheckAsync(lease: TimeSpan.Zero));
    }

    [Fact]
    public async Task A_file_below_a_deleted_folder_takes_no_write()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, FolderRequests.Day);
        var (http, tree) = (service.Http, new FolderTree(service));
        var chain = await http.ChainAsync("a", "b");
        var file = await service.PlaceAsync([1], "deep.txt", chain[1]);
        await http.DeletedAsync($"/folders/{chain[0]}");
        await tree.SweptAsync();
        foreach (var (method, path, json) in new[]
        {
            (HttpMethod.Put, $"/files/{file}/content", "{}"), (HttpMethod.Put, $"/files/{file}", """{"file_name":"b"}"""),
            (HttpMethod.Patch, $"/files/{file}", """{"folder_id":"root"}"""), (HttpMethod.Post, $"/files/{file}/copy", "{}"), (HttpMethod.Delete, $"/files/{file}", "{}"),
        })
        {
            using var refused = await http.SendJsonAsync(method, path, json);
            await refused.RefusedAsync(404, "file_not_found");
        }
        Assert.Equal("[]\n", await http.GetStringAsync("/trash"));
    }

    [Fact]
    public async Task An_archive_of_files_that_are_purged_meanwhile_is_cut_before_its_end()
    {
        const int Size = 24 << 20;
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores);
        var http = service.Http;
        var folder = (await http.FolderAsync("a")).FolderId();
        for (var i = 0; i < 3; i++)
            await service.PlaceAsync(Requests.Bytes(Size + i), $"{i}.bin", folder);
        using var answer = await http.GetAsync($"/folders/{folder}/zip", HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        await using var stream = await answer.Content.ReadAsStreamAsync();
        await stream.ReadExactlyAsync(new byte[1 << 16]);
        // The rest of the first file is in buffers at most; the service opens the others later.
        await http.DeletedAsync($"/folders/{folder}?permanent=true");
        await Invariants.NothingElseIsLeftAsync(stores, Array.Empty<string>());
        var read = 0L;
        await Assert.ThrowsAnyAsync<IOException>(async () =>
        {
            var buffer = new byte[1 << 20];
            for (int count; (count = await stream.ReadAsync(buffer)) > 0;)
                read += count;
        });
        Assert.InRange(read, 0, (3L * Size) - 1);
        await http.GetRefusedAsync($"/folders/{folder}/zip", 404, "folder_not_found");
    }

    [Fact]
    public async Task A_metric_counts_the_folders_whose_entries_must_still_follow()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, ("FileDrop:SweepInterval", "01:00:00"), FolderRequests.Day);
        var (metrics, factory) = (service.Services.GetRequiredService<SweeperMetrics>(), service.Services.GetRequiredService<IMeterFactory>());
        var folders = -1L;
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, all) =>
        {
            if (instrument.Name == "filedrop.sweeper.folders" && instrument.Meter.Scope == factory)
                all.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((_, value, _, _) => folders = value);
        listener.Start();
        Assert.Equal(0, await MeasureAsync());
        await service.Http.DeletedAsync($"/folders/{(await service.Http.FolderAsync("a")).FolderId()}");
        Assert.Equal(1, await MeasureAsync());
        await new FolderTree(service).SweepAsync();
        Assert.Equal(0, await MeasureAsync());

        async Task<long> MeasureAsync()
        {
            metrics.Swept(0, await service.Catalog().MeasureAsync(default));
            listener.RecordObservableInstruments();
            return folders;
        }
    }
}

public sealed class FolderDeletionOnEmbeddedTests(EmbeddedPair pair) : FolderDeletionTests(pair), IClassFixture<EmbeddedPair>;

public sealed class FolderDeletionOnClusterTests(ClusterPair pair) : FolderDeletionTests(pair), IClassFixture<ClusterPair>;
