using FileDrop.Api.Catalog;

namespace FileDrop.Api.Tests.Catalog;

// Folders. Each step of a protocol may be held back, so that a test decides in which order many protocols take theirs.
internal sealed partial class MemoryEngine : IFolderEngine
{
    private readonly Dictionary<Guid, FolderDocument> _folders = [];
    private readonly Dictionary<(string Owner, EntryKey Key), NameClaim> _names = [];
    private readonly Dictionary<string, FolderSlot> _slots = [];
    private readonly Dictionary<Guid, IEntry> _recalled = [];

    /// <summary>All files and folders as they are now.</summary>
    public IEnumerable<IEntry> All => [.. _folders.Values, .. _documents.Values];

    /// <summary>All claims of names as they are now.</summary>
    public IReadOnlyDictionary<(string Owner, EntryKey Key), NameClaim> Names => _names;

    /// <summary>Awaited before each step of a protocol; null lets every step run at once.</summary>
    public Func<Task>? Gate { get; set; }

    public async Task<T> RunAsync<T>(string owner, Func<IFolderSteps, ValueTask<T>> protocol, CancellationToken cancellation) =>
        await protocol(new Steps(this, owner));

    public Task<FolderDocument?> FindFolderAsync(string owner, Guid id, CancellationToken cancellation) => Locked(() => Folder(owner, id));

    public Task<IEntry?> FindEntryAsync(string owner, EntryKey key, CancellationToken cancellation) => Locked(() =>
        Entries(owner).FirstOrDefault(entry => entry.State == FileState.Live && EntryKey.OfClaim(entry) == key));

    public Task<FolderPage> ListFoldersAsync(ListQuery query, CancellationToken cancellation) => Locked(() =>
    {
        var order = Comparer<ListPosition>.Create((one, other) => Compare(one, other) * (query.Descending ? -1 : 1));
        var found = _folders.Values
            .Where(folder => folder.Owner == query.Owner
                && (query.InTrash ? folder.State == FileState.Trash : folder.State == FileState.Live && folder.Place.Folder == query.Folder))
            .Select(folder => (Folder: folder.ToFolder(), Position: PositionOf(folder, query.Sort)))
            .Where(each => (query.Filter.NameKeyParts ?? []).All(part => NameKey.Of(each.Folder.Name).Contains(part, StringComparison.Ordinal)))
            .Where(each => query.After is null || order.Compare(each.Position, query.After) > 0)
            .OrderBy(each => each.Position, order).ToList();
        var page = found.Take(query.Limit).ToList();
        return new FolderPage([.. page.Select(each => each.Folder)], page.Count < found.Count ? page[^1].Position : null);
    });

    public Task<IReadOnlyList<(string Owner, Guid Id)>> FindDueFoldersAsync(int limit, CancellationToken cancellation) =>
        Locked<IReadOnlyList<(string, Guid)>>(() =>
            [.. _folders.Values.Where(folder => folder.SweepAt <= Now).OrderBy(folder => folder.SweepAt).Take(limit).Select(folder => (folder.Owner, folder.Id))]);

    public Task<IReadOnlyList<FolderDocument>> ScanFoldersAsync(Guid? after, int limit, CancellationToken cancellation) =>
        Locked<IReadOnlyList<FolderDocument>>(() =>
            [.. _folders.Values.OrderBy(folder => folder.Id, _documents.Comparer).Where(folder => after is not { } id || _documents.Comparer.Compare(folder.Id, id) > 0).Take(limit)]);

    public Task<IReadOnlyList<(string Owner, NameClaim Claim)>> ScanNamesAsync(
        (string Owner, EntryKey Key)? after, int limit, CancellationToken cancellation) =>
        Locked<IReadOnlyList<(string, NameClaim)>>(() =>
            [.. Ordered(_names).SkipWhile(each => after is { } last && Compare(each.Key, last) <= 0).Take(limit).Select(each => (each.Key.Owner, each.Value))]);

