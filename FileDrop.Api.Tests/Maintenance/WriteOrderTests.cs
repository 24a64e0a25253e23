using System.Net;
using FileDrop.Api.Tests.Files;
using Xunit;

namespace FileDrop.Api.Tests.Maintenance;

/// <summary>The order of the embedded store's writes: no step relies on data that a power cut could undo.</summary>
public sealed class WriteOrderTests
{
    private const string Calls = "trace=openat,write,pwrite64,pwritev,fsync,fdatasync,rename,renameat,renameat2,sendto,sendmsg";

    [Theory]
    [InlineData((1 << 20) + 1)]
    [InlineData(3 * 1024 * 1024)]
    public async Task An_upload_is_written_and_synced_then_renamed_then_committed_and_then_acknowledged(int size)
    {
        await using var stores = new EmbeddedStores();
        await using var service = await ServiceProcess.StartAsync(stores, ("FileDrop:SweepInterval", "01:00:00"));
        await service.Http.UploadAsync([], "warm");
        IReadOnlyList<SystemCall> calls;
        await using (var strace = await Strace.AttachAsync(service.Id, "-y", "-s", "64", "-e", Calls))
        {
            await service.Http.UploadAsync(Requests.Bytes(size), "a");
            calls = await strace.DetachAsync();
        }

        var key = Path.GetFileName(Only("rename", "/incoming/").Text.Split('"')[1]);
        var (temporary, folder) = ($"/incoming/{key}", $"/blobs/{key[..2]}/{key[2..4]}");
        var created = Only("openat", temporary);
        var written = calls.Where(call => call.Name.StartsWith("pwrite", StringComparison.Ordinal) && call.Text.Contains(temporary, StringComparison.Ordinal)).ToList();
        var synced = Only("fsync", temporary);
        var renamed = Only("rename", temporary);
        var named = Only("fsync", $"{folder}>");
        var outer = Only("fsync", $"/blobs/{key[..2]}>");
        var all = Only("fsync", "/blobs>");
        var answered = calls.Single(call => call.Name.StartsWith("send", StringComparison.Ordinal) && call.Text.Contains("HTTP/1.1 201", StringComparison.Ordinal));
        Assert.Contains($"{folder}/{key}\"", renamed.Text, StringComparison.Ordinal);
        Assert.NotEmpty(written);

        // The intent: the log is written and synced before the blob has any name.
        InOrder(LogSynced(0, created.Began), created);
        foreach (var piece in written)
            InOrder(created, piece, synced);
        InOrder(synced, renamed, named, outer, all);
        // The commit: it is written to the log only now, and synced before the answer.
        var logWritten = calls.Where(call => IsLog(call) && call.Name.StartsWith("pwrite", StringComparison.Ordinal)).ToList();
        Assert.DoesNotContain(logWritten, call => call.Began > created.Began && call.Began < all.Ended);
        InOrder(all, logWritten.First(call => call.Began > all.Ended), LogSynced(all.Ended, answered.Began), answered);

        SystemCall Only(string name, string text) =>
            Assert.Single(calls, call => call.Name.StartsWith(name, StringComparison.Ordinal) && call.Text.Contains(text, StringComparison.Ordinal));

        SystemCall LogSynced(int after, int before) =>
            calls.Last(call => IsLog(call) && call.Name is "fsync" or "fdatasync" && call.Began >= after && call.Ended <= before);
    }

