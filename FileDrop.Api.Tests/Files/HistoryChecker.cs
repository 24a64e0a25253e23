namespace FileDrop.Api.Tests.Files;

/// <summary>A client's operation on one file.</summary>
public enum Verb
{
    Create,
    Replace,
    Rename,
    Read,
    Delete,
}

/// <summary>The answer to an operation.</summary>
public enum Answer
{
    /// <summary>Success.</summary>
    Done,

    /// <summary>412: the file does not have the version in If-Match.</summary>
    Refused,

    /// <summary>404.</summary>
    Missing,

    /// <summary>5xx or no answer: the operation may have happened, then or later.</summary>
    Unknown,
}

/// <summary>One operation on one file, as the client saw it.</summary>
/// <param name="Verb">The operation.</param>
/// <param name="Answer">The answer.</param>
/// <param name="Start">The time before the request, on a monotonic clock that all clients share.</param>
/// <param name="End">The time after the answer.</param>
/// <param name="Version">The version in the answer; 0 if none.</param>
/// <param name="Content">The hash written or read; null if the operation did not change or read it.</param>
/// <param name="Name">The name written or read; null likewise.</param>
/// <param name="IfVersion">The version in If-Match.</param>
/// <param name="SeenContent">The hash in the answer to a change.</param>
public sealed record Operation(
    Verb Verb, Answer Answer, long Start, long End, long Version = 0, string? Content = null, string? Name = null, long? IfVersion = null,
    string? SeenContent = null)
{
    public bool IsChange => Verb is Verb.Create or Verb.Replace or Verb.Rename;

    /// <summary>The latest time at which it can have happened; an operation without an answer may happen at any time.</summary>
    public long Latest => Answer == Answer.Unknown ? long.MaxValue : End;
}

/// <summary>
/// Decides whether the history of one file is linearizable. Each operation must fit one moment between its start and its end, in one order, on a register of
/// content, name and version.
/// </summary>
/// <remarks>
/// Each change makes the next version, so the answers show the order of the changes and the place of each read. Only a moment for each remains to be found, in
/// that order. The earliest possible moment is best for all that follow, so one walk through the versions decides. Only changes without an answer must be tried
/// out.
/// </remarks>
public sealed class HistoryChecker
{
    private readonly Dictionary<long, Operation> _changes = [];
    private readonly ILookup<long, Operation> _reads;
    private readonly ILookup<long, Operation> _refused;
    private readonly List<Operation> _unknown;
    private readonly List<Operation> _missing;
    private readonly IReadOnlyList<Operation> _history;
    private readonly long _last;

    private HistoryChecker(IReadOnlyList<Operation> history)
    {
        _history = history;
        _reads = history.Where(one => one is { Verb: Verb.Read, Answer: Answer.Done }).ToLookup(one => one.Version);
        // A refusal shows that a version after the one in If-Match existed by then.
        _refused = history.Where(one => one.Answer == Answer.Refused).ToLookup(one => (one.IfVersion ?? 0) + 1);
        _unknown = [.. history.Where(one => one.IsChange && one.Answer == Answer.Unknown)];
        _missing = [.. history.Where(one => one.Answer == Answer.Missing)];
        _last = history.Where(one => one.Answer == Answer.Done).Select(one => one.Version)
            .Concat(_refused.Select(group => group.Key)).DefaultIfEmpty().Max();
    }

    /// <summary>The fault of a file's history; null if it is linearizable.</summary>
    public static string? Check(IReadOnlyList<Operation> history)
    {
        var checker = new HistoryChecker(history);
        return checker.CheckAnswers() ?? checker.Walk(1, default, []);
    }

