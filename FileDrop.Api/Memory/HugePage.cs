using System.Runtime.InteropServices;
using FileDrop.Api.Native;

namespace FileDrop.Api.Memory;

/// <summary>2 MiB of memory that begin at a multiple of 2 MiB, cut into blocks.</summary>
/// <remarks>
/// Linux backs such memory with one page where it is asked to. A virtual machine then pays 0.3 to 9 µs for each fresh 4 KiB; with small
/// pages it pays 15. Only whole pages are given back, because a huge page with a hole becomes 512 small ones.
/// </remarks>
internal sealed class HugePage
{
    /// <summary>In bytes.</summary>
    public const int Size = 2 << 20;

    /// <summary>Three pages for certain, wherever the array begins.</summary>
    private const int SlabSize = 8 << 20;

    private readonly Stack<PoolBlock> _free = new();
    private readonly byte[] _slab;
    private readonly int _offset;
    private readonly int _count;

    private HugePage(BlockPool pool, byte[] slab, int offset, int blockSize, List<HugePage> siblings)
    {
        (_slab, _offset, _count, Siblings, Place) = (slab, offset, Size / blockSize, siblings, new LinkedListNode<HugePage>(this));
        // The first block is on top, so that a page fills from its beginning.
        for (var at = Size - blockSize; at >= 0; at -= blockSize)
            _free.Push(new PoolBlock(pool, this, MemoryMarshal.CreateFromPinnedArray(slab, offset + at, blockSize)));
    }

    /// <summary>All pages of its array, itself included.</summary>
    public IReadOnlyList<HugePage> Siblings { get; }

    /// <summary>Its place in one of the pool's lists; changed under the pool's lock like all the rest.</summary>
    public LinkedListNode<HugePage> Place { get; }

    /// <summary>When its last block came back, in milliseconds since the system's start.</summary>
    public long IdleSince { get; private set; }

    public bool IsFull => _free.Count == 0;

    public bool IsIdle => _free.Count == _count;

    /// <summary>Allocates some pages. The system gives no memory before they are used.</summary>
    public static List<HugePage> Allocate(BlockPool pool, int blockSize)
    {
        // An array of the collector's, so that a limit on its heap covers the pool. Kestrel sends from arrays only.
        var slab = GC.AllocateUninitializedArray<byte>(SlabSize, pinned: true);
        var begin = Marshal.UnsafeAddrOfPinnedArrayElement(slab, 0);
        var first = (int)((begin + Size - 1) / Size * Size - begin);
        var count = (SlabSize - first) / Size;
        if (OperatingSystem.IsLinux())
            _ = LibC.madvise(begin + first, (nuint)(count * Size), LibC.HugePages);
        var pages = new List<HugePage>(count);
        for (var i = 0; i < count; i++)
            pages.Add(new HugePage(pool, slab, first + (i * Size), blockSize, pages));
        return pages;
    }

    public PoolBlock Take() => _free.Pop();

    public void PutBack(PoolBlock block)
    {
        _free.Push(block);
        if (IsIdle)
            IdleSince = Environment.TickCount64;
    }

    /// <summary>Gives the memory of an idle page to the system; the page can be used again.</summary>
    public void GiveBack()
    {
        if (OperatingSystem.IsLinux())
            _ = LibC.madvise(Marshal.UnsafeAddrOfPinnedArrayElement(_slab, _offset), Size, LibC.DontNeed);
    }
}
