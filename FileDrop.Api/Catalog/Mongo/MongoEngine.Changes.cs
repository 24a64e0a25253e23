using System.Diagnostics;
using FileDrop.Api.Storage;

namespace FileDrop.Api.Catalog.Mongo;

// Changes: load, decide, and save if the document is unchanged since.
internal sealed partial class MongoEngine
{
    /// <summary>The first pause after a lost save. Only replicas make each other's saves fail, so the loser soon tries again.</summary>
    private static readonly TimeSpan s_firstPause = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromMilliseconds(16);

    private readonly MongoLines _lines = new();

    public async Task<T> ChangeAsync<T>(
        string owner, Guid id, Func<FileDocument?, DateTimeOffset, Decision<T>> decide, ChangeKind kind, CancellationToken cancellation)
    {
        var change = new MongoChange<T>(decide, cancellation);
        using var turn = await _lines.EnterAsync(owner, id, change, cancellation);
        if (!change.IsDone)
        {
            await turn.LeaveGapAsync();
            await CommitAsync(owner, id, turn.TakeAll(), turn);
        }
        return change.Answer();
    }

    /// <summary>Commits all waiting changes of one document in few saves, usually in one.</summary>
    private async Task CommitAsync(string owner, Guid id, IReadOnlyList<MongoChange> changes, MongoLines.Turn turn)
    {
        try
        {
            var open = changes;
            while (open.Count > 0)
            {
                // The cancellation of one caller must not cancel the others' changes.
                await CommitTogetherAsync(owner, id, open, turn, open.Count == 1 ? open[0].Cancellation : CancellationToken.None);
                open = [.. open.Where(change => !change.IsDone)];
            }
        }
        catch (Exception failure)
        {
            foreach (var change in changes.Where(change => !change.IsDone))
                change.Fail(failure);
        }
    }

    /// <summary>Decides each change on the outcome of the one before, and saves the last outcome. Changes after a removal are left for the next time.</summary>
    private async Task CommitTogetherAsync(
        string owner, Guid id, IReadOnlyList<MongoChange> changes, MongoLines.Turn turn, CancellationToken cancellation)
    {
        var before = turn.IsContended ? null : _recent.Take(owner, id);
        var isFresh = before is null;
        var now = isFresh ? default : await _clock.NowAsync(cancellation);
        for (var round = 1; ; round++)
        {
            if (isFresh)
                (before, now) = await LoadWholeAsync(owner, id, cancellation);
            var (next, removes, decided) = await DecideAsync(before?.Document, changes, now, cancellation);
            if (next is null)
            {
                // Only the current state is a reason to refuse, so read the document again.
                if (!isFresh)
                {
                    isFresh = true;
                    continue;
                }
                // Often another change follows, such as a rename that first needs a claim.
                if (before is not null)
                    _recent.Keep(before);
                await LeaveAsync(before, owner, decided.SelectMany(change => change.Opened), now);
                decided.ForEach(change => change.Complete());
                return;
            }
            if (before is null)
                throw new InvalidOperationException("Only an existing document can be changed.");

            var (accepted, refused) = (decided.Where(change => change.IsAccepted).SelectMany(change => change.Opened), decided.Where(change => !change.IsAccepted));
            var accounts = before.Accounts is { } held ? (held with { Held = [.. held.Held, .. accepted] }).After(next) : null;
            var after = MongoDocument.Of(next, accounts, now, before);
            removes &= accounts?.IsUnsettled(next) != true;
            var began = Stopwatch.GetTimestamp();
            if (removes ? await RemoveAsync(before, cancellation) : await SaveAsync(before, after, cancellation))
            {
                if (!removes)
                {
                    _recent.Keep(after);
                    Tell(before.Document, after.Document);
                    await SettleAsync(after);
                }
                await CloseAsync(owner, refused.SelectMany(change => change.Opened));
                decided.ForEach(change => change.Complete());
                return;
            }
            turn.HasLost(Stopwatch.GetElapsedTime(began));
            if (isFresh)
                await PauseAsync(round, cancellation);
            isFresh = true;
        }
    }

    /// <summary>Runs the rules of the changes one after another, each on the outcome of the one before.</summary>
    /// <returns>The last outcome (null if there is none), whether it removes the document, and the changes whose rules ran.</returns>
    private async Task<(FileDocument? Next, bool Removes, List<MongoChange> Decided)> DecideAsync(
        FileDocument? document, IReadOnlyList<MongoChange> changes, DateTimeOffset now, CancellationToken cancellation)
    {
        var (next, decided) = (default(FileDocument), new List<MongoChange>(changes.Count));
        foreach (var change in changes)
        {
            decided.Add(change);
            var (outcome, removes) = change.Decide(next ?? document, now);
            if (outcome is not null && (next ?? document) is { } former && !await TryReserveAsync(change, former.Intents, outcome, cancellation))
                continue;
            next = outcome ?? next;
            if (removes)
                return (next, true, decided);
        }
        return (next, false, decided);
    }

    /// <summary>Reserves quota for a change. False if the change is refused, usually because the quota has no room.</summary>
    private async Task<bool> TryReserveAsync(MongoChange change, IReadOnlyList<BlobIntent> before, FileDocument after, CancellationToken cancellation)
    {
        try
        {
            await ReserveNewAsync(before, after, change.Opened, cancellation);
            return true;
        }
        catch (Exception refusal) when (refusal is QuotaExceededException or StorageException)
        {
            change.Refuse(refusal);
            return false;
        }
    }

    /// <summary>Leaves a document unchanged: releases its reservations, and repairs the fields that only the engine knows.</summary>
    private async Task LeaveAsync(MongoDocument? document, string owner, IEnumerable<Guid> opened, DateTimeOffset now)
    {
        await CloseAsync(owner, opened);
        if (document is null)
            return;
        await SettleAsync(document);
        // A renewal does not change the time at which the sweeper looks. If that time has passed and nothing is due, set it again.
        if (document.SweepAt <= now && document.Accounts?.IsUnsettled(document.Document) != true && document.Document.DueAt(now) is var due && !(due <= now))
            await SaveAsync(document, MongoDocument.Of(document.Document, document.Accounts, now, document), CancellationToken.None);
    }

    private async Task CloseAsync(string owner, IEnumerable<Guid> operations)
    {
        foreach (var operation in operations)
            await _owners.CloseAsync(owner, MongoSchema.Uuid(operation), bytes: 0, files: 0, CancellationToken.None);
    }

    private static Task PauseAsync(int round, CancellationToken cancellation)
    {
        var longest = Math.Min(s_longestPause.TotalMilliseconds, s_firstPause.TotalMilliseconds * (1 << Math.Min(round, 10)));
        return Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.NextDouble() * longest), cancellation);
    }
}
