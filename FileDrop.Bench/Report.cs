using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using FileDrop.Api.Settings;

namespace FileDrop.Bench;

/// <summary>A table for the console and for a file, which knows whether all limits held.</summary>
internal sealed class Report(params string[] columns)
{
    private readonly List<string[]> _rows = [];

    public bool AllHold { get; private set; } = true;

    /// <summary>Writes the line about the machine and the program to the console; figures need it.</summary>
    public static void WriteHead(string store) => Console.WriteLine(Head(store));

    /// <summary>The line about the machine and the program.</summary>
    /// <param name="what">The end of the line: the subject of the run.</param>
    public static string Head(string what)
    {
        var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (double)(1 << 30);
        var program = typeof(FileDropOptions).Assembly.GetName().Version;
        return string.Create(CultureInfo.InvariantCulture,
            $"{Processor()}, {Environment.ProcessorCount} processors, {memory:0} GiB, {RuntimeInformation.OSDescription}; "
            + $"{RuntimeInformation.FrameworkDescription}, FileDrop {program}; {DateTime.UtcNow:yyyy-MM-dd HH:mm} UTC; {what}");
    }

    public static string Text(FormattableString text) => FormattableString.Invariant(text);

    /// <summary>A time in milliseconds with two digits.</summary>
    public static string Milliseconds(double value) => Text($"{value:0.00}");

    public void Add(params string[] cells) => _rows.Add(cells);

    /// <summary>The text of a cell about a limit.</summary>
    public string Verdict(bool holds)
    {
        AllHold &= holds;
        return holds ? "holds" : "MISSED";
    }

    public bool Write()
    {
        var widths = columns.Select((title, column) => _rows.Select(row => row[column].Length).Append(title.Length).Max()).ToArray();
        foreach (var row in _rows.Prepend(columns))
            Console.WriteLine(string.Join("  ", row.Select((cell, column) => column == 0 ? cell.PadRight(widths[0]) : cell.PadLeft(widths[column]))));
        return AllHold;
    }

    /// <summary>The table in Markdown.</summary>
    public string Markdown()
    {
        var text = new StringBuilder();
        foreach (var row in new[] { columns, [.. columns.Select((_, column) => column == 0 ? "---" : "---:")] }.Concat(_rows))
            text.Append("| ").AppendJoin(" | ", row).Append(" |\n");
        return text.ToString();
    }

    /// <summary>The value below which a share of the values lie.</summary>
    public static double Quantile(IEnumerable<double> values, double share)
    {
        double[] sorted = [.. values.Order()];
        return sorted[Math.Clamp((int)Math.Ceiling(share * sorted.Length) - 1, 0, sorted.Length - 1)];
    }

    public static async Task<TimeSpan> TimeAsync(Func<Task> action)
    {
        var clock = Stopwatch.StartNew();
        await action();
        return clock.Elapsed;
    }

    private static string Processor() => !File.Exists("/proc/cpuinfo") ? RuntimeInformation.OSArchitecture.ToString()
        : File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':', 2)[1].Trim()
            ?? RuntimeInformation.OSArchitecture.ToString();
}
