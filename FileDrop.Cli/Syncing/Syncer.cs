using FileDrop.Client;

namespace FileDrop.Cli.Syncing;

/// <summary>One pair of a local folder and a folder of the service.</summary>
/// <param name="Top">The full path of the local folder.</param>
/// <param name="Root">The id of the service's folder.</param>
internal sealed record SyncPair(string Top, Guid Root);

/// <summary>The choices of a sync.</summary>
internal sealed record SyncChoices
{
    /// <summary>Both ways, or one.</summary>
    public SyncMode Mode { get; init; }

    /// <summary>Decides about a plan that deletes many files; null stops the sync.</summary>
    public Func<string, CancellationToken, Task<bool>>? MayDelete { get; init; }

    /// <summary>The machine's name, for the copies of conflicts.</summary>
    public string Host { get; init; } = Environment.MachineName;

    /// <summary>Is called when a step begins; a test acts, or kills the sync, there.</summary>
    public Action<SyncAction>? Begins { get; init; }

    /// <summary>Is called after a step has been intended, before its effect.</summary>
    public Action<SyncAction>? Intended { get; init; }

    /// <summary>Is called after the effect of each step, before it is noted.</summary>
    public Action<SyncAction>? Taken { get; init; }
}

/// <summary>The result of a sync until nothing is left to do.</summary>
internal sealed record SyncResult
{
    /// <summary>The steps that were taken, with the paths that they began with.</summary>
    public IReadOnlyList<(SyncAction Action, string Path)> Done { get; init; } = [];

    /// <summary>The copies that conflicts have left.</summary>
    public IReadOnlyList<string> Conflicts { get; init; } = [];

    /// <summary>The steps that failed in the last round.</summary>
    public IReadOnlyList<(string Path, string Reason)> Failed { get; init; } = [];

    /// <summary>The entries that are left alone.</summary>
    public IReadOnlyList<(string Path, string Reason)> Skipped { get; init; } = [];

    /// <summary>The entries that changed again and again during the sync, or whose names the other side does not give free.</summary>
    public IReadOnlyList<string> Unsettled { get; init; } = [];

    /// <summary>Whether both sides are as the mode wants them, but for skipped entries.</summary>
    public bool IsQuiet => Failed.Count + Unsettled.Count == 0;
}

/// <summary>Syncs a pair in rounds: look at both sides, plan, take the steps; until a plan has none.</summary>
internal sealed class Syncer
{
    private const int MaxRounds = 20;

    /// <summary>A plan that deletes more files than this, and more than half of all, needs a yes.</summary>
    private const int MaxDeletions = 20;

    private readonly FileDropClient _client;
    private readonly SyncPair _pair;
    private readonly SyncStore _store;
    private readonly SyncChoices _choices;
    private readonly RemoteSide _remoteSide;
    private readonly LocalScanner _scanner;
    private readonly SyncNames _names;

    /// <param name="client">The service.</param>
    /// <param name="pair">The folders.</param>
    /// <param name="store">The state of this pair.</param>
    /// <param name="choices">The choices.</param>
    public Syncer(FileDropClient client, SyncPair pair, SyncStore store, SyncChoices choices)
    {
        (_client, _pair, _store, _choices) = (client, pair, store, choices);
        (_remoteSide, _scanner) = (new RemoteSide(client, store), new LocalScanner(pair.Top));
        Tree = new RemoteTree(client, store, pair.Root);
        _names = new SyncNames(choices.Host, DateOnly.FromDateTime(DateTime.Now), store.Token, FoldsCase(pair.Top));
    }

    /// <summary>The service's tree.</summary>
    public RemoteTree Tree { get; }

    /// <summary>Makes a plan, and changes nothing but the notes about the service.</summary>
    public async Task<Plan> PlanAsync(CancellationToken cancellation = default) => (await LookAsync(onlyLooks: true, cancellation)).Plan;

    /// <summary>Syncs until nothing is left to do, or nothing more can be done.</summary>
    /// <exception cref="ToolException">The sync would delete too much, or one of the folders is gone.</exception>
    public async Task<SyncResult> RunAsync(CancellationToken cancellation = default)
    {
        var (done, conflicts, result) = (new List<(SyncAction, string)>(), new List<string>(), new SyncResult());
        foreach (var name in await _remoteSide.RestoreWronglyDeletedAsync(cancellation))
            conflicts.Add(name);
        for (var round = 0; round < MaxRounds; round++)
        {
            var (plan, scan, ignores, visible) = await LookAsync(onlyLooks: false, cancellation);
            await GuardAsync(plan, cancellation);
            var local = new LocalSide(_pair.Top, _scanner.Device, _names, ignores, _remoteSide.Now);
            local.CleanUp(scan.LeftOvers, Continued(plan, local), _store);
            var executor = new Executor(_client, _store, local, _remoteSide, visible)
            {
                Begins = _choices.Begins,
                Intended = _choices.Intended,
                Taken = _choices.Taken,
            };
            var outcome = await executor.RunAsync(plan, cancellation);
            done.AddRange(outcome.Done);
            conflicts.AddRange(outcome.Conflicts);
            result = new SyncResult { Done = done, Conflicts = conflicts, Failed = outcome.Failed, Skipped = plan.Skipped, Unsettled = outcome.Outdated };
            // Notes alone leave nothing to look at again.
            if (!outcome.Done.Any(each => each.Action.IsLocal || each.Action.IsRemote) && outcome.Outdated.Count == 0)
                break;
            if (outcome.Done.Count == 0 && round > 2)
                break;
        }
        return result;
    }

