using System.Diagnostics;
using System.Globalization;

namespace FileDrop.Bench;

/// <summary>What a process and all that it started have used so far.</summary>
/// <param name="Processor">Processor time of those that still run.</param>
/// <param name="PeakMemory">The most that each ever had resident, added up, in bytes: pages that they share count for each.</param>
/// <param name="Written">Bytes that they had the system write to disks (<c>write_bytes</c> of proc(5)).</param>
internal readonly record struct ProcessUse(TimeSpan Processor, long PeakMemory, long Written)
{
    /// <summary>Why it cannot be found out here; null where it can.</summary>
    public static string? Unknown => File.Exists("/proc/self/status") ? null
        : "This system has no /proc, from which the memory of a process is read.";

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
