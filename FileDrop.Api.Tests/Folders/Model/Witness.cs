namespace FileDrop.Api.Tests.Folders.Model;

/// <summary>Sees every change, and says what must never be. Each finding is a sentence; null means that nothing is wrong.</summary>
/// <param name="without">The guard that the run leaves out.</param>
internal sealed class Witness(Guard without)
{
    private readonly HashSet<string> _committed = [];
    private readonly HashSet<string> _purged = [];

    /// <summary>When each document was last carried into the trash.</summary>
    private readonly Dictionary<string, long> _carriedAt = [];

    /// <summary>When the purge of each document was decided: for a child, when its folder's was.</summary>
    private readonly Dictionary<string, long> _condemnedAt = [];

    /// <summary>Since when each document has not been live.</summary>
    private readonly Dictionary<string, long> _downSince = [];

    /// <summary>The folder that each document was purged with.</summary>
    private readonly Dictionary<string, string> _purgedWith = [];

    private string? _violation;

    /// <summary>Is told that the next change purges a child because its folder is purged.</summary>
    public void IsPurgedWith(string child, string folder) => _purgedWith[child] = folder;

    /// <summary>Is told that a path, whose search started at a time, led through a folder or to a file.</summary>
    public void Passed(string id, long started) =>
        Object(_downSince.TryGetValue(id, out var since) && since < started, $"a path led through {id}, deleted before");

    /// <summary>Is told of each change.</summary>
    public void Saw(Document before, Document after, long now)
    {
        if (after.IsLive)
        {
            _committed.Add(after.Id);
            _downSince.Remove(after.Id);
        }
        else
        {
            _downSince.TryAdd(after.Id, now);
        }
        if (after.IsCarried && !before.IsCarried)
            _carriedAt[after.Id] = now;
        var isRestored = before.State == State.Trash && after.IsLive;
        Object(isRestored && after.Claim == "", $"{after.Id} was trashed on its own and came back with its folder");
        Object(isRestored && _purgedWith.ContainsValue(after.Id), $"{after.Id} was restored without children that its purge had taken");
        Object(before.State == State.Deleted && after.State != State.Deleted, $"{after.Id} was purged and is {after.State}");
        if (after.State == State.Deleted && before.State != State.Deleted)
            SawPurge(before, now);
    }

    /// <summary>Checks what holds after every change.</summary>
    public string? Check(Store store)
    {
        var live = new Dictionary<Location, string>();
        foreach (var document in store.Documents.Values.Where(document => document.IsLive || document.IsCarried))
        {
            if (document.IsLive && !live.TryAdd(document.Location, document.Id))
                return $"{document.Id} and {live[document.Location]} are both {document.Location}";
            if (IsInACircle(store, document))
                return $"{document.Id} is in a circle";
            if ((Stranded(store, document) ?? Unsound(store, document)) is { } found)
                return found;
        }
        return _violation;
    }

    /// <summary>Checks what holds once all have stopped and the sweepers and sequencers have run to their end.</summary>
    public string? CheckRest(Store store)
    {
        foreach (var document in store.Documents.Values)
        {
            if (document.Sweep != Sweep.None)
                return $"{document.Id} is never swept to its end";
            if (document.IsLive && !IsReachable(store, document))
                return $"{document.Id} is live and nowhere";
            if (document is { IsCarried: true, Via: { } folder } && store.Documents.GetValueOrDefault(folder)?.State != State.Trash)
                return $"{document.Id} is half-carried";
        }
        return FirstKept(id => store.Documents.GetValueOrDefault(id)?.State is not (State.Live or State.Trash)) is { } lost
            ? $"{lost} is lost"
            : CheckFeed(store);
    }

    /// <summary>Finds a document that was committed and not purged, and yet is wrong.</summary>
    public string? FirstKept(Func<string, bool> isWrong) => _committed.Except(_purged).FirstOrDefault(isWrong);

    /// <summary>Returns whether a document and all folders above it are live.</summary>
    public static bool IsReachable(Store store, Document document) => document.IsLive
        && (document.Location.Parent == Protocol.Root
            || (store.Documents.TryGetValue(document.Location.Parent, out var parent) && IsReachable(store, parent)));

    private void SawPurge(Document before, long now)
    {
        _purged.Add(before.Id);
        Object(before.State != State.Trash, $"{before.Id} was live and is purged");
        if (!_purgedWith.TryGetValue(before.Id, out var folder) || !_condemnedAt.TryGetValue(folder, out var condemned))
        {
            _condemnedAt[before.Id] = now;
            return;
        }
        _condemnedAt[before.Id] = condemned;
        Object(_carriedAt[before.Id] > condemned, $"{before.Id} was live when {folder} was purged, and went with it");
    }

    /// <summary>Keeps the first objection of a run.</summary>
    private void Object(bool isWrong, string words)
    {
        if (isWrong)
            _violation ??= words;
    }

    private static bool IsInACircle(Store store, Document document)
    {
        var at = document;
        for (var depth = 0; depth <= store.Documents.Count; depth++)
        {
            if (!store.Documents.TryGetValue(at.Location.Parent, out at))
                return false;
        }
        return true;
    }

    /// <summary>A document in another state than its folder must have a sweeper coming.</summary>
    private static string? Stranded(Store store, Document document)
    {
        if (document.Location.Parent == Protocol.Root)
            return document.IsLive ? null : $"{document.Id} is carried, and is in no folder";
        if (!store.Documents.TryGetValue(document.Location.Parent, out var folder))
            return $"{document.Id} is {document.State} in a folder that does not exist";
        if (document.IsCarried && document.Via != folder.Id)
            return $"{document.Id} is in {folder.Id} and was carried with {document.Via}";
        if (document.IsLive && folder.State == State.Deleted)
            return $"{document.Id} is live in {folder.Id}, which is purged";
        return folder.Sweep == Sweep.None && folder.State != document.State
            ? $"{document.Id} is {document.State} in {folder.Id}, which is {folder.State} and swept"
            : null;
    }

    /// <summary>Checks what the protocol relies on. Runs without a guard are not asked this: they must show a violation that users see.</summary>
    private string? Unsound(Store store, Document document)
    {
        if (without != Guard.None)
            return null;
        var claim = store.Claims.GetValueOrDefault(document.Location);
        if (claim?.Operation != document.Claim || claim.Holder != document.Id)
            return $"{document.Id} is without its claim";
        return document is { IsCarried: true, Via: { } folder, Sweep: not Sweep.None } && store.Documents[folder].Sweep == Sweep.None
            ? $"{document.Id} is not swept, and {folder} is"
            : null;
    }

    /// <summary>Checks that the feed never goes back, and says the last state of everything.</summary>
    private string? CheckFeed(Store store)
    {
        var said = new Dictionary<string, FeedEntry>();
        foreach (var entry in store.Feed.SelectMany(batch => batch))
        {
            if (said.TryGetValue(entry.Id, out var earlier) && earlier.Revision > entry.Revision)
                return $"{entry.Id} goes back in the feed";
            said[entry.Id] = entry;
        }
        return _committed.FirstOrDefault(id => !IsLast(said.GetValueOrDefault(id), store.Documents.GetValueOrDefault(id))) is { } unsaid
            ? $"the last state of {unsaid} is never said"
            : null;
    }

    private static bool IsLast(FeedEntry? said, Document? now) =>
        now is null ? said?.State == State.Deleted : said?.Revision == now.Revision && said.State == now.State;
}
