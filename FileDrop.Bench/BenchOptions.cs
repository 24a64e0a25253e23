using System.Globalization;

namespace FileDrop.Bench;

/// <summary>The options of the command line.</summary>
internal sealed record BenchOptions
{
    public const string Usage =
        """
        FileDrop.Bench [COMMAND] [--option value]…
          compare   beside nginx, Apache and rclone, or Flask and the store itself; also without a command
          memory    peak memory of the service: a large file up and down, 16 files at once
          list      the cost of a page with 1,000 and with 1,000,000 files
          folder    a page, a rename, a deletion and a restoration of a folder of 1,000,000 files, beside a small one
          dav       the drive beside Apache and rclone; memory of 64 lists at once and of a large file of unknown length
          start     the time from the start of the process to its first 200 on /health
          transfer  throughput and processor time
          resumable one large file by tus, beside tus's own server (Node.js and npm)
        --store embedded|cluster   SQLite and the disk (default), or the servers that FILEDROP_TEST_MONGODB and FILEDROP_TEST_S3 name
                                   compare: both, if those are set, unless one is named
        --quick                    compare: roughly, in two minutes; writes no file to docs/bench
        --rounds N                 compare, dav: rounds that count, 1 to 100 (default 5)
        --only TEXT                compare, dav: only workloads whose name contains it; writes no file to docs/bench
        --service PATH             measure this FileDrop.Api.dll instead of the one built here
        --size MIB                 memory, transfer, resumable, dav: the large file; the 16 of memory have a sixteenth each
        --files N                  list, folder: files in the larger catalog or folder
        --requests N               list, folder: requests for each figure, at least 30
        --analyze COMMAND          list: a shell command to run once the catalogs are filled, such as a database's ANALYZE
        """;

    public required string Command { get; init; }

    public bool IsCluster { get; init; }

    /// <summary>Whether the command line chose the store.</summary>
    public bool IsStoreNamed { get; init; }

    public bool IsQuick { get; init; }

    public int Rounds { get; init; } = 5;

    public string? Only { get; init; }

    public string? Service { get; init; }

    /// <summary>In MiB; null is the command's own.</summary>
    public int? Size { get; init; }

    public int Files { get; init; } = 1_000_000;

    public int Requests { get; init; } = 100;

    public string? Analyze { get; init; }

    /// <exception cref="BenchException">An option is unknown, or its value cannot be used.</exception>
    public static BenchOptions Parse(string[] args)
    {
        var rest = new Queue<string>(args);
        var options = new BenchOptions { Command = args is [] || args[0].StartsWith('-') ? "compare" : rest.Dequeue() };
        while (rest.TryDequeue(out var name))
        {
            if (name is "--quick")
            {
                options = options with { IsQuick = true };
                continue;
            }
            if (!rest.TryDequeue(out var value))
                throw new BenchException(Usage);
            options = (name, value) switch
            {
                ("--store", "embedded" or "cluster") => options with { IsStoreNamed = true, IsCluster = value is "cluster" },
                ("--rounds", _) => options with { Rounds = Number(name, value, 1, 100) },
                ("--only", _) => options with { Only = value },
                ("--service", _) => options with { Service = Path.GetFullPath(value) },
                ("--size", _) => options with { Size = Number(name, value, 16, 1 << 20) },
                ("--files", _) => options with { Files = Number(name, value, 1_000, 10_000_000) },
                ("--requests", _) => options with { Requests = Number(name, value, 30, 10_000) },
                ("--analyze", _) => options with { Analyze = value },
                _ => throw new BenchException($"There is no option {name} {value}.\n{Usage}"),
            };
        }
        return options;
    }

    private static int Number(string name, string text, int min, int max) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max
            ? value
            : throw new BenchException(string.Create(CultureInfo.InvariantCulture, $"{name} is a whole number from {min} to {max}."));
}
