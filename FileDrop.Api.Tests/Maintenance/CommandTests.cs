using System.Text.Json;
using FileDrop.Api.Blobs;
using FileDrop.Api.Catalog;
using FileDrop.Api.Commands;
using FileDrop.Api.Maintenance;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace FileDrop.Api.Tests.Maintenance;

/// <summary>The commands for check and backup, as a person runs them.</summary>
public abstract class CommandTests(Pair pair)
{
    [Fact]
    public async Task A_check_of_a_healthy_service_with_writers_versions_and_trash_finds_nothing()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, ("FileDrop:Trash:Retention", "1.00:00:00"));
        var id = (await service.Http.UploadAsync([1], "a")).Id();
        using var put = await service.Http.PutAsync($"/files/{id}/content", new ByteArrayContent([2]));
        using var restored = await service.Http.PostAsync($"/files/{id}/versions/1/restore", null);
        var trashed = (await service.Http.UploadAsync([3], "b")).Id();
        using var deleted = await service.Http.DeleteAsync($"/files/{trashed}");
        using var body = new GatedContent(new byte[12 * 1024 * 1024], 11 * 1024 * 1024);
        var upload = service.Http.PostAsync("/files/upload", body);
        await body.Stopped;

        var (exit, output) = await ServiceProcess.CommandAsync(stores, "check", "--hash");
        Assert.True(exit == 0, output);
        Assert.Contains(" 0 findings.", output, StringComparison.Ordinal);
        body.Open();
        (await upload).Dispose();
    }

    [Fact]
    public async Task A_check_tells_every_kind_of_damage_apart_and_repairs_what_it_may()
    {
        await using var stores = await pair.MakeStoresAsync();
        var ids = new Dictionary<string, string>(StringComparer.Ordinal);
        var orphan = new BlobKey(Guid.NewGuid(), Guid.CreateVersion7());
        var expired = Guid.CreateVersion7();
        await using (var service = await Service.StartAsync(stores, ("FileDrop:Lease", "00:00:00.100"), ("FileDrop:SweepInterval", "01:00:00")))
        {
            foreach (var name in new[] { "intact", "removed", "flipped", "shortened" })
                ids[name] = (await service.Http.UploadAsync(new byte[5000], name)).Id();
            await Damage.RemoveAsync(service, ids["removed"], stores);
            await Damage.FlipAsync(stores, ids["flipped"]);
            await Damage.ShortenAsync(stores, ids["shortened"]);
            using var bytes = new MemoryStream(new byte[100]);
            await service.Services.GetRequiredService<IBlobStore>().WriteAsync(orphan, "local", bytes, 100, exact: true, default);
            await service.Services.GetRequiredService<IWriteCatalog>()
                .BeginCreateAsync("local", expired, new WriteIntent(Guid.NewGuid(), 1), 0, default);
        }
        string[] settings = ["--FileDrop:SweepInterval=00:00:00.001"];
        // Work left by the sweeper becomes a finding only after the sweeper's margin; other findings appear at once.
        var (exit, found) = await ServiceProcess.CommandAsync(stores, ["check", "--hash", "--json", .. settings]);
        Assert.Equal(1, exit);
        Assert.Equal(ids["removed"], Of(found, "FileWithoutBlob"));
        Assert.Equal(ids["flipped"], Of(found, "HashDiffers"));
        Assert.Equal(ids["shortened"], Of(found, "SizeDiffers"));
        Assert.Equal(orphan.FileId.ToString(), Of(found, "BlobWithoutFile"));
        Assert.DoesNotContain(ids["intact"], found, StringComparison.Ordinal);
        Assert.Contains(orphan.ToString(), await stores.BlobKeysAsync());

        (exit, _) = await ServiceProcess.CommandAsync(stores, ["check", "--repair", .. settings]);
        Assert.Equal(1, exit);
        Assert.DoesNotContain(orphan.ToString(), await stores.BlobKeysAsync());
        (_, found) = await ServiceProcess.CommandAsync(stores, ["check", "--json", .. settings]);
        Assert.DoesNotContain("BlobWithoutFile", found, StringComparison.Ordinal);
        Assert.Contains("FileWithoutBlob", found, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_backup_brings_every_file_unchanged_to_other_stores_and_can_be_continued()
    {
        await using var source = await pair.MakeStoresAsync();
        var folder = Directory.CreateTempSubdirectory("filedrop-backup-");
        try
        {
            string list, trash, versions, id;
            await using (var service = await Service.StartAsync(source, ("FileDrop:Trash:Retention", "1.00:00:00")))
            {
                id = (await service.Http.UploadAsync(new byte[9 * 1024 * 1024], "Żółć 灯泡.bin")).Id();
                using var put = await service.Http.PutAsync($"/files/{id}/content", new ByteArrayContent([2]));
                using var restored = await service.Http.PostAsync($"/files/{id}/versions/1/restore", null);
                await service.Http.UploadAsync([], "empty");
                var trashed = (await service.Http.UploadAsync([3], "trashed")).Id();
                using var deleted = await service.Http.DeleteAsync($"/files/{trashed}");
                (list, trash, versions) = await StateAsync(service, id);
                for (var run = 0; run < 2; run++)
                {
                    var (exit, output) = await ServiceProcess.CommandAsync(source, "export", folder.FullName);
                    Assert.True(exit == 0, output);
                }
            }
            foreach (var kind in new Pair[] { new EmbeddedPair(), pair })
            {
                await using var target = await kind.MakeStoresAsync();
                for (var run = 0; run < 2; run++)
                {
                    var (exit, output) = await ServiceProcess.CommandAsync(target, "import", folder.FullName);
                    Assert.True(exit == 0, output);
                    Assert.Contains(run == 0 ? "3 files were imported, 0 were there" : "0 files were imported, 3 were there", output, StringComparison.Ordinal);
                }
                await using var service = await Service.StartAsync(target, ("FileDrop:Trash:Retention", "1.00:00:00"));
                Assert.Equal((list, trash, versions), await StateAsync(service, id));
                Assert.Equal([2], await service.Http.GetByteArrayAsync($"/files/{id}?version=2"));
                await Invariants.EveryFileIsWholeAsync(service.Http);
                var (checkedExit, findings) = await ServiceProcess.CommandAsync(target, "check", "--hash");
                Assert.True(checkedExit == 0, findings);
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task An_import_refuses_damaged_content()
    {
        await using var source = await pair.MakeStoresAsync();
        var folder = Directory.CreateTempSubdirectory("filedrop-backup-");
        try
        {
            await using (var service = await Service.StartAsync(source))
                await service.Http.UploadAsync(new byte[1000], "a");
            Assert.Equal(0, (await ServiceProcess.CommandAsync(source, "export", folder.FullName)).Exit);
            var content = folder.EnumerateFiles("*", SearchOption.AllDirectories).Single(file => file.Length == 1000);
            var bytes = await File.ReadAllBytesAsync(content.FullName);
            bytes[500] ^= 1;
            await File.WriteAllBytesAsync(content.FullName, bytes);

            await using var target = await pair.MakeStoresAsync();
            var (exit, output) = await ServiceProcess.CommandAsync(target, "import", folder.FullName);
            Assert.Equal(1, exit);
            Assert.Contains("1 could not be imported", output, StringComparison.Ordinal);
            await using var empty = await Service.StartAsync(target);
            Assert.Empty(await Invariants.EveryFileIsWholeAsync(empty.Http));
            Assert.Empty(await target.BlobKeysAsync());
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<(string List, string Trash, string Versions)> StateAsync(Service service, string id) =>
        (await service.Http.GetStringAsync("/files"), await service.Http.GetStringAsync("/trash"), await service.Http.GetStringAsync($"/files/{id}/versions"));

    private static string? Of(string output, string kind) => output.Split('\n').Where(line => line.Contains($"\"{kind}\"", StringComparison.Ordinal))
        .Select(line => JsonDocument.Parse(line).RootElement.GetProperty("file_id").GetString()).Single();
}

public sealed class CommandOnEmbeddedTests(EmbeddedPair pair) : CommandTests(pair), IClassFixture<EmbeddedPair>
{
    [Fact]
    public async Task An_import_is_refused_beside_a_running_service_but_other_commands_work()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await ServiceProcess.StartAsync(stores);
        var folder = Directory.CreateTempSubdirectory("filedrop-backup-");
        try
        {
            Assert.Equal(0, (await ServiceProcess.CommandAsync(stores, "check")).Exit);
            Assert.Equal(0, (await ServiceProcess.CommandAsync(stores, "export", folder.FullName)).Exit);
            var (exit, output) = await ServiceProcess.CommandAsync(stores, "import", folder.FullName);
            Assert.Equal(2, exit);
            Assert.Contains($"process {service.Id}", output, StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void A_check_escapes_an_owner_that_would_control_a_terminal() => Assert.Equal(
        @"UsageDiffers: owner \u001b[31m\u2028. The sum is wrong.",
        Command.Tell(new Finding(FindingKind.UsageDiffers, default, default, null, "The sum is wrong.", Repaired: false, "\u001b[31m\u2028")));

    [Fact]
    public async Task An_unknown_command_shows_the_usage()
    {
        await using var stores = new EmbeddedStores();
        var (exit, output) = await ServiceProcess.CommandAsync(stores, "check", "--everything");
        Assert.Equal(2, exit);
        Assert.Contains("usage:", output, StringComparison.Ordinal);
    }
}

public sealed class CommandOnClusterTests(ClusterPair pair) : CommandTests(pair), IClassFixture<ClusterPair>;
