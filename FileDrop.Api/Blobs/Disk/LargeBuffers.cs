namespace FileDrop.Api.Blobs.Disk;

/// <summary>Buffers for large files: a quarter of the system calls and thread changes of the usual ones.</summary>
internal sealed class LargeBuffers
{
    /// <summary>Bytes in each.</summary>
    public const int Size = 1 << 20;

    /// <summary>32 MiB, when that many are needed: two for each of 16 uploads. Others do with the usual ones.</summary>
    private const int Most = 32;

    private readonly BlockPool _blocks = new(Size);
    private int _used;

    /// <summary>Null: they are all in use.</summary>
    public byte[]? TryRent()
    {
        if (Interlocked.Increment(ref _used) <= Most)
            return _blocks.Rent();
        Interlocked.Decrement(ref _used);
        return null;
    }

    public void Return(byte[] buffer)
    {
        _blocks.Return(buffer);
        Interlocked.Decrement(ref _used);
    }
}
