using System.Diagnostics;

namespace FileDrop.Api.Catalog;

/// <summary>The feeds of changes over an engine: the rules of cursors, and the sequencer.</summary>
/// <remarks>
/// <para>A batch only names entries, and a reader gets them as they are when it reads. So a feed never shows an older state after a newer one, whatever the
/// order in which sequencers find changes.</para>
/// <para>Numbers have no gaps. A gap behind a reader's number therefore means that changes were forgotten.</para>
/// </remarks>
internal sealed class ChangeCatalog : IChangeCatalog, ISequencer
{
    /// <summary>The most changes of each kind in a batch, which is one document.</summary>
    private const int Batch = 200;

    /// <summary>
    /// The time that a sequencer may take from reading the last number to adding a batch. The batch that it would collide with cannot be forgotten meanwhile,
    /// because the retention is longer.
    /// </summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    private readonly IChangeEngine _engine;
    private readonly IMarkedChanges? _marked;
    private Action<string>? _whenSaid;
    private Action<string>? _whenMarked;
    private Guid? _feed;

    /// <param name="engine">The store of the feeds.</param>
    /// <param name="marked">The sequencer's steps; null if the engine numbers each change in the change's own transaction.</param>
    public ChangeCatalog(IChangeEngine engine, IMarkedChanges? marked)
    {
        (_engine, _marked) = (engine, marked);
        engine.WhenChanged(owner => (marked is null ? _whenSaid : _whenMarked)?.Invoke(owner));
    }

    public void WhenSaid(Action<string> tell) => _whenSaid += tell;

    public void WhenMarked(Action<string> tell) => _whenMarked += tell;

    public async Task<Guid> FindFeedAsync(CancellationToken cancellation) => _feed ??= await _engine.FindFeedAsync(cancellation);

    public Task<long> FindLastAsync(string owner, CancellationToken cancellation) => _engine.FindLastChangeAsync(owner, cancellation);

    public async Task<ChangePage?> ReadAsync(string owner, long? after, int limit, CancellationToken cancellation)
    {
        IReadOnlyList<ChangeMark> marks;
        while ((marks = await _engine.FindChangesAsync(owner, after ?? 0, limit + 1, cancellation)).Count == 0)
        {
            var last = await _engine.FindLastChangeAsync(owner, cancellation);
            if (last == (after ?? last))
                return new ChangePage([], last, HasMore: false);
            if (last < after)
                return null;
        }
        if (after is { } known && marks[0].Number != known + 1)
            return null;
        var page = marks.Take(limit).ToList();
        // An entry that changed several times looks the same each time, so once is enough: the last time, so that the order stays that of the numbers.
        var lasts = page.AsEnumerable().Reverse().DistinctBy(mark => mark.Id).Reverse().ToList();
        var live = await _engine.FindLiveAsync(owner, lasts, cancellation);
        return new ChangePage([.. lasts.Select(mark => new Change(mark, live.GetValueOrDefault(mark.Id)))], page[^1].Number, marks.Count > limit);
    }

    public Task<IReadOnlyList<string>> FindLaterAsync(IReadOnlyDictionary<string, long> lasts, CancellationToken cancellation) =>
        _engine.FindLaterAsync(lasts, cancellation);

    public Task ForgetAsync(TimeSpan retention, CancellationToken cancellation) => _engine.ForgetChangesAsync(retention, cancellation);

    public async Task SayAsync(CancellationToken cancellation)
    {
        while (_marked is not null && await _marked.FindMarkedOwnersAsync(cancellation) is { Count: > 0 } owners)
        {
            // One batch of each owner in turn, so that an owner with many changes does not keep the others waiting.
            foreach (var owner in owners)
                await SayBatchAsync(_marked, owner, cancellation);
        }
    }

    public async Task SayAsync(string owner, CancellationToken cancellation)
    {
        while (_marked is not null && await SayBatchAsync(_marked, owner, cancellation))
        {
        }
    }

    /// <summary>Numbers a batch of an owner's changes. True if there may be more.</summary>
    private async Task<bool> SayBatchAsync(IMarkedChanges marked, string owner, CancellationToken cancellation)
    {
        var began = Stopwatch.GetTimestamp();
        // First. Then each mark is read after all batches up to this number, or the insertion is refused.
        var last = await marked.FindLastNumberAsync(owner, cancellation);
        var entries = await marked.FindMarkedAsync(owner, Batch, cancellation);
        if (entries.Count == 0)
            return false;
        ChangeMark[] marks = [.. entries.Select((entry, index) => new ChangeMark(last + 1 + index, entry.Kind, entry.Id))];
        // Another sequencer was faster, or this process was stopped in between. Start over.
        if (Stopwatch.GetElapsedTime(began) > s_patience || !await marked.AddChangesAsync(owner, marks, cancellation))
            return true;
        // A change that came meanwhile has put another mark, which stays.
        await marked.ClearMarksAsync(owner, entries, cancellation);
        _whenSaid?.Invoke(owner);
        return entries.Count >= Batch;
    }
}
