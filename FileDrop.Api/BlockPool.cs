using System.Runtime.InteropServices;

namespace FileDrop.Api;

/// <summary>
/// Blocks of memory that stay where they are, so that the system can read and write them. One that comes back is kept for whoever needs
/// one next; what is not needed for some seconds goes back to the system.
/// </summary>
/// <remarks>
/// On Linux the memory behind such a block goes back at once, though the block itself is the collector's: it would give the memory back
/// after a full collection only, for which a service has no reason once the rush is over.
/// </remarks>
/// <param name="blockSize">Bytes in each.</param>
internal sealed partial class BlockPool(int blockSize)
{
    /// <summary>To take fresh memory from the system costs as much as 8 µs for 4 KiB on a virtual machine, so it is kept between one burst and the next.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();

    /// <summary>The one that was used last is at the end.</summary>
    private readonly List<byte[]> _free = [];

    /// <summary>So many were free all the time since the last look.</summary>
    private int _unneeded;
    private bool _isWatched;

    /// <summary>A block, with anything in it.</summary>
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

    /// <summary>Nobody uses the block any more, the system included.</summary>
    public void Return(byte[] block)
    {
        lock (_gate)
        {
            _free.Add(block);
            if (_isWatched)
                return;
            _isWatched = true;
        }
        // Of whoever came first it would keep all that flows with a request.
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

    /// <returns>Whether there is any to look at again.</returns>
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

    /// <summary>The whole pages of a block that is in nobody's hands.</summary>
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
