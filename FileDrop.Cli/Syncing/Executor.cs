using FileDrop.Client;

namespace FileDrop.Cli.Syncing;

/// <summary>The outcome of the steps of a plan.</summary>
internal sealed class Outcome
{
    private readonly Lock _adding = new();
    private readonly List<(SyncAction Action, string Path)> _done = [];
    private readonly List<(string Path, string Reason)> _failed = [];
    private readonly List<string> _conflicts = [];
    private readonly List<string> _outdated = [];

    /// <summary>The steps that were taken, with the paths that they began with.</summary>
    public IReadOnlyList<(SyncAction Action, string Path)> Done => _done;

    /// <summary>The steps that failed for a reason that another plan does not remove.</summary>
    public IReadOnlyList<(string Path, string Reason)> Failed => _failed;

    /// <summary>The paths of the copies that conflicts have left.</summary>
    public IReadOnlyList<string> Conflicts => _conflicts;

    /// <summary>The paths of the steps that met another state than the plan had seen.</summary>
    public IReadOnlyList<string> Outdated => _outdated;

    public void Add(SyncAction action, string path)
    {
        lock (_adding)
            _done.Add((action, path));
    }

    public void Fail(string path, string reason)
    {
        lock (_adding)
            _failed.Add((path, reason));
    }

    public void Conflict(string path)
    {
        lock (_adding)
            _conflicts.Add(path);
    }

    public void Miss(string path)
    {
        lock (_adding)
            _outdated.Add(path);
    }
}

/// <summary>Takes the steps of a plan. Each is intended before its effect, and noted after it. Contents are transferred last, several at once.</summary>
/// <param name="client">The service.</param>
/// <param name="store">Keeps the agreed state.</param>
/// <param name="local">The local effects.</param>
/// <param name="remote">The service's effects.</param>
/// <param name="visible">The entries of the service that are kept in sync.</param>
internal sealed class Executor(FileDropClient client, SyncStore store, LocalSide local, RemoteSide remote, IReadOnlyDictionary<Guid, RemoteNode> visible)
{
    /// <summary>The number of contents that are transferred at once.</summary>
    public const int Transfers = 4;

    /// <summary>Is called after the effect of each step, before it is noted; a test kills the sync here.</summary>
    public Action<SyncAction>? Taken { get; init; }

    /// <summary>Is called after a step has been intended, before its effect.</summary>
    public Action<SyncAction>? Intended { get; init; }

    /// <summary>Is called when a step begins.</summary>
    public Action<SyncAction>? Begins { get; init; }

    /// <summary>Takes all steps.</summary>
    /// <exception cref="HttpRequestException">The service cannot be reached. The steps before are done.</exception>
    public async Task<Outcome> RunAsync(Plan plan, CancellationToken cancellation)
    {
        var outcome = new Outcome();
        try
        {
            var deletions = new List<SyncAction>();
            foreach (var action in plan.Actions.Where(action => !action.IsTransfer))
            {
                // Deletions of files depend on nothing, and go together. A folder goes after its files.
                if (action.Step == Step.DeleteRemote)
                {
                    if (deletions.Count == RemoteSide.MaxDeletions || deletions.Exists(each => each.Unit.RemoteParent == action.Unit))
                        await DeleteAsync(deletions, outcome, cancellation);
                    deletions.Add(action);
                    continue;
                }
                await DeleteAsync(deletions, outcome, cancellation);
                await TakeAsync(action, outcome, cancellation);
            }
            await DeleteAsync(deletions, outcome, cancellation);
            await Parallel.ForEachAsync(
                plan.Actions.Where(action => action.IsTransfer), new ParallelOptions { MaxDegreeOfParallelism = Transfers, CancellationToken = cancellation },
                async (action, token) => await TakeAsync(action, outcome, token));
        }
        finally
        {
            store.Flush();
        }
        return outcome;
    }

