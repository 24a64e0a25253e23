namespace FileDrop.Bench.Compare;

/// <summary>The service itself, among its peers.</summary>
internal static class FileDropPeer
{
    /// <summary>The name by which the tables find it.</summary>
    public const string Its = "FileDrop";

    public static async Task<Peer> StartAsync(
        BenchOptions options, BenchStores stores, Dialect dialect, CancellationToken cancellation,
        params (string Name, string Value)[] settings)
    {
        var service = await MeasuredService.StartAsync(options, stores, cancellation, settings);
        var policy = $"{typeof(Api.Settings.FileDropOptions).Assembly.GetName().Version}, SHA-256 of each file; {await stores.DescribeAsync(cancellation)}";
        return new HttpPeer(Its, policy, service.Address, dialect, service.ProcessId, service);
    }
}
