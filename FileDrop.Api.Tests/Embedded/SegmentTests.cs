using FileDrop.Api.Blobs;
using FileDrop.Api.Storage;
using Xunit;

namespace FileDrop.Api.Tests.Embedded;

/// <summary>Contents in segments stay whole whatever is deleted and moved around them, and their room comes back.</summary>
public sealed class SegmentTests
{
    private const int Size = 70_000;

    /// <summary>Random writes, deletions, compactions that end anywhere, and restarts, against what was committed.</summary>
    [Theory]
    [InlineData(1, 60)]
    [InlineData(2, 60)]
    [InlineData(3, 1500, Traits = ["Run", "nightly"])]
    public async Task Every_content_that_was_committed_is_whole_after_compactions_that_end_anywhere(int seed, int steps)
    {
        var random = new Random(seed);
        await using var store = await SegmentStore.MakeAsync();
        for (var step = 0; step < steps; step++)
        {
            var any = store.Contents.Keys.ElementAtOrDefault(random.Next(Math.Max(store.Contents.Count, 1)));
            switch (random.Next(12))
            {
                case < 5:
                    await store.WriteAsync(Size + random.Next(200_000));
                    break;
                case 5:
                    (await store.ReceiveAsync(new byte[Size])).Dispose();
                    break;
                case < 9 when any != default:
                    await store.DeleteAsync(any);
                    break;
                case 9:
                    await Assert.ThrowsAnyAsync<Exception>(async () =>
                    {
                        await store.CompactAsync(new Interruption(random.Next(3), random.Next(2) == 0));
                        throw new OperationCanceledException();
                    });
                    break;
                case 10:
                    await store.CompactAsync();
                    break;
                default:
                    await store.RestartAsync();
                    break;
            }
            if (step % 10 == 9)
                await store.CheckAsync();
        }
        await store.RestartAsync();
        await store.CheckAsync();
        await store.CompactAsync();
        await store.CheckAsync();
        Assert.InRange(store.Stored(), 0, (store.Contents.Values.Sum(content => (long)content.Length) * 4 / 3) + 1);

        foreach (var key in store.Contents.Keys.ToList())
            await store.DeleteAsync(key);
        await store.CompactAsync();
        Assert.Equal(0, store.Stored());
    }

    [Fact]
    public async Task A_reader_keeps_a_deleted_content_until_it_ends()
    {
        await using var store = await SegmentStore.MakeAsync();
        var key = await store.WriteAsync(Size);
        var content = store.Contents[key];
        await using (var reader = await store.Blobs.OpenAsync(key, 0, Size, default))
        {
            await store.DeleteAsync(key);
            Assert.Equal(0, await store.CompactAsync());
            Assert.NotNull(reader);
            var read = new byte[Size];
            await reader.ReadExactlyAsync(read);
            Assert.Equal(content, read);
        }
        Assert.Equal(Size, await store.CompactAsync());
        Assert.Equal(0, store.Stored());
    }

    [Fact]
    public async Task A_content_is_read_while_a_compaction_looks_whether_its_segment_is_needed()
    {
        await using var store = await SegmentStore.MakeAsync();
        var key = await store.WriteAsync(Size);
        await store.RestartAsync();
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task reading;
        using (File.OpenHandle(Assert.Single(Directory.GetFiles(store.Directory)), FileMode.Open, FileAccess.ReadWrite, FileShare.None))
        {
            reading = Task.Run(async () =>
            {
                begun.SetResult();
                await store.CheckAsync();
            });
            await begun.Task;
            Assert.NotSame(reading, await Task.WhenAny(reading, Task.Delay(50)));
        }
        await reading;
        Assert.Contains(key, store.Contents.Keys);
    }

