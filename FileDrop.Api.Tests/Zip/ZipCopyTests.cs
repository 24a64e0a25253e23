using System.IO.Hashing;
using CsCheck;
using FileDrop.Api.Tests.Files;
using FileDrop.Api.Zip;
using Xunit;

namespace FileDrop.Api.Tests.Zip;

/// <summary>Copies of archives and of their parts.</summary>
public sealed class ZipCopyTests
{
    [Fact]
    public async Task Any_part_of_an_archive_has_the_bytes_of_the_whole()
    {
        var archive = new Archive { Piece = 30_000 };
        var folder = archive.Folder("folder");
        archive.File("a", Requests.Bytes(10), folder);
        archive.File("empty", [], folder);
        archive.File("large", Requests.Bytes(300_000), archive.Folder("inner", folder));
        archive.Folder("nothing");
        archive.File("b", Requests.Bytes(1_000));
        var whole = await archive.BytesAsync();
        Assert.Equal(archive.Layout.Length, whole.Length);
        // Half of the bounds are near the beginning of a record or of a content.
        long[] edges =
        [
            .. Enumerable.Range(0, (2 * archive.Layout.Count) + 1).Select(archive.Layout.StartOf),
            .. Enumerable.Range(0, archive.Layout.Count).Select(entry => archive.Layout.ContentOf(entry).Start), whole.Length,
        ];
        var bound = Gen.Frequency(
            (1, Gen.Long[0, whole.Length]),
            (1, Gen.Select(Gen.OneOf(edges), Gen.Int[-2, 2], (edge, off) => Math.Clamp(edge + off, 0, whole.Length))));
        await Gen.Select(bound, bound).SampleAsync(async (one, other) =>
        {
            var (from, to) = (Math.Min(one, other), Math.Max(one, other));
            var part = await archive.BytesAsync(from, to);
            Assert.True(whole.AsSpan((int)from, (int)(to - from)).SequenceEqual(part), $"{from} to {to}");
        }, iter: 3_000, threads: 1);
    }

    [Fact]
    public async Task Only_the_slices_that_are_needed_are_opened()
    {
        var archive = new Archive();
        archive.File("a", Requests.Bytes(100));
        archive.File("empty", []);
        archive.File("b", Requests.Bytes(100));
        archive.File("c", Requests.Bytes(100));
        var layout = archive.Layout;
        await archive.CopyAsync(Stream.Null, layout.ContentOf(0).Start + 90, layout.ContentOf(2).Start + 20);
        Assert.Equal(["open 0 at 90, 10 bytes", "open 2 at 0, 20 bytes", "close 0", "close 2"], archive.Events);

        archive.Events.Clear();
        await archive.CopyAsync(Stream.Null, layout.StartOf(layout.Count));
        await archive.CopyAsync(Stream.Null, 0, layout.ContentOf(0).Start);
        await archive.CopyAsync(Stream.Null, 50, 50);
        Assert.Empty(archive.Events);
    }

