using System.Net;
using System.Net.Sockets;
using FileDrop.Api.Tests.Files;
using Xunit;

namespace FileDrop.Api.Tests.Maintenance;

/// <summary>
/// Kills the shipped service with -9 at a system call, while it takes back the room of deleted contents and stores others. After each kill it starts on the same
/// directory, and every file is compared.
/// </summary>
public sealed class SegmentKillTests(ITestOutputHelper output)
{
    private static readonly (string, string)[] s_settings =
        [("FileDrop:ReadersGrace", "00:00:00"), ("FileDrop:Lease", "00:00:02"), ("FileDrop:LateWrites", "00:00:00"), ("FileDrop:Versions:Keep", "0"), ("Logging:LogLevel:Default", "Warning")];

    /// <summary>The occurrences of a call at which the service ends. Compaction deletes a segment by <c>unlink</c>, and moves contents by the others.</summary>
    [Theory]
    [InlineData("unlink", 1, 1)]
    [InlineData("fsync", 1, 40, 3)]
    [InlineData("pwrite64", 1, 200, 3)]
    [InlineData("fsync", 1, 120, 20, Traits = ["Run", "nightly"])]
    [InlineData("pwrite64", 1, 800, 20, Traits = ["Run", "nightly"])]
    public async Task No_content_is_lost_or_brought_back_by_a_kill_at_any_system_call_of_a_compaction(string call, int first, int last, int kills = 2)
    {
        await using var stores = new EmbeddedStores();
        var random = new Random(last);
        var kept = new Dictionary<string, byte[]>();
        List<string> deleted = [];
        for (var kill = 0; kill < kills; kill++)
        {
            var at = first + random.Next(last - first + 1);
            await using var service = await ServiceProcess.StartAsync(stores, s_settings);
            await CompareAsync(service.Http, kept, deleted);
            List<string> doomed = [];
            for (var i = 0; i < 8; i++)
                await UploadAsync(i % 4 == 0 ? null : doomed);
            var stored = Stored(stores);
            await using (await Strace.AttachAsync(service.Id, "-e", $"trace={call}", "-e", $"inject={call}:signal=SIGKILL:when={at}"))
            {
                try
                {
                    foreach (var id in doomed)
                    {
                        // An unanswered deletion may have happened.
                        kept.Remove(id);
                        using var answer = await service.Http.DeleteAsync($"/files/{id}?permanent=true");
                        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
                        deleted.Add(id);
                    }
                    // A segment that has much beside the deleted contents is not emptied.
                    await Service.UntilAsync("the contents are deleted, or the service has ended", async () =>
                        service.HasExited || Stored(stores) < stored || (call is not "unlink" && !await IsAnyThereAsync(stores, doomed)));
                    for (var i = 0; i < 400; i++)
                        await UploadAsync(null);
                    Assert.Fail($"{call} was not called {at} times.");
                }
                catch (Exception cut) when (cut is HttpRequestException or IOException or SocketException)
                {
                    Assert.Equal(128 + 9, await service.ExitAsync());
                }
            }
            output.WriteLine($"killed at {call} {at}; {kept.Count} files");

            async Task UploadAsync(List<string>? among)
            {
                var content = Requests.Bytes(66_000 + random.Next(100_000));
                var id = (await service.Http.UploadAsync(content, "a")).Id();
                kept.Add(id, content);
                among?.Add(id);
            }
        }
        await using (var service = await ServiceProcess.StartAsync(stores, s_settings))
        {
            await CompareAsync(service.Http, kept, deleted);
            foreach (var id in kept.Keys.Skip(1).ToList())
            {
                using var answer = await service.Http.DeleteAsync($"/files/{id}?permanent=true");
                kept.Remove(id);
            }
            // An upload without an answer may have made a file.
            var named = (await Invariants.EveryFileIsWholeAsync(service.Http)).Sum(file => file.GetProperty("file_size").GetInt64());
            await Service.UntilAsync("the room of deleted contents is back", () => Task.FromResult(Stored(stores) <= named * 4 / 3), 60);
            await CompareAsync(service.Http, kept, deleted);
        }
        var (exit, found) = await ServiceProcess.CommandAsync(stores, "check", "--hash");
        Assert.True(exit == 0, found);
    }

    private static async Task<bool> IsAnyThereAsync(EmbeddedStores stores, List<string> files) =>
        (await stores.BlobKeysAsync()).Any(key => files.Exists(id => key.EndsWith(Guid.Parse(id).ToString("N"), StringComparison.Ordinal)));

    private static long Stored(EmbeddedStores stores) =>
        new DirectoryInfo(Path.Combine(stores.Directory, "segments")).EnumerateFiles().Sum(file => file.Exists ? file.Length : 0);

    private static async Task CompareAsync(HttpClient http, Dictionary<string, byte[]> kept, List<string> deleted)
    {
        foreach (var (id, content) in kept)
            Assert.Equal(content, await http.GetByteArrayAsync($"/files/{id}"));
        foreach (var id in deleted)
        {
            using var gone = await http.GetAsync($"/files/{id}");
            Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
        }
        await Invariants.EveryFileIsWholeAsync(http);
    }
}