    public Task<IReadOnlyList<FolderDocument>> FindFoldersAsync(IReadOnlyCollection<Guid> ids, CancellationToken cancellation) =>
        Locked<IReadOnlyList<FolderDocument>>(() => [.. ids.Distinct().Where(_folders.ContainsKey).Select(id => _folders[id])]);

    public Task<IReadOnlyList<(string Owner, NameClaim Claim)>> FindNamesAsync(
        IReadOnlyCollection<(string Owner, EntryKey Key)> keys, CancellationToken cancellation) =>
        Locked<IReadOnlyList<(string, NameClaim)>>(() => [.. keys.Where(_names.ContainsKey).Select(key => (key.Owner, _names[key]))]);

    public Task<(long Files, long Folders)> CountCarriedAsync(string owner, Guid folder, int limit, CancellationToken cancellation) => Locked(() => (
        (long)Children(owner, folder, FileState.Carried).Count(entry => entry.Kind == EntryKind.File),
        (long)Children(owner, folder, FileState.Carried).Count(entry => entry.Kind == EntryKind.Folder)));

    private FolderDocument? Folder(string owner, Guid id) => _folders.TryGetValue(id, out var found) && found.Owner == owner ? found : null;

    private IEnumerable<IEntry> Entries(string owner) =>
        [.. _folders.Values.Where(folder => folder.Owner == owner), .. _documents.Values.Where(file => file.Owner == owner)];

    private IEnumerable<IEntry> Children(string owner, Guid folder, FileState state) =>
        Entries(owner).Where(entry => entry.Place.Folder == folder && entry.State == state);

    private static IEnumerable<KeyValuePair<(string Owner, EntryKey Key), NameClaim>> Ordered(Dictionary<(string Owner, EntryKey Key), NameClaim> names) =>
        names.Order(Comparer<KeyValuePair<(string Owner, EntryKey Key), NameClaim>>.Create((one, other) => Compare(one.Key, other.Key)));

    private static int Compare((string Owner, EntryKey Key) one, (string Owner, EntryKey Key) other) =>
        string.CompareOrdinal(one.Owner, other.Owner) is not 0 and var byOwner ? byOwner
        : one.Key.Folder.CompareTo(other.Key.Folder) is not 0 and var byFolder ? byFolder
        : string.CompareOrdinal(one.Key.Name, other.Key.Name);

    private static ListPosition PositionOf(FolderDocument folder, FileSort sort) => sort switch
    {
        FileSort.CreatedAt => new ListPosition(folder.CreatedAt.ToUnixTimeMilliseconds(), null, folder.Id),
        FileSort.UpdatedAt => new ListPosition(folder.UpdatedAt.ToUnixTimeMilliseconds(), null, folder.Id),
        FileSort.DeletedAt => new ListPosition(folder.DeletedAt?.ToUnixTimeMilliseconds() ?? 0, null, folder.Id),
        _ => new ListPosition(0, NameKey.Of(folder.Name ?? ""), folder.Id),
    };

    private sealed class Steps(MemoryEngine engine, string owner) : IFolderSteps
    {
        public ValueTask<DateTimeOffset> NowAsync() => new(engine.Now);

        public async ValueTask PauseAsync() => await StepAsync(() => true);

        public ValueTask<FolderDocument?> LoadFolderAsync(Guid id) => StepAsync(() => engine.Folder(owner, id));

        public ValueTask<FileDocument?> LoadFileAsync(Guid id) => StepAsync(() => engine.Find(owner, id));

        public ValueTask<FolderDocument?> RecallFolderAsync(Guid id) => StepAsync(() => Recall(engine.Folder(owner, id)));

        public ValueTask<FileDocument?> RecallFileAsync(Guid id) => StepAsync(() => Recall(engine.Find(owner, id)));

        public ValueTask<bool> InsertFolderAsync(Func<DateTimeOffset, FolderDocument> make) => StepAsync(() =>
        {
            var folder = make(engine.Now);
            return engine._folders.TryAdd(folder.Id, folder);
        });

        public ValueTask<T> ChangeFolderAsync<T>(Guid id, Func<FolderDocument?, DateTimeOffset, FolderDecision<T>> decide) => StepAsync(() =>
        {
            var decision = decide(engine.Folder(owner, id), engine.Now);
            if (decision.Removes)
                engine._folders.Remove(id);
            else if (decision.Next is { } next)
                engine._folders[id] = next;
            return decision.Answer;
        });