    [Theory]
    [InlineData("is shorter", -1, false)]
    [InlineData("is longer", 1, false)]
    [InlineData("differs", 0, false)]
    [InlineData("is shorter", -1, true)]
    [InlineData("is longer", 1, true)]
    [InlineData("differs", 0, true)]
    public async Task A_copy_of_another_content_is_cut_before_its_last_byte(string how, int more, bool isLarge)
    {
        var archive = new Archive();
        var size = isLarge ? 500_000 : 1_000;
        var bytes = Requests.Bytes(size + 1);
        archive.File("before", Requests.Bytes(100));
        var entry = archive.File("wrong", bytes[..size]);
        archive.File("behind", Requests.Bytes(100));
        var whole = await archive.BytesAsync();
        var wrong = bytes[..(size + more)];
        wrong[^1] ^= (byte)(more == 0 ? 1 : 0);
        archive.Replace(entry, wrong);

        // Also a part that ends exactly with the content's last byte must not look whole.
        var (start, _, _) = archive.Layout.ContentOf(entry);
        foreach (var to in new[] { start + size, archive.Layout.Length })
        {
            using var sent = new MemoryStream();
            var cut = await Assert.ThrowsAsync<ZipContentException>(() => archive.CopyAsync(sent, 0, to));
            Assert.Equal(entry, cut.Entry);
            Assert.True(sent.Length < start + size, $"{sent.Length} bytes were sent although the content {how}");
            Assert.True(whole.AsSpan().StartsWith(sent.ToArray()), "other bytes were sent");
        }
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    public async Task A_part_of_a_content_has_its_length(int more)
    {
        var archive = new Archive();
        var entry = archive.File("a", Requests.Bytes(1_000));
        archive.Replace(entry, Requests.Bytes(1_000 + more));
        var from = archive.Layout.ContentOf(entry).Start + 500;
        using var sent = new MemoryStream();
        await Assert.ThrowsAsync<ZipContentException>(() => archive.CopyAsync(sent, from, from + 100));
        Assert.True(sent.Length < 100);
    }

    [Fact]
    public async Task An_empty_file_with_a_wrong_checksum_is_cut_too()
    {
        var archive = new Archive();
        archive.File("empty", [], crc: 1);
        using var sent = new MemoryStream();
        await Assert.ThrowsAsync<ZipContentException>(() => archive.CopyAsync(sent, 0, archive.Layout.StartOf(1)));
        Assert.Equal(0, sent.Length);
    }

    [Theory]
    [InlineData("open")]
    [InlineData("write")]
    [InlineData("cancel")]
    public async Task A_copy_that_fails_closes_all_that_it_opened(string fails)
    {
        var archive = new Archive();
        for (var i = 0; i < 40; i++)
            archive.File($"{i}", Requests.Bytes(10_000));
        using var stop = new CancellationTokenSource();
        var failure = new IOException("failed");
        await using var destination = new Sink(_ =>
        {
            if (fails == "write")
                throw failure;
        });
        var copy = ZipCopy.CopyAsync(archive.Layout, 0, archive.Layout.Length, async (entry, offset, count, cancellation) =>
        {
            if (entry == 20 && fails == "open")
                throw failure;
            if (entry == 20 && fails == "cancel")
            {
                await stop.CancelAsync();
                await Task.Delay(Timeout.Infinite, cancellation);
            }
            return await archive.OpenAsync(entry, offset, count, cancellation);
        }, destination, stop.Token);
        if (fails == "cancel")
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => copy);
        else
            Assert.Same(failure, await Assert.ThrowsAsync<IOException>(() => copy));
        var opened = archive.Events.Count(each => each.StartsWith("open", StringComparison.Ordinal));
        Assert.InRange(opened, 12, 29);
        Assert.Equal(opened, archive.Events.Count(each => each.StartsWith("close", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task The_next_small_contents_are_opened_while_one_is_sent()
    {
        var archive = new Archive();
        for (var i = 0; i < 30; i++)
            archive.File($"{i}", Requests.Bytes(1_000));
        // No call of the first eight ends before all of them have begun.
        var (begun, eight) = (0, new TaskCompletionSource());
        await ZipCopy.CopyAsync(archive.Layout, 0, archive.Layout.Length, async (entry, offset, count, cancellation) =>
        {
            if (Interlocked.Increment(ref begun) == 8)
                eight.SetResult();
            await eight.Task.WaitAsync(TimeSpan.FromSeconds(30), cancellation);
            return await archive.OpenAsync(entry, offset, count, cancellation);
        }, Stream.Null, CancellationToken.None);
        var (open, most) = (0, 0);
        foreach (var each in archive.Events)
        {
            open += each.StartsWith("open", StringComparison.Ordinal) ? 1 : -1;
            most = Math.Max(most, open);
        }
        Assert.Equal(30, begun);
        Assert.InRange(most, 8, 9);
    }

    [Fact]
    public async Task A_large_content_is_opened_when_it_is_sent()
    {
        var archive = new Archive();
        archive.File("small", Requests.Bytes(1_000));
        archive.File("large", 10 << 20, Archive.Crc(10 << 20, Archive.FillSparse), Archive.FillSparse);
        archive.File("next", Requests.Bytes(1_000));
        await archive.CopyAsync(Stream.Null);
        Assert.Equal(["open 0", "close 0", "open 1", "open 2", "close 1", "close 2"], archive.Events.Select(each => each.Split(" at ")[0]));
    }

    [Fact]
    public Task Memory_does_not_grow_with_the_contents() => AssertFlatAsync(64L << 20);

    [Fact]
    [Trait("Run", "nightly")]
    public Task Memory_does_not_grow_with_20_GiB() => AssertFlatAsync(20L << 30);

    [Fact]
    public async Task A_range_lies_within_the_archive()
    {
        var archive = new Archive();
        archive.File("a", [1]);
        foreach (var (from, to) in new[] { (-1L, 5L), (5, 4), (0, archive.Layout.Length + 1) })
            await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => archive.CopyAsync(Stream.Null, from, to));
    }

    /// <summary>Copies an archive of four large files and a thousand small ones, and bounds what is allocated between its first and its last byte.</summary>
    private static async Task AssertFlatAsync(long size)
    {
        const int Large = 4, Small = 1_000;
        var archive = new Archive();
        var crc = Archive.Crc(size / Large, Archive.FillSparse);
        for (var i = 0; i < Large; i++)
            archive.File($"large {i}", size / Large, crc, Archive.FillSparse);
        for (var i = 0; i < Small; i++)
            archive.File($"small {i}", 100, Crc32.HashToUInt32(new byte[100]), (_, bytes) => bytes.Clear());
        var (first, last, sent, thread, isSame) = (0L, 0L, 0L, Environment.CurrentManagedThreadId, true);
        await using var sink = new Sink(bytes =>
        {
            last = GC.GetAllocatedBytesForCurrentThread();
            first = sent == 0 ? last : first;
            sent += bytes.Length;
            isSame &= thread == Environment.CurrentManagedThreadId;
        });
        await archive.CopyAsync(sink);
        Assert.Equal(archive.Layout.Length, sent);
        Assert.True(isSame, "another thread may have allocated too");
        // The streams of the contents and the texts of the events; in a debug build also the state of the call that writes a buffer, which is garbage at once.
        Assert.InRange(last - first, 0, (1_200 * (Large + Small)) + (size / 1_000));
    }
}
