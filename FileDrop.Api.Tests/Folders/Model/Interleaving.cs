namespace FileDrop.Api.Tests.Folders.Model;

/// <summary>
/// Runs actors one step at a time, in an order that random numbers decide. Some steps wait for long, and some actors die at a step and never go on, like a
/// process that is killed.
/// </summary>
/// <remarks>
/// An actor is any asynchronous method that awaits nothing but steps: <see cref="StepAsync"/> itself, or calls of stores in memory behind
/// <see cref="GatedStores"/>. From one step to the next it runs alone, on the caller's thread. The same random numbers therefore give the same run.
/// </remarks>
/// <param name="random">Decides the order, the waits and the deaths.</param>
internal sealed class Interleaving(Random random)
{
    private const int OneInDies = 90;
    private const int OneInWaits = 15;
    private const int LongestWait = 150;

    private readonly List<Waiting> _waiting = [];
    private Actor? _running;

    /// <summary>The number of steps so far, deaths included: the clock of a run.</summary>
    public long Steps { get; private set; }

    /// <summary>The number of actors that died.</summary>
    public long Deaths { get; private set; }

    /// <summary>Lets other actors run first. An actor awaits this before each call of a store, and does what follows at once.</summary>
    public Task StepAsync()
    {
        var actor = _running ?? throw new InvalidOperationException("Only an actor takes steps.");
        var step = new Waiting(actor, new TaskCompletionSource(), random.Next(OneInWaits) == 0 ? Steps + random.Next(LongestWait) : 0);
        _waiting.Add(step);
        actor.Waits++;
        return step.Go.Task;
    }

    /// <summary>Runs actors until all have ended or died, or until the check finds something.</summary>
    /// <param name="actors">The actors. An exception of one of them ends the run.</param>
    /// <param name="check">Runs after each step; null if nothing is wrong.</param>
    /// <returns>The check's finding; null if there was none.</returns>
    public string? Run(IEnumerable<Func<Task>> actors, Func<string?> check)
    {
        foreach (var actor in actors)
            Start(actor);
        while (_waiting.Count > 0)
        {
            var step = Take(AnyIndex());
            if (random.Next(OneInDies) == 0)
            {
                Deaths++;
                _waiting.RemoveAll(other => other.Actor == step.Actor);
                continue;
            }
            Continue(step);
            if (check() is { } found)
                return found;
        }
        return null;
    }

    /// <summary>Runs one actor to its end. No other one runs meanwhile, and it does not die.</summary>
    public void Finish(Func<Task> actor)
    {
        var last = _waiting.Count;
        Start(actor);
        while (_waiting.Count > last)
            Continue(Take(_waiting.Count - 1));
    }

    private void Start(Func<Task> act)
    {
        var actor = _running = new Actor();
        actor.Task = act();
        Settle(actor);
    }

    /// <summary>Chooses a step at random; mostly one that need not wait any more.</summary>
    private int AnyIndex()
    {
        var index = random.Next(_waiting.Count);
        for (var tries = 0; _waiting[index].Until > Steps && tries < 6; tries++)
            index = random.Next(_waiting.Count);
        return index;
    }

    private Waiting Take(int index)
    {
        var step = _waiting[index];
        _waiting.RemoveAt(index);
        step.Actor.Waits--;
        Steps++;
        return step;
    }

    private void Continue(Waiting step)
    {
        _running = step.Actor;
        // Runs the actor up to its next step.
        step.Go.SetResult();
        Settle(step.Actor);
    }

    private void Settle(Actor actor)
    {
        _running = null;
        if (actor.Task.IsCompleted)
            actor.Task.GetAwaiter().GetResult();
        else if (actor.Waits == 0)
            throw new InvalidOperationException("An actor awaits something that is not a step, so the run could not be repeated.");
    }

    private sealed class Actor
    {
        public Task Task { get; set; } = Task.CompletedTask;

        /// <summary>The number of steps that the actor waits for: more than one if it calls stores at once.</summary>
        public int Waits { get; set; }
    }

    /// <summary>A step that has not begun.</summary>
    /// <param name="Actor">The actor that waits for it.</param>
    /// <param name="Go">Lets the actor continue.</param>
    /// <param name="Until">The number of steps before which it should not begin.</param>
    private readonly record struct Waiting(Actor Actor, TaskCompletionSource Go, long Until);
}
