using System.Buffers;
using System.Collections.Concurrent;
using Microsoft.AspNetCore.Connections;

namespace FileDrop.Api;

/// <summary>The memory that connections are read into and written from, in blocks of 64 KiB instead of the server's 4.</summary>
/// <remarks>One system call fills one block: with blocks of 4 KiB a gigabyte took 260,000 of them, and as many wake-ups.</remarks>
internal sealed class ConnectionMemory : MemoryPool<byte>, IMemoryPoolFactory<byte>
{
    private const int BlockSize = 64 * 1024;

    /// <summary>16 MiB; what a rush needs beyond that goes back to the system after it.</summary>
    private const int BlocksKept = 256;

    private readonly ConcurrentStack<byte[]> _free = new();
    private int _kept;

    public override int MaxBufferSize => BlockSize;

    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => this;

    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, BlockSize);
        // Pinned, as the system reads into it: else each read would pin it anew.
        if (!_free.TryPop(out var array))
            return new Block(this, GC.AllocateUninitializedArray<byte>(BlockSize, pinned: true));
        Interlocked.Decrement(ref _kept);
        return new Block(this, array);
    }

    /// <remarks>The server disposes of each pool that it made; this one is the same for all of them.</remarks>
    protected override void Dispose(bool disposing)
    {
    }

    private void Return(byte[] array)
    {
        if (Interlocked.Increment(ref _kept) <= BlocksKept)
            _free.Push(array);
        else
            Interlocked.Decrement(ref _kept);
    }

    private sealed class Block(ConnectionMemory pool, byte[] array) : IMemoryOwner<byte>
    {
        private byte[]? _array = array;

        public Memory<byte> Memory => _array ?? throw new ObjectDisposedException(nameof(Block));

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _array, null) is { } array)
                pool.Return(array);
        }
    }
}
