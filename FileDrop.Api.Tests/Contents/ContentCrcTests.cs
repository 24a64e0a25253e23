using System.IO.Hashing;
using System.Text.Json.Nodes;
using FileDrop.Api.Catalog;
using FileDrop.Api.Contents;
using FileDrop.Api.Tests.Attacks;
using FileDrop.Api.Tests.Files;
using FileDrop.Api.Tests.Maintenance;
using FileDrop.Api.Tests.Uploads;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace FileDrop.Api.Tests.Contents;

/// <summary>The CRC-32 of each content: it comes with the bytes, and reads fill those that earlier releases have not stored.</summary>
public abstract class ContentCrcTests(Pair pair)
{
    private const int Large = 100_000;

    private TusClient Tus => new(pair.Http);

    private DraftClient Draft => new(pair.Http);

    /// <summary>The smallest sizes are stored in the catalog of the embedded pair.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1_000)]
    [InlineData(Large)]
    [InlineData(9_000_000)]
    public async Task A_content_has_its_CRC_32_whichever_way_it_came(int size)
    {
        var bytes = Requests.Bytes(size);
        var half = size / 2;
        var raw = (await pair.Http.UploadAsync(bytes, "raw")).Id();
        await Crcs.AreOfAsync(pair.Service, raw, bytes);
        using (var replaced = await pair.Http.PutAsync($"/files/{raw}/content", new ByteArrayContent([.. bytes, 1])))
            await replaced.SucceededAsync();
        await Crcs.AreOfAsync(pair.Service, raw, [.. bytes, 1], bytes);

        var form = new FormBody().Part(bytes, "Content-Disposition: form-data; name=\"file\"; filename=\"form\"");
        await Crcs.AreOfAsync(pair.Service, (await pair.Http.UploadFormAsync(form)).Id(), bytes);
        using (var body = new ByteArrayContent(bytes))
        using (var chunked = await pair.Http.SendChunkedAsync(HttpMethod.Post, "/files/upload?file_name=chunked", body))
            await Crcs.AreOfAsync(pair.Service, (await chunked.SucceededAsync(System.Net.HttpStatusCode.Created)).Id(), bytes);

        var tus = await Tus.CreateAsync(size);
        if (half > 0)
            await Tus.AppendAsync(tus, 0, bytes[..half]);
        if (size > 0)
            await Tus.AppendAsync(tus, half, bytes[half..]);
        await Crcs.AreOfAsync(pair.Service, (await Tus.FileAsync(tus)).Id(), bytes);

        var draft = await Draft.CreateAsync(bytes[..half]);
        await Crcs.AreOfAsync(pair.Service, (await Draft.FinishAsync(draft, half, bytes[half..])).Id(), bytes);

        var joined = await Tus.ConcatenateAsync([await Tus.PartialAsync(bytes[..half]), await Tus.PartialAsync(bytes[half..])]);
        await Crcs.AreOfAsync(pair.Service, (await Tus.FileAsync(joined)).Id(), bytes);
    }

    [Fact]
    public async Task A_restored_version_keeps_its_CRC_32()
    {
        var (first, second) = (Requests.Bytes(1_000), Requests.Bytes(2_000));
        var file = (await pair.Http.UploadAsync(first, "a")).Id();
        using (var replaced = await pair.Http.PutAsync($"/files/{file}/content", new ByteArrayContent(second)))
            await replaced.SucceededAsync();
        using (var restored = await pair.Http.PostAsync($"/files/{file}/versions/1/restore", null))
            await restored.SucceededAsync();
        await Crcs.AreOfAsync(pair.Service, file, first, second, first);
    }

    [Fact]
    public async Task An_upload_goes_on_with_its_CRC_32_after_a_restart_and_without_one_if_an_earlier_release_began_it()
    {
        await using var stores = await pair.MakeStoresAsync();
        var bytes = Requests.Bytes(9_000_000);
        string known, unknown;
        await using (var service = await Service.StartAsync(stores))
        {
            unknown = await BeginAsync(service);
        }
        await Crcs.ForgetAsync(stores);
        await using (var service = await Service.StartAsync(stores))
        {
            known = await BeginAsync(service);
            await new TusClient(service.Http).AppendAsync(unknown, 1_000, bytes[1_000..2_000]);
        }
        await using var last = await Service.StartAsync(stores);
        var tus = new TusClient(last.Http);
        await tus.AppendAsync(known, 1_000, bytes[1_000..]);
        await tus.AppendAsync(unknown, 2_000, bytes[2_000..]);
        await Crcs.AreOfAsync(last, (await tus.FileAsync(known)).Id(), bytes);
        var file = (await tus.FileAsync(unknown)).Id();
        Assert.Null(Assert.Single(await Crcs.ContentsAsync(last, file)).Crc32);
        Assert.Equal(bytes, await last.Http.GetByteArrayAsync($"/files/{file}"));
        await Crcs.BecomeAsync(last, file, bytes);

        async Task<string> BeginAsync(Service service)
        {
            var tus = new TusClient(service.Http);
            var upload = await tus.CreateAsync(bytes.Length);
            await tus.AppendAsync(upload, 0, bytes[..1_000]);
            return upload;
        }
    }

