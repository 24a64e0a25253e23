namespace FileDrop.Api.Blobs.Disk;

/// <summary>
/// Keeps some room on the blobs' volume for deletions: a catalog beside the blobs must be able to write one down even when the disk is
/// full, or nothing could ever be freed.
/// </summary>
/// <remarks>
/// <para>The room is a file, <c>reserve</c>, with blocks of its own: nobody else can have them, however full the disk is. A deletion that
/// meets a full disk gives the blocks up, is made once more, and takes back what is free then. A quarter at a time, for whoever fills
/// the disk may still be at it.</para>
/// <para>Content is refused before it would need those blocks. It looks at the volume once a second, and in between whenever what was
/// written since could have used up what was free: while there is room that costs nothing, and near the end no writer is fast enough
/// to get past it.</para>
/// <para>How much is kept is always read from the file, for a command beside the service may have given it up.</para>
/// </remarks>
/// <param name="directory">The data directory.</param>
internal sealed class DiskReserve(string directory) : IReserve
{
    private const long Largest = 64 << 20;

    /// <summary>Of the volume, for small ones.</summary>
    private const double Share = 0.05;

    /// <summary>The reserve is given up in so many steps.</summary>
    private const int Steps = 4;

    /// <summary>Less is not worth a call.</summary>
    private const long SmallestPart = 64 << 10;

    private static readonly TimeSpan Trust = TimeSpan.FromSeconds(1);

    private readonly Lock _looking = new();
    private readonly string _path = Path.Combine(directory, "reserve");
    private long _lookedAt;
    private bool _hasLooked;
    private bool _keeps;

    /// <summary>Deletions that are under way in the reserve.</summary>
    private int _inReserve;

    /// <summary>Bytes that may be written still, as far as is known.</summary>
    private long _left;

    /// <summary>Of these, bytes that are being allocated at this moment: a look at the volume may not show them yet.</summary>
    private long _allocating;

    /// <inheritdoc/>
    public void Keep()
    {
        lock (_looking)
        {
            _keeps = true;
            Look();
        }
    }

    /// <inheritdoc/>
    public async Task<T> FreeAsync<T>(Func<Task<T>> change)
    {
        try
        {
            return await change();
        }
        catch (StorageException failure) when (failure.Failure is StorageFailure.Full && Kept() > 0)
        {
            return await InReserveAsync(change);
        }
    }

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

    private async Task<T> InReserveAsync<T>(Func<Task<T>> change)
    {
        lock (_looking)
            _inReserve++;
        try
        {
            while (true)
            {
                GiveUp();
                try
                {
                    return await change();
                }
                catch (StorageException failure) when (failure.Failure is StorageFailure.Full && Kept() > 0)
                {
                    // Another step.
                }
            }
        }
        finally
        {
            lock (_looking)
            {
                _inReserve--;
                _hasLooked = false;
            }
            TakeBack();
        }
    }

    /// <summary>Gives a step of the reserve to the volume.</summary>
    private void GiveUp()
    {
        lock (_looking)
        {
            DiskFailure.Guard(() =>
            {
                using var file = File.OpenHandle(_path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
                var left = Kept() - (Wanted(Volume()) / Steps);
                RandomAccess.SetLength(file, left < SmallestPart ? 0 : left);
                // A journalling file system has the blocks for others once its journal says so.
                RandomAccess.FlushToDisk(file);
            });
        }
    }

    /// <summary>Makes the reserve whole again, as far as there is room. A reserve that cannot be had is no reason to fail.</summary>
    public void TakeBack()
    {
        lock (_looking)
        {
            if (!_keeps || _inReserve > 0)
                return;
            try
            {
                if (Volume() is not { } volume)
                    return;
                var kept = Kept();
                var more = Math.Min(Wanted(volume) - kept, volume.AvailableFreeSpace - _allocating);
                // What is free is not always all to be had: file systems keep some for themselves.
                while (more >= SmallestPart && !DiskSpace.TryAllocate(_path, kept, more))
                    more /= 2;
            }
            catch (Exception e) when (DiskFailure.KindOf(e) is not null)
            {
            }
        }
    }

    /// <summary>Bytes that the reserve has on the volume.</summary>
    private long Kept() => DiskListing.Size(_path) ?? 0;

    /// <summary>Null: it is not watched. On Unix any folder stands for its volume; on Windows a share has no letter.</summary>
    private DriveInfo? Volume()
    {
        try
        {
            return new DriveInfo(OperatingSystem.IsWindows() ? Path.GetPathRoot(directory) ?? directory : directory);
        }
        catch (ArgumentException) when (OperatingSystem.IsWindows())
        {
            return null;
        }
    }

    private static long Wanted(DriveInfo? volume) => volume is null ? 0 : (long)Math.Min(Largest, volume.TotalSize * Share);

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
            TakeBack();
            _left = Volume() is { } volume ? volume.AvailableFreeSpace - Math.Max(0, Wanted(volume) - Kept()) - _allocating : long.MaxValue;
        }
        catch (Exception e) when (DiskFailure.KindOf(e) is { } kind)
        {
            throw DiskFailure.From(e, kind);
        }

        _lookedAt = TimeProvider.System.GetTimestamp();
        _hasLooked = true;
    }
}