        public async ValueTask<T> ChangeFileAsync<T>(Guid id, Func<FileDocument?, DateTimeOffset, Decision<T>> decide)
        {
            await PassAsync();
            return await engine.ChangeAsync(owner, id, decide, ChangeKind.Plain, CancellationToken.None);
        }

        public ValueTask<bool> InsertNameAsync(NameClaim claim) => StepAsync(() => engine._names.TryAdd((owner, claim.Key), claim));

        public ValueTask<NameClaim?> FindNameAsync(EntryKey key) => StepAsync(() => engine._names.GetValueOrDefault((owner, key)));

        public ValueTask<bool> ReplaceNameAsync(NameClaim former, NameClaim claim) => StepAsync(() =>
        {
            if (engine._names.GetValueOrDefault((owner, former.Key))?.Operation != former.Operation)
                return false;
            engine._names[(owner, former.Key)] = claim;
            return true;
        });

        public async ValueTask DeleteNameAsync(EntryKey key, Guid operation) => await StepAsync(() =>
            engine._names.GetValueOrDefault((owner, key))?.Operation == operation && engine._names.Remove((owner, key)));

        public ValueTask<IReadOnlyList<NameClaim>> FindNamesAsync(Guid folder, EntryKey? after, int limit) => StepAsync<IReadOnlyList<NameClaim>>(() =>
            [.. Ordered(engine._names).Where(each => each.Key.Owner == owner && each.Key.Key.Folder == folder
                && (after is not { } last || string.CompareOrdinal(each.Key.Key.Name, last.Name) > 0)).Take(limit).Select(each => each.Value)]);

        public ValueTask<IReadOnlyList<IEntry>> FindLockedAsync(EntryKind kind) => StepAsync<IReadOnlyList<IEntry>>(() =>
            [.. engine.Entries(owner).Where(entry => entry.Kind == kind && entry.State == FileState.Live && entry.Dav.LockedUntil > engine.Now)]);

        public ValueTask<bool> TakeSlotAsync(FolderSlot slot) => StepAsync(() => engine._slots.TryAdd(owner, slot));

        public ValueTask<FolderSlot?> FindSlotAsync() => StepAsync(() => engine._slots.GetValueOrDefault(owner));

        public async ValueTask ClearSlotAsync(Guid operation) => await StepAsync(() =>
            engine._slots.GetValueOrDefault(owner)?.Operation == operation && engine._slots.Remove(owner));

        public ValueTask<IReadOnlyList<IEntry>> FindChildrenAsync(Guid folder, EntryKind kind, FileState state, Guid? after, int limit) =>
            StepAsync<IReadOnlyList<IEntry>>(() =>
                [.. engine.Children(owner, folder, state).Where(entry => entry.Kind == kind)
                    .Where(entry => after is not { } id || engine._documents.Comparer.Compare(entry.Id, id) > 0)
                    .OrderBy(entry => entry.Id, engine._documents.Comparer).Take(limit)]);

        public ValueTask<bool> HasChildAsync(Guid folder, FileState state) => StepAsync(() => engine.Children(owner, folder, state).Any());

        public ValueTask<bool> HasUnsweptChildAsync(Guid folder) => StepAsync(() =>
            engine.Children(owner, folder, FileState.Carried).Any(entry => entry is FolderDocument { Sweep: not FolderSweep.None }));

        /// <summary>Answers as at the last time, which may be long ago.</summary>
        private T? Recall<T>(T? now) where T : class, IEntry
        {
            if (now is null)
                return null;
            var before = engine._recalled.GetValueOrDefault(now.Id);
            engine._recalled[now.Id] = now;
            return (T?)before ?? now;
        }

        private async ValueTask<T> StepAsync<T>(Func<T> step)
        {
            await PassAsync();
            return await engine.Locked(step);
        }

        private Task PassAsync() => engine.Gate?.Invoke() ?? Task.CompletedTask;
    }
}
