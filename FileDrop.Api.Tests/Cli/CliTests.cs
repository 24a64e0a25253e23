using System.Text;
using FileDrop.Api.Tests.Access;
using FileDrop.Api.Tests.Changes;
using FileDrop.Api.Tests.Files;
using FileDrop.Cli;
using Xunit;

namespace FileDrop.Api.Tests.Cli;

/// <summary>The commands about files and folders do against the real service what their help says.</summary>
public abstract class CliTests(Pair pair)
{
    [Fact]
    public async Task A_tree_goes_there_and_back_with_its_structure_times_and_empty_folders_and_is_sent_once()
    {
        using var home = await CliHome.MakeAsync(pair.Service, "tree");
        var time = new DateTime(2020, 2, 3, 4, 5, 6, DateTimeKind.Utc);
        File.SetLastWriteTimeUtc(home.Write("photos/a/[1] Żółć.jpg", "one"), time);
        home.Write("photos/two.txt", "two");
        Directory.CreateDirectory(Path.Combine(home.Work, "photos", "empty"));
        File.CreateSymbolicLink(Path.Combine(home.Work, "photos", "link.txt"), Path.Combine(home.Work, "photos", "two.txt"));

        (await home.RunAsync("put", "photos", "fd:/2026/")).Failed(ExitCode.Usage, "Add -r");
        var put = (await home.RunAsync("put", "-r", "photos", "fd:/2026/")).Succeeded();
        Assert.Contains("Uploaded fd:/2026/photos/a/[1] Żółć.jpg", put.Lines);
        var list = (await home.RunAsync("ls", "-r", "fd:/2026")).Succeeded();
        Assert.Equal(["photos/", "photos/a/", "photos/a/[1] Żółć.jpg", "photos/empty/", "photos/link.txt", "photos/two.txt"], list.Lines.Order(StringComparer.Ordinal));

        (await home.RunAsync("get", "-r", "fd:/2026/photos", "back/")).Succeeded();
        Assert.Equal("one", home.Read("back/photos/a/[1] Żółć.jpg"));
        Assert.Equal(time, File.GetLastWriteTimeUtc(Path.Combine(home.Work, "back/photos/a/[1] Żółć.jpg")));
        Assert.True(Directory.Exists(Path.Combine(home.Work, "back/photos/empty")));

        // The same again brings nothing, and so goes on with a tree of which a part is there.
        home.Write("photos/three.txt", "three");
        var again = (await home.RunAsync("put", "-r", "photos", "fd:/2026/", "--json")).Succeeded();
        Assert.Equal(["unchanged", "unchanged", "unchanged", "uploaded"], again.Json.Select(line => line.Text("action")).Order(StringComparer.Ordinal));
        var back = (await home.RunAsync("get", "-r", "fd:/2026/photos", "back/", "--json")).Succeeded();
        Assert.Equal(["downloaded", "unchanged", "unchanged", "unchanged"], back.Json.Select(line => line.Text("action")).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_taken_name_is_refused_renamed_or_replaced_on_both_sides()
    {
        using var home = await CliHome.MakeAsync(pair.Service, "conflict");
        home.Write("a.txt", "first");
        (await home.RunAsync("put", "a.txt")).Succeeded();
        home.Write("a.txt", "second");
        (await home.RunAsync("put", "a.txt", "fd:/a.txt")).Failed(ExitCode.Conflict, "fd:/a.txt is there with other bytes");
        var renamed = (await home.RunAsync("put", "a.txt", "fd:/", "--on-conflict", "rename")).Succeeded();
        Assert.Equal("Uploaded fd:/a (2).txt\n", renamed.Output);
        var replaced = (await home.RunAsync("put", "a.txt", "fd:/", "--on-conflict", "replace", "--json")).Succeeded();
        Assert.Equal(2, replaced.Json[0].GetProperty("version").GetInt32());

        home.Write("a.txt", "local");
        (await home.RunAsync("get", "fd:/a.txt")).Failed(ExitCode.Conflict, "a.txt is here with other bytes");
        Assert.Equal("local", home.Read("a.txt"));
        (await home.RunAsync("get", "fd:/a.txt", "--on-conflict", "rename")).Succeeded();
        Assert.Equal("second", home.Read("a (2).txt"));
        (await home.RunAsync("get", "fd:/a.txt", "--on-conflict", "replace", "--quiet")).Succeeded();
        Assert.Equal("second", home.Read("a.txt"));
        Assert.Empty(Directory.GetFiles(home.Work, ".filedrop-*"));

        Assert.Equal(["     2        6 B", "     1        5 B"], (await home.RunAsync("versions", "fd:/a.txt")).Succeeded().Lines.Select(line => line[..17]));
        Assert.Equal("first", Encoding.UTF8.GetString((await home.RunAsync("get", "--version", "1", "fd:/a.txt", "-")).Succeeded().Bytes));
        (await home.RunAsync("get", "--version", "1", "fd:/a.txt", "old.txt")).Succeeded();
        Assert.Equal("first", home.Read("old.txt"));
        (await home.RunAsync("versions", "restore", "fd:/a.txt", "1")).Succeeded();
        Assert.Equal("first", Encoding.UTF8.GetString((await home.RunAsync("get", "fd:/a.txt", "-")).Succeeded().Bytes));
        (await home.RunAsync("get", "--version", "9", "fd:/a.txt", "x")).Failed(ExitCode.NotFound, "no version 9");
    }

    [Fact]
    [ClusterAtNight]
    public async Task Wildcards_choose_files_of_both_sides_and_a_name_that_looks_like_one_is_taken_as_it_is()
    {
        using var home = await CliHome.MakeAsync(pair.Service, "globs");
        foreach (var name in new[] { "a.jpg", "b.jpg", "c.txt", ".hidden.jpg", "in/d.jpg", "in/[x].jpg" })
            home.Write(name, name);
        (await home.RunAsync("put", "*.jpg", "c.txt", "fd:/p/")).Succeeded();
        (await home.RunAsync("put", "-r", "in", "fd:/p/")).Succeeded();
        Assert.Equal(["fd:/p/a.jpg", "fd:/p/b.jpg"], (await home.RunAsync("ls", "fd:/p/*.jpg")).Succeeded().Lines);
        Assert.Equal(
            ["fd:/p/a.jpg", "fd:/p/b.jpg", "fd:/p/in/[x].jpg", "fd:/p/in/d.jpg"],
            (await home.RunAsync("ls", "fd:/**/*.jpg")).Succeeded().Lines.Order(StringComparer.Ordinal));
        Assert.Equal(["fd:/p/a.jpg"], (await home.RunAsync("ls", "--json", "fd:/?/[!b-z].jpg")).Succeeded().Json.Select(line => line.Text("path")));
        (await home.RunAsync("rm", "fd:/p/in/[x].jpg")).Succeeded();
        Assert.Equal(["d.jpg"], (await home.RunAsync("ls", "fd:/p/in")).Succeeded().Lines);
        (await home.RunAsync("get", "fd:/p/*.jpg", "got/")).Succeeded();
        Assert.Equal(2, Directory.GetFiles(Path.Combine(home.Work, "got")).Length);
        (await home.RunAsync("rm", "fd:/p/*.png")).Failed(ExitCode.NotFound, "Nothing fits fd:/p/*.png");
        (await home.RunAsync("put", "*.png", "fd:/")).Failed(ExitCode.NotFound, "*.png does not exist");
    }

    [Fact]
    [ClusterAtNight]
    public async Task Standard_input_and_output_are_files_too()
    {
        using var home = await CliHome.MakeAsync(pair.Service, "pipes");
        var bytes = Requests.Bytes(300_000);
        (await home.RunAsync(["put", "-", "fd:/dump/"], bytes)).Failed(ExitCode.Usage, "Standard input has no name");
        (await home.RunAsync(["put", "-", "fd:/dump/db.sql", "--tag", "a:b"], bytes)).Succeeded();
        var got = (await home.RunAsync("get", "fd:/dump/db.sql", "-")).Succeeded();
        Assert.Equal("", got.Output);
        Assert.True(CliHome.IsSame(bytes, got.Bytes));
        var file = (await home.RunAsync("ls", "--json", "fd:/dump")).Succeeded().Json[0];
        Assert.Equal("b", file.GetProperty("tags").Text("a"));
        // A loose file has an id only, which is a path, too.
        using var loose = pair.Service.As(home.Variables[Profile.KeyVariable]);
        var id = (await loose.UploadAsync(bytes, "loose")).Id();
        Assert.Equal([$"id:{id}  loose"], (await home.RunAsync("ls", "--loose")).Succeeded().Lines);
        Assert.True(CliHome.IsSame(bytes, (await home.RunAsync("get", $"id:{id}", "-")).Succeeded().Bytes));
    }

    [Fact]
    [ClusterAtNight]
    public async Task Files_and_folders_are_made_moved_copied_removed_and_taken_out_of_the_trash()
    {
        using var home = await CliHome.MakeAsync(pair.Service, "moves");
        home.Write("a", "a");
        (await home.RunAsync("mkdir", "fd:/x/y")).Failed(ExitCode.NotFound, "fd:/x does not exist");
        (await home.RunAsync("mkdir", "-p", "fd:/x/y")).Succeeded();
        (await home.RunAsync("mkdir", "fd:/x")).Failed(ExitCode.Conflict, "fd:/x");
        (await home.RunAsync("put", "a", "fd:/x/y/")).Succeeded();
        (await home.RunAsync("mv", "fd:/x/y/a", "fd:/x/b")).Succeeded();
        (await home.RunAsync("cp", "fd:/x", "fd:/z")).Failed(ExitCode.Usage, "Add -r");
        (await home.RunAsync("cp", "-r", "fd:/x", "fd:/z")).Succeeded();
        (await home.RunAsync("cp", "-r", "fd:/x", "fd:/x/in")).Failed(ExitCode.Usage, "into itself");
        (await home.RunAsync("mv", "fd:/x", "fd:/z/")).Succeeded();
        Assert.Equal(
            ["z/", "z/b", "z/x/", "z/x/b", "z/x/y/", "z/y/"], (await home.RunAsync("ls", "-r")).Succeeded().Lines.Order(StringComparer.Ordinal));

        (await home.RunAsync("rm", "fd:/z/b", "fd:/z/x")).Failed(ExitCode.Usage, "Nothing was removed");
        (await home.RunAsync("rm", "-r", "fd:/z/b", "fd:/z/x")).Succeeded();
        Assert.Equal(2, (await home.RunAsync("trash")).Succeeded().Lines.Length);
        Assert.Equal("Restored fd:/z/b\n", (await home.RunAsync("trash", "restore", "b")).Succeeded().Output);
        (await home.RunAsync("trash", "restore", "nothing")).Failed(ExitCode.NotFound, "nothing is not in the trash");
        (await home.RunAsync("trash", "empty")).Failed(ExitCode.Usage, "Add --yes");
        Assert.Single((await home.RunAsync("trash", "ls", "--json")).Succeeded().Json);
        (await home.RunAsync("trash", "empty", "--yes")).Succeeded();
        // The folder's content follows it within seconds.
        await Service.UntilAsync("the trash is empty", async () => (await home.RunAsync("trash")).Succeeded().Lines.Length == 0);
        (await home.RunAsync("rm", "--permanent", "fd:/z/b")).Failed(ExitCode.Usage, "Add --yes");
        (await home.RunAsync("rm", "--permanent", "--yes", "fd:/z/b")).Succeeded();
        Assert.Empty((await home.RunAsync("trash")).Succeeded().Lines);
        Assert.Equal(["y/"], (await home.RunAsync("ls", "fd:/z")).Succeeded().Lines);
    }

    [Fact]
    [ClusterAtNight]
    public async Task Links_are_made_listed_and_revoked()
    {
        using var home = await CliHome.MakeAsync(pair.Service, "links");
        home.Write("a.txt", "shared");
        (await home.RunAsync("put", "a.txt", "fd:/in/")).Succeeded();
        var link = (await home.RunAsync("share", "fd:/in/a.txt", "--expires", "7d", "--max-downloads", "3")).Succeeded().Lines.Single();
        using var visitor = new HttpClient();
        Assert.Equal("shared", await visitor.GetStringAsync(link));
        var protectedLink = (await home.RunAsync(["share", "fd:/in/a.txt", "--password", "--json"], Encoding.UTF8.GetBytes("correct horse\n"))).Succeeded().Json[0];
        Assert.True(protectedLink.GetProperty("has_password").GetBoolean());
        (await home.RunAsync(["share", "fd:/in/a.txt", "--password"], Encoding.UTF8.GetBytes("short\n"))).Failed(ExitCode.Usage, "8 to 256 characters");
        var request = (await home.RunAsync("request", "fd:/in", "--max-files", "5", "--max-size", "1M", "--type", ".txt")).Succeeded().Lines.Single();
        using var dropped = await visitor.PutAsync($"{request}/dropped.txt", new StringContent("dropped"));
        await dropped.SucceededAsync(System.Net.HttpStatusCode.Created);
        Assert.Equal(["a.txt", "dropped.txt"], (await home.RunAsync("ls", "fd:/in")).Succeeded().Lines);

        var list = (await home.RunAsync("share", "ls")).Succeeded().Lines;
        Assert.Equal(3, list.Length);
        Assert.StartsWith($"{request}  upload, active, 1 file", list[0], StringComparison.Ordinal);
        (await home.RunAsync("share", "revoke", link, protectedLink.Text("share_id"))).Succeeded();
        Assert.Equal(System.Net.HttpStatusCode.NotFound, await visitor.StatusAsync(link));
        (await home.RunAsync("share", "revoke", link)).Failed(ExitCode.NotFound, "is not one of your links");
        Assert.Single((await home.RunAsync("share", "ls")).Succeeded().Lines);
    }

    [Fact]
    [ClusterAtNight]
    public async Task Changes_are_followed_with_their_paths_and_go_on_at_a_cursor()
    {
        using var home = await CliHome.MakeAsync(pair.Service, "tail");
        home.Write("a.txt", "a");
        (await home.RunAsync("put", "a.txt", "fd:/in/")).Succeeded();
        string[] Paths(CliResult result) => [.. result.Json.Select(change => change.Text("path")).Distinct()];
        CliResult all = await home.RunAsync("tail", "--from", "oldest", "--once", "--json");
        await Service.UntilAsync("the feed has both", async () =>
        {
            all = (await home.RunAsync("tail", "--from", "oldest", "--once", "--json")).Succeeded();
            return Paths(all).Length == 2;
        });
        Assert.Equal(["fd:/in", "fd:/in/a.txt"], Paths(all).Order(StringComparer.Ordinal));
        (await home.RunAsync("rm", "fd:/in/a.txt")).Succeeded();
        var cursor = all.Json[^1].Text("cursor");
        await Service.UntilAsync(
            "the feed says that the file is gone",
            async () => (await home.RunAsync("tail", "--from", cursor, "--once")).Succeeded().Output.StartsWith("- id:", StringComparison.Ordinal));
        using var stop = new CancellationTokenSource();
        var following = home.RunAsync(["tail", "--quiet"], input: null, cancellation: stop.Token);
        await stop.CancelAsync();
        Assert.Equal(ExitCode.Canceled, (await following).Exit);
        (await home.RunAsync("tail", "--from", "nonsense", "--once")).Failed(ExitCode.Failed, "cursor");
    }
}

/// <summary>The command line and a service on SQLite and the disk.</summary>
public sealed class CliOnEmbeddedTests(FeedEmbeddedPair pair) : CliTests(pair), IClassFixture<FeedEmbeddedPair>;

/// <summary>The command line and a service on MongoDB and S3.</summary>
public sealed class CliOnClusterTests(FeedClusterPair pair) : CliTests(pair), IClassFixture<FeedClusterPair>;
