using System.Formats.Tar;
using System.Globalization;
using System.Text;
using FileDrop.Api.Blobs;
using FileDrop.Api.Catalog;
using FileDrop.Api.Commands;
using FileDrop.Api.Tests.Files;
using FileDrop.Api.Tests.Maintenance;
using Microsoft.Data.Sqlite;
using Xunit;

namespace FileDrop.Api.Tests.Attacks;

/// <summary>Damaged, foreign and malicious backups: each fault gets a message, the rest is imported, and existing files are not harmed.</summary>
public abstract class ImportTests(Pair pair)
{
    private const int Large = 100_000;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_damaged_backup_of_the_same_files_harms_none_of_them(bool asArchive)
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores);
        foreach (var size in new[] { 10, Large, Large })
            await service.Http.UploadAsync(Requests.Bytes(size), $"{size}");
        using var backup = await Backups.ExportAsync(service);
        var number = 0;
        foreach (var path in backup.Contents())
        {
            var bytes = await File.ReadAllBytesAsync(path);
            bytes[0] ^= 1;
            await File.WriteAllBytesAsync(path, number++ % 2 == 0 ? bytes[..^1] : bytes);
        }
        var before = await stores.BlobKeysAsync();

        using var archive = await backup.ArchiveAsync(paths => paths.Order(StringComparer.Ordinal));
        var result = asArchive ? await backup.ImportAsync(service, archive) : await backup.ImportAsync(service);
        Assert.Equal((0, 3, 0), (result.Imported, result.Present, result.Failed));
        Assert.Equal(before.Order(StringComparer.Ordinal), (await stores.BlobKeysAsync()).Order(StringComparer.Ordinal));
        Assert.Equal(3, (await Invariants.EveryFileIsWholeAsync(service.Http)).Count);
    }

    [Fact]
    public async Task An_id_that_belongs_to_another_owner_is_refused_and_the_others_file_stays()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, ("FileDrop:Trash:Retention", "1.00:00:00"));
        var content = Requests.Bytes(Large);
        var file = (await service.Http.UploadAsync(content, "mine")).Id();
        using var backup = await Backups.ExportAsync(service);
        await backup.ChangeAsync(file, json => (json["owner"], json["file"]!["owner"]) = ("thief", "thief"));
        foreach (var asArchive in new[] { false, true })
        {
            using var archive = await backup.ArchiveAsync(paths => paths.Order(StringComparer.Ordinal));
            var result = asArchive ? await backup.ImportAsync(service, archive) : await backup.ImportAsync(service);
            Assert.Equal((0, 0, 1), (result.Imported, result.Present, result.Failed));
            Assert.Contains(file, Assert.Single(backup.Messages), StringComparison.Ordinal);
        }
        Assert.Single(await Backups.Catalog(service).FindDocumentsAsync([Guid.Parse(file)], default));
        Assert.Equal(content, await service.Http.GetByteArrayAsync($"/files/{file}"));
    }

    [Fact]
    public async Task A_backup_with_missing_and_malformed_entries_is_imported_except_these_with_a_message_for_each()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var source = await Service.StartAsync(stores);
        var ids = new List<string>();
        for (var i = 0; i < 16; i++)
            ids.Add((await source.Http.UploadAsync(Requests.Bytes(Large + i), $"file {i}")).Id());
        using var backup = await Backups.ExportAsync(source);
        foreach (var lost in backup.Contents(ids[1]))
            File.Delete(lost);
        File.Delete(backup.Document(ids[2]));
        await File.WriteAllTextAsync(backup.Document(ids[3]), "{\"owner\":\"local\"");
        await File.WriteAllTextAsync(backup.Document(ids[4]), "null");
        await backup.ChangeAsync(ids[5], json => json["file"]!["name"] = null);
        await backup.ChangeAsync(ids[6], json => json["contents"]![0]!["sha256"] = "none");
        await backup.ChangeAsync(ids[7], json => json["contents"] = new System.Text.Json.Nodes.JsonArray());
        const string Injected = "text/html\r\nX-Injected: 1";
        await backup.ChangeAsync(ids[8], json => (json["contents"]![0]!["type"], json["file"]!["content"]!["type"]) = (Injected, Injected));
        await backup.ChangeAsync(ids[9], json => json["file"]!["name"] = "../../etc/passwd");
        await backup.ChangeAsync(ids[10], json => json["file"]!["tags"]!["a:b"] = "c");
        await backup.ChangeAsync(ids[11], json => json["file"]!["deleted_at"] = "2026-01-01T00:00:00Z");
        await backup.ChangeAsync(ids[12], json => json["file"]!["id"] = ids[0]);
        await backup.ChangeAsync(ids[13], json => json["contents"]![0]!["version"] = 0);
        await File.WriteAllTextAsync(backup.Document(ids[14]), "{\"owner\":\"\\ud800\",\"file\":null,\"contents\":[null]}");
        await File.WriteAllTextAsync(Path.Combine(backup.Folder, "files", "stranger"), "");
        File.Delete(Path.Combine(backup.Folder, "manifest.json"));

        await using var target = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(target);
        var result = await backup.ImportAsync(service);
        Assert.True(result is { Imported: 2, Present: 0, Failed: 13, Complete: false }, $"{result}\n{string.Join('\n', backup.Messages)}");
        foreach (var id in ids[1..15])
            Assert.Contains(backup.Messages, message => message.Contains(id, StringComparison.Ordinal));
        Assert.Contains(backup.Messages, message => message.Contains("stranger", StringComparison.Ordinal));
        Assert.Equal(2, (await Invariants.EveryFileIsWholeAsync(service.Http)).Count);
        await Invariants.NothingElseIsLeftAsync(target, ids[0], ids[15]);
    }

    [Fact]
    public async Task An_archive_with_odd_entries_in_any_order_is_imported_as_far_as_it_goes_with_a_message_for_each()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var source = await Service.StartAsync(stores);
        var ids = new List<string>();
        for (var i = 0; i < 4; i++)
            ids.Add((await source.Http.UploadAsync(Requests.Bytes(Large + i), $"file {i}")).Id());
        using var backup = await Backups.ExportAsync(source);
        // The documents and the manifest come before the contents, as in a tar of a folder, and the first file comes twice.
        using var archive = await backup.ArchiveAsync(paths => paths.OrderByDescending(path => path.EndsWith(".json", StringComparison.Ordinal)).ToList()
            is var all ? [.. all, .. all.Where(path => path.Contains(ids[0], StringComparison.Ordinal))] : []);
        archive.Position = archive.Length - 1024;
        await using (var writer = new TarWriter(archive, TarEntryFormat.Pax, leaveOpen: true))
        {
            await writer.WriteEntryAsync(new PaxTarEntry(TarEntryType.Directory, "files/"));
            await writer.WriteEntryAsync(new PaxTarEntry(TarEntryType.SymbolicLink, $"files/00/{Guid.Empty}.json") { LinkName = "/etc/passwd" });
            await writer.WriteEntryAsync(new PaxTarEntry(TarEntryType.HardLink, $"files/00/{Guid.Empty}/{Guid.Empty}") { LinkName = "/etc/passwd" });
            await writer.WriteEntryAsync(new PaxTarEntry(TarEntryType.Fifo, "fifo"));
            await writer.WriteEntryAsync(Text("../../../tmp/escaped", "x"));
            await writer.WriteEntryAsync(Text("/etc/absolute", "x"));
            await writer.WriteEntryAsync(Text($"files/00/{Guid.NewGuid()}/{Guid.NewGuid()}", "nobody's"));
            await writer.WriteEntryAsync(Text($"files/00/{Guid.NewGuid()}.json", ""));
            await writer.WriteEntryAsync(Text("manifest.json", "[]"));
        }

        await using var target = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(target);
        var result = await backup.ImportAsync(service, archive);
        Assert.True(result is { Imported: 4, Present: 1, Failed: 1, Complaints: 8 }, $"{result}\n{string.Join('\n', backup.Messages)}");
        Assert.Equal(4, (await Invariants.EveryFileIsWholeAsync(service.Http)).Count);
        await Invariants.NothingElseIsLeftAsync(target, [.. ids]);

        // Cut the archive at several places: entries before the cut are imported, and a message reports the rest.
        foreach (var length in new[] { 100, 700, 1024 + Large, (int)archive.Length / 3 })
        {
            await using var cut = await pair.MakeStoresAsync();
            await using var other = await Service.StartAsync(cut);
            var part = await backup.ImportAsync(other, new MemoryStream(archive.ToArray()[..length]));
            Assert.True(part is { Complete: false, Complaints: > 0 }, $"{length}: {part}");
            await Invariants.NothingElseIsLeftAsync(cut, (await Invariants.EveryFileIsWholeAsync(other.Http)).Select(file => file.Id()));
        }
    }

    [Fact]
    public async Task An_import_restores_missing_and_damaged_content_and_keeps_the_damaged_bytes_in_quarantine()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores);
        var (lost, flipped, shortened) = ((await service.Http.UploadAsync(Requests.Bytes(Large), "lost")).Id(),
            (await service.Http.UploadAsync(Requests.Bytes(Large), "flipped")).Id(), (await service.Http.UploadAsync(Requests.Bytes(Large), "short")).Id());
        using var backup = await Backups.ExportAsync(service);
        await Damage.RemoveAsync(service, lost, stores);
        await Damage.FlipAsync(stores, flipped);
        await Damage.ShortenAsync(stores, shortened);
        var result = await backup.ImportAsync(service);
        Assert.True(result is { Present: 3, Mended: 3, Complaints: 0 }, $"{result}\n{string.Join('\n', backup.Messages)}");
        Assert.Equal(3, (await Invariants.EveryFileIsWholeAsync(service.Http)).Count);
    }

    [Fact]
    public async Task An_import_moves_bytes_that_no_document_names_to_the_quarantine_and_never_deletes_them()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var source = await Service.StartAsync(stores);
        var id = (await source.Http.UploadAsync(Requests.Bytes(Large), "a")).Id();
        using var backup = await Backups.ExportAsync(source);
        var key = new BlobKey(Guid.Parse(Path.GetFileName(backup.Contents(id).Single())), Guid.Parse(id));
        await using var target = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(target);
        using var other = new MemoryStream(Requests.Bytes(50));
        await Backups.Blobs(service).WriteAsync(key, owner: "", other, 50, exact: true, default);

        var result = await backup.ImportAsync(service);
        Assert.True(result is { Imported: 1, Failed: 0 }, $"{result}");
        Assert.Single(await Invariants.EveryFileIsWholeAsync(service.Http));
        Assert.Contains(await QuarantineAsync(target), name => name.EndsWith(key.ToString(), StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task No_message_of_an_export_or_an_import_has_characters_that_control_a_terminal(bool asArchive)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such file names.");
        const string Evil = "\u001b[31m\u2028\u202e", Escaped = @"\u001b[31m\u2028\u202e";
        await using var stores = await pair.MakeStoresAsync();
        await using var source = await Service.StartAsync(stores);
        var id = (await source.Http.UploadAsync(Requests.Bytes(Large), "a")).Id();
        using var backup = await Backups.ExportAsync(source);
        foreach (var folder in new[] { Path.Combine(backup.Folder, "files"), Path.GetDirectoryName(backup.Document(id))! })
            await File.WriteAllTextAsync(Path.Combine(folder, Evil), "");
        var document = (await Backups.Catalog(source).FindDocumentsAsync([Guid.Parse(id)], default)).Single();

        await using var target = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(target);
        Assert.True(await Backups.Catalog(service).ImportAsync(
            document with { Owner = Evil, File = document.File! with { Owner = Evil, Name = Evil } }, default));
        using var exported = await Backups.ExportAsync(service);
        Assert.Contains(Escaped, Assert.Single(exported.Messages), StringComparison.Ordinal);
        using var archive = await backup.ArchiveAsync(paths => paths.Order(StringComparer.Ordinal));
        var result = asArchive ? await backup.ImportAsync(service, archive) : await backup.ImportAsync(service);
        Assert.Equal((1, 3), (result.Failed, result.Complaints));
        Assert.All(backup.Messages, message => Assert.Contains(Escaped, message, StringComparison.Ordinal));
        Assert.All(exported.Messages.Concat(backup.Messages), message => Assert.DoesNotContain(message, IsDangerous));
    }

    private static bool IsDangerous(char letter) => char.GetUnicodeCategory(letter) is UnicodeCategory.Control or UnicodeCategory.Format
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;

    private static async Task<IEnumerable<string>> QuarantineAsync(Stores stores) => stores is EmbeddedStores embedded
        ? Directory.EnumerateFiles(Path.Combine(embedded.Directory, "quarantine"))
        : (await stores.BlobKeysAsync()).Where(key => key.StartsWith("quarantine/", StringComparison.Ordinal));

    private static PaxTarEntry Text(string path, string text) =>
        new(TarEntryType.RegularFile, path) { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(text)) };
}

