using System.Text;

namespace FileDrop.Bench.Compare;

/// <summary>The result of one comparison, for the console and for docs/bench.</summary>
/// <param name="tables">The tables; null for one without rows.</param>
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

    /// <summary>Writes a file of its own to docs/bench, named by the day, in UTC, and its subject.</summary>
    public async Task WriteToFileAsync(string subject, CancellationToken cancellation)
    {
        var path = Path.GetFullPath(Path.Combine(MeasuredService.Metadata("Runs"), $"{DateTime.UtcNow:yyyy-MM-dd}-compare-{subject}.md"));
        await File.WriteAllTextAsync(path, $"# FileDrop beside others: {subject}\n\n{Markdown()}", cancellation);
        Console.WriteLine($"Written to {path}.");
    }

    private string Markdown()
    {
        var text = new StringBuilder().Append(head).Append("\n\n");
        foreach (var peer in peers)
            text.Append("- **").Append(peer.Name).Append("**: ").Append(peer.About).Append('\n');
        text.Append('\n');
        return text.AppendJoin('\n', _tables.Select(table => table.Markdown())).ToString();
    }
}
