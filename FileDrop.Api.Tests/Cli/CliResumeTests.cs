using FileDrop.Api.Tests.Changes;
using FileDrop.Api.Tests.Files;
using FileDrop.Cli;
using FileDrop.Cli.Transfers;
using Xunit;

namespace FileDrop.Api.Tests.Cli;

/// <summary>Transfers that end in their middle go on with the same command.</summary>
public abstract class CliResumeTests(Pair pair)
{
    private const int Size = 24 << 20;
    private const int Cut = 8 << 20;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_put_that_is_interrupted_and_then_killed_goes_on_where_it_was(bool replaces)
    {
        await using var proxy = new TcpProxy(pair.Service.Address);
        using var home = await CliHome.MakeAsync(pair.Service, $"interrupted-{replaces}", new Uri($"http://127.0.0.1:{proxy.Port}"));
        var bytes = Requests.Bytes(Size);
        if (replaces)
            (await home.RunAsync(["put", "-", "fd:/large"], [1])).Succeeded();
        home.Write("large", bytes);
        string[] command = ["put", "large", "fd:/", .. replaces ? ["--on-conflict", "replace"] : Array.Empty<string>()];
        Assert.Equal((int)ExitCode.Canceled, await StopInTheMiddleAsync(ToolProcess.Interrupt));
        var state = Directory.GetFiles(Path.Combine(home.Home, ".local", "state", "filedrop", "uploads"));
        Assert.Single(state);
        await StopInTheMiddleAsync(ToolProcess.Kill);
        Assert.Equal(state, Directory.GetFiles(Path.GetDirectoryName(state[0]) ?? ""));
        proxy.Become(TcpProxy.State.Up);
        var before = proxy.Sent;
        using (var last = ToolProcess.Start(home, command))
            Assert.Equal((0, "Uploaded fd:/large\n"), await last.EndAsync());
        // Twice a third was sent before. Some of the bytes on their way were lost.
        Assert.InRange(proxy.Sent - before, 1, Size * 2L / 3);
        Assert.Empty(Directory.GetFiles(Path.GetDirectoryName(state[0]) ?? ""));
        Assert.True(CliHome.IsSame(bytes, (await home.RunAsync("get", "fd:/large", "-")).Succeeded().Bytes));

        async Task<int> StopInTheMiddleAsync(int signal)
        {
            proxy.Become(TcpProxy.State.Up);
            proxy.CutAfter(TcpProxy.Way.ToServer, Cut);
            using var process = ToolProcess.Start(home, command);
            await Service.UntilAsync("the connection is cut", () => Task.FromResult(!proxy.CutIsToCome), 60);
            proxy.Become(TcpProxy.State.Down);
            process.Signal(signal);
            return (await process.EndAsync()).Exit;
        }
    }

    [Fact]
    public async Task A_get_that_is_canceled_goes_on_where_it_was_and_begins_again_if_its_beginning_is_damaged()
    {
        await using var proxy = new TcpProxy(pair.Service.Address);
        using var home = await CliHome.MakeAsync(pair.Service, "canceled", new Uri($"http://127.0.0.1:{proxy.Port}"));
        var bytes = Requests.Bytes(Size);
        home.Write("source", bytes);
        (await home.RunAsync("put", "source", "fd:/large")).Succeeded();

        await CancelInTheMiddleAsync();
        var part = Directory.GetFiles(home.Work, ".filedrop-*").Single();
        var stored = new FileInfo(part).Length;
        Assert.InRange(stored, Cut / 2, Size - 1);
        proxy.CutAfter(TcpProxy.Way.ToClient, Size - stored + (1 << 20));
        (await home.RunAsync("get", "fd:/large")).Succeeded();
        Assert.True(proxy.CutIsToCome, "Only the rest was fetched.");
        Assert.True(CliHome.IsSame(bytes, await File.ReadAllBytesAsync(Path.Combine(home.Work, "large"))));
        Assert.False(File.Exists(part));

        File.Delete(Path.Combine(home.Work, "large"));
        await CancelInTheMiddleAsync();
        await using (var damaged = File.OpenWrite(part))
            damaged.WriteByte((byte)~bytes[0]);
        (await home.RunAsync("get", "fd:/large")).Succeeded();
        Assert.True(CliHome.IsSame(bytes, await File.ReadAllBytesAsync(Path.Combine(home.Work, "large"))));

        async Task CancelInTheMiddleAsync()
        {
            proxy.Become(TcpProxy.State.Up);
            proxy.CutAfter(TcpProxy.Way.ToClient, Cut);
            using var stop = new CancellationTokenSource();
            var running = home.RunAsync(["get", "fd:/large"], input: null, cancellation: stop.Token);
            await Service.UntilAsync("the connection is cut", () => Task.FromResult(!proxy.CutIsToCome), 60);
            proxy.Become(TcpProxy.State.Down);
            await stop.CancelAsync();
            Assert.Equal(ExitCode.Canceled, (await running).Exit);
            proxy.Become(TcpProxy.State.Up);
        }
    }

    [Fact]
    public void An_upload_that_nobody_went_on_with_is_forgotten()
    {
        using var folder = new TemporaryFolder();
        var world = new Surroundings
        {
            Output = TextWriter.Null,
            Error = TextWriter.Null,
            OpenInput = () => Stream.Null,
            OpenOutput = () => Stream.Null,
            Variable = name => name is "XDG_STATE_HOME" ? folder.Path : null,
            Folder = folder.Path,
        };
        var uploads = Directory.CreateDirectory(Path.Combine(folder.Path, "filedrop", "uploads")).FullName;
        File.WriteAllText(Path.Combine(uploads, "old"), "/uploads/1");
        File.WriteAllText(Path.Combine(uploads, "new"), "/uploads/2");
        File.SetLastWriteTimeUtc(Path.Combine(uploads, "old"), DateTime.UtcNow.AddDays(-20));
        UploadState.Clean(world);
        Assert.Equal(["new"], Directory.GetFiles(uploads).Select(Path.GetFileName));
    }
}

/// <summary>Resumed transfers to SQLite and the disk.</summary>
public sealed class CliResumeOnEmbeddedTests(FeedEmbeddedPair pair) : CliResumeTests(pair), IClassFixture<FeedEmbeddedPair>;

/// <summary>Resumed transfers to MongoDB and S3.</summary>
[ClusterAtNight]
public sealed class CliResumeOnClusterTests(FeedClusterPair pair) : CliResumeTests(pair), IClassFixture<FeedClusterPair>;
