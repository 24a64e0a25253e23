using System.Globalization;
using FileDrop.Api.Tests.Changes;
using FileDrop.Cli.Syncing;
using FileDrop.Client;
using Xunit;

namespace FileDrop.Api.Tests.Sync;

/// <summary>Two machines and the service itself change one tree at random, with kills, wrong clocks, and a slow and broken network.</summary>
public abstract class SyncModelTests(Pair pair)
{
    private static readonly string[] s_names = ["a", "b", "c"];

    [Fact]
    public Task Two_machines_and_the_service_become_equal_and_nothing_is_lost_that_nobody_deleted() => RunAsync(seed: DateTime.UtcNow.DayOfYear, rounds: 12);

    [Fact]
    [Trait("Run", "nightly")]
    public async Task Long_runs_become_equal_and_lose_nothing()
    {
        for (var seed = 0; seed < 40; seed++)
            await RunAsync(seed + (1000 * DateTime.UtcNow.DayOfYear), rounds: 40);
    }

    private async Task RunAsync(int seed, int rounds)
    {
        var random = new Random(seed);
        var key = await SyncPlace.KeyAsync(pair.Service);
        await using var proxy = new TcpProxy(pair.Service.Address);
        using var direct = FileDropClient.Create(pair.Service.Address, key);
        using var broken = FileDropClient.Create(new Uri($"http://127.0.0.1:{proxy.Port}"), key);
        Func<Task>? before = pair is ClusterPair ? () => SyncPlace.SaidAsync(direct) : null;
        using var one = SyncPlace.Make(broken, before: before);
        using var two = SyncPlace.Make(broken, host: "two", before: before);
        using var page = SyncPlace.Make(direct, host: "page");
        var (written, deleted, contents) = (new HashSet<string>(), new HashSet<string>(), 0);
        for (var round = 0; round < rounds; round++)
        {
            for (var i = random.Next(4); i >= 0; i--)
                Act(random.Next(2) == 0 ? one : two);
            if (random.Next(2) == 0)
                await ActRemotelyAsync();
            if (random.Next(4) == 0)
                proxy.CutAfter(random.Next(2) == 0 ? TcpProxy.Way.ToServer : TcpProxy.Way.ToClient, random.Next(4_000));
            proxy.Become(random.Next(6) == 0 ? TcpProxy.State.Trickle : TcpProxy.State.Up);
            var kill = random.Next(12);
            try
            {
                var count = 0;
                await (random.Next(2) == 0 ? one : two).SyncAsync(new SyncChoices { MayDelete = (_, _) => Task.FromResult(true), Begins = _ => Count(), Intended = _ => Count(), Taken = _ => Count() });

                void Count()
                {
                    if (Interlocked.Increment(ref count) == kill)
                        throw new CutException();
                }
            }
            catch (Exception failure) when (failure is CutException or HttpRequestException or FileDropException { IsTransient: true } or IOException)
            {
                // Killed, or the connection broke.
            }
        }
        proxy.Become(TcpProxy.State.Up);
        await SettleAsync();
        var wanted = await page.RemoteTreeAsync();
        Assert.Equal(wanted, one.Tree());
        Assert.Equal(wanted, two.Tree());
        Assert.Empty(written.Except(deleted).Except(wanted.Values));

        async Task SettleAsync()
        {
            for (var round = 0; round < 30; round++)
            {
                try
                {
                    var results = new[] { await one.SyncAsync(new SyncChoices { MayDelete = (_, _) => Task.FromResult(true) }), await two.SyncAsync(new SyncChoices { MayDelete = (_, _) => Task.FromResult(true) }) };
                    if (!results.Any(result => result.Done.Any(each => each.Action.IsLocal || each.Action.IsRemote)) && results.All(result => result.IsQuiet))
                        return;
                }
                catch (Exception cut) when (cut is HttpRequestException or HttpIOException)
                {
                    // The last cut.
                }
            }
            Assert.Fail($"It never ends (seed {seed}).");
        }

        string Write()
        {
            var content = string.Create(CultureInfo.InvariantCulture, $"content {++contents} of {seed} {new string('.', random.Next(2_000))}");
            written.Add(content);
            return content;
        }

        void Act(SyncPlace place)
        {
            // The tool's own files are left alone.
            List<string> files = [.. place.Tree().Keys.Where(path => !path.EndsWith('/') && !Path.GetFileName(path).StartsWith(".filedrop-", StringComparison.Ordinal))];
            List<string> folders = ["", .. place.Tree().Keys.Where(path => path.EndsWith('/'))];
            var target = $"{folders[random.Next(folders.Count)]}{s_names[random.Next(3)]}";
            switch (random.Next(7))
            {
                case 0 when !Path.Exists(place.At(target)):
                    Directory.CreateDirectory(place.At(target));
                    break;
                case 1 when files.Count > 0:
                    var doomed = files[random.Next(files.Count)];
                    deleted.Add(place.Read(doomed));
                    File.Delete(place.At(doomed));
                    break;
                case 2 when folders.Count > 1 && random.Next(3) == 0:
                    var folder = folders[random.Next(1, folders.Count)];
                    foreach (var file in files.Where(file => file.StartsWith(folder, StringComparison.Ordinal)))
                        deleted.Add(place.Read(file));
                    Directory.Delete(place.At(folder), recursive: true);
                    break;
                case 3 when files.Count + folders.Count > 1:
                    List<string> all = [.. files, .. folders.Skip(1).Select(each => each.TrimEnd('/'))];
                    var source = all[random.Next(all.Count)];
                    if (!Path.Exists(place.At(target)) && !target.StartsWith($"{source}/", StringComparison.Ordinal))
                        Directory.Move(place.At(source), place.At(target));
                    break;
                case 4 when files.Count > 0:
                    var edited = files[random.Next(files.Count)];
                    deleted.Add(place.Read(edited));
                    place.Write(edited, Write());
                    break;
                default:
                    if (Path.Exists(place.At(target)))
                        break;
                    place.Write(target, Write());
                    // A clock that is wrong by years.
                    if (random.Next(3) == 0)
                        File.SetLastWriteTimeUtc(place.At(target), DateTime.UtcNow.AddDays(random.Next(-2_000, 2_000)));
                    break;
            }
        }

        async Task ActRemotelyAsync()
        {
            var tree = await page.RemoteTreeAsync();
            List<string> files = [.. tree.Keys.Where(path => !path.EndsWith('/'))], folders = ["", .. tree.Keys.Where(path => path.EndsWith('/'))];
            var target = $"{folders[random.Next(folders.Count)]}{s_names[random.Next(3)]}";
            if (random.Next(3) == 0 && !tree.ContainsKey(target) && !tree.ContainsKey($"{target}/"))
            {
                await page.UploadAsync(target, Write());
            }
            else if (files.Count > 0)
            {
                var path = files[random.Next(files.Count)];
                var file = await page.FileAsync($"/{path}");
                if (random.Next(3) == 0)
                    await direct.UpdateFileAsync(file.FileId, new FileChange { Name = s_names[random.Next(3)], Folder = DropFolder.Root, OnConflict = OnConflict.Rename });
                else if (random.Next(2) == 0)
                    await DeleteAsync(path, file);
                else
                    await ReplaceAsync(path);
            }

            async Task DeleteAsync(string path, DropFile file)
            {
                deleted.Add(tree[path]);
                await direct.DeleteFileAsync(file.FileId);
            }

            async Task ReplaceAsync(string path)
            {
                deleted.Add(tree[path]);
                await page.UploadAsync(path, Write());
            }
        }
    }
}

/// <summary>Random work with a service on SQLite and the disk.</summary>
public sealed class SyncModelOnEmbeddedTests(FeedEmbeddedPair pair) : SyncModelTests(pair), IClassFixture<FeedEmbeddedPair>;

/// <summary>Random work with a service on MongoDB and S3.</summary>
[ClusterAtNight]
public sealed class SyncModelOnClusterTests(FeedClusterPair pair) : SyncModelTests(pair), IClassFixture<FeedClusterPair>;
