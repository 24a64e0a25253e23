using System.Diagnostics;
using FileDrop.Api.Tests.Changes;
using FileDrop.Cli;
using Xunit;

namespace FileDrop.Api.Tests.Sync;

/// <summary>The tool as a process that is killed at any moment.</summary>
public sealed class SyncProcessTests(FeedEmbeddedPair pair) : IClassFixture<FeedEmbeddedPair>
{
    [Fact]
    [Trait("Run", "nightly")]
    public async Task Two_machines_whose_syncs_are_killed_at_any_moment_become_equal()
    {
        using var home = new TemporaryFolder();
        var (random, key) = (new Random(DateTime.UtcNow.DayOfYear), await SyncPlace.KeyAsync(pair.Service));
        string[] tops = [Path.Join(home.Path, "one"), Path.Join(home.Path, "two")];
        for (var round = 0; round < 40; round++)
        {
            var top = tops[round % 2];
            Directory.CreateDirectory(Path.Join(top, $"{round % 5}"));
            for (var i = 0; i < 20; i++)
                await File.WriteAllTextAsync(Path.Join(top, $"{round % 5}", $"{random.Next(30)}"), $"{round} {i} {new string('x', random.Next(100_000))}");
            using var killed = Start(top, key, home.Path);
            await Task.Delay(random.Next(150, 1_500));
            killed.Kill();
            await killed.WaitForExitAsync();
        }
        foreach (var top in tops.Concat(tops).Concat(tops))
        {
            using var last = Start(top, key, home.Path);
            await last.WaitForExitAsync();
            Assert.Equal(0, last.ExitCode);
        }
        Assert.Equal(Tree(tops[0]), Tree(tops[1]));
        Assert.Empty(Directory.GetFiles(home.Path, ".filedrop-*.*", SearchOption.AllDirectories));
    }

    private static SortedDictionary<string, string> Tree(string top) => new(
        Directory.EnumerateFiles(top, "*", SearchOption.AllDirectories).Where(path => !path.Contains(".filedrop-trash", StringComparison.Ordinal))
            .ToDictionary(path => Path.GetRelativePath(top, path), File.ReadAllText), StringComparer.Ordinal);

    private Process Start(string top, string key, string home)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(Tool).Assembly.Location, "sync", top, "fd:/", "--yes", "--quiet"]);
        start.Environment["FILEDROP_ADDRESS"] = pair.Service.Address.ToString();
        start.Environment["FILEDROP_KEY"] = key;
        start.Environment["XDG_STATE_HOME"] = Path.Join(home, "state");
        start.Environment["XDG_CONFIG_HOME"] = Path.Join(home, "config");
        return Process.Start(start) ?? throw new InvalidOperationException("The tool did not start.");
    }
}
