using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace FileDrop.Api.Blobs.Disk;

/// <summary>Memory that a disk reads by itself, without the system's cache between: it begins on a page, and stays where it is.</summary>
internal sealed class DirectMemory
{
    /// <summary>The disk's pages divide it. Blocks of a quarter of this took half as long again for each byte.</summary>
    public const int BlockSize = 1 << 20;

    /// <summary>What a disk and its file system want offsets, lengths and addresses to be multiples of.</summary>
    public const int Alignment = 4096;

    /// <summary>32 MiB, once that many were needed: four for each of eight large uploads. Others go by the system's cache.</summary>
    private const int MostBlocks = 32;

    private readonly ConcurrentBag<Memory<byte>> _free = [];
    private int _made;

    /// <summary>Null: they are all in use.</summary>
    public Memory<byte>? TryRent()
    {
        if (_free.TryTake(out var block))
            return block;
        if (Interlocked.Increment(ref _made) <= MostBlocks)
            return Make();
        Interlocked.Decrement(ref _made);
        return null;
    }

    public void Return(Memory<byte> block) => _free.Add(block);

    private static Memory<byte> Make()
    {
        var array = GC.AllocateUninitializedArray<byte>(BlockSize + Alignment, pinned: true);
        var misplaced = (int)(Marshal.UnsafeAddrOfPinnedArrayElement(array, 0) % Alignment);
        return array.AsMemory((Alignment - misplaced) % Alignment, BlockSize);
    }
}
