using System.Globalization;
using System.Net;
using System.Text;
using FileDrop.Api.Blobs;
using FileDrop.Api.Tests.Access;
using FileDrop.Api.Tests.Contents;
using FileDrop.Api.Tests.Files;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using MongoDB.Bson;
using MongoDB.Driver;
using Xunit;

namespace FileDrop.Api.Tests.Maintenance;

/// <summary>This FileDrop reads the data of earlier ones.</summary>
public sealed class UpgradeTests
{
    private static readonly byte[] s_first = Encoding.UTF8.GetBytes("the first content");
    private static readonly byte[] s_second = Encoding.UTF8.GetBytes("the second");
    private static readonly byte[] s_third = Requests.Bytes(200_000);

    [Fact]
    public async Task A_data_directory_of_the_first_layout_opens_with_all_its_files_versions_bytes_and_keys()
    {
        await using var stores = new EmbeddedStores();
        Guid versioned, keyed, replacing, pruned, deleted, remembered;
        using (var written = new FirstLayout(stores.Directory))
        {
            versioned = written.AddFile("Versioned.txt", """{"a":"1","b":"zwei"}""", s_first, s_second, s_third);
            keyed = written.AddFile("keyed.txt", "{}", s_first);
            written.AddKey("a-key", keyed);
            replacing = written.AddFile("replacing.txt", "{}", s_second);
            written.AddIntent(replacing);
            pruned = written.AddFile("pruned.txt", "{}", [[]]);
            written.AddGarbage(pruned);
            written.AddIntent();
            deleted = written.AddDeleted();
            remembered = written.AddRemembered("old-key", "gone.txt", s_second);
        }

        await using (var service = await Service.StartAsync(stores, ("FileDrop:LateWrites", "00:00:00")))
        {
            var files = await Invariants.EveryFileIsWholeAsync(service.Http);
            Assert.Equal([pruned, replacing, keyed, versioned], files.Select(file => Guid.Parse(file.Id())).OrderByDescending(id => id));
            await AllVersionsAreThereAsync(service.Http, versioned);
            await Crcs.BecomeAsync(service, $"{versioned}", s_third, s_second, s_first);
            await RepeatedAsync(service.Http, "a-key", "keyed.txt", s_first, keyed);
            await RepeatedAsync(service.Http, "old-key", "gone.txt", s_second, remembered);
            using var gone = await service.Http.GetAsync($"/files/{deleted}");
            await gone.RefusedAsync(404, "file_not_found");

            // The file can be changed like any other.
            using var restored = await service.Http.PostAsync($"/files/{versioned}/versions/1/restore", null);
            await restored.SucceededAsync();
            Assert.Equal(6, (await service.Http.MetadataAsync($"{versioned}")).Version());
            await Crcs.AreOfAsync(service, $"{versioned}", s_first, s_third, s_second, s_first);
            Assert.Equal(s_first, await service.Http.GetByteArrayAsync($"/files/{versioned}"));
            await Invariants.NothingElseIsLeftAsync(stores, new Dictionary<string, int>
            {
                [$"{versioned}"] = 3,
                [$"{keyed}"] = 1,
                [$"{replacing}"] = 1,
                [$"{pruned}"] = 1,
            });
        }

        Assert.Equal(13, LayoutOf(stores.Directory));
        var (exit, output) = await ServiceProcess.CommandAsync(stores, "check", "--hash");
        Assert.True(exit == 0, output);
        Assert.Contains("6 blobs, 0 findings", output, StringComparison.Ordinal);
        await using var again = await Service.StartAsync(stores);
        Assert.Equal(4, (await Invariants.EveryFileIsWholeAsync(again.Http)).Count);
    }

    [Fact]
    public async Task Contents_of_the_first_layout_get_their_CRC_32_from_a_scrub_without_a_new_version()
    {
        await using var stores = new EmbeddedStores();
        Guid file;
        using (var written = new FirstLayout(stores.Directory))
            file = written.AddFile("a", "{}", s_first, s_second, s_third);
        await using var service = await Service.StartAsync(stores, ("FileDrop:Scrub:BytesPerSecond", "1000000000"));
        await Crcs.BecomeAsync(service, $"{file}", s_third, s_second, s_first);
        Assert.Equal(5, (await service.Http.MetadataAsync($"{file}")).Version());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("1000000000")]
    public async Task What_a_quota_counts_as_bytes_and_files_does_not_change_at_an_upgrade_of_SQLite(string? quota)
    {
        await using var stores = new EmbeddedStores();
        using (var written = new FirstLayout(stores.Directory))
        {
            written.AddFile("versioned.txt", "{}", s_first, s_second, s_third);
            written.AddIntent(written.AddFile("replacing.txt", "{}", s_second));
            written.AddGarbage(written.AddFile("pruned.txt", "{}", [[]]));
            written.AddIntent();
            written.AddDeleted();
        }
        await using var service = await Service.StartAsync(stores, QuotaOf(quota));
        await CountsAsync(service.Http, bytes: 200_037, files: 3);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("1000000000")]
    public async Task What_a_quota_counts_as_bytes_and_files_does_not_change_at_an_upgrade_of_MongoDB(string? quota)
    {
        await using var stores = await ClusterStores.MakeAsync();
        using var client = new MongoClient(stores.MongoDb);
        await client.GetDatabase(stores.Name).GetCollection<BsonDocument>("files")
            .InsertManyAsync(FirstDocuments.All(s_first, s_second, s_third).Select(BsonDocument.Parse));
        await using var service = await Service.StartAsync(stores, QuotaOf(quota));
        await CountsAsync(service.Http, bytes: 200_044, files: 2);
    }