    [Fact]
    public async Task A_scrub_fills_a_missing_CRC_32_of_every_content_without_a_new_version()
    {
        await using var stores = await pair.MakeStoresAsync();
        var (first, second) = (Requests.Bytes(1_000), Requests.Bytes(Large));
        var (file, trashed, before) = await PrepareAsync(stores, first, second);

        await using var service = await Service.StartAsync(stores, ("FileDrop:Scrub:BytesPerSecond", "1000000000"), ("FileDrop:Trash:Retention", "1.00:00:00"));
        await Crcs.BecomeAsync(service, file, first, second, first);
        await Crcs.BecomeAsync(service, trashed, second);
        Assert.Equal(before, await DescribeAsync(service, file));
    }

    [Fact]
    public async Task A_whole_read_fills_a_missing_CRC_32_without_a_new_version_and_a_part_does_not()
    {
        await using var stores = await pair.MakeStoresAsync();
        var (first, second) = (Requests.Bytes(1_000), Requests.Bytes(Large));
        var (file, _, before) = await PrepareAsync(stores, first, second);

        await using var service = await Service.StartAsync(stores, ("FileDrop:Trash:Retention", "1.00:00:00"));
        using (var part = await service.Http.SendAsync(HttpMethod.Get, $"/files/{file}?version=2", null, ("Range", "bytes=0-98999")))
            Assert.Equal(second[..99_000], await part.Content.ReadAsByteArrayAsync());
        // The restored version shares its blob with the first.
        Assert.Equal(first, await service.Http.GetByteArrayAsync($"/files/{file}?version=1"));
        await Service.UntilAsync("the read has filled both", async () =>
            (await Crcs.ContentsAsync(service, file)) is [{ Crc32: not null }, { Crc32: null }, { Crc32: not null }]);
        Assert.Equal(second, await service.Http.GetByteArrayAsync($"/files/{file}?version=2"));
        await Crcs.BecomeAsync(service, file, first, second, first);
        Assert.Equal(before, await DescribeAsync(service, file));
    }

    [Fact]
    public async Task A_download_does_not_depend_on_the_recording_of_its_CRC_32()
    {
        await using var stores = await pair.MakeStoresAsync();
        var bytes = Requests.Bytes(1_000);
        string file;
        await using (var service = await Service.StartAsync(stores))
            file = (await service.Http.UploadAsync(bytes, "a")).Id();
        await Crcs.ForgetAsync(stores);
        var faults = new FaultyStores();
        await using var faulty = await Service.StartAsync(stores, faults.Wrap);
        faults.Break("IFileCatalog.RecordCrcAsync", Fault.Before, times: 1_000);
        Assert.Equal(bytes, await faulty.Http.GetByteArrayAsync($"/files/{file}"));
        await Service.UntilAsync("the recording has failed", () => Task.FromResult(faults.Happened == 1));
        faults.Heal();
        Assert.Equal(bytes, await faulty.Http.GetByteArrayAsync($"/files/{file}"));
        await Crcs.BecomeAsync(faulty, file, bytes);
    }

    [Fact]
    public async Task A_CRC_32_is_computed_on_demand_recorded_and_never_taken_from_damaged_bytes()
    {
        await using var stores = await pair.MakeStoresAsync();
        var bytes = Requests.Bytes(Large);
        string intact, damaged, lost;
        await using (var service = await Service.StartAsync(stores))
        {
            intact = (await service.Http.UploadAsync(bytes, "a")).Id();
            damaged = (await service.Http.UploadAsync(bytes, "b")).Id();
            lost = (await service.Http.UploadAsync(bytes, "c")).Id();
            await Damage.RemoveAsync(service, lost, stores);
        }
        await Crcs.ForgetAsync(stores);
        await Damage.FlipAsync(stores, damaged);

        await using var again = await Service.StartAsync(stores);
        var files = again.Services.GetRequiredService<FileStore>();
        Assert.Equal(Crc32.HashToUInt32(bytes), await files.FindOrComputeCrcAsync(await FindAsync(intact), default));
        await Crcs.AreOfAsync(again, intact, bytes);
        foreach (var file in new[] { damaged, lost })
        {
            await Assert.ThrowsAsync<DamagedContentException>(async () => await files.FindOrComputeCrcAsync(await FindAsync(file), default));
            Assert.Null(Assert.Single(await Crcs.ContentsAsync(again, file)).Crc32);
        }
        // A known one is given without a read.
        await Damage.RemoveAsync(again, intact, stores);
        Assert.Equal(Crc32.HashToUInt32(bytes), await files.FindOrComputeCrcAsync(await FindAsync(intact), default));

        async Task<CatalogFile> FindAsync(string file) =>
            await files.FindAsync("local", Guid.Parse(file), default) ?? throw new InvalidOperationException("The file is gone.");
    }

