using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Xunit;

namespace FileDrop.Api.Tests.Access;

/// <summary>Mutated requests, sent as bytes over bare connections; the same in every run.</summary>
public abstract partial class FuzzTests(Pair pair)
{
    private const int AtOnce = 16, WarmUp = 500;

    /// <summary>The silence after which a connection is told that nothing more will come.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromMilliseconds(400);

    /// <summary>The time within which the service must then close the connection.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>Texts that would reveal how the service is built or where it runs.</summary>
    private static readonly string[] Inside =
        ["   at ", "Exception", ".cs:line", "System.", "Microsoft.", "FileDrop.Api.", "MongoDB", "Sqlite", "Amazon", "/tmp/"];

    [Fact]
    [Trait("Run", "nightly")]
    public Task Ten_thousand_mutated_requests_break_hang_and_reveal_nothing() => SendAndJudgeAsync(10_000);

    /// <summary>Sends mutated requests, and checks every answer and the state of the service after them.</summary>
    protected async Task SendAndJudgeAsync(int count)
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await ServiceProcess.StartAsync(
            stores, ("FileDrop:Access:Anonymous", "true"), ("FileDrop:AllowedHosts", "files.example"),
            ("FileDrop:Audit:Catalog", "true"), ("FileDrop:Trash:Retention", "1.00:00:00"), ("FileDrop:AllowedOrigins", "https://a.example"));
        string[] secrets = [.. Inside, .. stores.Settings.Values.OfType<string>()];
        var (wrong, answered) = (new ConcurrentQueue<string>(), new ConcurrentDictionary<int, int>());
        var clock = Stopwatch.StartNew();
        await SendAsync(-WarmUp, 0);
        var (memory, handles) = (Memory(service.Id), Handles(service.Id));
        clock.Restart();
        answered.Clear();
        await SendAsync(0, count);

