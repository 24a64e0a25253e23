using FileDrop.Api.Tests.Files;
using FileDrop.Api.Tests.Folders;
using Xunit;

namespace FileDrop.Api.Tests.Shares;

/// <summary>Links in the programs that people have.</summary>
public sealed class ShareClientTests(EmbeddedPair pair) : IClassFixture<EmbeddedPair>
{
    [Fact]
    public async Task Curl_saves_a_link_under_its_name_resumes_and_uploads()
    {
        var content = Requests.Bytes(300_000);
        var link = await pair.Http.LinkAsync((await pair.Http.UploadAsync(content, "Żółć 1.bin")).Id());
        var locked = (await pair.Http.ShareAsync(new { ids = new[] { (await pair.Http.UploadAsync(content, "locked.bin")).Id() }, password = ShareWords.Password })).Text("url");
        var drop = (await pair.Http.ShareAsync(new { ids = new[] { (await pair.Http.FolderAsync($"{Guid.NewGuid()}")).FolderId() }, mode = "upload" })).Text("url");
        using var folder = new TemporaryFolder();
        var (exit, output) = await Shell.RunAsync(
            """
            cd "$1" && curl -sS -OJ "$2$3" && ls && head -c 1000 *1.bin > part && curl -sS -C - -o part "$2$3" && cmp part *1.bin && echo resumed
            curl -sS -u ":$6" "$2$4" -o locked && cmp locked part && echo opened
            curl -sS -T part "$2$5/" && curl -sS -F file=@part "$2$5"
            """, folder.Path, pair.Service.Address.ToString().TrimEnd('/'), link, locked, drop, ShareWords.Password);
        Assert.True(exit == 0, output);
        Assert.Contains("1.bin", output, StringComparison.Ordinal);
        Assert.Contains("resumed", output, StringComparison.Ordinal);
        Assert.Contains("opened", output, StringComparison.Ordinal);
        Assert.Contains("\"file_name\":\"part\"", output, StringComparison.Ordinal);
        Assert.Contains("\"file_name\":\"part (2)\"", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wget_saves_a_link_resumes_it_and_gives_its_password()
    {
        Assert.SkipWhen((await Shell.RunAsync("command -v wget")).Exit != 0, "There is no wget.");
        var content = Requests.Bytes(300_000);
        var locked = (await pair.Http.ShareAsync(new { ids = new[] { (await pair.Http.UploadAsync(content, "w.bin")).Id() }, password = ShareWords.Password })).Text("url");
        using var folder = new TemporaryFolder();
        var (exit, output) = await Shell.RunAsync(
            """cd "$1" && wget -q --content-disposition --user=x --password="$3" "$2" && head -c 100 w.bin > part && wget -q -c --user=x --password="$3" -O part "$2" && cmp part w.bin && echo resumed""",
            folder.Path, pair.Service.Address.ToString().TrimEnd('/') + locked, ShareWords.Password);
        Assert.True(exit == 0 && output.Contains("resumed", StringComparison.Ordinal), output);
    }
}
