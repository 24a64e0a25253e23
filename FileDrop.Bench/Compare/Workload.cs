using System.Collections.Concurrent;
using System.Diagnostics;

namespace FileDrop.Bench.Compare;

/// <summary>One kind of work, done by each peer in turns.</summary>
/// <param name="name">The name of its rows.</param>
/// <param name="clients">The number of simultaneous clients.</param>
internal abstract class Workload(string name, int clients)
{
    private const int AtOnce = 16;

    private static long s_seed;

    public string Name => name;

    public int Clients => clients;

    /// <summary>Whether a peer can do this.</summary>
    public virtual bool Fits(Peer peer) => true;

    /// <summary>Prepares the files that exist before the first round.</summary>
    public virtual void Prepare(Peer peer, CancellationToken cancellation)
    {
    }

    /// <summary>One peer's turn.</summary>
    /// <param name="rows">Take the results.</param>
    public abstract void Run(Peer peer, int round, Rows rows, CancellationToken cancellation);

    /// <summary>Deletes large files once all rounds are over.</summary>
    public virtual void End(Peer peer, CancellationToken cancellation)
    {
    }

    /// <summary>One peer's turn once all workloads are over: small files are deleted only now.</summary>
    /// <remarks>
    /// Before ext4 takes an inode for a new file, it checks each inode of the group that was deleted in the last minutes
    /// (<c>recently_deleted</c> in the kernel's fs/ext4/ialloc.c). A few thousand deleted files make all creations after
    /// them ten times as slow, whichever program creates.
    /// </remarks>
    public virtual void Finish(Peer peer, int round, Rows rows, CancellationToken cancellation)
    {
    }

    /// <summary>A seed that no other file has.</summary>
    protected static long NextSeed() => Interlocked.Increment(ref s_seed);

    /// <summary>Stores files of one size by 16 clients.</summary>
    protected static IReadOnlyList<Stored> Fill(Peer peer, int count, long size, CancellationToken cancellation)
    {
        var stored = new Stored[count];
        AtOnceOver(peer, count, (client, i) => stored[i] = Stored.By(client, NextSeed(), size), cancellation);
        return stored;
    }

    protected static void Remove(Peer peer, IReadOnlyList<Stored> files, CancellationToken cancellation) =>
        AtOnceOver(peer, files.Count, (client, i) => client.Delete(files[i].Key), cancellation);

    /// <summary>Has 16 clients do something for each number below a count.</summary>
    protected static void AtOnceOver(Peer peer, int count, Action<PeerClient, int> action, CancellationToken cancellation) =>
        Lap.Run(peer, Math.Min(AtOnce, count), TimeSpan.Zero, (client, lap, number) =>
        {
            for (var i = number; i < count && !lap.IsStopped; i += AtOnce)
                action(client, i);
        }, cancellation);

    /// <summary>A file that a peer has.</summary>
    protected sealed record Stored(string Key, long Seed)
    {
        public static Stored By(PeerClient client, long seed, long size) => new(client.Upload(seed, size), seed);
    }
}

/// <summary>Files of one size up, down and deleted. Each client stores for a time, but at least one, and reads all its own.</summary>
/// <param name="time">The longest time of each step, unless it reaches the limit of bytes in a turn first; zero for one file a client.</param>
internal sealed class FilesWorkload(string name, long size, int clients, TimeSpan time) : Workload(name, clients)
{
    private const long MostStored = 128 << 20;

    private readonly Dictionary<(string Peer, int Round), List<Stored>[]> _files = [];

    private bool IsLarge => time == TimeSpan.Zero;

    private Unit Unit => IsLarge ? Unit.Throughput : Unit.Rate;

    public override void Run(Peer peer, int round, Rows rows, CancellationToken cancellation)
    {
        var files = _files[(peer.Name, round)] = [.. Enumerable.Range(0, Clients).Select(_ => new List<Stored>())];
        Step("up", Store);
        Step("down", Read);
        // Some peers wrote the file past the system's cache, others into it. Now all have read it.
        if (IsLarge)
        {
            Step("down again", Read);
            Delete(peer, round, cancellation);
        }

        void Step(string step, Action<PeerClient, Lap, int> work) =>
            rows.Add($"{Name} {step}", Unit, peer, Lap.Run(peer, Clients, time, work, cancellation).Sum);

        void Store(PeerClient client, Lap lap, int number)
        {
            do
            {
                files[number].Add(Stored.By(client, NextSeed(), size));
                lap.Count(size);
            }
            while (lap.Goes && lap.Bytes < MostStored / Clients);
        }

        void Read(PeerClient client, Lap lap, int number)
        {
            for (var i = 0; (i < files[number].Count && !lap.IsStopped) || lap.Goes; i++)
            {
                var file = files[number][i % files[number].Count];
                client.Download(file.Key, file.Seed, size);
                lap.Count(size);
            }
        }
    }

