using FileDrop.Api.Tests.Changes;
using FileDrop.Cli;
using FileDrop.Client;
using Xunit;

namespace FileDrop.Api.Tests.Sync;

/// <summary>The command <c>filedrop sync</c>: its options, its words and its exit codes.</summary>
public sealed class SyncCommandTests(FeedEmbeddedPair pair) : IClassFixture<FeedEmbeddedPair>
{
    [Fact]
    public async Task A_dry_run_shows_the_steps_and_changes_nothing()
    {
        using var run = await ToolRun.MakeAsync(pair.Service);
        run.Write("a/b", "1");
        Assert.Equal((0, "> a\n> a/b\n"), await run.DoAsync("sync", run.Top, "fd:/", "--dry-run"));
        Assert.Empty(await run.Client.ListFilesAsync().ToListAsync());
        Assert.Equal((0, "> a\n> a/b\n"), await run.DoAsync("sync", run.Top, "fd:/"));
        Assert.Equal((0, ""), await run.DoAsync("sync", run.Top, "fd:/"));
        Assert.Equal(3, (await run.DoAsync("sync", run.Top, "fd:/missing")).Exit);
        Assert.Equal(2, (await run.DoAsync("sync", run.Top, "fd:/", "--pull", "--push")).Exit);
    }

    [Fact]
    public async Task A_sync_that_would_delete_too_much_ends_with_its_own_code_unless_it_may()
    {
        using var run = await ToolRun.MakeAsync(pair.Service);
        for (var i = 0; i < 25; i++)
            run.Write($"{i}", $"{i}");
        Assert.Equal(0, (await run.DoAsync("sync", run.Top, "fd:/", "--quiet")).Exit);
        foreach (var file in Directory.GetFiles(run.Top).Skip(1))
            File.Delete(file);
        Assert.Equal((7, ""), await run.DoAsync("sync", run.Top, "fd:/"));
        Assert.Contains("24 of 25 files at the service", run.Errors, StringComparison.Ordinal);
        Assert.Equal(0, (await run.DoAsync("sync", run.Top, "fd:/", "--yes", "-q")).Exit);
        Assert.Single(await run.Client.ListFilesAsync().ToListAsync());
    }

    [Fact]
    public async Task A_watch_brings_changes_of_both_sides_and_lets_no_second_sync_begin()
    {
        using var run = await ToolRun.MakeAsync(pair.Service);
        run.Write("first", "1");
        using var ended = new CancellationTokenSource();
        var watch = run.DoAsync(ended.Token, "sync", run.Top, "fd:/", "--watch");
        await Service.UntilAsync("the watch is ready", () => Task.FromResult(run.Errors.Contains("Watching", StringComparison.Ordinal)));
        Assert.Equal(5, (await run.DoAsync("sync", run.Top, "fd:/")).Exit);
        Directory.CreateDirectory(Path.Join(run.Top, "new"));
        run.Write("new/here", "2");
        await Service.UntilAsync("the local file is at the service", async () => await run.Client.ListFilesAsync().AnyAsync(file => file.FileName == "here"));
        await run.Client.UploadAsync(new MemoryStream([1]), new UploadTarget("there") { Folder = DropFolder.Root });
        await Service.UntilAsync("the service's file is here", () => Task.FromResult(File.Exists(Path.Join(run.Top, "there"))));
        await ended.CancelAsync();
        Assert.Equal(130, (await watch).Exit);
    }

    /// <summary>A machine on which the tool runs in this process.</summary>
    private sealed class ToolRun : IDisposable
    {
        private readonly TemporaryFolder _home = new();
        private readonly Uri _address;
        private readonly string _key;
        private StringWriter _errors = new();

        private ToolRun(Uri address, string key)
        {
            (_address, _key, Client) = (address, key, FileDropClient.Create(address, key));
            Directory.CreateDirectory(Top);
        }

        public FileDropClient Client { get; }

        public string Top => Path.Join(_home.Path, "local");

        public string Errors => _errors.ToString();

        public static async Task<ToolRun> MakeAsync(Service service) => new(service.Address, await SyncPlace.KeyAsync(service));

        public void Write(string path, string content)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Join(Top, path)) ?? Top);
            File.WriteAllText(Path.Join(Top, path), content);
        }

        public Task<(int Exit, string Output)> DoAsync(params string[] args) => DoAsync(CancellationToken.None, args);

        public async Task<(int Exit, string Output)> DoAsync(CancellationToken cancellation, params string[] args)
        {
            var output = new StringWriter();
            var errors = new StringWriter();
            _errors = errors;
            var exit = await Tool.RunAsync(args, new Surroundings
            {
                Output = TextWriter.Synchronized(output),
                Error = errors,
                OpenInput = () => Stream.Null,
                OpenOutput = () => Stream.Null,
                Folder = _home.Path,
                Variable = name => name switch
                {
                    Profile.AddressVariable => _address.ToString(),
                    Profile.KeyVariable => _key,
                    "XDG_STATE_HOME" => Path.Join(_home.Path, "state"),
                    "XDG_CONFIG_HOME" => Path.Join(_home.Path, "config"),
                    _ => null,
                },
            }, cancellation: cancellation);
            return (exit, output.ToString());
        }

        public void Dispose()
        {
            Client.Dispose();
            _home.Dispose();
        }
    }
}
