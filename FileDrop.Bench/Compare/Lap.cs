using System.Diagnostics;
using System.Net.Sockets;

namespace FileDrop.Bench.Compare;

/// <summary>The result and the cost of one step of a workload.</summary>
/// <param name="Seconds">From when all clients were connected until the last was done.</param>
/// <param name="Processor">Seconds of processor time of the peer's processes.</param>
/// <param name="Written">Bytes that the peer's processes had written to disks.</param>
internal sealed record Measured(long Requests, long Bytes, double Seconds, double? Processor, long? Written);

/// <summary>One client's part of a step, which it counts here.</summary>
internal sealed class Lap(long end, Func<bool> isStopped)
{
    /// <summary>In milliseconds, if requested.</summary>
    public List<double> Latencies { get; } = [];

    public long Requests { get; private set; }

    public long Bytes { get; private set; }

    /// <summary>Whether the step's time is still running.</summary>
    public bool Goes => !IsStopped && Stopwatch.GetTimestamp() < end;

    /// <summary>Whether another client failed, or the bench must end.</summary>
    public bool IsStopped => isStopped();

    public void Count(long bytes)
    {
        Requests++;
        Bytes += bytes;
    }

    /// <summary>Runs clients of a peer, a thread each, at once.</summary>
    /// <param name="time">How long <see cref="Goes"/> holds.</param>
    /// <param name="work">The work of the client with that number.</param>
    /// <returns>The sum, and the laps.</returns>
    public static (Measured Sum, IReadOnlyList<Lap> Laps) Run(
        Peer peer, int clients, TimeSpan time, Action<PeerClient, Lap, int> work, CancellationToken cancellation)
    {
        Exception? failure = null;
        // Made and connected before the clock starts.
        var connected = Enumerable.Range(0, clients).Select(_ => peer.Connect()).ToArray();
        var laps = new Lap[clients];
        using var begin = new ManualResetEventSlim();
        var threads = connected.Select((client, i) => new Thread(() => Work(client, i))).ToArray();
        try
        {
            foreach (var thread in threads)
                thread.Start();
            var (before, start) = (peer.Use, Stopwatch.GetTimestamp());
            var end = start + (long)(time.TotalSeconds * Stopwatch.Frequency);
            for (var i = 0; i < clients; i++)
                laps[i] = new Lap(end, IsStopped);
            begin.Set();
            foreach (var thread in threads)
                thread.Join();
            var (seconds, after) = (Stopwatch.GetElapsedTime(start).TotalSeconds, peer.Use);
            cancellation.ThrowIfCancellationRequested();
            if (failure is not null)
                throw new BenchException($"{peer.Name}: {failure.Message}", failure);
            return (new Measured(laps.Sum(lap => lap.Requests), laps.Sum(lap => lap.Bytes), seconds,
                (after?.Processor - before?.Processor)?.TotalSeconds, after?.Written - before?.Written), laps);
        }
        finally
        {
            foreach (var client in connected)
                client.Dispose();
        }

        bool IsStopped() => failure is not null || cancellation.IsCancellationRequested;

        void Work(PeerClient client, int i)
        {
            begin.Wait(CancellationToken.None);
            try
            {
                work(client, laps[i], i);
            }
            catch (Exception caught) when (caught is BenchException or SocketException or IOException or HttpRequestException
                or Amazon.Runtime.AmazonClientException or Amazon.Runtime.AmazonServiceException or OperationCanceledException)
            {
                Interlocked.CompareExchange(ref failure, caught, null);
            }
        }
    }
}
