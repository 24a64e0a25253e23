namespace FileDrop.Bench.Compare;

/// <summary>The limits of a comparison: the ratio that FileDrop must reach beside each peer, and its memory.</summary>
/// <param name="mostMemory">Peak resident memory in MiB.</param>
/// <param name="floors">The ratios.</param>
internal sealed class Floors(int mostMemory, params Floors.Floor[] floors)
{
    /// <summary>FileDrop's API on SQLite and the disk, beside WebDAV servers.</summary>
    public static Floors Embedded { get; } = new(
        300,
        new("large", "up", "nginx", 0.9),
        new("large", "down", "nginx", 0.5),
        new("large", "down", "rclone", 1),
        new("4 KiB, 64 clients", "up", "nginx", 0.5),
        new("4 KiB, 64 clients", "up", "rclone", 2),
        new("4 KiB, 64 clients", "down", "nginx", 0.3),
        new("4 KiB, 64 clients", "down", "rclone", 2));

    /// <summary>FileDrop's API on MongoDB and S3.</summary>
    public static Floors Cluster { get; } = new(
        400,
        new("large", "up", "AWSSDK.S3", 0.9),
        new("large", "up", "Flask", 3),
        new("large", "down", "AWSSDK.S3", 0.9),
        new("large", "down", "presigned URLs", 0.9),
        new("4 KiB, 64 clients", "up", "Flask", 5),
        new("4 KiB, 64 clients", "down", "Flask", 5));

    /// <summary>FileDrop's drive beside WebDAV servers.</summary>
    public static Floors Drive { get; } = new(
        300,
        new("large", "up", "rclone", 1),
        new("large", "down", "rclone", 1),
        new(ListWorkload.Few, "properties", "rclone", 1),
        new(ListWorkload.Few, "all properties", "rclone", 1));

    public int MostMemory => mostMemory;

    /// <returns>The least ratio of FileDrop's rate to the peer's; null if there is none.</returns>
    public double? Of(string row, string peer) =>
        Array.Find(floors, floor => floor.Peer.Equals(peer, StringComparison.Ordinal) && floor.Covers(row))?.Least;

    /// <summary>The least ratio of one step of a workload beside one peer.</summary>
    internal sealed record Floor(string Workload, string Step, string Peer, double Least)
    {
        // A large file's second download has the first one's floor.
        public bool Covers(string row) => Workload is "large"
            ? row.Contains($" stream {Step}", StringComparison.Ordinal) || row.Contains($" streams {Step}", StringComparison.Ordinal)
            : row.Equals($"{Workload} {Step}", StringComparison.Ordinal);
    }
}
