using System.Globalization;
using System.Net;
using FileDrop.Api.Tests.Files;
using Xunit;

namespace FileDrop.Api.Tests.Costs;

/// <summary>Limits on the system calls of the embedded store per MiB.</summary>
public sealed class SystemCallTests
{
    private const int MiB = 32;

    [Fact]
    public async Task Each_byte_of_an_upload_is_written_once_and_in_few_calls()
    {
        var calls = await TraceAsync(async (http, content, _) => await http.UploadAsync(content, "a"));
        var written = calls.Where(call => call.Name.StartsWith("pwrite", StringComparison.Ordinal)).ToLookup(IsOfBlob);
        Assert.Equal(MiB << 20, written[true].Sum(Result));
        // The catalog's share: an intent, a commit, and the pages that they change.
        Assert.InRange(written[false].Sum(Result), 1, 256 << 10);
        Assert.InRange(written[true].Count(), 1, MiB + 2);
        Assert.InRange(calls.Count(call => call.Name is "fsync" or "fdatasync"), 1, 7);
        Assert.InRange(calls.Count(call => call.Name.StartsWith("recv", StringComparison.Ordinal) && Result(call) > 0), 1, 48 * MiB);
    }

    [Fact]
    public async Task Each_byte_of_a_download_is_read_once_and_in_few_calls()
    {
        var calls = await TraceAsync(async (http, _, id) =>
        {
            await using var content = await http.GetStreamAsync($"/files/{id}");
            await content.CopyToAsync(Stream.Null);
        });
        var read = calls.Where(call => call.Name.StartsWith("pread", StringComparison.Ordinal) && IsOfBlob(call)).ToList();
        Assert.Equal(MiB << 20, read.Sum(Result));
        Assert.InRange(read.Count, 1, 17 * MiB);
        Assert.InRange(calls.Count(call => call.Name.StartsWith("send", StringComparison.Ordinal)), 1, 33 * MiB);
    }

    [Fact]
    public async Task The_bytes_of_a_copy_do_not_pass_through_the_service()
    {
        var calls = await TraceAsync(async (http, _, id) =>
        {
            using var answer = await http.PostAsync($"/files/{id}/copy", null);
            await answer.SucceededAsync(HttpStatusCode.Created);
        });
        Assert.DoesNotContain(calls, call => call.Name.StartsWith('p') && IsOfBlob(call));
        // No byte is copied where the file system shares blocks.
        var copied = calls.Where(call => call.Name == "copy_file_range").ToList();
        Assert.True(copied.Sum(Result) is 0 or MiB << 20, string.Join('\n', copied));
        Assert.InRange(copied.Count, 0, (MiB / 32) + 1);
        Assert.InRange(calls.Count(call => call.Name is "fsync" or "fdatasync"), 1, 7);
    }

    private static async Task<IReadOnlyList<SystemCall>> TraceAsync(Func<HttpClient, byte[], string, Task> request)
    {
        await using var stores = new EmbeddedStores();
        await using var service = await ServiceProcess.StartAsync(stores, ("FileDrop:SweepInterval", "01:00:00"));
        var content = Requests.Bytes(MiB << 20);
        var id = (await service.Http.UploadAsync(content, "warm")).Id();
        await using var strace = await Strace.AttachAsync(
            service.Id, "-y", "-s", "0", "-e", "trace=pwrite64,pwritev,pread64,preadv,copy_file_range,fsync,fdatasync,recvfrom,recvmsg,sendto,sendmsg,sendfile");
        await request(service.Http, content, id);
        return await strace.DetachAsync();
    }

    private static bool IsOfBlob(SystemCall call) =>
        call.Text.Contains("/incoming/", StringComparison.Ordinal) || call.Text.Contains("/blobs/", StringComparison.Ordinal);

    private static long Result(SystemCall call) =>
        long.TryParse(call.Text.AsSpan(call.Text.LastIndexOf('=') + 1).Trim(), CultureInfo.InvariantCulture, out var result) ? result : 0;
}
