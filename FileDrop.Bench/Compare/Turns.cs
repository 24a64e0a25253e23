using System.Diagnostics;

namespace FileDrop.Bench.Compare;

/// <summary>
/// Has the peers do each workload in turns. A peer that fails is named, and left out from then on. Without FileDrop there is
/// nothing to compare.
/// </summary>
internal sealed class Turns(IReadOnlyList<Peer> peers, int rounds, Rows rows)
{
    private readonly HashSet<Peer> _failed = [];

    /// <summary>The peers that have not failed.</summary>
    public IEnumerable<Peer> Working => peers.Where(peer => !_failed.Contains(peer));

    /// <exception cref="BenchException">FileDrop failed.</exception>
    public void Measure(Workload workload, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        Each(workload, peer => workload.Prepare(peer, cancellation));
        Rounds(workload, (peer, round) => workload.Run(peer, round, rows, cancellation));
        Each(workload, peer => workload.End(peer, cancellation));
        Console.Error.WriteLine(Report.Text($"{workload.Name}: {clock.Elapsed.TotalSeconds:0} s"));
    }

    /// <exception cref="BenchException">FileDrop failed.</exception>
    public void Finish(Workload workload, CancellationToken cancellation) =>
        Rounds(workload, (peer, round) => workload.Finish(peer, round, rows, cancellation));

    private void Rounds(Workload workload, Action<Peer, int> turn)
    {
        for (var round = 0; round <= rounds; round++)
        {
            // The first round only warms up connections, caches and compiled code.
            rows.IsCounting = round > 0;
            Each(workload, peer =>
            {
                // Write back the former peer's delayed writes outside this one's time.
                LibC.SyncAll();
                turn(peer, round);
            });
        }
    }

    private void Each(Workload workload, Action<Peer> action)
    {
        foreach (var peer in Working.Where(workload.Fits).ToList())
        {
            try
            {
                action(peer);
            }
            catch (BenchException failure) when (peer.Name is not FileDropPeer.Its)
            {
                Console.WriteLine($"{workload.Name}: {failure.Message} It is left out from here on.");
                _failed.Add(peer);
            }
        }
    }
}
