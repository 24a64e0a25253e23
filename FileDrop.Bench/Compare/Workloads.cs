using System.Globalization;

namespace FileDrop.Bench.Compare;

/// <summary>The measured workloads and their sizes.</summary>
internal static class Workloads
{
    private const int KiB = 1 << 10;
    private const long MiB = 1 << 20;
    private const long GiB = 1 << 30;
    private const int Streams = 8;
    private static readonly TimeSpan Mixed = TimeSpan.FromSeconds(30);

    /// <param name="peers">Their number: the large files of all must stay in the system's cache.</param>
    public static IEnumerable<Workload> All(BenchOptions options, int peers, int rounds) =>
        (options.IsQuick ? Quick(peers, rounds) : Full(peers, rounds))
            .Where(one => options.Only is not { } text || one.Name.Contains(text, StringComparison.OrdinalIgnoreCase));

    private static IEnumerable<Workload> Full(int peers, int rounds)
    {
        var time = TimeSpan.FromSeconds(1);
        foreach (var one in Large(GiB, GiB / Streams).Concat(Small([1, 16, 64], [1, 16, 64], time)).Append(Ranges(4 * GiB, peers, time)))
            yield return one;
        foreach (var clients in new[] { 1, 16, 64 })
            yield return new ServiceWorkload($"metadata, {Clients(clients)}", 1_000, clients, time, isMixed: false);
        yield return new ServiceWorkload("mixed, 16 clients", 1_000, 16, Mixed / rounds, isMixed: true);
    }

    private static IEnumerable<Workload> Quick(int peers, int rounds)
    {
        var time = TimeSpan.FromSeconds(0.25);
        return Large(GiB / 4, GiB / 8 / Streams).Concat(Small([1, 64], [16], time)).Append(Ranges(GiB / 4, peers, time)).Concat(
        [
            new ServiceWorkload("metadata, 16 clients", 200, 16, time, isMixed: false),
            new ServiceWorkload("mixed, 16 clients", 200, 16, Mixed / 10 / rounds, isMixed: true),
        ]);
    }

    private static IEnumerable<Workload> Large(long size, long each) =>
    [
        new FilesWorkload($"{Size(size)}, 1 stream", size, 1, TimeSpan.Zero),
        new FilesWorkload($"{Streams} × {Size(each)}, {Streams} streams", each, Streams, TimeSpan.Zero),
    ];

    private static IEnumerable<Workload> Small(int[] clientsOfSmallest, int[] clients, TimeSpan time) =>
        new[] { 4 * KiB, 64 * KiB, 1024 * KiB }.SelectMany(size => (size == 4 * KiB ? clientsOfSmallest : clients)
            .Select(count => new FilesWorkload($"{Size(size)}, {Clients(count)}", size, count, time)));

    private static RangeWorkload Ranges(long size, int peers, TimeSpan time)
    {
        // Otherwise the figure would depend on the disk's state.
        while (size * peers * 6 / 5 > ProcessUse.Number("/proc/meminfo", "MemAvailable:") * KiB && size > MiB)
            size /= 2;
        return new RangeWorkload($"64 KiB of {Size(size)}, 16 clients", size, 16, time);
    }

    private static string Size(long bytes) => string.Create(CultureInfo.InvariantCulture,
        $"{(bytes >= GiB ? $"{bytes / GiB} GiB" : bytes >= MiB ? $"{bytes / MiB} MiB" : $"{bytes / KiB} KiB")}");

    private static string Clients(int count) => count == 1 ? "1 client" : string.Create(CultureInfo.InvariantCulture, $"{count} clients");
}