    private async Task TakeAsync(SyncAction action, Outcome outcome, CancellationToken cancellation)
    {
        var (unit, path, id) = (action.Unit, action.Unit.Path, action.Unit.Id);
        try
        {
            Begins?.Invoke(action);
            await ActAsync(action, outcome, cancellation);
            Taken?.Invoke(action);
            Note(action, id);
            outcome.Add(action, path);
            if (action.IsConflict)
                outcome.Conflict(unit.LocalPath);
        }
        catch (Exception failure) when (failure is OutdatedException || (failure is FileDropException refusal && IsOutdated(refusal)))
        {
            outcome.Miss(path);
            Refuse(action, id);
        }
        catch (FileDropException refusal) when (!refusal.IsTransient && refusal.Status is not (System.Net.HttpStatusCode.Unauthorized or System.Net.HttpStatusCode.Forbidden))
        {
            outcome.Fail(path, refusal.Detail is { Length: > 0 } detail ? detail : $"The service refuses it: {refusal.Code}.");
            Refuse(action, id);
        }
        catch (Exception failure) when (failure is IOException and not HttpIOException or UnauthorizedAccessException)
        {
            outcome.Fail(path, failure.Message);
            Refuse(action, id);
        }
    }

    private Task ActAsync(SyncAction action, Outcome outcome, CancellationToken cancellation)
    {
        var unit = action.Unit;
        switch (action)
        {
            case { Step: Step.Record or Step.Forget }:
                return Task.CompletedTask;
            case { Step: Step.MoveLocal, Parent: { } parent }:
                Intend(action, local.Moved(unit, parent, action.Name));
                local.Move(unit, parent, action.Name);
                return Task.CompletedTask;
            case { Step: Step.MakeLocalFolder, Parent: { } parent }:
                local.MakeFolder(unit, parent, action.Name);
                return Task.CompletedTask;
            case { Step: Step.DeleteLocal }:
                Intend(action);
                local.Delete(unit);
                return Task.CompletedTask;
            case { Step: Step.Download, Parent: { } parent }:
                return DownloadAsync(action, parent, action.Name, part =>
                {
                    local.Place(unit, part, parent, action.Name, unit.Remote?.Sha256);
                    return null;
                }, outcome, cancellation);
            case { Step: Step.ReplaceLocal, Unit.LocalParent: { } parent }:
                return DownloadAsync(action, parent, unit.LocalName, part => local.Replace(unit, part, unit.Remote?.Sha256), outcome, cancellation);
            case { Step: Step.MoveRemote, Parent: { } parent }:
                Intend(action);
                return remote.MoveAsync(unit, parent, action.Name, cancellation);
            case { Step: Step.MakeRemoteFolder, Parent: { } parent }:
                return MakeRemoteFolderAsync(unit, parent, action.Name, cancellation);
            case { Step: Step.Upload, Parent: { } parent }:
                return UploadAsync(unit, () => remote.UploadAsync(unit, parent, action.Name, local.PathOf(unit), cancellation));
            case { Step: Step.ReplaceRemote }:
                Intend(action);
                return UploadAsync(unit, () => remote.ReplaceAsync(unit, local.PathOf(unit), cancellation));
            default:
                throw new OutdatedException();
        }
    }

    private async Task DownloadAsync(SyncAction action, Unit parent, string name, Func<string, string?> place, Outcome outcome, CancellationToken cancellation)
    {
        if (action.Unit.Remote is not { Sha256: { } digest } file)
            throw new OutdatedException();
        var part = local.PathIn(parent, SyncNames.Part(file.Id));
        try
        {
            await using (var content = new FileStream(part, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1 << 16, FileOptions.Asynchronous))
            {
                await client.ContinueDownloadAsync(file.Id, content, file.Size, digest, cancellation: cancellation);
                // Before the name: after a power failure, an empty file would look like an edit.
                content.Flush(flushToDisk: true);
            }
            File.SetLastWriteTimeUtc(part, (file.ModifiedAt ?? DateTimeOffset.UtcNow).UtcDateTime);
            Intend(action, local.Whole(part, parent, name, digest));
            if (place(part) is { } copy)
                outcome.Conflict($"{parent.LocalPath}/{copy}".TrimStart('/'));
        }
        catch (Exception failure) when (failure is OutdatedException or FileDropException { IsTransient: false })
        {
            File.Delete(part);
            throw;
        }
    }

