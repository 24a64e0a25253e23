namespace FileDrop.Bench.Compare;

/// <summary>The ratio that FileDrop must reach beside each peer.</summary>
internal static class Floors
{
    private static readonly Floor[] s_embedded =
    [
        new("large", "up", "nginx", 0.9),
        new("large", "down", "nginx", 0.5),
        new("large", "down", "rclone", 1),
        new("4 KiB, 64 clients", "up", "nginx", 0.5),
        new("4 KiB, 64 clients", "up", "rclone", 2),
        new("4 KiB, 64 clients", "down", "nginx", 0.3),
        new("4 KiB, 64 clients", "down", "rclone", 2),
    ];

    private static readonly Floor[] s_cluster =
    [
        new("large", "up", "AWSSDK.S3", 0.9),
        new("large", "up", "Flask", 3),
        new("large", "down", "AWSSDK.S3", 0.9),
        new("large", "down", "presigned URLs", 0.9),
        new("4 KiB, 64 clients", "up", "Flask", 5),
        new("4 KiB, 64 clients", "down", "Flask", 5),
    ];

    /// <returns>The least ratio of FileDrop's rate to the peer's; null if there is none.</returns>
    public static double? Of(bool isCluster, string row, string peer) =>
        (isCluster ? s_cluster : s_embedded).FirstOrDefault(floor => floor.Peer.Equals(peer, StringComparison.Ordinal) && floor.Covers(row))?.Least;

    private sealed record Floor(string Workload, string Step, string Peer, double Least)
    {
        // A large file's second download has the first one's floor.
        public bool Covers(string row) => Workload is "large"
            ? row.Contains($" stream {Step}", StringComparison.Ordinal) || row.Contains($" streams {Step}", StringComparison.Ordinal)
            : row.Equals($"{Workload} {Step}", StringComparison.Ordinal);
    }
}
