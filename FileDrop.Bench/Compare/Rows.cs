namespace FileDrop.Bench.Compare;

/// <summary>The unit of a row.</summary>
internal enum Unit
{
    /// <summary>Bytes.</summary>
    Throughput,

    /// <summary>Requests.</summary>
    Rate,

    /// <summary>Entries of lists.</summary>
    Entries,
}

/// <summary>The results of the rounds that count, as tables beside the floors.</summary>
internal sealed class Rows(Floors floors)
{
    private const long MiB = 1 << 20;
    private const double GiB = 1 << 30;
    private const double MostWritten = 1.01;

    private readonly Dictionary<string, Row> _rows = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Row, string Peer), List<double>> _latencies = [];

    /// <summary>Whether the round counts, or only warms up.</summary>
    public bool IsCounting { get; set; }

    public void Add(string name, Unit unit, Peer peer, Measured measured)
    {
        if (!IsCounting)
            return;
        if (!_rows.TryGetValue(name, out var row))
            _rows.Add(name, row = new Row(unit, new(StringComparer.Ordinal)));
        if (!row.Peers.TryGetValue(peer.Name, out var list))
            row.Peers.Add(peer.Name, list = []);
        list.Add(measured);
    }

    public void AddLatencies(string name, Peer peer, IEnumerable<double> milliseconds)
    {
        if (!IsCounting)
            return;
        if (!_latencies.TryGetValue((name, peer.Name), out var list))
            _latencies.Add((name, peer.Name), list = []);
        list.AddRange(milliseconds);
    }

    /// <summary>A line for each row and peer; each repeats FileDrop's figures, so that one line is enough.</summary>
    public Report Rates()
    {
        var report = new Report(
            "workload", "unit", "FileDrop", "spread", "CPU", "peer", "rate", "spread", "CPU", "ratio", "floor");
        foreach (var (name, row) in _rows)
        {
            var ours = row.Peers[FileDropPeer.Its];
            string[] mine =
                [name, Word(row.Unit), Median(row.Unit, ours), Spread(row.Unit, ours), Processor(row.Unit, ours)];
            if (row.Peers.Count == 1)
                report.Add([.. mine, "", "", "", "", "", ""]);
            foreach (var (peer, theirs) in row.Peers.Where(other => other.Key is not FileDropPeer.Its))
            {
                var ratio = Report.Quantile(ours.Select(row.Rate), 0.5) / Report.Quantile(theirs.Select(row.Rate), 0.5);
                var floor = floors.Of(name, peer);
                report.Add([.. mine, peer, Median(row.Unit, theirs), Spread(row.Unit, theirs), Processor(row.Unit, theirs),
                    Report.Text($"{ratio:0.00}"), floor is { } least ? Report.Text($"{least}: {report.Verdict(ratio >= least)}") : ""]);
            }
        }
        return report;
    }

    /// <summary>The times of single requests; null if no row needs them.</summary>
    public Report? Latencies()
    {
        if (_latencies.Count == 0)
            return null;
        var report = new Report("latency", "peer", "requests", "p50 ms", "p95 ms", "p99 ms");
        foreach (var ((name, peer), list) in _latencies)
            report.Add([name, peer, Report.Text($"{list.Count}"), Quantile(list, 0.5), Quantile(list, 0.95), Quantile(list, 0.99)]);
        return report;

        static string Quantile(List<double> list, double share) => Report.Text($"{Report.Quantile(list, share):0.00}");
    }

    /// <summary>The resources that the processes took over all workloads.</summary>
    public Report Resources(IEnumerable<Peer> peers)
    {
        var mostMemory = floors.MostMemory * MiB;
        var report = new Report("process", "peak RSS MiB", Report.Text($"limit {mostMemory / MiB}"),
            "written per byte stored, one large file", Report.Text($"limit {MostWritten}"));
        foreach (var peer in peers)
        {
            if (peer.Use is not { } use)
                continue;
            var isOurs = peer.Name is FileDropPeer.Its;
            var large = _rows.FirstOrDefault(row => row.Key.EndsWith("1 stream up", StringComparison.Ordinal)).Value;
            var written = large?.Peers.GetValueOrDefault(peer.Name) is { } list
                ? Report.Quantile(list.Select(one => (one.Written ?? 0) / (double)one.Bytes), 0.5) : (double?)null;
            report.Add(peer.Name, Report.Text($"{use.PeakMemory / MiB}"), isOurs ? report.Verdict(use.PeakMemory <= mostMemory) : "",
                Report.Text($"{written:0.0000}"), isOurs && written is not null ? report.Verdict(written <= MostWritten) : "");
        }
        return report;
    }

    private static double Rate(Unit unit, Measured one) => (unit is Unit.Throughput ? one.Bytes / 1e6 : one.Requests) / one.Seconds;

    private static string Median(Unit unit, List<Measured> list) => Report.Text($"{Report.Quantile(list.Select(one => Rate(unit, one)), 0.5):0}");

    private static string Spread(Unit unit, List<Measured> list) =>
        Report.Text($"{list.Min(one => Rate(unit, one)):0}–{list.Max(one => Rate(unit, one)):0}");

    /// <summary>Over all rounds, since the system counts in hundredths of a second.</summary>
    private static string Processor(Unit unit, List<Measured> list) => list.Sum(one => one.Processor) is var seconds && list[0].Processor is null ? ""
        : unit is Unit.Throughput ? Report.Text($"{seconds / (list.Sum(one => one.Bytes) / GiB):0.00} s/GiB")
        : unit is Unit.Rate ? Report.Text($"{seconds * 1000 / list.Sum(one => one.Requests):0.000} ms")
        : Report.Text($"{seconds * 1_000_000 / list.Sum(one => one.Requests):0.0} µs");

    private static string Word(Unit unit) => unit switch { Unit.Throughput => "MB/s", Unit.Rate => "requests/s", _ => "entries/s" };

    private sealed record Row(Unit Unit, Dictionary<string, List<Measured>> Peers)
    {
        public double Rate(Measured one) => Rows.Rate(Unit, one);
    }
}