    private async Task MakeRemoteFolderAsync(Unit unit, Unit parent, string name, CancellationToken cancellation)
    {
        if (!local.IsStill(unit))
            throw new OutdatedException();
        await remote.MakeFolderAsync(unit, parent, name, cancellation);
        TakeName(unit);
    }

    /// <summary>Uploads a content. If it changed while it was read, the next plan uploads it again.</summary>
    private async Task UploadAsync(Unit unit, Func<Task> upload)
    {
        if (!local.IsStill(unit) || unit.Local is not { } before)
            throw new OutdatedException();
        await upload();
        if (!Digest.AreSame(unit.Remote?.Sha256, before.Sha256))
        {
            // Agreed is the content that the service has; the marks fit no local file.
            unit.Local = before with { Sha256 = unit.Remote?.Sha256, Stamp = default };
            return;
        }
        TakeName(unit);
    }

    /// <summary>The service keeps names in NFC. A local name in another form follows.</summary>
    private void TakeName(Unit unit)
    {
        if (!SyncNames.AreSame(unit.LocalName, unit.RemoteName) && unit.LocalParent is { } parent && unit.LocalParent == unit.RemoteParent)
            local.Move(unit, parent, unit.RemoteName);
    }

    /// <summary>Deletes several entries of the service, and empties the list.</summary>
    private async Task DeleteAsync(List<SyncAction> deletions, Outcome outcome, CancellationToken cancellation)
    {
        if (deletions.Count == 0)
            return;
        var entries = store.Remote.Values.ToLookup(node => node.Parent);
        List<SyncAction> known = [.. deletions.Where(deletion => !entries[deletion.Unit.Remote?.Id ?? Guid.Empty].Any(entry => visible.ContainsKey(entry.Id)))];
        foreach (var kept in deletions.Except(known))
            outcome.Miss(kept.Unit.RemotePath);
        deletions.Clear();
        if (known.Count == 0)
            return;
        foreach (var action in known)
            Begins?.Invoke(action);
        store.Intend(known.Select(action => Intent.Of(action)).OfType<Intent>());
        foreach (var action in known)
            Intended?.Invoke(action);
        List<Guid?> ids = [.. known.Select(action => action.Unit.Id)];
        List<string> paths = [.. known.Select(action => action.Unit.RemotePath)];
        var results = await remote.DeleteAsync([.. known.Select(action => (action.Unit, entries[action.Unit.Remote?.Id ?? Guid.Empty].Count()))], cancellation);
        for (var i = 0; i < known.Count; i++)
        {
            if (results[i] is { IsDone: false, Code: { } code })
            {
                Refuse(known[i], ids[i]);
                if (code is "forbidden")
                    outcome.Fail(paths[i], "The key may not delete.");
                else
                    outcome.Miss(paths[i]);
                continue;
            }
            Taken?.Invoke(known[i]);
            Note(known[i], ids[i]);
            outcome.Add(known[i], paths[i]);
        }
    }

    /// <summary>Remembers a step before it is taken.</summary>
    /// <param name="action">The step.</param>
    /// <param name="made">The local entry that the step is about to leave, if it makes or moves one.</param>
    private void Intend(SyncAction action, LocalNode? made = null)
    {
        if (Intent.Of(action, made) is not { } intent)
            return;
        store.Intend([intent]);
        Intended?.Invoke(action);
    }

    /// <summary>Notes a step after its effect.</summary>
    /// <param name="action">The step.</param>
    /// <param name="id">The id that its entry had before.</param>
    private void Note(SyncAction action, Guid? id)
    {
        Agreement.Note(action.Unit, store.Save, store.Forget);
        if (id is { } known)
            store.Settle(known, action.Step);
    }

    private void Refuse(SyncAction action, Guid? id)
    {
        if (id is { } known)
            store.Refuse(known, action.Step);
    }

    private static bool IsOutdated(FileDropException refusal) => refusal.Code is "precondition_failed" or "name_taken" or "file_not_found" or "folder_not_found"
        or "not_found" or "digest_mismatch" or "circle" or "version_not_found";
}
