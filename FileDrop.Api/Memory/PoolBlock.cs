using System.Buffers;

namespace FileDrop.Api.Memory;

/// <summary>
/// A block of a <see cref="BlockPool"/>. Disposal returns it to the pool; a second one does nothing until it is rented again.
/// </summary>
internal sealed class PoolBlock(BlockPool pool, HugePage page, Memory<byte> memory) : IMemoryOwner<byte>
{
    private int _isRented;

    /// <summary>Stays where it is, so that the system can read and write it.</summary>
    public Memory<byte> Memory => memory;

    public HugePage Page => page;

    public PoolBlock Rented()
    {
        _isRented = 1;
        return this;
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isRented, 0) == 1)
            pool.Return(this);
    }
}
