using System.Buffers;
using FileDrop.Api.Memory;
using Microsoft.AspNetCore.Connections;

namespace FileDrop.Api.Edge;

/// <summary>The buffers of connections, in blocks of 64 KiB instead of the server's 4 KiB.</summary>
/// <remarks>One system call fills one block. With blocks of 4 KiB, a gigabyte took 260,000 calls and as many wake-ups.</remarks>
internal sealed class ConnectionMemory : MemoryPool<byte>, IMemoryPoolFactory<byte>
{
    private const int BlockSize = 64 * 1024;

    private readonly BlockPool _blocks = new(BlockSize);

    public override int MaxBufferSize => BlockSize;

    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => this;

    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, BlockSize);
        return _blocks.Rent();
    }

    /// <remarks>The server disposes of each pool that it made, but all of them share this one.</remarks>
    protected override void Dispose(bool disposing)
    {
    }
}
