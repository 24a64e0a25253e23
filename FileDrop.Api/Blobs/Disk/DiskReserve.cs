namespace FileDrop.Api.Blobs.Disk;

/// <summary>
/// Keeps some room on the blobs' volume free of blobs: a catalog beside them must be able to write down a deletion even
/// when the disk is full, or nothing could ever be freed.
/// </summary>
/// <remarks>
/// It looks at the volume once a second, and in between whenever what was written since could have used up what was free:
/// while there is room that costs nothing, and near the end no writer is fast enough to get past it.
/// </remarks>
/// <param name="directory">On the volume.</param>
internal sealed class DiskReserve(string directory)
{
    private const long Largest = 64 << 20;

    /// <summary>Of the volume, for small ones.</summary>
    private const double Share = 0.05;

    private static readonly TimeSpan Trust = TimeSpan.FromSeconds(1);

    private readonly Lock _looking = new();
    private long _lookedAt;
    private bool _hasLooked;

    /// <summary>Bytes that may be written still, as far as is known.</summary>
    private long _left;

    /// <summary>Of these, bytes that are being allocated at this moment: a look at the volume may not show them yet.</summary>
    private long _allocating;

    /// <summary>Counts bytes that are about to be written.</summary>
    /// <exception cref="StorageException">They would not leave the reserve free.</exception>
    public void Take(long bytes)
    {
        lock (_looking)
        {
            if (_left < bytes || !_hasLooked || TimeProvider.System.GetElapsedTime(_lookedAt) >= Trust)
                Look();
            Demand(bytes);
            _left -= bytes;
        }
    }

    /// <summary>Allocates bytes, possibly so many that two at a time would miss each other's.</summary>
    /// <exception cref="StorageException">They would not leave the reserve free.</exception>
    public T Allocate<T>(long bytes, Func<T> allocate)
    {
        lock (_looking)
        {
            Take(bytes);
            _allocating += bytes;
        }

        try
        {
            return allocate();
        }
        finally
        {
            lock (_looking)
                _allocating -= bytes;
        }
    }

    /// <summary>Refuses what is announced and cannot fit, before it is sent; takes nothing.</summary>
    /// <exception cref="StorageException">There is no room for it.</exception>
    public void Expect(long bytes)
    {
        lock (_looking)
        {
            if (_left < bytes || !_hasLooked)
                Look();
            Demand(bytes);
        }
    }

    private void Demand(long bytes)
    {
        if (_left < bytes)
            throw new StorageException(
                StorageFailure.Full, $"The volume of {directory} has no room for {bytes} bytes beside what is kept free for deletions.");
    }

    private void Look()
    {
        try
        {
            // On Unix any folder stands for its volume. On Windows a share has no letter, and is not watched.
            var volume = new DriveInfo(OperatingSystem.IsWindows() ? Path.GetPathRoot(directory) ?? directory : directory);
            _left = volume.AvailableFreeSpace - (long)Math.Min(Largest, volume.TotalSize * Share) - _allocating;
        }
        catch (ArgumentException) when (OperatingSystem.IsWindows())
        {
            _left = long.MaxValue;
        }
        catch (Exception e) when (DiskFailure.KindOf(e) is { } kind)
        {
            throw DiskFailure.From(e, kind);
        }

        _lookedAt = TimeProvider.System.GetTimestamp();
        _hasLooked = true;
    }
}