public sealed class ImportOnEmbeddedTests(EmbeddedPair pair) : ImportTests(pair), IClassFixture<EmbeddedPair>
{
    [Fact]
    public async Task Import_ends_with_1_for_a_damaged_backup_and_the_check_finds_nothing_afterwards()
    {
        await using var stores = new EmbeddedStores();
        Backups backup;
        await using (var service = await Service.StartAsync(stores))
        {
            await service.Http.UploadAsync(Requests.Bytes(10), "a");
            var lost = (await service.Http.UploadAsync(Requests.Bytes(10), "b")).Id();
            backup = await Backups.ExportAsync(service);
            using var deleted = await service.Http.DeleteAsync($"/files/{lost}?permanent=true");
            await Invariants.NothingElseIsLeftAsync(stores, (await Invariants.EveryFileIsWholeAsync(service.Http)).Single().Id());
        }
        using (backup)
        {
            foreach (var path in backup.Contents())
                await File.WriteAllBytesAsync(path, (await File.ReadAllBytesAsync(path))[..^1]);
            var (exit, output) = await ServiceProcess.CommandAsync(stores, "import", backup.Folder);
            Assert.True(exit == 1, output);
            Assert.Contains("1 could not be imported", output, StringComparison.Ordinal);
            (exit, output) = await ServiceProcess.CommandAsync(stores, "check", "--hash");
            Assert.True(exit == 0, output);
        }
    }