    /// <summary>Checks single answers.</summary>
    private string? CheckAnswers()
    {
        foreach (var change in _history.Where(one => one is { IsChange: true, Answer: Answer.Done }))
        {
            if (!_changes.TryAdd(change.Version, change))
                return $"two changes made version {change.Version}: {_changes[change.Version]} and {change}";
            if (change.IfVersion is { } named && change.Version != named + 1)
                return $"If-Match named another version than the one that was changed: {change}";
        }
        foreach (var refused in _refused.SelectMany(group => group))
        {
            // The client must have seen the version in If-Match, so the refusal came after that version.
            if (!_history.Any(one => one.Answer == Answer.Done && one.Version == refused.IfVersion && one.End <= refused.Start))
                return $"a version was named that nobody had seen: {refused}";
        }
        return _history.FirstOrDefault(one => one.Start > one.End) is { } reversed ? $"an operation ended before it began: {reversed}" : null;
    }

    /// <summary>Walks through the versions from this one on, with the known state of the file before it.</summary>
    private string? Walk(long version, State before, IReadOnlyList<Operation> used)
    {
        if (version > _last)
            return CheckDeletion(before);
        if (_changes.TryGetValue(version, out var change))
            return Step(version, change, before, used);
        var wrong = $"nobody made version {version}";
        foreach (var candidate in _unknown.Except(used).Where(one => one.IfVersion is null || one.IfVersion == version - 1))
        {
            if (Step(version, candidate, before, [.. used, candidate]) is not { } reason)
                return null;
            wrong = $"nobody whose answer was lost can have made version {version}: {reason}";
        }
        return wrong;
    }

    private string? Step(long version, Operation change, State before, IReadOnlyList<Operation> used)
    {
        var made = Math.Max(before.Moment, change.Start);
        if (made > change.Latest)
            return $"version {version} was made before something that came first: {change}";
        if (change.Verb == Verb.Create != (version == 1))
            return $"a file begins with its creation, and only so: {change}";
        var (content, name) = (change.Content ?? before.Content, change.Name ?? before.Name);
        if (change.SeenContent is not null && change.SeenContent != content)
            return $"the change left another content than {content}: {change}";

        var (moment, alive) = (made, Math.Max(before.Alive, made));
        foreach (var read in _reads[version])
        {
            if (made > read.End)
                return $"version {version} was read before it was made: {read}";
            if ((read.Content is not null && read.Content != content) || (read.Name is not null && read.Name != name))
                return $"version {version} is {content} named {name}, but this was read: {read}";
            moment = Math.Max(moment, read.Start);
        }
        foreach (var refused in _refused[version])
        {
            if (made > refused.End)
                return $"If-Match was refused though the version that it named was the file's: {refused}";
            alive = Math.Max(alive, refused.Start);
        }
        return Walk(version + 1, new State(content, name, moment, Math.Max(alive, moment)), used);
    }

    /// <summary>Checks that a deletion comes after all other changes, and that each 404 comes after a deletion.</summary>
    private string? CheckDeletion(State last)
    {
        var deletions = _history.Where(one => one is { Verb: Verb.Delete, Answer: Answer.Done or Answer.Unknown }).ToList();
        var done = deletions.Where(one => one.Answer == Answer.Done).ToList();
        if (done.Count > 1)
            return $"it was deleted twice: {done[0]} and {done[1]}";
        if (done.Count == 0 && _missing.Count == 0)
            return null;
        var wrong = $"it was not found, but nobody deleted it: {_missing.FirstOrDefault()}";
        foreach (var deletion in done.Count == 1 ? done : deletions)
        {
            var deleted = Math.Max(last.Alive, deletion.Start);
            wrong = deleted > deletion.Latest ? $"something was done after the deletion {deletion}"
                : deletion.IfVersion is { } named && named != _last ? $"If-Match named another version than the last: {deletion}"
                : _missing.FirstOrDefault(one => deleted > one.End) is { } early ? $"it was not found, but was deleted later: {early}"
                : null;
            if (wrong is null)
                return null;
        }
        return wrong;
    }

    /// <summary>The state of the file, and the earliest moments at which it is possible.</summary>
    /// <param name="Content">The file's hash.</param>
    /// <param name="Name">The file's name.</param>
    /// <param name="Moment">The earliest moment of the next change.</param>
    /// <param name="Alive">The earliest moment of the deletion, which must also follow all refusals.</param>
    private readonly record struct State(string? Content, string? Name, long Moment, long Alive);
}
