using System.Net;
using FileDrop.Api.Tests.Files;
using Xunit;

namespace FileDrop.Api.Tests.Maintenance;

/// <summary>The disk returns errors, or folders are missing or closed; the service recovers without a restart.</summary>
public sealed class BrokenDiskTests
{
    /// <summary>A size too large for a segment.</summary>
    private const int FileSize = (1 << 20) + 1;

    private static readonly (string, string)[] Quick = [("FileDrop:Lease", "00:00:02"), ("FileDrop:LateWrites", "00:00:00")];

    /// <summary>The call fails everywhere, or only for the catalog's log.</summary>
    [Theory]
    [InlineData("fsync", "EIO", null)]
    [InlineData("fsync", "EIO", "catalog.db-wal")]
    [InlineData("pwrite64", "EIO", null)]
    [InlineData("pwrite64", "EIO", "catalog.db-wal")]
    [InlineData("rename", "EIO", null)]
    [InlineData("openat", "EACCES", null)]
    public async Task System_calls_that_fail_end_a_write_with_503_and_leave_nothing(string call, string error, string? at)
    {
        await using var stores = new EmbeddedStores();
        await using var service = await ServiceProcess.StartAsync(stores, Quick);
        var before = Requests.Bytes(100);
        var kept = await service.Http.UploadAsync(before, "kept");
        string[] where = at is null ? [] : ["-P", Path.Combine(stores.Directory, at)];
        await using (await Strace.AttachAsync(service.Id, [.. where, "-e", $"trace={call}", "-e", $"inject={call}:error={error}"]))
        {
            // A content that is not stored as a file does not meet errors of files.
            foreach (var size in new[] { call is "rename" or "openat" ? FileSize : 1, FileSize, 3 * 1024 * 1024 })
            {
                using var created = await service.Http.PostAsync("/files/upload", new ByteArrayContent(Requests.Bytes(size)));
                await created.RefusedAsync(503, "storage_unavailable");
                Assert.NotNull(created.Headers.RetryAfter);
                using var replaced = await service.Http.PutAsync($"/files/{kept.Id()}", new ByteArrayContent(Requests.Bytes(size)));
                await replaced.RefusedAsync(503, "storage_unavailable");
            }
        }

        var after = await service.Http.UploadAsync(Requests.Bytes(200), "after");
        await Invariants.NothingElseIsLeftAsync(stores, kept.Id(), after.Id());
        Assert.Equal(2, (await Invariants.EveryFileIsWholeAsync(service.Http)).Count);
        Assert.Equal(before, await service.Http.GetByteArrayAsync($"/files/{kept.Id()}"));
        Assert.True(await service.IsHealthyAsync());
    }

    [Fact]
    public async Task Contents_that_share_a_failed_sync_are_refused_and_later_changes_are_not()
    {
        await using var stores = new EmbeddedStores();
        await using var service = await ServiceProcess.StartAsync(stores, Quick);
        await service.Http.UploadAsync(Requests.Bytes(FileSize / 4), "warm");
        string[] statuses;
        await using (await Strace.AttachAsync(service.Id, "-e", "trace=fsync", "-e", "inject=fsync:error=EIO"))
            statuses = await Task.WhenAll(Enumerable.Range(0, 32).Select(async number =>
            {
                using var answer = await service.Http.PostAsync("/files/upload", new ByteArrayContent(Requests.Bytes(number % 2 == 0 ? 100 : FileSize / 4)));
                return $"{(int)answer.StatusCode}";
            }));
        Assert.Equal(["503"], statuses.Distinct());
        foreach (var _ in Enumerable.Range(0, 3))
        {
            var id = (await service.Http.UploadAsync(Requests.Bytes(FileSize / 4), "after")).Id();
            await Task.WhenAll(Enumerable.Range(0, 8).Select(async number =>
            {
                using var renamed = await service.Http.PutJsonAsync(id, $$"""{"file_name":"{{number}}"}""");
                await renamed.SucceededAsync();
            }));
        }
        Assert.Equal(4, (await Invariants.EveryFileIsWholeAsync(service.Http)).Count);
    }

