using System.Text;

namespace FileDrop.Bench.Compare;

/// <summary>What one comparison says, on the console and in the page that keeps the figures.</summary>
/// <param name="tables">Without those that have nothing to say.</param>
internal sealed class CompareReport(string head, IReadOnlyList<Peer> peers, IEnumerable<Report?> tables)
{
    private readonly Report[] _tables = [.. tables.OfType<Report>()];

    public bool AllHold => _tables.All(table => table.AllHold);

    public void WriteToConsole()
    {
        Console.WriteLine(head);
        foreach (var peer in peers)
            Console.WriteLine($"{peer.Name}: {peer.About}");
        foreach (var table in _tables)
        {
            Console.WriteLine();
            table.Write();
        }
    }

    /// <summary>Replaces what stands in docs/performance.md between the two comments of this store.</summary>
    public async Task WriteToPageAsync(string store, CancellationToken cancellation)
    {
        var path = Path.GetFullPath(MeasuredService.Metadata("Page"));
        var (begin, end) = ($"<!-- compare {store} -->", $"<!-- /compare {store} -->");
        var page = File.Exists(path) ? await File.ReadAllTextAsync(path, cancellation) : "";
        var (from, to) = (page.IndexOf(begin, StringComparison.Ordinal), page.IndexOf(end, StringComparison.Ordinal));
        if (from < 0 || to < from)
        {
            Console.WriteLine($"{path} has no {begin} … {end}: nothing is written there.");
            return;
        }
        await File.WriteAllTextAsync(path, $"{page[..(from + begin.Length)]}\n{Markdown()}{page[to..]}", cancellation);
        Console.WriteLine($"Written to {path}.");
    }

    private string Markdown()
    {
        var text = new StringBuilder().Append(head).Append("\n\n");
        foreach (var peer in peers)
            text.Append("- **").Append(peer.Name).Append("**: ").Append(peer.About).Append('\n');
        text.Append('\n');
        foreach (var table in _tables)
            text.Append(table.Markdown()).Append('\n');
        return text.ToString();
    }
}
