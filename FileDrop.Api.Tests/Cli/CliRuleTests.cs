using System.Net;
using System.Text;
using FileDrop.Api.Tests.Access;
using FileDrop.Api.Tests.Changes;
using FileDrop.Api.Tests.Files;
using FileDrop.Cli;
using FileDrop.Cli.Completion;
using FileDrop.Client;
using Xunit;

namespace FileDrop.Api.Tests.Cli;

/// <summary>The command line's profile, exit codes, forms of output and completion.</summary>
public sealed class CliRuleTests(FeedEmbeddedPair pair) : IClassFixture<FeedEmbeddedPair>
{
    [Fact]
    public async Task Login_stores_a_key_that_works_in_a_file_that_only_its_user_can_read()
    {
        using var home = await CliHome.MakeAsync(pair.Service, "login");
        var key = home.Variables[Profile.KeyVariable] ?? "";
        home.Set(Profile.AddressVariable, null);
        home.Set(Profile.KeyVariable, null);
        var file = Path.Combine(home.Home, ".config", "filedrop", "profile.json");
        (await home.RunAsync("ls")).Failed(ExitCode.Usage, "filedrop login ADDRESS");
        (await home.RunAsync(["login", $"{pair.Service.Address}"], Encoding.UTF8.GetBytes("fd_wrong\n"))).Failed(ExitCode.Refused, "Nothing was stored");
        Assert.False(File.Exists(file));
        (await home.RunAsync(["login", $"{pair.Service.Address}"], Encoding.UTF8.GetBytes($"{key}\n"))).Succeeded();
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.GetDirectoryName(file) ?? ""));
        }
        (await home.RunAsync("ls")).Succeeded();
        Assert.Empty(Directory.GetFiles(Path.GetDirectoryName(file) ?? "", "*.part"));
        (await home.RunAsync("logout")).Succeeded();
        Assert.False(File.Exists(file));
    }

    [Fact]
    public void The_environment_wins_over_the_profile_whose_key_no_other_address_gets()
    {
        using var folder = new TemporaryFolder();
        var variables = new Dictionary<string, string?> { ["XDG_CONFIG_HOME"] = folder.Path };
        var world = new Surroundings
        {
            Output = TextWriter.Null,
            Error = TextWriter.Null,
            OpenInput = () => Stream.Null,
            OpenOutput = () => Stream.Null,
            Variable = name => variables.GetValueOrDefault(name),
            Folder = folder.Path,
        };
        new Profile(new Uri("https://a.example"), "fd_a").Write(world);
        Assert.Equal(new Profile(new Uri("https://a.example"), "fd_a"), Profile.Find(world));
        variables[Profile.AddressVariable] = "b.example";
        Assert.Equal(new Profile(new Uri("https://b.example"), null), Profile.Find(world));
        variables[Profile.AddressVariable] = "https://a.example/";
        Assert.Equal("fd_a", Profile.Find(world).Key);
        variables[Profile.KeyVariable] = "fd_b";
        Assert.Equal("fd_b", Profile.Find(world).Key);
        Assert.Equal("http://localhost:5080/", Profile.ParseAddress("localhost:5080").ToString());
        foreach (var wrong in new[] { "ftp://a.example", "https://a.example/path", "https://me:password@a.example", "" })
            Assert.Throws<ToolException>(() => Profile.ParseAddress(wrong));
        File.WriteAllText(Profile.FileOf(world), "{");
        variables.Remove(Profile.KeyVariable);
        Assert.Contains("is damaged", Assert.Throws<ToolException>(() => Profile.Find(world)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_failure_has_its_exit_code_and_a_sentence()
    {
        using var home = await CliHome.MakeAsync(pair.Service, "codes");
        (await home.RunAsync("ls", "fd:/nothing")).Failed(ExitCode.NotFound, "filedrop: fd:/nothing does not exist.");
        (await home.RunAsync("ls", "/nothing")).Failed(ExitCode.Usage, "Write it like fd:/folder/file");
        (await home.RunAsync("ls", "fd:/a//b")).Failed(ExitCode.Usage, "empty name");
        (await home.RunAsync("put")).Failed(ExitCode.Usage, "'filedrop put --help' shows how.");
        (await home.RunAsync("put", "x", "--parallel", "0")).Failed(ExitCode.Usage, "1 to 64");
        (await home.RunAsync("put", "x", "--on-conflict", "maybe")).Failed(ExitCode.Usage, "fail, rename or replace");
        (await home.RunAsync("nonsense")).Failed(ExitCode.Usage, "nonsense");
        home.Write("a", "a");
        using (var admin = pair.Service.AsAdmin())
        {
            var key = home.Variables[Profile.KeyVariable];
            home.Set(Profile.KeyVariable, (await admin.MakeKeyAsync(new { owner = "codes", scopes = AccessWords.ReadAlone })).Key);
            (await home.RunAsync("mkdir", "fd:/x")).Failed(ExitCode.Refused, "write");
            home.Set(Profile.KeyVariable, "fd_wrong");
            (await home.RunAsync("ls")).Failed(ExitCode.Refused, "filedrop login");
            home.Set(Profile.KeyVariable, key);
        }
        // One failure does not keep the others from being done.
        home.Write("b", "b");
        (await home.RunAsync("put", "a", "fd:/a")).Succeeded();
        home.Write("a", "other");
        (await home.RunAsync("put", "a", "b", "fd:/")).Failed(ExitCode.Conflict, "a: fd:/a is there with other bytes");
        (await home.RunAsync("ls", "fd:/b")).Succeeded();
        using (var nobody = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0))
        {
            nobody.Start();
            var port = ((System.Net.IPEndPoint)nobody.LocalEndpoint).Port;
            nobody.Stop();
            home.Set(Profile.AddressVariable, $"127.0.0.1:{port}");
            (await home.RunAsync("ls")).Failed(ExitCode.Network, "cannot be reached");
        }
    }

    [Fact]
    public async Task A_pipe_gets_plain_lines_a_program_JSON_and_the_quiet_nothing()
    {
        using var home = await CliHome.MakeAsync(pair.Service, "forms");
        home.Write("a.txt", "a");
        Assert.Equal("Uploaded fd:/a.txt\n", (await home.RunAsync("put", "a.txt", "fd:/")).Succeeded().Output);
        Assert.Equal("", (await home.RunAsync("mv", "fd:/a.txt", "fd:/b.txt", "-q")).Succeeded().Output);
        Assert.Equal("b.txt\n", (await home.RunAsync("ls", "--quiet")).Succeeded().Output);
        Assert.Equal("fd:/b.txt", (await home.RunAsync("ls", "--json")).Succeeded().Json.Single().Text("path"));
        // On a terminal bars are drawn while files go, and a summary stays.
        home.Write("c.txt", Requests.Bytes(100_000));
        var seen = await home.RunAsync(["put", "c.txt", "fd:/"], input: null, isTerminal: true);
        Assert.Equal(ExitCode.Done, seen.Exit);
        Assert.Contains("Uploaded 1 file, 98 KiB in", seen.Error, StringComparison.Ordinal);
        Assert.Equal("", seen.Output);
        Assert.Contains("98 KiB  20", (await home.RunAsync(["ls"], input: null, isTerminal: true)).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_lists_commands_in_a_line_each_and_teaches_one_by_examples()
    {
        using var home = await CliHome.MakeAsync(pair.Service, "help");
        var all = (await home.RunAsync("--help")).Succeeded();
        Assert.Contains(all.Lines, line => line.EndsWith("Upload files and folders.", StringComparison.Ordinal));
        Assert.DoesNotContain("mysqldump", all.Output, StringComparison.Ordinal);
        Assert.Contains("mysqldump db | filedrop put - fd:/dump.sql", (await home.RunAsync("put", "--help")).Succeeded().Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Commands_options_and_paths_are_completed_and_a_dead_service_is_not_waited_for()
    {
        using var home = await CliHome.MakeAsync(pair.Service, "complete");
        home.Write("a.txt", "a");
        (await home.RunAsync("put", "a.txt", "fd:/pictures/")).Succeeded();
        async Task<string[]> SuggestAsync(string line) => (await home.RunAsync($"[suggest:{line.Length}]", line)).Lines;
        Assert.Contains("versions", await SuggestAsync("filedrop ver"));
        Assert.Contains("--on-conflict", await SuggestAsync("filedrop put --on"));
        Assert.Contains("replace", await SuggestAsync("filedrop put --on-conflict re"));
        Assert.Contains("fd:/", await SuggestAsync("filedrop ls f"));
        Assert.Contains("fd:/pictures/", await SuggestAsync("filedrop ls fd:/pi"));
        Assert.Contains("fd:/pictures/a.txt", await SuggestAsync("filedrop get fd:/pictures/"));
        await using var proxy = new TcpProxy(pair.Service.Address, TcpProxy.State.BlackHole);
        home.Set(Profile.AddressVariable, $"127.0.0.1:{proxy.Port}");
        Assert.DoesNotContain("fd:/pictures/", await SuggestAsync("filedrop ls fd:/pi").WaitAsync(TimeSpan.FromSeconds(20)));
        foreach (var shell in new[] { "bash", "zsh", "fish", "pwsh" })
            Assert.Contains("filedrop", (await home.RunAsync("completion", shell)).Succeeded().Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("filedrop ls fd:/pi", "fd:/pictures/\nfd:/piano.txt", "/pictures/ /piano.txt")]
    [InlineData("filedrop ls fd:/a", "fd:/a b.txt", @"/a\ b.txt")]
    [InlineData(@"filedrop ls fd:/in/a\ ", "fd:/in/a b.txt\nfd:/in/ab", @"/in/a\ b.txt")]
    [InlineData("filedrop put -", "--parallel\n-r", "--parallel -r")]
    [InlineData("filedrop ve", "versions", "versions")]
    public async Task The_script_for_bash_completes_paths_with_colons_and_spaces(string line, string suggestions, string expected)
    {
        Assert.SkipUnless((await Shell.RunAsync("command -v bash")).Exit == 0, "bash is missing.");
        var script = Scripts.All.Single(each => each.Shell == "bash").Script;
        var (exit, output) = await Shell.RunAsync(
            """
            bash -c 'filedrop() { [ "$1" = "[suggest:${#2}]" ] && printf "%s\n" "$SUGGESTED"; }; compopt() { :; }; eval "$1"
                COMP_LINE=$2; COMP_POINT=${#2}; _filedrop; printf "%s" "${COMPREPLY[*]}"' bash "$1" "$2"
            """.Replace("bash -c", $"SUGGESTED='{suggestions}' bash -c", StringComparison.Ordinal), script, line);
        Assert.Equal((0, expected), (exit, output));
    }

    [Theory]
    [InlineData("fd:", "/", true)]
    [InlineData("fd:/", "/", true)]
    [InlineData("fd:a/b", "/a/b", false)]
    [InlineData("fd:/a%20b/ü/", "/a%20b/ü", true)]
    public void A_path_at_the_service_is_read_as_it_is(string text, string path, bool endsWithSlash)
    {
        var parsed = RemotePath.Parse(text);
        Assert.Equal((path, endsWithSlash), (parsed.Path, parsed.EndsWithSlash));
    }

    [Theory]
    [InlineData("*.jpg", "a.jpg", true)]
    [InlineData("*.jpg", ".a.jpg", false)]
    [InlineData(".*", ".a", true)]
    [InlineData("a?c", "abc", true)]
    [InlineData("[a-c]x", "dx", false)]
    [InlineData("[!a-c]x", "dx", true)]
    [InlineData("a[1", "a[1", true)]
    [InlineData("a.b", "axb", false)]
    [InlineData("[^]x]", "]", false)]
    public void A_wildcard_fits_names_as_in_a_shell(string pattern, string name, bool fits) => Assert.Equal(fits, new Glob(pattern).Fits(name));

    [Fact]
    public void After_Ctrl_C_every_failure_counts_as_canceled()
    {
        var (address, canceled) = (new Uri("http://localhost"), new CancellationToken(canceled: true));
        Exception[] torn =
        [
            new HttpRequestException("reset", new IOException("reset")), new System.Net.Sockets.SocketException(104), new IOException("closed"), new OperationCanceledException(),
            new TaskCanceledException("late", new TimeoutException()), new FileDropException(HttpStatusCode.ServiceUnavailable, "storage_unavailable", "Later."),
        ];
        foreach (var failure in torn)
        {
            Assert.Equal(ExitCode.Canceled, ToolException.Explain(failure, address, canceled)?.Code);
            Assert.NotNull(ToolException.Explain(failure, address, CancellationToken.None));
        }
        Assert.Equal(ExitCode.Network, ToolException.Explain(torn[0], address, CancellationToken.None)?.Code);
        // A failure that was said before Ctrl+C does not hide it. A bug is never hidden.
        Assert.Equal(ExitCode.Canceled, ToolException.Sum([ExitCode.Done, ExitCode.Network], canceled));
        Assert.Equal(ExitCode.Done, ToolException.Sum([ExitCode.Done], canceled));
        Assert.Null(ToolException.Explain(new InvalidOperationException(), address, canceled));
    }

    [Fact]
    public void Sizes_spans_and_moments_are_read_and_written_as_people_do()
    {
        Assert.Equal(["0 B", "999 B", "1.0 KiB", "10 MiB", "1.5 GiB"], new double[] { 0, 999, 1024, 10 << 20, 1.5 * (1 << 30) }.Select(Words.Size));
        Assert.Equal((500L << 20, 2L << 30, 7), (Words.Bytes("500M"), Words.Bytes("2GiB"), Words.Bytes("7")));
        var now = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        Assert.Equal(now.AddDays(7), Words.Moment("7d", now));
        Assert.Equal(now.AddHours(18), Words.Moment("2026-01-01T18:00:00Z", now));
        foreach (var wrong in new[] { "7", "d", "-1d", "soon", "99999999999w" })
            Assert.Throws<ToolException>(() => Words.Span(wrong));
        Assert.Throws<ToolException>(() => Words.Bytes("9999999999G"));
        Assert.Equal(ExitCode.Failed, ToolException.Sum([ExitCode.NotFound, ExitCode.Conflict, ExitCode.Done], CancellationToken.None));
        Assert.Equal(ExitCode.NotFound, ToolException.Sum([ExitCode.NotFound, ExitCode.Done], CancellationToken.None));
    }
}
