using System.Globalization;
using System.Runtime.InteropServices;
using FileDrop.Api.Memory;
using Xunit;

namespace FileDrop.Api.Tests.Memory;

/// <summary>Pooled memory: blocks in huge pages, which go back to the system when they are idle.</summary>
public sealed class BlockPoolTests
{
    private const int BlockSize = 64 * 1024;

    [Fact]
    public void Blocks_of_several_pages_do_not_overlap_and_are_rented_again()
    {
        // Six pages, all full: the next ones are the same.
        const int Count = 6 * HugePage.Size / BlockSize;
        var pool = new BlockPool(BlockSize);
        var blocks = Enumerable.Range(0, Count).Select(_ => pool.Rent()).ToList();
        for (var i = 0; i < blocks.Count; i++)
            blocks[i].Memory.Span.Fill((byte)i);
        for (var i = 0; i < blocks.Count; i++)
        {
            Assert.Equal(BlockSize, blocks[i].Memory.Length);
            Assert.Equal(-1, blocks[i].Memory.Span.IndexOfAnyExcept((byte)i));
        }
        blocks.ForEach(block => block.Dispose());
        var again = Enumerable.Range(0, Count).Select(_ => pool.Rent()).ToHashSet();
        Assert.Equal(blocks.ToHashSet(), again);
    }

    [Fact]
    public void A_block_that_is_returned_twice_is_rented_to_one_caller_only()
    {
        var pool = new BlockPool(BlockSize);
        var block = pool.Rent();
        block.Dispose();
        block.Dispose();
        Assert.NotSame(pool.Rent(), pool.Rent());
    }

    [Fact]
    public void No_more_blocks_are_rented_than_allowed()
    {
        var pool = new BlockPool(1 << 20, most: 3);
        var blocks = Enumerable.Range(0, 3).Select(_ => pool.TryRent()).ToList();
        Assert.DoesNotContain(null, blocks);
        Assert.Null(pool.TryRent());
        blocks[1]?.Dispose();
        Assert.NotNull(pool.TryRent());
    }

    [Fact]
    public async Task Idle_memory_goes_back_to_the_system_in_whole_huge_pages()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux shows and takes single pages.");
        var pool = new BlockPool(BlockSize, keep: TimeSpan.FromMilliseconds(50));
        var (kept, blocks) = (pool.Rent(), Enumerable.Range(0, 2 * HugePage.Size / BlockSize).Select(_ => pool.Rent()).ToList());
        kept.Memory.Span.Fill(1);
        blocks.ForEach(block => block.Memory.Span.Fill(1));
        var (resident, flags) = MemoryAt(kept.Memory);
        Assert.Contains("hg", flags);
        Assert.True(resident > HugePage.Size, $"{resident} bytes are in use");

        blocks.ForEach(block => block.Dispose());
        // The page with the block in use stays, and with it whatever lies beside the block.
        await Service.UntilAsync("the idle page is given back", () => Task.FromResult(MemoryAt(kept.Memory).Resident <= HugePage.Size));
        Assert.Equal(-1, kept.Memory.Span.IndexOfAnyExcept((byte)1));
        kept.Dispose();
        await Service.UntilAsync("all is given back", () => Task.FromResult(MemoryAt(kept.Memory).Resident == 0));

        using var again = pool.Rent();
        again.Memory.Span.Fill(2);
        Assert.Equal(-1, again.Memory.Span.IndexOfAnyExcept((byte)2));
    }

    [Fact]
    public async Task Callers_beside_each_other_never_share_a_block()
    {
        var pool = new BlockPool(BlockSize, keep: TimeSpan.FromMilliseconds(1));
        await Parallel.ForAsync(0, 64, async (i, cancellation) =>
        {
            for (var round = 0; round < 50; round++)
            {
                var blocks = Enumerable.Range(0, 1 + (i % 5)).Select(_ => pool.Rent()).ToList();
                blocks.ForEach(block => block.Memory.Span.Fill((byte)i));
                await Task.Yield();
                Assert.All(blocks, block => Assert.Equal(-1, block.Memory.Span.IndexOfAnyExcept((byte)i)));
                blocks.ForEach(block => block.Dispose());
                if (round % 10 == 0)
                    await Task.Delay(2, cancellation);
            }
        });
    }

    [Fact]
    public async Task A_watch_looks_until_nothing_is_left_and_starts_again_after_a_change()
    {
        var (looks, left) = (0, 3);
        var watch = new Watch(TimeSpan.FromMilliseconds(1), () =>
        {
            Interlocked.Increment(ref looks);
            return Interlocked.Decrement(ref left) > 0;
        });
        watch.Start();
        await Service.UntilAsync("it has looked", () => Task.FromResult(Volatile.Read(ref looks) >= 3));
        Interlocked.Exchange(ref left, 2);
        await Service.UntilAsync("it has looked again", () =>
        {
            watch.Start();
            return Task.FromResult(Volatile.Read(ref left) <= 0);
        });
    }

    /// <summary>The bytes in memory of the mapping around a block, and the mapping's flags.</summary>
    private static (long Resident, string[] Flags) MemoryAt(ReadOnlyMemory<byte> block)
    {
        Assert.True(MemoryMarshal.TryGetArray(block, out var array));
        var address = Marshal.UnsafeAddrOfPinnedArrayElement(array.Array ?? [], array.Offset);
        var (isAround, resident) = (false, 0L);
        foreach (var line in File.ReadLines("/proc/self/smaps"))
        {
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words[0].Split('-') is [var from, var to])
                isAround = Address(from) <= address && address < Address(to);
            else if (isAround && words[0] is "Rss:")
                resident = long.Parse(words[1], CultureInfo.InvariantCulture) * 1024;
            else if (isAround && words[0] is "VmFlags:")
                return (resident, words[1..]);
        }
        throw new InvalidOperationException("The block is in no mapping.");

        static nint Address(string text) => nint.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
    }
}
