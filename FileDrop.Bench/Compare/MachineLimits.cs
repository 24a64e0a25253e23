using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace FileDrop.Bench.Compare;

/// <summary>The machine's own limits, for comparison with the figures; on one thread unless a row says otherwise.</summary>
internal static class MachineLimits
{
    private const int BlockSize = 1 << 20;
    private const int SmallSize = 4 << 10;
    private static readonly TimeSpan SmallTime = TimeSpan.FromMilliseconds(500);

    /// <param name="folder">The folder of the peers' files.</param>
    /// <param name="size">Bytes to move for each.</param>
    public static async Task<Report> MeasureAsync(string folder, long size, CancellationToken cancellation)
    {
        var block = new byte[BlockSize];
        Random.Shared.NextBytes(block);
        var path = Path.Combine(folder, "limits");
        var report = new Report("limit of the machine", "");
        Add("written in sequence, synced at the end", () => Write(path, block, size));
        Add("read in sequence from the disk", () => Read(path, block));
        report.Add("4 KiB written and synced, one after another", Report.Text($"{SyncedWrites(path, block):0}/s"));
        report.Add("files of 4 KiB created, not synced", Report.Text($"{Files(path, block):0}/s"));
        File.Delete(path);
        var seconds = await Report.TimeAsync(() => LoopbackAsync(block, size, cancellation));
        report.Add("copied over loopback, a thread at each end", Report.Text($"{size / 1e6 / seconds.TotalSeconds:0} MB/s"));
        Add("SHA-256", () => Hash(block, size));
        return report;

        void Add(string what, Action action)
        {
            var clock = Stopwatch.StartNew();
            action();
            report.Add(what, Report.Text($"{size / 1e6 / clock.Elapsed.TotalSeconds:0} MB/s"));
        }
    }

    private static void Write(string path, byte[] block, long size)
    {
        using var file = File.OpenHandle(path, FileMode.Create, FileAccess.Write);
        for (long offset = 0; offset < size; offset += block.Length)
            RandomAccess.Write(file, block, offset);
        RandomAccess.FlushToDisk(file);
    }

    private static void Read(string path, byte[] block)
    {
        using var file = File.OpenHandle(path);
        LibC.Forget(file);
        for (long offset = 0; RandomAccess.Read(file, block, offset) is > 0 and var read; offset += read)
        {
            // The file is not in the system's cache, so each block comes from the disk.
        }
    }

    private static double SyncedWrites(string path, byte[] block)
    {
        using var file = File.OpenHandle(path, FileMode.Create, FileAccess.Write);
        var (clock, count) = (Stopwatch.StartNew(), 0);
        for (; clock.Elapsed < SmallTime; count++)
        {
            RandomAccess.Write(file, block.AsSpan(0, SmallSize), (long)count * SmallSize);
            RandomAccess.FlushToDisk(file);
        }
        return count / clock.Elapsed.TotalSeconds;
    }

    /// <summary>The files stay until the folder is deleted at the end, since deletions slow down later creations.</summary>
    private static double Files(string path, byte[] block)
    {
        const int Count = 1_000;
        var clock = Stopwatch.StartNew();
        for (var i = 0; i < Count; i++)
        {
            using var file = File.OpenHandle($"{path}-{i}", FileMode.CreateNew, FileAccess.Write);
            RandomAccess.Write(file, block.AsSpan(0, SmallSize), 0);
        }
        return Count / clock.Elapsed.TotalSeconds;
    }

    private static async Task LoopbackAsync(byte[] block, long size, CancellationToken cancellation)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var sender = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await sender.ConnectAsync(listener.LocalEndpoint, cancellation);
        using var receiver = await listener.AcceptSocketAsync(cancellation);
        var sending = Task.Run(() =>
        {
            for (long sent = 0; sent < size; sent += block.Length)
                sender.Send(block);
        }, cancellation);
        var buffer = new byte[BlockSize];
        for (long received = 0; received < size;)
            received += receiver.Receive(buffer);
        await sending;
    }

    private static void Hash(byte[] block, long size)
    {
        using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (long hashed = 0; hashed < size; hashed += block.Length)
            sha256.AppendData(block);
        sha256.GetCurrentHash();
    }
}