    public override void Finish(Peer peer, int round, Rows rows, CancellationToken cancellation)
    {
        if (!IsLarge)
            rows.Add($"{Name} delete", Unit, peer, Delete(peer, round, cancellation));
    }

    private Measured Delete(Peer peer, int round, CancellationToken cancellation) =>
        Lap.Run(peer, Clients, time, (client, lap, number) =>
        {
            foreach (var file in _files[(peer.Name, round)][number].TakeWhile(_ => !lap.IsStopped))
            {
                client.Delete(file.Key);
                lap.Count(0);
            }
        }, cancellation).Sum;
}

/// <summary>Parts of 64 KiB at random places of one large file, which was read once before to fill the system's cache.</summary>
internal sealed class RangeWorkload(string name, long size, int clients, TimeSpan time) : Workload(name, clients)
{
    private const int Count = 64 << 10;

    private readonly Dictionary<string, Stored> _files = new(StringComparer.Ordinal);

    public override void Prepare(Peer peer, CancellationToken cancellation)
    {
        var file = Fill(peer, 1, size, cancellation)[0];
        _files.Add(peer.Name, file);
        Lap.Run(peer, 1, TimeSpan.Zero, (client, _, _) => client.Download(file.Key, file.Seed, size), cancellation);
    }

    public override void Run(Peer peer, int round, Rows rows, CancellationToken cancellation)
    {
        var file = _files[peer.Name];
        rows.Add(Name, Unit.Rate, peer, Lap.Run(peer, Clients, time, (client, lap, _) =>
        {
            while (lap.Goes)
            {
                client.Range(file.Key, file.Seed, Random.Shared.NextInt64((size - Count) / SampleBlock.PieceSize) * SampleBlock.PieceSize, Count);
                lap.Count(Count);
            }
        }, cancellation).Sum);
    }

    public override void End(Peer peer, CancellationToken cancellation) => Remove(peer, [_files[peer.Name]], cancellation);
}

/// <summary>Reads of a file's metadata. If mixed, the load of a file service: 70 % reads, 20 % lists, 10 % new files.</summary>
internal sealed class ServiceWorkload(string name, int files, int clients, TimeSpan time, bool isMixed) : Workload(name, clients)
{
    private const int Size = 64 << 10;

    private readonly Dictionary<string, IReadOnlyList<Stored>> _files = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<(string Peer, Stored File)> _written = [];

    public override bool Fits(Peer peer) => peer.IsFileService;

    public override void Prepare(Peer peer, CancellationToken cancellation) => _files.Add(peer.Name, Fill(peer, files, Size, cancellation));

    public override void Run(Peer peer, int round, Rows rows, CancellationToken cancellation)
    {
        var (sum, laps) = Lap.Run(peer, Clients, time, isMixed ? Mix : ReadMetadata, cancellation);
        rows.Add(Name, Unit.Rate, peer, sum);
        if (isMixed)
            rows.AddLatencies(Name, peer, laps.SelectMany(lap => lap.Latencies));

        void ReadMetadata(PeerClient client, Lap lap, int number)
        {
            while (lap.Goes)
            {
                client.Metadata(One().Key);
                lap.Count(0);
            }
        }

        void Mix(PeerClient client, Lap lap, int number)
        {
            while (lap.Goes)
            {
                var begin = Stopwatch.GetTimestamp();
                switch (Random.Shared.Next(10))
                {
                    case 0:
                        _written.Enqueue((peer.Name, Stored.By(client, NextSeed(), Size)));
                        break;
                    case 1 or 2:
                        client.List();
                        break;
                    default:
                        var file = One();
                        client.Download(file.Key, file.Seed, Size);
                        break;
                }
                lap.Latencies.Add(Stopwatch.GetElapsedTime(begin).TotalMilliseconds);
                lap.Count(0);
            }
        }

        Stored One() => _files[peer.Name][Random.Shared.Next(files)];
    }

    public override void Finish(Peer peer, int round, Rows rows, CancellationToken cancellation)
    {
        if (round == 0)
            Remove(peer, [.. _files[peer.Name], .. Written(peer)], cancellation);
    }

    private IEnumerable<Stored> Written(Peer peer) =>
        _written.Where(one => one.Peer.Equals(peer.Name, StringComparison.Ordinal)).Select(one => one.File);
}