    [Fact]
    public async Task A_content_that_another_process_has_not_committed_yet_keeps_its_segment()
    {
        await using var store = await SegmentStore.MakeAsync();
        var waits = await store.ReceiveAsync(new byte[Size]);
        using var others = store.Segments;
        await store.RestartAsync(endFormer: false);
        await store.CompactAsync();
        Assert.Equal(Size, store.Stored());
        waits.Dispose();
        others.Dispose();
        await store.CompactAsync();
        Assert.Equal(0, store.Stored());
    }

    [Fact]
    public async Task The_place_of_a_refused_content_goes_to_the_next_one()
    {
        await using var store = await SegmentStore.MakeAsync();
        for (var i = 0; i < 5; i++)
            (await store.ReceiveAsync(new byte[Size + i])).Dispose();
        await store.WriteAsync(Size + 10);
        Assert.Equal(Size + 10, store.Stored());
    }

    [Fact]
    public async Task Nothing_is_moved_while_nothing_was_deleted_and_the_short_segments_of_many_starts_become_one()
    {
        await using var store = await SegmentStore.MakeAsync();
        for (var start = 0; start < 8; start++)
        {
            await store.WriteAsync(Size);
            await store.CompactAsync();
            Assert.Equal(start + 1, store.Segments.List().Count(segment => segment.Length > 0));
            await store.RestartAsync();
        }
        await store.WriteAsync(Size);
        await store.CompactAsync();
        Assert.Single(store.Segments.List());
        Assert.Equal(9, store.Contents.Count);
        await store.CheckAsync();
    }

    [Fact]
    public async Task A_segment_that_cannot_be_read_stays_and_others_are_emptied()
    {
        await using var store = await SegmentStore.MakeAsync();
        List<BlobKey> keys = [];
        for (var i = 0; i < 2; i++)
        {
            for (var content = 0; content < 3; content++)
                keys.Add(await store.WriteAsync(Size));
            await store.RestartAsync();
        }
        var damaged = Directory.GetFiles(store.Directory).Order(StringComparer.Ordinal).First();
        using (var file = File.OpenHandle(damaged, access: FileAccess.ReadWrite, share: FileShare.ReadWrite))
            RandomAccess.SetLength(file, (3 * Size) - 1);
        foreach (var key in new[] { keys[0], keys[1], keys[3], keys[4] })
            await store.DeleteAsync(key);
        Assert.Equal(3 * Size, await store.CompactAsync());
        Assert.True(File.Exists(damaged));
        Assert.Equal(Size - 1, await store.Blobs.FindSizeAsync(keys[2], default));
        store.Contents.Remove(keys[2]);
        await store.CheckAsync();
    }

    [Fact]
    public async Task A_short_segment_has_short_contents_and_a_missing_one_has_none()
    {
        await using var store = await SegmentStore.MakeAsync();
        var key = await store.WriteAsync(Size);
        var path = Assert.Single(Directory.GetFiles(store.Directory));
        using (var file = File.OpenHandle(path, access: FileAccess.ReadWrite, share: FileShare.ReadWrite))
            RandomAccess.SetLength(file, Size - 1);
        Assert.Equal(Size - 1, await store.Blobs.FindSizeAsync(key, default));
        await using (var content = await store.Blobs.OpenAsync(key, 0, Size, default))
        {
            Assert.NotNull(content);
            await Assert.ThrowsAsync<StorageException>(async () => await content.ReadExactlyAsync(new byte[Size]));
        }
        File.Delete(path);
        await store.RestartAsync();
        Assert.Null(await store.Blobs.FindSizeAsync(key, default));
        Assert.Null(await store.Blobs.OpenAsync(key, 0, Size, default));
    }

    /// <summary>Ends a compaction before or after one of its changes.</summary>
    private sealed class Interruption(int change, bool after) : IReserve
    {
        private int _left = change;

        public void Keep()
        {
        }

        public async Task<T> FreeAsync<T>(Func<Task<T>> change)
        {
            var isNow = _left-- == 0;
            if (isNow && !after)
                throw new OperationCanceledException();
            var made = await change();
            return isNow ? throw new OperationCanceledException() : made;
        }
    }
}