    private async Task<(Plan Plan, LocalScan Scan, IgnoreRules Ignores, IReadOnlyDictionary<Guid, RemoteNode> Visible)> LookAsync(
        bool onlyLooks, CancellationToken cancellation)
    {
        if (!Directory.Exists(_pair.Top))
            throw new ToolException(ExitCode.NotFound, $"{_pair.Top} is not there. Is its drive mounted? Nothing was deleted.");
        await Tree.RefreshAsync(cancellation);
        if (!onlyLooks && _choices.Mode != SyncMode.Pull && await _remoteSide.FenceAsync(cancellation))
            await Tree.RefreshAsync(cancellation);
        var ignores = IgnoreRules.Of(_pair.Top);
        var scan = _scanner.Scan(_store.Synced, ignores, cancellation);
        _store.CompleteIntents(scan.Nodes);
        var (visible, skips) = Visible(ignores);
        await GuardTopAsync(scan, visible, cancellation);
        var plan = Planner.Make(new PlanInput
        {
            Root = _pair.Root,
            Synced = _store.Synced,
            Remote = visible,
            RemoteSkips = skips,
            Local = scan.Nodes,
            Mode = _choices.Mode,
            Names = _names,
        });
        return (plan, scan, ignores, visible);
    }

    /// <summary>Leaves the ignored entries of the service out, and finds those that this machine cannot have.</summary>
    private (IReadOnlyDictionary<Guid, RemoteNode> Visible, IReadOnlyDictionary<Guid, string> Skips) Visible(IgnoreRules ignores)
    {
        var (visible, skips) = (new Dictionary<Guid, RemoteNode>(_store.Remote.Count), new Dictionary<Guid, string>());
        var entries = _store.Remote.Values.ToLookup(node => node.Parent);
        var next = new Queue<(Guid Id, string Path)>([(_pair.Root, "")]);
        while (next.TryDequeue(out var folder))
        {
            foreach (var node in entries[folder.Id])
            {
                var path = folder.Path.Length == 0 ? node.Name : $"{folder.Path}/{node.Name}";
                if (ignores.IsIgnored(path, node.Kind == EntryKind.Folder))
                    continue;
                visible[node.Id] = node;
                if (IgnoreRules.RefuseHere(node.Name, OperatingSystem.IsWindows()) is { } reason)
                    skips[node.Id] = reason;
                if (node.Kind == EntryKind.Folder)
                    next.Enqueue((node.Id, path));
            }
        }
        return (visible, skips);
    }

    /// <summary>Stops before an empty folder, which may be a drive that is not mounted, or another owner's service, deletes everything on the other side.</summary>
    private async Task GuardTopAsync(LocalScan scan, IReadOnlyDictionary<Guid, RemoteNode> visible, CancellationToken cancellation)
    {
        if (_store.Synced.Count == 0)
            return;
        if (scan.Nodes.Count == 1 && _choices.Mode != SyncMode.Pull && visible.Count > 0)
        {
            await AskAsync($"{_pair.Top} is empty, and it was not. Is its drive mounted? A sync would delete everything at the service.", cancellation);
        }
        else if (Tree.IsListed && !_store.Synced.Keys.Any(visible.ContainsKey) && _choices.Mode != SyncMode.Push && scan.Nodes.Count > 1)
        {
            // The next run must see the same.
            var cursor = _store.Cursor;
            _store.Advance(null);
            await AskAsync("The service has none of the entries that were synced. Is the key another owner's? A sync would delete everything here.", cancellation);
            _store.Advance(cursor);
        }
    }

    private async Task GuardAsync(Plan plan, CancellationToken cancellation)
    {
        var files = _store.Synced.Values.Count(node => node.Kind == EntryKind.File);
        foreach (var (step, place) in new[] { (Step.DeleteLocal, "here"), (Step.DeleteRemote, "at the service") })
        {
            var deleted = plan.Actions.Count(action => action.Step == step && action.Unit.Kind == EntryKind.File);
            if (deleted > MaxDeletions && deleted > files / 2)
                await AskAsync($"This sync would delete {deleted} of {Words.Count(files, "file")} {place}.", cancellation);
        }
    }

    private async Task AskAsync(string problem, CancellationToken cancellation)
    {
        if (_choices.MayDelete is not { } mayDelete || !await mayDelete(problem, cancellation))
            throw new ToolException(ExitCode.TooManyDeletions, $"{problem} Nothing was changed. If it shall, add --yes.");
    }

    /// <summary>The parts of downloads that the plan will go on with.</summary>
    private static HashSet<string> Continued(Plan plan, LocalSide local) =>
    [
        .. plan.Actions.Where(action => action.Step is Step.Download or Step.ReplaceLocal && action.Unit.Remote is not null)
            .Select(action => local.PathIn(action.Parent ?? action.Unit.LocalParent ?? action.Unit, SyncNames.Part(action.Unit.Remote?.Id ?? Guid.Empty))),
    ];

    /// <summary>Whether the local file system takes upper and lower case for the same. A file tells, since one system can have several kinds.</summary>
    private static bool FoldsCase(string top)
    {
        if (!Directory.Exists(top))
            return false;
        var probe = Path.Join(top, SyncNames.Part(Guid.NewGuid()));
        try
        {
            File.WriteAllBytes(probe, []);
            return File.Exists(Path.Join(top, Path.GetFileName(probe).ToUpperInvariant()));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return OperatingSystem.IsWindows() || OperatingSystem.IsMacOS();
        }
        finally
        {
            File.Delete(probe);
        }
    }
}
