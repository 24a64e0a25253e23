using FileDrop.Api.Tests.Files;

namespace FileDrop.Api.Tests.Folders;

/// <summary>A client's operation on one entry of a tree.</summary>
public enum PathVerb
{
    /// <summary>Creates the entry.</summary>
    Create,

    /// <summary>Moves or renames it, or gives a file a new version.</summary>
    Place,

    /// <summary>Reads it.</summary>
    Read,

    /// <summary>Deletes it by itself.</summary>
    Trash,

    /// <summary>Takes it out of the trash.</summary>
    Restore,
}

/// <summary>
/// One operation as its client saw it. A refused operation is left out, since it must have no effect. The exception is a refused replacement: on several replicas
/// another change can come between the deletion of the entry that has the name and the move, and then only the move is refused.
/// </summary>
/// <param name="Entry">The entry's id.</param>
/// <param name="Verb">The operation.</param>
/// <param name="Start">The time before the request, on a clock that all clients share.</param>
/// <param name="End">The time after the answer; <see cref="long.MaxValue"/> if the operation may have happened, then or later.</param>
/// <param name="Version">The version in the answer; 0 if none.</param>
/// <param name="Folder">The folder in the answer or, without one, in the request.</param>
/// <param name="Name">The name, likewise; null if it is not known.</param>
/// <param name="Replaces">Whether an entry that had the name goes to the trash.</param>
public sealed record PathOperation(
    string Entry, PathVerb Verb, long Start, long End, long Version = 0, string? Folder = null, string? Name = null, bool Replaces = false)
{
    public bool IsKnown => End != long.MaxValue;

    public bool IsPlacing => Verb is PathVerb.Create or PathVerb.Place or PathVerb.Restore;

    public (string? Folder, string? Name) Key => (Folder, Name);
}

/// <summary>The state of an entry at the end.</summary>
public enum PathState
{
    /// <summary>It has a path.</summary>
    Live,

    /// <summary>It was deleted by itself.</summary>
    Trash,

    /// <summary>It went to the trash with its folder.</summary>
    Carried,
}

/// <summary>An entry when everybody has stopped and the sweeper is done.</summary>
public sealed record PathEnd(string Entry, PathState State, string Folder, string Name, long Version);

/// <summary>
/// Decides whether the answers about the places of all entries of a tree can be true together. It accepts every possible history, and rejects those in which an
/// acknowledged change is lost, a name is there twice, an entry is gone that nobody deleted, or a circle is closed.
/// </summary>
internal sealed class PathHistory
{
    private readonly IReadOnlyList<PathOperation> _history;
    private readonly ILookup<string, PathOperation> _ofEntry;
    private readonly ILookup<(string?, string?), PathOperation> _replacing;
    private readonly Dictionary<string, PathEnd> _ends;
    private readonly string _root;

    private PathHistory(IReadOnlyList<PathOperation> history, IReadOnlyList<PathEnd> ends, string root)
    {
        (_history, _root) = (history, root);
        _ofEntry = history.ToLookup(each => each.Entry);
        _replacing = history.Where(each => each.Replaces).ToLookup(each => each.Key);
        _ends = ends.ToDictionary(end => end.Entry);
    }

    /// <summary>All faults of a history.</summary>
    /// <param name="history">The operations.</param>
    /// <param name="ends">All entries at the end.</param>
    /// <param name="root">The root's id.</param>
    public static IReadOnlyList<string> Check(IReadOnlyList<PathOperation> history, IReadOnlyList<PathEnd> ends, string root)
    {
        var checker = new PathHistory(history, ends, root);
        return [.. checker.FindImpossiblePlaces(), .. checker.FindSharedNames(), .. checker.FindLost(), .. checker.FindUnreachable()];
    }

    /// <summary>Each entry is a register of folder and name, and each change makes its next version.</summary>
    private IEnumerable<string> FindImpossiblePlaces()
    {
        foreach (var entry in _ofEntry)
        {
            // The client of a lost answer may know neither the entry nor its name.
            if (!entry.Any(each => each.Verb == PathVerb.Create) || entry.Any(each => each.IsPlacing && each.Name is null))
                continue;
            // A restoration to the same place makes no version.
            var made = entry.Where(each => each is { IsPlacing: true, IsKnown: true }).GroupBy(each => each.Version)
                .ToDictionary(group => group.Key, group => group.OrderBy(each => each.Verb == PathVerb.Restore).ThenBy(each => each.Start).First());
            var register = entry.Where(each => each.Verb != PathVerb.Trash)
                .Select(each => AsOperation(each, each.Verb is not PathVerb.Restore || !each.IsKnown || ReferenceEquals(made[each.Version], each))).ToList();
            if (_ends.TryGetValue(entry.Key, out var end))
                register.Add(new Operation(Verb.Read, Answer.Done, long.MaxValue, long.MaxValue, end.Version, end.Folder, end.Name));
            if (HistoryChecker.Check(register) is { } fault)
                yield return $"{entry.Key}: {fault}";
        }
    }

