using System.Runtime.InteropServices;

namespace FileDrop.Api;

/// <summary>
/// Pinned blocks of memory, which the system can read and write. A returned block is kept for the next user. The memory of blocks that were not needed for some
/// seconds goes back to the system.
/// </summary>
/// <remarks>
/// On Linux the memory of such a block goes back at once, although the collector owns the block. The collector would give it back only after a full collection,
/// for which a service has no reason after a burst.
/// </remarks>
/// <param name="blockSize">The number of bytes in each block.</param>
internal sealed partial class BlockPool(int blockSize)
{
    /// <summary>The time to keep free blocks. Fresh memory costs up to 8 µs for 4 KiB on a virtual machine, so blocks are kept between bursts.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();

    /// <summary>Free blocks; the last one used is at the end.</summary>
    private readonly List<byte[]> _free = [];

    /// <summary>The number of blocks that have been free since the last look.</summary>
    private int _unneeded;
    private bool _isWatched;

    /// <summary>Rents a block with arbitrary content.</summary>
    public byte[] Rent()
    {
        lock (_gate)
        {
            if (_free is [.., var last])
            {
                _free.RemoveAt(_free.Count - 1);
                _unneeded = Math.Min(_unneeded, _free.Count);
                return last;
            }
        }
        return GC.AllocateUninitializedArray<byte>(blockSize, pinned: true);
    }

    /// <summary>Returns a block that nobody uses any more, including the system.</summary>
    public void Return(byte[] block)
    {
        lock (_gate)
        {
            _free.Add(block);
            if (_isWatched)
                return;
            _isWatched = true;
        }
        // Do not capture the first caller's ExecutionContext.
        using (ExecutionContext.SuppressFlow())
            _ = WatchAsync();
    }

    private async Task WatchAsync()
    {
        do
        {
            await Task.Delay(Interval);
        }
        while (GiveBackUnneeded());
    }

    /// <returns>Whether free blocks are left, which need another look.</returns>
    private bool GiveBackUnneeded()
    {
        bool isAnyLeft;
        List<byte[]> unneeded;
        lock (_gate)
        {
            unneeded = _free.GetRange(0, _unneeded);
            _free.RemoveRange(0, _unneeded);
            _unneeded = _free.Count;
            isAnyLeft = _isWatched = _free.Count > 0;
        }
        if (OperatingSystem.IsLinux())
            unneeded.ForEach(GiveBack);
        return isAnyLeft;
    }

    /// <summary>Gives the whole pages of an unused block back to the system.</summary>
    private static void GiveBack(byte[] block)
    {
        var page = Environment.SystemPageSize;
        var begin = Marshal.UnsafeAddrOfPinnedArrayElement(block, 0);
        var first = (begin + page - 1) / page * page;
        var end = (begin + block.Length) / page * page;
        if (first < end)
            _ = Native.madvise(first, (nuint)(end - first), Native.DontNeed);
        GC.KeepAlive(block);
    }

    private static partial class Native
    {
        public const int DontNeed = 4;

        [LibraryImport("libc", SetLastError = false)]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        public static partial int madvise(nint address, nuint length, int advice);
    }
}
