using FileDrop.Api.Catalog;
using FileDrop.Api.Tests.Access;
using FileDrop.Api.Tests.Files;
using FileDrop.Api.Tests.Folders;
using Xunit;

namespace FileDrop.Api.Tests.Costs;

/// <summary>The commands to MongoDB that an operation on folders takes: each is a round trip. The counts are exact.</summary>
/// <remarks>
/// A placed upload claims its name. A move claims the new name and releases the old one, and a folder's move also takes its owner's slot and clears it. Each
/// reads the entry and, after the claim, its new parent; a folder's move reads each folder from the new parent up to the root, too. A rename reads the file
/// again after the first try, since a loose file needs no claim. Outside the root, one read looks for locked folders; a folder's move, rename and deletion look
/// for locked files, too. The embedded catalog does all this in one transaction.
/// </remarks>
public sealed class FolderCallTests(ClusterPair pair) : IClassFixture<ClusterPair>
{
    private const int Depth = 4;

    private static readonly string[] s_writes = ["insert", "update", "delete", "findAndModify", "bulkWrite"];

    [Fact]
    public async Task Each_operation_writes_and_reads_as_often_as_the_protocol_says_however_many_files_are_in_the_folder()
    {
        using var calls = new TracedCalls();
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, calls.Watch, ("FileDrop:SweepInterval", "01:00:00"), FolderRequests.Day);
        var http = service.Http;
        var chain = await http.ChainAsync([.. Enumerable.Range(0, Depth).Select(level => $"level {level}")]);
        var (top, bottom) = (chain[0], chain[^1]);
        var few = (await http.FolderAsync("few", top)).FolderId();
        var many = (await http.FolderAsync("many", top)).FolderId();
        var files = (await FillAsync(service.Catalog(), few, 10))[..2];
        await FillAsync(service.Catalog(), many, 1000);

        // Clients cannot see a claim, so the loose upload is the measure of the placed one.
        Assert.Equal((Writes: 2, Reads: 0), await UploadAsync("loose", ""));
        Assert.Equal((Writes: 3, Reads: 3), await UploadAsync("placed", $"&folder_id={bottom}"));
        Assert.Equal((Writes: 3, Reads: 3), await PatchAsync($"/files/{files[0]}", new { folder_id = bottom }));
        Assert.Equal((Writes: 3, Reads: 4), await PatchAsync($"/files/{files[0]}", new { file_name = "renamed" }));
        Assert.Equal((Writes: 2, Reads: 3), await SendAsync(HttpMethod.Delete, $"/files/{files[0]}", null));
        Assert.Equal((Writes: 3, Reads: 3 + Depth), await CreateAsync("new", bottom));
        foreach (var folder in new[] { few, many })
        {
            Assert.Equal((Writes: 5, Reads: 4 + Depth), await PatchAsync($"/folders/{folder}", new { parent_id = bottom }));
            Assert.Equal((Writes: 5, Reads: 4 + 1), await PatchAsync($"/folders/{folder}", new { parent_id = top }));
            Assert.Equal((Writes: 3, Reads: 3), await PatchAsync($"/folders/{folder}", new { parent_id = "root" }));
            Assert.Equal((Writes: 3, Reads: 3), await PatchAsync($"/folders/{folder}", new { name = $"renamed {folder}" }));
            Assert.Equal((Writes: 2, Reads: 3), await SendAsync(HttpMethod.Delete, $"/folders/{folder}", null));
            var (writes, reads) = await SendAsync(HttpMethod.Post, $"/trash/folders/{folder}/restore", null);
            Assert.Equal(2, writes);
            Assert.InRange(reads, 0, 1);
            Assert.Equal((Writes: 2, Reads: 3), await SendAsync(HttpMethod.Delete, $"/folders/{folder}", null));
            (writes, reads) = await SendAsync(HttpMethod.Delete, $"/trash/folders/{folder}", null);
            Assert.Equal(1, writes);
            Assert.InRange(reads, 0, 1);
        }

        Task<(int Writes, int Reads)> UploadAsync(string name, string place) =>
            SendAsync(HttpMethod.Post, $"/files/upload?file_name={name}{place}", new ByteArrayContent([1]));

        Task<(int Writes, int Reads)> CreateAsync(string name, string parent) =>
            SendAsync(HttpMethod.Post, "/folders", AccessWords.Json(new { name, parent_id = parent }));

        Task<(int Writes, int Reads)> PatchAsync(string path, object change) => SendAsync(HttpMethod.Patch, path, AccessWords.Json(change));

        async Task<(int Writes, int Reads)> SendAsync(HttpMethod method, string path, HttpContent? body)
        {
            var mark = $"{Guid.NewGuid()}";
            using (var response = await http.SendAsync(method, path, body, (TracedCalls.Field, mark)))
                Assert.True(response.IsSuccessStatusCode, $"{method} {path}: {await response.Content.ReadAsStringAsync()}");
            var commands = calls.CommandsOf(mark).ToList();
            TestContext.Current.TestOutputHelper?.WriteLine($"{method} {path}: {string.Join(", ", commands)}");
            var writes = commands.Count(command => s_writes.Any(write => command.StartsWith(write, StringComparison.Ordinal)));
            return (writes, commands.Count - writes);
        }
    }

    private static async Task<string[]> FillAsync(FileCatalog catalog, string folder, int count)
    {
        var ids = new string[count];
        var options = new ParallelOptions { MaxDegreeOfParallelism = 16 };
        await Parallel.ForAsync(0, count, options, async (number, _) => ids[number] = await catalog.SeedAsync(folder, $"{number}.txt"));
        return ids;
    }
}