    private static Operation AsOperation(PathOperation one, bool changes) => new(
        one.Verb == PathVerb.Create ? Verb.Create : one.Verb == PathVerb.Read || !changes ? Verb.Read : Verb.Replace,
        one.IsKnown ? Answer.Done : Answer.Unknown, one.Start, one.End, one.Version, one.Folder, one.Name);

    /// <summary>From the answer of an operation until anything begins that can take it away, an entry certainly has its name, and nobody else has.</summary>
    private IEnumerable<string> FindSharedNames()
    {
        var held = _history.Where(each => each is { IsPlacing: true, IsKnown: true }).Select(each => (Holder: each, Until: CertainlyUntil(each)));
        foreach (var name in held.Where(each => each.Holder.End < each.Until).GroupBy(each => each.Holder.Key))
        {
            var latest = default((PathOperation? Holder, long Until));
            foreach (var next in name.OrderBy(each => each.Holder.End))
            {
                if (latest.Holder is { } holder && holder.Entry != next.Holder.Entry && next.Holder.End < latest.Until)
                    yield return $"two entries have one name: {holder} and {next.Holder}";
                if (latest.Holder is null || next.Until > latest.Until)
                    latest = next;
            }
        }
    }

    private long CertainlyUntil(PathOperation holder) => _ofEntry[holder.Entry].Where(each => each.Verb != PathVerb.Read)
        .Concat(_replacing[holder.Key].Concat(_replacing[(holder.Folder, null)]).Where(each => each.Entry != holder.Entry))
        .Where(each => !ReferenceEquals(each, holder) && each.End > holder.Start)
        .Select(each => each.Start).DefaultIfEmpty(long.MaxValue).Min();

    /// <summary>Everything that was created is live or in the trash, and there for a reason.</summary>
    private IEnumerable<string> FindLost()
    {
        foreach (var entry in _ofEntry.Where(entry => entry.Any(each => each is { Verb: PathVerb.Create, IsKnown: true })))
        {
            if (!_ends.TryGetValue(entry.Key, out var end))
                yield return $"{entry.Key} is gone, and was never purged";
            else if (end.State == PathState.Trash && !entry.Any(each => each.Verb == PathVerb.Trash) && !IsReplaced(entry))
                yield return $"{entry.Key} is in the trash, and nobody deleted it: {end}";
            else if (end.State == PathState.Live && entry.FirstOrDefault(IsFinalDeletion) is { } deletion)
                yield return $"{entry.Key} is live, but was deleted: {deletion}";

            bool IsFinalDeletion(PathOperation one) => one is { Verb: PathVerb.Trash, IsKnown: true }
                && !entry.Any(each => each.Verb == PathVerb.Restore && each.End > one.Start);
        }
    }

    private bool IsReplaced(IGrouping<string, PathOperation> entry) => _history.Any(other => other.Replaces && other.Entry != entry.Key
        && (other.Name is null || entry.Any(each => each.IsPlacing && (each.Name is null || each.Key == other.Key))));

    /// <summary>At the end, names are unique, live entries are in live folders up to the root, and carried ones in a folder that is in the trash.</summary>
    private IEnumerable<string> FindUnreachable()
    {
        foreach (var twice in _ends.Values.Where(end => end.State == PathState.Live).GroupBy(end => (end.Folder, end.Name)).Where(same => same.Count() > 1))
            yield return $"{twice.Count()} live entries are called {twice.Key.Name} in {twice.Key.Folder}";
        foreach (var end in _ends.Values)
        {
            if (end.State == PathState.Live && !IsReachable(end))
                yield return $"{end} is live, and no path leads to it";
            if (end.State == PathState.Carried && _ends.GetValueOrDefault(end.Folder)?.State is not (PathState.Trash or PathState.Carried))
                yield return $"{end} went to the trash with a folder that is not there";
        }
    }

    private bool IsReachable(PathEnd end)
    {
        var at = end;
        for (var steps = 0; at?.State == PathState.Live && steps <= _ends.Count; steps++)
        {
            if (at.Folder == _root)
                return true;
            at = _ends.GetValueOrDefault(at.Folder);
        }
        return false;
    }
}
