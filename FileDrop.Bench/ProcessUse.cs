using System.Diagnostics;
using System.Globalization;

namespace FileDrop.Bench;

/// <summary>The resources that a process and its children have used so far.</summary>
/// <param name="Processor">Processor time of the running ones.</param>
/// <param name="PeakMemory">The peak resident memory of each, added up, in bytes: shared pages count for each.</param>
/// <param name="Written">Bytes that they had the system write to disks (<c>write_bytes</c> of proc(5)).</param>
internal readonly record struct ProcessUse(TimeSpan Processor, long PeakMemory, long Written)
{
    /// <summary>The reason why it is unknown here; null if it is known.</summary>
    public static string? Unknown => File.Exists("/proc/self/status") ? null
        : "This system has no /proc, which shows the memory of a process.";

    public static ProcessUse OfTree(int id)
    {
        var (processor, memory, written) = (TimeSpan.Zero, 0L, 0L);
        foreach (var one in Tree(id))
        {
            using var process = Process.GetProcessById(one);
            processor += process.TotalProcessorTime;
            memory += Number($"/proc/{one}/status", "VmHWM:") << 10;
            written += Number($"/proc/{one}/io", "write_bytes:");
        }
        return new ProcessUse(processor, memory, written);
    }

    /// <summary>The number behind a name in one of the files of /proc.</summary>
    public static long Number(string path, string name)
    {
        var line = File.ReadLines(path).First(line => line.StartsWith(name, StringComparison.Ordinal));
        return long.Parse(line[name.Length..].Replace("kB", "", StringComparison.Ordinal), NumberStyles.Integer, CultureInfo.InvariantCulture);
    }

    private static IEnumerable<int> Tree(int id) =>
        File.ReadAllText($"/proc/{id}/task/{id}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .SelectMany(child => Tree(int.Parse(child, CultureInfo.InvariantCulture))).Prepend(id);
}