    private static (string Key, string Value)[] QuotaOf(string? bytes) => bytes is null ? [] : [("FileDrop:Quota:Bytes", bytes)];

    /// <summary>Checks the usage just after the upgrade and after a change, since MongoDB writes an owner's sum with the first change.</summary>
    private static async Task CountsAsync(HttpClient http, long bytes, long files)
    {
        var usage = await http.UsageAsync();
        Assert.Equal((bytes, 0, files), (usage.BytesUsed, usage.BytesReserved, usage.FilesUsed));
        await http.UploadAsync([1], "a");
        await http.UsesAsync(bytes + 1, files + 1);
    }

    [Fact]
    public async Task A_catalog_of_a_newer_layout_is_refused_and_left_unchanged()
    {
        await using var stores = new EmbeddedStores();
        await using (var service = await Service.StartAsync(stores))
            await service.Http.UploadAsync([1], "a");
        using (var newer = new SqliteConnection($"Data Source={Path.Combine(stores.Directory, "catalog.db")};Pooling=False"))
        {
            newer.Open();
            using var command = newer.CreateCommand();
            command.CommandText = "PRAGMA user_version = 1000";
            command.ExecuteNonQuery();
        }
        await using var refused = ServiceProcess.Launch(stores.Settings);
        Assert.Equal(2, await refused.ExitAsync());
        await Service.UntilAsync("it says why", () => Task.FromResult(refused.Output.Contains("newer FileDrop", StringComparison.Ordinal)));
        Assert.Equal(1000, LayoutOf(stores.Directory));
    }

    [Fact]
    public async Task Documents_of_the_first_schema_are_read_from_MongoDB_with_their_versions_and_are_swept()
    {
        await using var stores = await ClusterStores.MakeAsync();
        await using var service = await Service.StartAsync(stores, ("FileDrop:LateWrites", "00:00:00"));
        var blobs = service.Services.GetRequiredService<IBlobStore>();
        using var client = new MongoClient(stores.MongoDb);
        var files = client.GetDatabase(stores.Name).GetCollection<BsonDocument>("files");
        foreach (var (file, blob, content) in new[]
        {
            (FirstDocuments.Live, FirstDocuments.LiveBlobs[0], s_first), (FirstDocuments.Live, FirstDocuments.LiveBlobs[1], s_second),
            (FirstDocuments.Live, FirstDocuments.LiveBlobs[2], s_third), (FirstDocuments.Live, FirstDocuments.Garbage, [7]),
            (FirstDocuments.Pending, FirstDocuments.Intent, [7]), (FirstDocuments.InTrash, FirstDocuments.TrashBlob, s_first),
        })
        {
            await blobs.WriteAsync(new BlobKey(blob, file), "local", new MemoryStream(content), content.Length, exact: true, CancellationToken.None);
        }
        await files.InsertManyAsync(FirstDocuments.All(s_first, s_second, s_third).Select(BsonDocument.Parse));

        Assert.Single(await Invariants.EveryFileIsWholeAsync(service.Http));
        await AllVersionsAreThereAsync(service.Http, FirstDocuments.Live);
        await Crcs.BecomeAsync(service, $"{FirstDocuments.Live}", s_third, s_second, s_first);
        using (var restored = await service.Http.PostAsync($"/trash/{FirstDocuments.InTrash}/restore", null))
            await restored.SucceededAsync();
        Assert.Equal(s_first, await service.Http.GetByteArrayAsync($"/files/{FirstDocuments.InTrash}"));
        await Invariants.NothingElseIsLeftAsync(
            stores, new Dictionary<string, int> { [$"{FirstDocuments.Live}"] = 3, [$"{FirstDocuments.InTrash}"] = 1 });
        var (exit, output) = await ServiceProcess.CommandAsync(stores, "check", "--hash");
        Assert.True(exit == 0, output);
    }

    private static async Task AllVersionsAreThereAsync(HttpClient http, Guid id)
    {
        var file = await http.MetadataAsync($"{id}");
        Assert.Equal(("Versioned.txt", 5L), (file.Name(), file.Version()));
        Assert.Equal(new Dictionary<string, string> { ["a"] = "1", ["b"] = "zwei" }, file.Tags());
        using var versions = await http.GetAsync($"/files/{id}/versions");
        Assert.Equal([5L, 3L, 1L], (await versions.SucceededAsync()).EnumerateArray().Select(version => version.Version()));
        foreach (var (version, content) in new[] { (1, s_first), (3, s_second), (5, s_third) })
            Assert.Equal(content, await http.GetByteArrayAsync($"/files/{id}?version={version}"));
        using var searched = await http.GetAsync("/files?file_name=versioned");
        Assert.True(searched.IsSuccessStatusCode, await searched.Content.ReadAsStringAsync());
    }

    /// <summary>Checks that the same upload with the same key is answered with the file that it created.</summary>
    private static async Task RepeatedAsync(HttpClient http, string key, string name, byte[] content, Guid file)
    {
        using var answer = await http.SendAsync(
            HttpMethod.Post, $"/files/upload?file_name={name}", new ByteArrayContent(content), ("Idempotency-Key", key), ("Content-Type", "text/plain"));
        var created = await answer.SucceededAsync(HttpStatusCode.Created);
        Assert.Equal(($"{file}", 1L), (created.Id(), created.Version()));
    }

    private static long LayoutOf(string directory)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(directory, "catalog.db")};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA user_version";
        return Convert.ToInt64(command.ExecuteScalar(), CultureInfo.InvariantCulture);
    }
}
