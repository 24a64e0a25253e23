using System.Collections.Concurrent;
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

    [Fact]
    public async Task Owners_who_wait_for_as_much_take_turns_and_a_new_one_comes_after_one_turn_of_each()
    {
        var (slots, gate, served) = (new FairSlots(1), new TaskCompletionSource(), new ConcurrentQueue<string>());
        var waiting = new List<Task> { RunAsync("a", gate.Task) };
        foreach (var owner in new[] { "a", "b", "a", "b", "c" })
            waiting.Add(RunAsync(owner, Task.CompletedTask));
        gate.SetResult();
        await Task.WhenAll(waiting).WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(["a", "b", "c", "a", "b", "a"], served);

        Task RunAsync(string owner, Task gate) => slots.RunAsync(
            owner,
            async () =>
            {
                served.Enqueue(owner);
                await gate;
                return true;
            },
            default);
    }
}
