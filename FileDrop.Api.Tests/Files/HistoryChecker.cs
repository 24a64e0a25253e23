namespace FileDrop.Api.Tests.Files;

/// <summary>What a client asked of one file.</summary>
public enum Verb
{
    Create,
    Replace,
    Rename,
    Read,
    Delete,
}

/// <summary>What a client was told.</summary>
public enum Answer
{
    /// <summary>It was done.</summary>
    Done,

    /// <summary>412: the file has not the version that was named.</summary>
    Refused,

    /// <summary>404.</summary>
    Missing,

    /// <summary>5xx, or nothing: it happened or not, then or later.</summary>
    Unknown,
}

/// <summary>One operation on one file, as its client saw it.</summary>
/// <param name="Verb">What was asked.</param>
/// <param name="Answer">What was told.</param>
/// <param name="Start">Before it was asked, on a monotonic clock that all clients share.</param>
/// <param name="End">After it was told.</param>
/// <param name="Version">The version that the answer names; 0: none.</param>
/// <param name="Content">The hash that was written, or read; null: the operation leaves it, or did not read it.</param>
/// <param name="Name">The name that was written, or read; null likewise.</param>
/// <param name="IfVersion">The version that If-Match named.</param>
/// <param name="SeenContent">The hash that the answer of a change names.</param>
public sealed record Operation(
    Verb Verb, Answer Answer, long Start, long End, long Version = 0, string? Content = null, string? Name = null, long? IfVersion = null,
    string? SeenContent = null)
{
    public bool IsChange => Verb is Verb.Create or Verb.Replace or Verb.Rename;

    /// <summary>What it may take until it happens: what nobody answered may happen at any time.</summary>
    public long Latest => Answer == Answer.Unknown ? long.MaxValue : End;
}

/// <summary>
/// Says whether the history of one file is linearizable: whether each operation can have happened in one moment between its
/// start and its end, one after the other, on a register that has a content, a name and a version.
/// </summary>
/// <remarks>
/// Each change makes the next version, so that the order of the changes is known from their answers, and where each read belongs.
/// What is left to find is a moment for each, in that order. The earliest that is possible is the best for all that follow,
/// so one walk through the versions decides it. Only what a change without an answer did is tried out.
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
        // A refusal says that by then there was a version after the one that it named.
        _refused = history.Where(one => one.Answer == Answer.Refused).ToLookup(one => (one.IfVersion ?? 0) + 1);
        _unknown = [.. history.Where(one => one.IsChange && one.Answer == Answer.Unknown)];
        _missing = [.. history.Where(one => one.Answer == Answer.Missing)];
        _last = history.Where(one => one.Answer == Answer.Done).Select(one => one.Version)
            .Concat(_refused.Select(group => group.Key)).DefaultIfEmpty().Max();
    }

    /// <summary>What is wrong with a file's history; null: it is linearizable.</summary>
    public static string? Check(IReadOnlyList<Operation> history)
    {
        var checker = new HistoryChecker(history);
        return checker.CheckAnswers() ?? checker.Walk(1, default, []);
    }

    /// <summary>What single answers say.</summary>
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
            // So that a refusal cannot have come before its version, but only after it.
            if (!_history.Any(one => one.Answer == Answer.Done && one.Version == refused.IfVersion && one.End <= refused.Start))
                return $"a version was named that nobody had seen: {refused}";
        }
        return _history.FirstOrDefault(one => one.Start > one.End) is { } reversed ? $"an operation ended before it began: {reversed}" : null;
    }

    /// <summary>Goes through the versions from one on, with what is known of the file before it.</summary>
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

    /// <summary>A deletion comes after all else that was done, and whoever finds nothing comes after a deletion.</summary>
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

    /// <summary>What the file is, and the earliest moments at which it can be so.</summary>
    /// <param name="Content">Its hash.</param>
    /// <param name="Name">Its name.</param>
    /// <param name="Moment">When the next change can come.</param>
    /// <param name="Alive">When the deletion can come: also after those who were refused.</param>
    private readonly record struct State(string? Content, string? Name, long Moment, long Alive);
}
