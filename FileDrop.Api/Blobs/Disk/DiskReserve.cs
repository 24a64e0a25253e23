using FileDrop.Api.Storage;

namespace FileDrop.Api.Blobs.Disk;

/// <summary>
/// Keeps some room on the blobs' volume for deletions. A catalog beside the blobs must be able to record a deletion on a full disk, or
/// nothing could ever be freed.
/// </summary>
/// <remarks>
/// <para>The room is a file, <c>reserve</c>, whose blocks no other file can use, however full the disk is. A deletion that meets a full
/// disk gives the blocks up, tries again, and takes back what is free then. It gives up a quarter at a time, because another program may be
/// filling the disk.</para>
/// <para>Content is refused before it would need those blocks. The reserve looks at the volume once a second, and sooner if the bytes
/// written since could have used up the free room. While there is room that costs nothing, and near the end no writer can get past
/// it.</para>
/// <para>The size of the reserve is always read from the file, because a command beside the service may have given it up.</para>
/// </remarks>
/// <param name="directory">The data directory.</param>
internal sealed class DiskReserve(string directory) : IReserve
{
    private const long Largest = 64 << 20;

    /// <summary>The share of a small volume.</summary>
    private const double Share = 0.05;

    /// <summary>The number of steps in which the reserve is given up.</summary>
    private const int Steps = 4;

    /// <summary>The smallest step that is worth a call; in bytes.</summary>
    private const long SmallestPart = 64 << 10;

    private static readonly TimeSpan Trust = TimeSpan.FromSeconds(1);

    private readonly Lock _looking = new();
    private readonly string _path = Path.Combine(directory, "reserve");
    private long _lookedAt;
    private bool _hasLooked;
    private bool _keeps;

    /// <summary>The number of deletions that use the reserve now.</summary>
    private int _inReserve;

    /// <summary>Bytes that may still be written, as of the last look.</summary>
    private long _left;

    /// <summary>Bytes that are being allocated now, which a look at the volume may not show yet.</summary>
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

    /// <summary>Counts bytes and allocates them. Two allocations at a time see each other.</summary>
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

    /// <summary>Refuses announced bytes that cannot fit, before they are sent. It counts nothing.</summary>
    /// <exception cref="StorageException">The bytes do not fit.</exception>
    public void Expect(long bytes)
    {
        if (!Has(bytes))
            throw Full(bytes);
    }

    /// <summary>Whether bytes fit. It counts nothing.</summary>
    public bool Has(long bytes)
    {
        lock (_looking)
        {
            if (_left < bytes || !_hasLooked)
                Look();
            return _left >= bytes;
        }
    }

    /// <summary>The volume's bytes; the largest number if they are not known.</summary>
    public long VolumeSize()
    {
        try
        {
            return Volume()?.TotalSize ?? long.MaxValue;
        }
        catch (Exception e) when (DiskFailure.KindOf(e) is { } kind)
        {
            throw DiskFailure.From(e, kind);
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
                    // Give up another step.
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

    /// <summary>Gives one step of the reserve to the volume.</summary>
    private void GiveUp()
    {
        lock (_looking)
        {
            DiskFailure.Guard(() =>
            {
                using var file = File.OpenHandle(_path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
                var left = Kept() - (Wanted(Volume()) / Steps);
                RandomAccess.SetLength(file, left < SmallestPart ? 0 : left);
                // A journalling file system frees the blocks once its journal is written.
                RandomAccess.FlushToDisk(file);
            });
        }
    }

    /// <summary>Makes the reserve whole again, as far as there is room. It does not fail if there is none.</summary>
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
                // File systems keep some of the free room for themselves.
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

    /// <summary>
    /// The volume; null if it cannot be watched. On Unix any folder stands for its volume; on Windows a share has no letter.
    /// </summary>
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
            throw Full(bytes);
    }

    private StorageException Full(long bytes) =>
        new(StorageFailure.Full, $"The volume of {directory} has no room for {bytes} bytes besides the reserve for deletions.");

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