    /// <summary>On SQLite, earlier releases imported an id that another owner had.</summary>
    [Fact]
    public async Task Two_owners_of_the_same_id_keep_their_files_when_the_other_deletes_and_the_check_accepts_them()
    {
        await using var stores = new EmbeddedStores();
        await using var service = await Service.StartAsync(stores);
        var content = Requests.Bytes(100_000);
        var id = (await service.Http.UploadAsync(content, "mine")).Id();
        var catalog = Backups.Catalog(service);
        var mine = (await catalog.FindDocumentsAsync([Guid.Parse(id)], default)).Single();
        await AddOwnerAsync(stores, "other");

        List<Finding> findings = [];
        var summary = await Backups.Check(service, new CheckOptions(Repair: true, Hash: true, TimeSpan.FromMinutes(1)), findings.Add).RunAsync(default);
        Assert.True(summary is { Documents: 2, Findings: 0 }, string.Join('\n', findings));
        Assert.Equal(ChangeOutcome.Done, (await catalog.DeleteAsync("other", mine.FileId, null, permanent: true, default)).Outcome);
        await Service.UntilAsync("the sweeper has forgotten the other's file",
            async () => (await catalog.FindDocumentsAsync([mine.FileId], default)).Count == 1);
        Assert.Equal(content, await service.Http.GetByteArrayAsync($"/files/{id}"));
    }

