using System.Net;
using FileDrop.Api.Commands;
using FileDrop.Api.Tests.Attacks;
using FileDrop.Api.Tests.Files;
using Xunit;

namespace FileDrop.Api.Tests.Shares;

public abstract class ShareBackupTests(Pair pair)
{
    [Fact]
    public async Task An_import_keeps_links_and_passwords_beside_those_that_are_there()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores);
        var file = (await service.Http.UploadAsync("content"u8.ToArray(), "a")).Id();
        var share = await service.Http.ShareAsync(new { ids = new[] { file }, password = ShareWords.Password, max_downloads = 5 });
        using var backup = await Backups.ExportAsync(service);

        await using var others = await pair.MakeStoresAsync();
        await using var other = await Service.StartAsync(others);
        var own = await other.Http.LinkAsync((await other.Http.UploadAsync([1], "own")).Id());
        for (var run = 0; run < 2; run++)
        {
            var result = await backup.ImportAsync(other);
            Assert.Equal((run == 0 ? 1 : 0, 0, 0, true), (result.Shares, result.SharesFailed, result.Complaints, result.Complete));
        }
        using var visitor = other.Visitor();
        using (var read = await visitor.SendAsync(HttpMethod.Get, share.Text("url"), null, ("Authorization", ShareWords.Basic(ShareWords.Password))))
            Assert.Equal("content", await read.Content.ReadAsStringAsync());
        Assert.Equal([1], await visitor.GetByteArrayAsync(own));
        Assert.Equal(share.Text("url"), (await other.Http.ReadShareAsync(share)).Text("url"));
        var findings = new List<Finding>();
        await Backups.Check(other, new CheckOptions(Repair: false, Hash: false, TimeSpan.FromMinutes(1)), findings.Add).RunAsync(default);
        Assert.Empty(findings);
        var path = Directory.EnumerateFiles(Path.Combine(backup.Folder, "shares"), "*.json", SearchOption.AllDirectories).Single();
        await File.WriteAllTextAsync(path, (await File.ReadAllTextAsync(path)).Replace("\"ids\":[", "\"ids\":[\"00000000-0000-0000-0000-000000000001\",\"00000000-0000-0000-0000-000000000001\",", StringComparison.Ordinal));
        Assert.Equal((0, 1), (await backup.ImportAsync(other)) is var bad ? (bad.Shares, bad.SharesFailed) : default);
        using var missing = await visitor.GetAsync("/s/AAAAAAAAAAAAAAAAAAAAAA");
        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
    }
}

public sealed class ShareBackupOnEmbeddedTests(EmbeddedPair pair) : ShareBackupTests(pair), IClassFixture<EmbeddedPair>;

public sealed class ShareBackupOnClusterTests(ClusterPair pair) : ShareBackupTests(pair), IClassFixture<ClusterPair>;