        var counts = answered.OrderBy(each => each.Key).Select(each => $"{each.Key}: {each.Value}");
        TestContext.Current.TestOutputHelper?.WriteLine($"{count} in {clock.Elapsed.TotalSeconds:F1} s: {string.Join(", ", counts)}");
        Assert.True(wrong.IsEmpty, string.Join("\n\n", wrong.Order(StringComparer.Ordinal).Take(20)));
        // Both kinds of answers must occur: a service that refuses everything, or mutations that change nothing, would prove nothing.
        Assert.InRange(answered.Values.Sum(), count * 8 / 10, int.MaxValue);
        Assert.InRange(answered.Where(each => each.Key is >= 200 and < 300).Sum(each => each.Value), count / 10, count);
        Assert.InRange(answered.Where(each => each.Key is >= 400 and < 500).Sum(each => each.Value), count / 10, count);
        Assert.DoesNotContain("by a bug", service.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("in the middle of its answer", service.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("could not be written to the catalog", service.Output, StringComparison.Ordinal);
        Assert.True(await service.IsHealthyAsync(), "the service is healthy");
        await Invariants.EveryFileIsWholeAsync(service.Http);
        if (OperatingSystem.IsLinux())
        {
            await Service.UntilAsync(
                $"no connection or file is held: {handles} before", () => Task.FromResult(Handles(service.Id) <= handles + AtOnce), 30);
            await Service.UntilAsync(
                $"memory is back to its level: {memory} MiB before", () => Task.FromResult(Memory(service.Id) <= memory + 64), 30);
        }

        async Task SendAsync(int from, int to)
        {
            const int Batch = 250;
            for (var first = from; first < to; first += Batch)
            {
                // Make a new file for each batch, because some requests delete it or its contents.
                var file = (await service.Http.UploadAsync("the content"u8.ToArray(), "a.txt", "text/plain")).Id();
                var (seeds, how) = (Enumerable.Range(first, Math.Min(Batch, to - first)), new ParallelOptions { MaxDegreeOfParallelism = AtOnce });
                await Parallel.ForEachAsync(seeds, how, async (seed, _) =>
                {
                    var request = new Mutation(seed, file).Write();
                    var answer = await AskAsync(service.Address, request);
                    foreach (var problem in Judge(answer, secrets))
                        wrong.Enqueue($"{problem} (seed {seed})\n{Shown(request)}\n→ {Shown(Encoding.Latin1.GetBytes(answer ?? ""))}");
                    if (Status().Match(answer ?? "") is { Success: true } status)
                        answered.AddOrUpdate(int.Parse(status.Groups[1].Value, CultureInfo.InvariantCulture), 1, (_, times) => times + 1);
                });
            }
        }
    }

    private static IEnumerable<string> Judge(string? answer, string[] secrets)
    {
        if (answer is null)
        {
            yield return "It hangs";
            yield break;
        }
        foreach (Match status in Status().Matches(answer))
        {
            // The answers to an unknown transfer coding (RFC 9112, section 6.1) and to an unknown protocol.
            if (status.Groups[1].Value is ['5', ..] and not ("501" or "505"))
                yield return $"It answers {status.Groups[1].Value}";
        }
        foreach (var secret in secrets.Where(secret => answer.Contains(secret, StringComparison.Ordinal)))
            yield return $"It tells '{secret}'";
    }

    /// <summary>Reads the answer until the connection ends; null if it does not end.</summary>
    private static async Task<string?> AskAsync(Uri address, byte[] request)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using var all = new CancellationTokenSource(Patience);
        var answer = new MemoryStream();
        try
        {
            await socket.ConnectAsync(address.Host, address.Port, all.Token);
            // The service need not read a request to its end if it refuses it early.
            var sending = socket.SendAsync(request, SocketFlags.None, all.Token).AsTask();
            var isEnded = false;
            for (var buffer = new byte[16 * 1024]; ;)
            {
                using var silence = CancellationTokenSource.CreateLinkedTokenSource(all.Token);
                silence.CancelAfter(isEnded ? Patience : Silence);
                try
                {
                    var read = await socket.ReceiveAsync(buffer, SocketFlags.None, silence.Token);
                    if (read == 0)
                        break;
                    answer.Write(buffer, 0, read);
                }
                catch (OperationCanceledException) when (!all.IsCancellationRequested)
                {
                    isEnded = true;
                    await sending;
                    socket.Shutdown(SocketShutdown.Send);
                }
            }
            await sending;
        }
        catch (SocketException)
        {
            // The service closed the connection before it read all our bytes.
        }
        catch (OperationCanceledException)
        {
            return null;
        }
        return Encoding.Latin1.GetString(answer.GetBuffer(), 0, (int)answer.Length);
    }

    private static string Shown(byte[] bytes)
    {
        var text = Encoding.Latin1.GetString(bytes.AsSpan(0, Math.Min(bytes.Length, 700)));
        return string.Concat(text.Select(each => char.IsControl(each) && each != '\n' ? $"\\x{(int)each:x2}" : $"{each}"));
    }

    /// <summary>The memory of a process, in MiB.</summary>
    private static long Memory(int process)
    {
        if (!OperatingSystem.IsLinux())
            return 0;
        var line = File.ReadAllLines($"/proc/{process}/status").Single(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;
    }

    /// <summary>The number of open files and connections of a process.</summary>
    private static int Handles(int process) => OperatingSystem.IsLinux() ? Directory.GetFileSystemEntries($"/proc/{process}/fd").Length : 0;

    [GeneratedRegex(@"^HTTP/1\.1 (\d{3}) ", RegexOptions.Multiline, 1000)]
    private static partial Regex Status();
}

public sealed class FuzzOnEmbeddedTests(EmbeddedPair pair) : FuzzTests(pair), IClassFixture<EmbeddedPair>
{
    [Fact]
    public Task Fifteen_hundred_mutated_requests_break_hang_and_reveal_nothing() => SendAndJudgeAsync(1500);
}

public sealed class FuzzOnClusterTests(ClusterPair pair) : FuzzTests(pair), IClassFixture<ClusterPair>;
