using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text;
using Xunit;

namespace FileDrop.Api.Tests.Files;

/// <summary>Many writers of one file on two replicas. Within a replica they queue; between replicas a save decides.</summary>
public sealed class HotFileTests(ClusterPair pair) : IClassFixture<ClusterPair>
{
    private const int Writers = 32;

    [Theory]
    [InlineData(3, 6)] // The short run shares its processors with other tests, so saves take unequal times.
    [InlineData(20, 3, Traits = ["Run", "nightly"])]
    public async Task Two_replicas_commit_every_write_of_one_file_within_few_rounds(int seconds, int mostRounds)
    {
        using var calls = new TracedCalls();
        await using var stores = await pair.MakeStoresAsync();
        await using var one = await Service.StartAsync(stores, calls.Watch);
        await using var two = await Service.StartAsync(stores, calls.Watch);
        var id = (await one.Http.UploadAsync("first"u8.ToArray(), "hot")).Id();
        var (writes, until) = (new ConcurrentBag<(string Mark, bool IsContent, double Milliseconds)>(), DateTime.UtcNow.AddSeconds(seconds));

        await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(() => WriteAsync(writer))));

        var rounds = writes.Select(write => Saves(calls, write.Mark) - (write.IsContent ? 1 : 0)).Order().ToList();
        var times = writes.Select(write => write.Milliseconds).Order().ToList();
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{rounds.Count} writes; rounds: median {At(rounds, 0.5)}, p99 {At(rounds, 0.99)}, most {rounds[^1]}; p99 {At(times, 0.99):F0} ms");
        Assert.InRange(At(rounds, 0.99), 1, mostRounds);
        Assert.Equal(writes.Count + 1, (await two.Http.MetadataAsync(id)).Version());

        async Task WriteAsync(int writer)
        {
            var (http, isContent) = (writer % 2 == 0 ? one.Http : two.Http, writer % 4 < 2);
            for (var number = 0; DateTime.UtcNow < until; number++)
            {
                var (mark, began) = ($"{writer}-{number}", Stopwatch.GetTimestamp());
                using var body = isContent
                    ? new StringContent(mark)
                    : new StringContent($"{{\"file_name\": \"{mark}\"}}", Encoding.UTF8, "application/json");
                using var response = await http.SendAsync(HttpMethod.Put, $"/files/{id}", body, (TracedCalls.Field, mark));
                Assert.Equal(HttpStatusCode.OK, response.StatusCode);
                writes.Add((mark, isContent, Stopwatch.GetElapsedTime(began).TotalMilliseconds));
            }
        }
    }

    /// <summary>Counts updates of the file's document, won or lost. A new content begins with one, and a commit needs one or more.</summary>
    private static int Saves(TracedCalls calls, string mark) => calls.Of(mark).Count(call => call.StartsWith("update files", StringComparison.Ordinal));

    private static T At<T>(List<T> sorted, double part) => sorted[Math.Min(sorted.Count - 1, (int)(sorted.Count * part))];
}