    [Fact]
    public async Task No_CRC_32_is_computed_of_a_content_that_the_file_does_not_keep_any_more()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores);
        var file = (await service.Http.UploadAsync(Requests.Bytes(Large), "a")).Id();
        var files = service.Services.GetRequiredService<FileStore>();
        var found = await files.FindAsync("local", Guid.Parse(file), default) ?? throw new InvalidOperationException("The file is gone.");
        using (var deleted = await service.Http.DeleteAsync($"/files/{file}?permanent=true"))
            Assert.True(deleted.IsSuccessStatusCode);
        await Damage.RemoveAsync(service, file, stores);
        Assert.Null(await files.FindOrComputeCrcAsync(found with { Content = found.Content with { Crc32 = null } }, default));
    }

    [Fact]
    public async Task An_import_checks_a_CRC_32_in_the_backup_and_computes_a_missing_one()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var source = await Service.StartAsync(stores);
        var (first, second) = (Requests.Bytes(1_000), Requests.Bytes(Large));
        var ids = new List<string>();
        for (var i = 0; i < 3; i++)
        {
            ids.Add((await source.Http.UploadAsync(first, "a")).Id());
            using var replaced = await source.Http.PutAsync($"/files/{ids[i]}/content", new ByteArrayContent(second));
            await replaced.SucceededAsync();
        }
        using var backup = await Backups.ExportAsync(source);
        await backup.ChangeAsync(ids[0], json => Assert.Equal(Crc32.HashToUInt32(second), json["contents"]![0]!["crc32"]!.GetValue<uint>()));
        await backup.ChangeAsync(ids[1], json =>
        {
            foreach (var content in Contents(json))
                content.AsObject().Remove("crc32");
        });
        await backup.ChangeAsync(ids[2], json =>
        {
            foreach (var content in Contents(json))
                content["crc32"] = content["crc32"]!.GetValue<uint>() ^ 1;
        });

        await using var target = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(target);
        var result = await backup.ImportAsync(service);
        Assert.True(result is { Imported: 2, Failed: 1 }, $"{result}\n{string.Join('\n', backup.Messages)}");
        Assert.Contains(backup.Messages, message => message.Contains(ids[2], StringComparison.Ordinal));
        await Crcs.AreOfAsync(service, ids[0], second, first);
        await Crcs.AreOfAsync(service, ids[1], second, first);

        static IEnumerable<JsonNode> Contents(JsonNode json) => json["contents"]!.AsArray().OfType<JsonNode>().Append(json["file"]!["content"]!);
    }

    /// <summary>Makes a file whose first content was restored, and one in the trash; then forgets each CRC-32.</summary>
    private static async Task<(string File, string Trashed, string Described)> PrepareAsync(Stores stores, byte[] first, byte[] second)
    {
        string file, trashed, described;
        await using (var service = await Service.StartAsync(stores, ("FileDrop:Trash:Retention", "1.00:00:00")))
        {
            file = (await service.Http.UploadAsync(first, "a")).Id();
            using (var replaced = await service.Http.PutAsync($"/files/{file}/content", new ByteArrayContent(second)))
                await replaced.SucceededAsync();
            using (var restored = await service.Http.PostAsync($"/files/{file}/versions/1/restore", null))
                await restored.SucceededAsync();
            trashed = (await service.Http.UploadAsync(second, "b")).Id();
            using (var deleted = await service.Http.DeleteAsync($"/files/{trashed}"))
                await deleted.SucceededAsync();
            described = await DescribeAsync(service, file);
        }
        await Crcs.ForgetAsync(stores);
        return (file, trashed, described);
    }

    /// <summary>A file as its clients see it.</summary>
    private static async Task<string> DescribeAsync(Service service, string file) => string.Join(
        '\n', await service.Http.TagAsync(file), await service.Http.GetStringAsync($"/files/{file}/metadata"),
        await service.Http.GetStringAsync($"/files/{file}/versions"));
}

public sealed class ContentCrcOnEmbeddedTests(EmbeddedPair pair) : ContentCrcTests(pair), IClassFixture<EmbeddedPair>;

public sealed class ContentCrcOnClusterTests(ClusterPair pair) : ContentCrcTests(pair), IClassFixture<ClusterPair>;