    [Theory]
    [InlineData("EXDEV")]
    [InlineData("ENOSYS")]
    [InlineData("EIO")]
    public async Task A_copy_that_the_kernel_cannot_make_is_read_and_written(string error)
    {
        await using var stores = new EmbeddedStores();
        await using var service = await ServiceProcess.StartAsync(stores, Quick);
        var content = Requests.Bytes(3 * 1024 * 1024);
        var source = (await service.Http.UploadAsync(content, "source")).Id();
        IReadOnlyList<SystemCall> calls;
        string[] faults = ["-e", $"inject=copy_file_range:error={error}", "-e", "inject=ioctl:error=EOPNOTSUPP"];
        await using (var strace = await Strace.AttachAsync(service.Id, ["-e", "trace=copy_file_range,ioctl", .. faults]))
        {
            using var answer = await service.Http.PostAsync($"/files/{source}/copy", null);
            var copy = (await answer.SucceededAsync(HttpStatusCode.Created)).Id();
            Assert.Equal(content, await service.Http.GetByteArrayAsync($"/files/{copy}"));
            calls = await strace.DetachAsync();
            await Invariants.NothingElseIsLeftAsync(stores, source, copy);
        }
        Assert.Contains(calls, call => call.Name == "copy_file_range" && call.Text.Contains("INJECTED", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("incoming")]
    [InlineData("blobs")]
    public async Task A_folder_replaced_by_a_file_gives_503_until_it_is_back(string folder)
    {
        await using var stores = new EmbeddedStores();
        await using var service = await Service.StartAsync(stores, Quick);
        var (path, away) = (Path.Combine(stores.Directory, folder), Path.Combine(stores.Directory, "away"));
        var kept = await service.Http.UploadAsync(Requests.Bytes(FileSize), "kept");
        Directory.Move(path, away);
        await File.WriteAllTextAsync(path, "in the way");
        await IsUnavailableAsync(service, stores, () => service.Http.PostAsync("/files/upload", new ByteArrayContent(Requests.Bytes(FileSize))));
        if (folder == "blobs")
            await IsUnavailableAsync(service, stores, () => service.Http.GetAsync($"/files/{kept.Id()}"));

        File.Delete(path);
        Directory.Move(away, path);
        await GoesOnAsync(service, stores, kept.Id());
    }

    [Fact]
    public async Task A_lost_disk_gives_503_and_is_not_reported_as_damage()
    {
        await using var stores = new EmbeddedStores();
        await using var service = await Service.StartAsync(stores, Quick);
        var (path, away) = (Path.Combine(stores.Directory, "blobs"), Path.Combine(stores.Directory, "away"));
        var kept = await service.Http.UploadAsync(Requests.Bytes(FileSize), "kept");
        Directory.Move(path, away);
        await IsUnavailableAsync(service, stores, () => service.Http.GetAsync($"/files/{kept.Id()}"));
        Directory.Move(away, path);
        await GoesOnAsync(service, stores, kept.Id());
    }

    [Fact]
    public async Task A_read_only_folder_gives_503_for_writes_but_reads_still_work()
    {
        await using var stores = new EmbeddedStores();
        await using var service = await Service.StartAsync(stores, Quick);
        var incoming = Path.Combine(stores.Directory, "incoming");
        var content = Requests.Bytes(FileSize);
        var kept = await service.Http.UploadAsync(content, "kept");
        // Only this attribute stops root.
        var (exit, output) = await Shell.RunAsync(Environment.IsPrivilegedProcess ? "chattr +i \"$1\"" : "chmod a-w \"$1\"", incoming);
        Assert.SkipWhen(exit != 0, $"A folder cannot be closed here: {output}");
        try
        {
            await IsUnavailableAsync(service, stores, () => service.Http.PostAsync("/files/upload", new ByteArrayContent(Requests.Bytes(FileSize))));
            Assert.Equal(content, await service.Http.GetByteArrayAsync($"/files/{kept.Id()}"));
        }
        finally
        {
            await Shell.RunAsync(Environment.IsPrivilegedProcess ? "chattr -i \"$1\"" : "chmod u+w \"$1\"", incoming);
        }
        await GoesOnAsync(service, stores, kept.Id());
    }

    private static async Task IsUnavailableAsync(Service service, EmbeddedStores stores, Func<Task<HttpResponseMessage>> request)
    {
        using var answer = await request();
        await answer.RefusedAsync(503, "storage_unavailable");
        Assert.NotNull(answer.Headers.RetryAfter);
        using var health = await service.Http.GetAsync("/health");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, health.StatusCode);
        Assert.True(File.Exists(Path.Combine(stores.Directory, "catalog.db")));
    }

    private static async Task GoesOnAsync(Service service, EmbeddedStores stores, string kept)
    {
        using var health = await service.Http.GetAsync("/health");
        Assert.Equal("healthy", (await health.JsonAsync()).GetProperty("status").GetString());
        var after = await service.Http.UploadAsync(Requests.Bytes(200), "after");
        await Invariants.NothingElseIsLeftAsync(stores, kept, after.Id());
        Assert.Equal(2, (await Invariants.EveryFileIsWholeAsync(service.Http)).Count);
    }
}
