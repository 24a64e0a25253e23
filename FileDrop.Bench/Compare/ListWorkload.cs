namespace FileDrop.Bench.Compare;

/// <summary>Lists of one folder by PROPFIND with Depth 1, counted in entries.</summary>
/// <param name="name">The name of its rows.</param>
/// <param name="files">The number of files in the folder.</param>
/// <param name="time">The time of each turn; at least one list.</param>
internal sealed class ListWorkload(string name, int files, TimeSpan time) : Workload(name, clients: 1)
{
    /// <summary>The name of the workload that has floors.</summary>
    public const string Few = "PROPFIND of 10,000 entries";

    private const string Folder = "many";
    private const int Size = 4 << 10;

    public override void Prepare(Peer peer, CancellationToken cancellation)
    {
        Lap.Run(peer, 1, TimeSpan.Zero, (client, _, _) => client.MakeFolder(Folder), cancellation);
        AtOnceOver(peer, files, (client, i) => client.Upload(Report.Text($"{Folder}/Report {i:D6}.pdf").Replace(" ", "%20", StringComparison.Ordinal), NextSeed(), Size), cancellation);
    }

    public override void Run(Peer peer, int round, Rows rows, CancellationToken cancellation)
    {
        foreach (var (step, ask) in new[] { ("properties", WebDav.Ask), ("all properties", "") })
            rows.Add($"{Name} {step}", Unit.Entries, peer, Lap.Run(peer, Clients, time, (client, lap, _) => List(client, lap, ask), cancellation).Sum);
    }

    public override void End(Peer peer, CancellationToken cancellation) =>
        Lap.Run(peer, 1, TimeSpan.Zero, (client, _, _) => client.Delete(Folder), cancellation);

    private void List(PeerClient client, Lap lap, string ask)
    {
        do
        {
            // The folder itself is in its list, too.
            if (client.Find(Folder, ask) is var found && found != files + 1)
                throw new BenchException(Report.Text($"A list of {files} files had {found} resources."));
            for (var i = 0; i < files; i++)
                lap.Count(0);
        }
        while (lap.Goes);
    }
}
