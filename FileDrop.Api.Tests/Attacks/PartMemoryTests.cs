using FileDrop.Api.Blobs.S3;
using Xunit;

namespace FileDrop.Api.Tests.Attacks;

/// <summary>The memory that uploads to S3 share, with slow senders.</summary>
public sealed class PartMemoryTests
{
    private const int MiB = 1 << 20;

    [Fact]
    public async Task The_owner_who_holds_least_is_served_first()
    {
        var memory = new PartMemory(4 * PartMemory.Unit, PartMemory.Unit, new SpillSpace(0));
        var held = new List<PartBuffer>();
        for (var i = 0; i < 4; i++)
            held.Add(await FilledAsync(memory, i < 3 ? "greedy" : "frugal", PartMemory.Unit));
        var waiting = new List<(string Owner, Task Served)>();
        foreach (var owner in new[] { "greedy", "frugal", "modest" })
            waiting.Add((owner, memory.Begin(PartMemory.Unit, owner).SpaceAsync(default).AsTask()));
        // Each line names who is served next, and whose memory is returned.
        foreach (var (next, from) in new[] { ("modest", 0), ("frugal", 3), ("greedy", 1) })
        {
            held[from].Dispose();
            await waiting.Single(one => one.Owner == next).Served.WaitAsync(TimeSpan.FromSeconds(10));
            waiting.RemoveAll(one => one.Owner == next);
            Assert.All(waiting, one => Assert.False(one.Served.IsCompleted, one.Owner));
        }
    }

    [Fact]
    public async Task A_slow_senders_bytes_move_to_the_disk_while_others_wait_and_come_back_unchanged()
    {
        var memory = new PartMemory(2 * MiB, MiB, new SpillSpace(64 * MiB));
        var content = Requests(MiB);
        using var slow = memory.Begin(MiB, "slow");
        using var slower = memory.Begin(MiB, "slow");
        foreach (var part in new[] { slow, slower })
            await FillAsync(part, content.AsMemory(0, MiB - 1000));
        using (var quick = memory.Begin(MiB, "quick"))
        {
            await FillAsync(quick, content).WaitAsync(TimeSpan.FromSeconds(20));
            Assert.Equal(content, Bytes(quick));
        }
        foreach (var part in new[] { slow, slower })
        {
            await FillAsync(part, content.AsMemory(MiB - 1000));
            part.Settle();
            await part.FreezeAsync();
            Assert.Equal(content, Bytes(part));
            foreach (var skip in new[] { 1, 255 * 1024, MiB - 500, MiB })
                Assert.Equal(content[skip..], Bytes(part, skip));
        }
    }

    [Fact]
    public async Task Without_room_on_the_disk_a_slow_sender_keeps_its_bytes()
    {
        var memory = new PartMemory(MiB, MiB, new SpillSpace(1000));
        var content = Requests(MiB);
        var slow = memory.Begin(MiB, "slow");
        await FillAsync(slow, content.AsMemory(0, MiB - 1));
        using var quick = memory.Begin(MiB, "quick");
        var waiting = FillAsync(quick, content);
        await Assert.ThrowsAsync<TimeoutException>(() => waiting.WaitAsync(TimeSpan.FromSeconds(4)));
        Assert.Equal(content[..^1], Bytes(slow));
        slow.Dispose();
        await waiting.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(content, Bytes(quick));
    }

    [Fact]
    public async Task Large_parts_leave_memory_for_small_ones()
    {
        var memory = PartMemory.WithReserve(16 * MiB, 8 * MiB);
        var large = new List<PartBuffer>();
        while (large.Count < 100)
        {
            var part = memory.Begin(5 * MiB, "greedy");
            large.Add(part);
            // No part is idle, so none can move to the disk.
            if (!await TryFillAsync(part, 5 * MiB))
                break;
            await part.FreezeAsync();
        }
        using var small = memory.Begin(MiB, "greedy");
        Assert.True(await TryFillAsync(small, MiB), "a small part has its memory at once");
        large.ForEach(part => part.Dispose());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(64)]
    public async Task All_parts_are_filled_in_the_end_in_any_order_of_use(int disk)
    {
        var memory = new PartMemory(3 * MiB, 2 * MiB, new SpillSpace(disk * (long)MiB));
        await Parallel.ForEachAsync(Enumerable.Range(0, 60), new ParallelOptions { MaxDegreeOfParallelism = 60 }, async (seed, cancellation) =>
        {
            var random = new Random(seed);
            var content = Requests(random.Next(1, 2 * MiB));
            using var part = memory.Begin(content.Length, $"owner {seed % 3}");
            for (var at = 0; at < content.Length;)
            {
                var space = await part.SpaceAsync(cancellation);
                var count = Math.Min(space.Length, content.Length - at);
                content.AsMemory(at, count).CopyTo(space);
                part.Advance(count);
                at += count;
                if (random.Next(8) == 0)
                    await Task.Delay(random.Next(300), cancellation);
            }
            part.Settle();
            await part.FreezeAsync();
            Assert.Equal(content, Bytes(part));
        }).WaitAsync(TimeSpan.FromSeconds(60));
        using var all = memory.Begin(2 * MiB, "last");
        Assert.True(await TryFillAsync(all, 2 * MiB), "everything came back");
    }

    private static byte[] Requests(int size) => Files.Requests.Bytes(size);

    private static async Task<PartBuffer> FilledAsync(PartMemory memory, string owner, int size)
    {
        var part = memory.Begin(size, owner);
        Assert.True(await TryFillAsync(part, size));
        return part;
    }

    private static async Task<bool> TryFillAsync(PartBuffer part, int size)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        try
        {
            await FillAsync(part, new byte[size], limit.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private static async Task FillAsync(PartBuffer part, ReadOnlyMemory<byte> content, CancellationToken cancellation = default)
    {
        while (!content.IsEmpty)
        {
            var space = await part.SpaceAsync(cancellation);
            var count = Math.Min(space.Length, content.Length);
            content[..count].CopyTo(space);
            part.Advance(count);
            content = content[count..];
        }
    }

    private static byte[] Bytes(PartBuffer part, int skip = 0) => [.. part.Pieces(skip).SelectMany(piece => piece.ToArray())];
}