    [Fact]
    public async Task A_copy_is_made_and_synced_then_renamed_then_committed_and_then_acknowledged()
    {
        await using var stores = new EmbeddedStores();
        await using var service = await ServiceProcess.StartAsync(stores, ("FileDrop:SweepInterval", "01:00:00"));
        var source = (await service.Http.UploadAsync(Requests.Bytes(3 * 1024 * 1024), "a")).Id();
        IReadOnlyList<SystemCall> calls;
        await using (var strace = await Strace.AttachAsync(service.Id, "-y", "-s", "64", "-e", $"{Calls},copy_file_range,ioctl"))
        {
            using var answer = await service.Http.PostAsync($"/files/{source}/copy", null);
            Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
            calls = await strace.DetachAsync();
        }

        var key = Path.GetFileName(Only("rename", "/incoming/").Text.Split('"')[1]);
        var temporary = $"/incoming/{key}";
        var created = Only("openat", temporary);
        // A file system that cannot share blocks refuses the first call.
        var made = calls.Last(call => call.Name is "copy_file_range" or "ioctl" && call.Text.Contains(temporary, StringComparison.Ordinal));
        Assert.DoesNotContain("= -1", made.Text, StringComparison.Ordinal);
        var named = Only("fsync", $"/blobs/{key[..2]}/{key[2..4]}>");
        var answered = calls.Single(call => call.Name.StartsWith("send", StringComparison.Ordinal) && call.Text.Contains("HTTP/1.1 201", StringComparison.Ordinal));
        InOrder(created, made, Only("fsync", temporary), Only("rename", temporary), named);
        // The log is synced for the intent before, and for the commit afterwards.
        var logged = calls.Where(call => IsLog(call) && call.Name is "fsync" or "fdatasync").ToList();
        InOrder(logged.Last(call => call.Ended < created.Began), created);
        InOrder(named, logged.First(call => call.Began > named.Ended), answered);

        SystemCall Only(string name, string text) =>
            Assert.Single(calls, call => call.Name.StartsWith(name, StringComparison.Ordinal) && call.Text.Contains(text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_small_upload_is_written_to_the_log_and_synced_and_then_acknowledged()
    {
        await using var stores = new EmbeddedStores();
        await using var service = await ServiceProcess.StartAsync(stores, ("FileDrop:SweepInterval", "01:00:00"));
        await service.Http.UploadAsync([], "warm");
        IReadOnlyList<SystemCall> calls;
        await using (var strace = await Strace.AttachAsync(service.Id, "-y", "-s", "64", "-e", Calls))
        {
            await service.Http.UploadAsync(Requests.Bytes(4096), "a");
            calls = await strace.DetachAsync();
        }
        Assert.DoesNotContain(calls, call => call.Text.Contains("/incoming", StringComparison.Ordinal));
        var written = calls.Last(call => IsLog(call) && call.Name.StartsWith("pwrite", StringComparison.Ordinal));
        var synced = Assert.Single(calls, call => IsLog(call) && call.Name is "fsync" or "fdatasync");
        var answered = calls.Single(call => call.Name.StartsWith("send", StringComparison.Ordinal) && call.Text.Contains("HTTP/1.1 201", StringComparison.Ordinal));
        InOrder(written, synced, answered);
    }

    [Fact]
    public async Task An_upload_to_a_segment_is_written_and_synced_then_committed_and_then_acknowledged()
    {
        await using var stores = new EmbeddedStores();
        await using var service = await ServiceProcess.StartAsync(stores, ("FileDrop:SweepInterval", "01:00:00"));
        IReadOnlyList<SystemCall> calls;
        await using (var strace = await Strace.AttachAsync(service.Id, "-y", "-s", "64", "-e", Calls))
        {
            await service.Http.UploadAsync(Requests.Bytes(600_000), "a");
            calls = await strace.DetachAsync();
        }
        Assert.DoesNotContain(calls, call => call.Text.Contains("/incoming", StringComparison.Ordinal));
        var created = Assert.Single(calls, call => call.Name == "openat" && call.Text.Contains("/segments/", StringComparison.Ordinal));
        var named = Assert.Single(calls, call => call.Name == "fsync" && call.Text.Contains("/segments>", StringComparison.Ordinal));
        var folder = calls.First(call => call.Name == "fsync" && call.Text.Contains(Path.GetFileName(stores.Directory) + ">", StringComparison.Ordinal));
        var written = calls.Where(call => call.Name == "pwrite64" && call.Text.Contains("/segments/", StringComparison.Ordinal)).ToList();
        Assert.Equal(600_000, written.Sum(call => int.Parse(call.Text.AsSpan(call.Text.LastIndexOf('=') + 1), System.Globalization.CultureInfo.InvariantCulture)));
        var synced = Assert.Single(calls, call => call.Name == "fsync" && call.Text.Contains("/segments/", StringComparison.Ordinal));
        var committed = calls.Last(call => IsLog(call) && call.Name.StartsWith("pwrite", StringComparison.Ordinal));
        var answered = calls.Single(call => call.Name.StartsWith("send", StringComparison.Ordinal) && call.Text.Contains("HTTP/1.1 201", StringComparison.Ordinal));
        InOrder(folder, created, named, written[0]);
        InOrder(written[^1], synced, committed, Assert.Single(calls, call => IsLog(call) && call.Name is "fsync" or "fdatasync"), answered);
    }

    private static bool IsLog(SystemCall call) => call.Text.Contains("catalog.db-wal>", StringComparison.Ordinal);

    private static void InOrder(params SystemCall[] calls)
    {
        foreach (var (former, latter) in calls.Zip(calls.Skip(1)))
            Assert.True(former.Ended < latter.Began, $"Not in order:\n{former}\n{latter}");
    }
}
