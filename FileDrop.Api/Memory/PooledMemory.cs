using System.Buffers;
using System.Runtime.InteropServices;

namespace FileDrop.Api.Memory;

/// <summary>Memory from a <see cref="BlockPool"/>, or a smaller piece from the framework's pool.</summary>
/// <param name="Memory">The memory, with anything in it; a small piece may be longer than it was asked for.</param>
/// <param name="Block">The block that it is; null for a small piece.</param>
internal readonly record struct PooledMemory(Memory<byte> Memory, PoolBlock? Block)
{
    public static PooledMemory Large(PoolBlock block) => new(block.Memory, block);

    public static PooledMemory Small(int size) => new(ArrayPool<byte>.Shared.Rent(size), null);

    /// <summary>Gives the memory back. Call this once.</summary>
    public void Return()
    {
        if (Block is not null)
            Block.Dispose();
        else if (MemoryMarshal.TryGetArray<byte>(Memory, out var piece) && piece.Array is { } array)
            ArrayPool<byte>.Shared.Return(array);
    }
}
