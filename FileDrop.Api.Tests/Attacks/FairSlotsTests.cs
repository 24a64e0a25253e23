using FileDrop.Api.Contents;
using Xunit;

namespace FileDrop.Api.Tests.Attacks;

/// <summary>The queue for filtered lists.</summary>
public sealed class FairSlotsTests
{
    [Fact]
    public async Task Whoever_asks_for_little_does_not_wait_behind_one_who_asks_for_much()
    {
        var slots = new FairSlots(2);
        var gates = Enumerable.Range(0, 6).Select(_ => new TaskCompletionSource()).ToList();
        var greedy = gates.Select((gate, i) => RunAsync("greedy", i, gate.Task)).ToList();
        var modest = slots.RunAsync("modest", () => Task.FromResult(true), default);
        using var impatience = new CancellationTokenSource();
        var impatient = slots.RunAsync("impatient", () => Task.FromResult(true), impatience.Token);
        await impatience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => impatient);

        gates[0].SetResult();
        await modest.WaitAsync(TimeSpan.FromSeconds(10));
        gates.ForEach(gate => gate.TrySetResult());
        await Task.WhenAll(greedy).WaitAsync(TimeSpan.FromSeconds(10));
        // Every slot came back: two can run at once, as at the beginning.
        var both = new TaskCompletionSource();
        var first = slots.RunAsync("a", async () => { await both.Task; return true; }, default);
        await slots.RunAsync("a", () => Task.FromResult(both.TrySetResult()), default).WaitAsync(TimeSpan.FromSeconds(10));
        await first.WaitAsync(TimeSpan.FromSeconds(10));

        Task<int> RunAsync(string owner, int number, Task gate) => slots.RunAsync(owner, async () => { await gate; return number; }, default);
    }
}