    [Fact]
    public async Task A_backup_is_readable_by_its_owner_alone()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such modes.");
        await using var stores = new EmbeddedStores();
        await using var service = await Service.StartAsync(stores);
        await service.Http.UploadAsync(Requests.Bytes(10), "a");
        using var parent = new Backups();
        var folder = Path.Combine(parent.Folder, "backup");
        await using var target = new BackupFolder(folder);
        for (var run = 0; run < 2; run++)
        {
            await new Export(Backups.Catalog(service), Backups.Folders(service), Backups.Shares(service), Backups.Blobs(service), target, TimeProvider.System, _ => { }).RunAsync(default);
            foreach (var path in Directory.EnumerateFileSystemEntries(folder, "*", SearchOption.AllDirectories).Append(folder))
                Assert.Equal(Directory.Exists(path) ? "rwx------" : "rw-------", Letters(new FileInfo(path).UnixFileMode));
            // Set the mode that an earlier release left.
            foreach (var path in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
            {
                if (!OperatingSystem.IsWindows())
                    File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
            }
        }
    }

    [Fact]
    public async Task An_archive_of_a_store_with_damaged_content_is_readable_to_its_end()
    {
        await using var stores = new EmbeddedStores();
        await using var service = await Service.StartAsync(stores);
        var ids = new List<string>();
        for (var i = 0; i < 3; i++)
            ids.Add((await service.Http.UploadAsync(Requests.Bytes(70_001 + i), $"{i}")).Id());
        await Damage.FlipAsync(stores, ids[0]);
        await Damage.ShortenAsync(stores, ids[2]);
        using var archive = new MemoryStream();
        await using (var target = new BackupArchive(archive))
        {
            var (manifest, failed) = await new Export(Backups.Catalog(service), Backups.Folders(service), Backups.Shares(service), Backups.Blobs(service), target, TimeProvider.System, _ => { }).RunAsync(default);
            Assert.Equal((1, 2), (manifest.Files, failed));
        }
        await using var other = new EmbeddedStores();
        await using var target2 = await Service.StartAsync(other);
        using var backup = new Backups();
        var result = await backup.ImportAsync(target2, archive);
        Assert.True(result is { Imported: 1, Complete: true }, $"{result}\n{string.Join('\n', backup.Messages)}");
        await Invariants.NothingElseIsLeftAsync(other, ids[1]);
    }

    private static string Letters(UnixFileMode mode) => string.Concat(
        Enumerable.Range(0, 9).Select(bit => ((int)mode & (256 >> bit)) != 0 ? "rwx"[bit % 3] : '-'));

    /// <summary>Copies the only file to a second owner, as an import of an earlier release could.</summary>
    private static async Task AddOwnerAsync(EmbeddedStores stores, string owner)
    {
        await using var database = new SqliteConnection($"Data Source={Path.Combine(stores.Directory, "catalog.db")};Pooling=False");
        await database.OpenAsync();
        foreach (var (table, key, values) in new[] { ("files", "n", "owner = $owner, n = 99"), ("blobs", "file", "file = 99"), ("contents", "file", "file = 99") })
        {
            await using var copy = database.CreateCommand();
            copy.CommandText = $"""
                CREATE TEMP TABLE {table}_copy AS SELECT * FROM {table};
                UPDATE {table}_copy SET {values};
                INSERT INTO {table} SELECT * FROM {table}_copy;
                """;
            copy.Parameters.AddWithValue("$owner", owner);
            await copy.ExecuteNonQueryAsync();
        }
    }
}

public sealed class ImportOnClusterTests(ClusterPair pair) : ImportTests(pair), IClassFixture<ClusterPair>;
