using System.Text;
using FileDrop.Api.Catalog;
using FileDrop.Api.Text;

namespace FileDrop.Api.Tests.Catalog;

/// <summary>An engine in memory: the rules with almost nothing below them, as a model for the real engines.</summary>
/// <param name="rules">The rules, of which only the quotas are used.</param>
/// <param name="time">The catalog's clock.</param>
internal sealed partial class MemoryEngine(CatalogRules rules, TimeProvider time) : ICatalogEngine, IIdempotencyRecords
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<Guid, FileDocument> _documents = new(Comparer<Guid>.Create(
        (one, other) => one.ToByteArray(bigEndian: true).AsSpan().SequenceCompareTo(other.ToByteArray(bigEndian: true))));
    private readonly Dictionary<(string Owner, string Key), (Guid Id, DateTimeOffset Until)> _keys = [];

    public string Description => "Memory";

    private DateTimeOffset Now => DateTimeOffset.FromUnixTimeMilliseconds(time.GetUtcNow().ToUnixTimeMilliseconds());

    public Task StartAsync(CancellationToken cancellation) => Task.CompletedTask;

    public Task PingAsync(CancellationToken cancellation) => Task.CompletedTask;

    public Task<(FileDocument? Document, DateTimeOffset Now)> LoadAsync(
        string owner, Guid id, DocumentParts parts, CancellationToken cancellation) => Locked(() =>
        {
            var document = Find(owner, id);
            if (parts is DocumentParts.File or DocumentParts.Contents)
                document = document is null ? null : document with
                {
                    Versions = parts is DocumentParts.File ? [] : document.Versions,
                    Intents = [],
                    Garbage = [],
                    Upload = null,
                };
            return (document, Now);
        });

    public Task<FileDocument?> InsertAsync(
        string owner, Guid id, Func<DateTimeOffset, FileDocument> make, CancellationToken cancellation) => Locked(() =>
        {
            if (_documents.ContainsKey(id))
                return null;
            return _documents[id] = Admitted(null, make(Now));
        });

    public Task<T> ChangeAsync<T>(
        string owner, Guid id, Func<FileDocument?, DateTimeOffset, Decision<T>> decide, ChangeKind kind, CancellationToken cancellation) =>
        Locked(() =>
        {
            var before = Find(owner, id);
            var decision = decide(before, Now);
            if (decision.Removes)
                _documents.Remove(id);
            else if (decision.Next is { } next)
                _documents[id] = Admitted(before ?? throw new InvalidOperationException("Only an existing document can be changed."), next);
            return decision.Answer;
        });

    public Task<bool> RenewAsync(string owner, Guid id, WriteIntent intent, TimeSpan lease, CancellationToken cancellation) => Locked(() =>
        Replace(owner, id, intent.BlobId, intent.Fence, found => found with { LeaseUntil = WholeMilliseconds.After(Now, lease) }));

    public Task<long> ReserveAsync(string owner, Guid id, WriteIntent intent, long needed, long wanted, CancellationToken cancellation) =>
        Locked(() =>
        {
            var own = Find(owner, id)?.Intents.FirstOrDefault(each => each.BlobId == intent.BlobId)?.Reserved?.Bytes ?? 0;
            var granted = Math.Max(needed, Math.Min(wanted, Demand(owner, new Reservation(needed, Creates: false), own)));
            Replace(owner, id, intent.BlobId, null, found => found with { Reserved = new Reservation(granted, found.Reserved?.Creates == true) });
            return granted;
        });

    public Task<CatalogPage> ListAsync(ListQuery query, CancellationToken cancellation) => Locked(() =>
    {
        var state = query.InTrash ? FileState.Trash : FileState.Live;
        var order = Comparer<ListPosition>.Create((one, other) => Compare(one, other) * (query.Descending ? -1 : 1));
        var found = _documents.Values.Where(file => file.Owner == query.Owner && file.State == state).Select(file => file.ToFile())
            .Where(file => query.Folder is null || file.Place.Folder == query.Folder)
            .Where(file => Matches(file, query.Filter)).Select(file => (File: file, Position: PositionOf(file, query.Sort)))
            .Where(each => query.After is null || order.Compare(each.Position, query.After) > 0)
            .OrderBy(each => each.Position, order).ToList();
        var page = found.Take(query.Limit).ToList();
        return new CatalogPage([.. page.Select(each => each.File)], page.Count < found.Count ? page[^1].Position : null);
    });

    public Task<IReadOnlyList<(string Owner, Guid Id)>> FindDueAsync(int limit, CancellationToken cancellation) =>
        Locked<IReadOnlyList<(string, Guid)>>(() =>
            [.. _documents.Values.Where(file => file.DueAt(Now) <= Now).OrderBy(file => file.DueAt(Now)).Take(limit).Select(file => (file.Owner, file.Id))]);

    public Task<(IReadOnlyList<FileDocument> Documents, DateTimeOffset Now)> ScanAsync(Guid? after, int limit, CancellationToken cancellation) =>
        Locked<(IReadOnlyList<FileDocument>, DateTimeOffset)>(() =>
            ([.. _documents.Where(each => after is not { } id || _documents.Comparer.Compare(each.Key, id) > 0).Take(limit).Select(each => each.Value)], Now));

    public Task<(IReadOnlyList<FileDocument> Documents, DateTimeOffset Now)> FindManyAsync(
        IReadOnlyCollection<Guid> ids, CancellationToken cancellation) =>
        Locked<(IReadOnlyList<FileDocument>, DateTimeOffset)>(() => ([.. ids.Distinct().Where(_documents.ContainsKey).Select(id => _documents[id])], Now));

    public Task<long> CountUploadsAsync(string owner, int limit, CancellationToken cancellation) => Locked(() =>
        (long)_documents.Values.Where(file => file.Owner == owner && file is { State: FileState.Pending, Upload: not null }).Take(limit).Count());

    public Task<CatalogBacklog> MeasureAsync(CancellationToken cancellation) => Locked(() =>
    {
        var late = _documents.Values.Select(file => Now - file.DueAt(Now) ?? TimeSpan.Zero).Append(TimeSpan.Zero).Max();
        return new CatalogBacklog(
            _documents.Values.Sum(file => (long)file.Intents.Count), _documents.Values.Sum(file => (long)file.Garbage.Count), late)
        {
            Folders = _folders.Values.Count(folder => folder.SweepAt <= Now),
        };
    });

    public Task<OwnerUsage> FindUsageAsync(string owner, CancellationToken cancellation) => Locked(() => UsageOf(owner).Usage);

    public Task ReleaseReservationsAsync(CancellationToken cancellation) => Task.CompletedTask;

    public Task<IReadOnlyList<UsageDifference>> CheckUsageAsync(bool repair, CancellationToken cancellation) =>
        Task.FromResult<IReadOnlyList<UsageDifference>>([]);

    public Task<Guid?> FindIdempotencyKeyAsync(string owner, string key, CancellationToken cancellation) => Locked(() => Living(owner, key));

    public Task<bool> AddIdempotencyKeyAsync(string owner, string key, Guid id, TimeSpan life, CancellationToken cancellation) =>
        Locked(() => Living(owner, key) is null && Name(owner, key, id, life));

    public Task<bool> TakeIdempotencyKeyAsync(string owner, string key, Guid former, Guid successor, TimeSpan life, CancellationToken cancellation) =>
        Locked(() => Living(owner, key) == former && Name(owner, key, successor, life));

    public Task ForgetIdempotencyKeysAsync(CancellationToken cancellation) => Task.CompletedTask;

    private Task<T> Locked<T>(Func<T> call)
    {
        lock (_lock)
        {
            try
            {
                return Task.FromResult(call());
            }
            catch (Exception failure)
            {
                return Task.FromException<T>(failure);
            }
        }
    }

    private FileDocument? Find(string owner, Guid id) => _documents.TryGetValue(id, out var found) && found.Owner == owner ? found : null;

    private bool Replace(string owner, Guid id, Guid blob, long? fence, Func<BlobIntent, BlobIntent> change)
    {
        if (Find(owner, id) is not { } file || !file.Intents.Any(each => each.BlobId == blob && (fence is null || each.Fence == fence)))
            return false;
        _documents[id] = file with { Intents = [.. file.Intents.Select(each => each.BlobId == blob ? change(each) : each)] };
        return true;
    }

    private FileDocument Admitted(FileDocument? before, FileDocument after) => after with
    {
        Intents = [.. after.Intents.Select(intent => before?.Intents.Any(each => each.BlobId == intent.BlobId) == true ? intent : Admit(after.Owner, intent))],
    };

    private BlobIntent Admit(string owner, BlobIntent intent)
    {
        if (rules.Quotas.Of(owner).IsNone)
            return intent with { Reserved = null };
        if (intent.Reserved is { } wanted)
            Demand(owner, wanted, own: 0);
        return intent;
    }

    /// <summary>Returns the bytes that the owner's quota leaves.</summary>
    private long Demand(string owner, Reservation wanted, long own)
    {
        var (quota, (usage, creating)) = (rules.Quotas.Of(owner), UsageOf(owner));
        var room = quota.Bytes is { } limit ? limit - usage.Bytes - usage.BytesReserved + own : long.MaxValue;
        return (wanted.Bytes > 0 && wanted.Bytes > room) || (wanted.Creates && usage.Files + creating + 1 > quota.Files)
            ? throw new QuotaExceededException()
            : room;
    }

    private (OwnerUsage Usage, long Creating) UsageOf(string owner)
    {
        var files = _documents.Values.Where(file => file.Owner == owner).ToList();
        var reserved = files.SelectMany(file => file.Intents).Select(intent => intent.Reserved ?? default).ToList();
        var usage = new OwnerUsage(files.Sum(file => file.Usage().Bytes), files.Sum(file => file.Usage().Files), reserved.Sum(each => each.Bytes));
        return (usage, reserved.Count(each => each.Creates));
    }

    private Guid? Living(string owner, string key) =>
        _keys.TryGetValue((owner, key), out var found) && found.Until > Now ? found.Id : null;

    private bool Name(string owner, string key, Guid id, TimeSpan life)
    {
        _keys[(owner, key)] = (id, WholeMilliseconds.After(Now, life));
        return true;
    }

    private static bool Matches(CatalogFile file, ListFilter filter) =>
        ((filter.NameKeyParts ?? []).All(part => NameKey.Of(file.Name).Contains(part, StringComparison.Ordinal)))
        && (!filter.IsLoose || file.Place.Folder is null)
        && (filter.MinSize is not { } min || file.Content.Size >= min)
        && (filter.MaxSize is not { } max || file.Content.Size <= max)
        && (filter.Tags ?? []).All(tag => file.Tags.TryGetValue(tag.Key, out var value) && value == tag.Value);

    private static ListPosition PositionOf(CatalogFile file, FileSort sort) => sort switch
    {
        FileSort.FileName => new ListPosition(0, NameKey.Of(file.Name), file.Id),
        FileSort.FileSize => new ListPosition(file.Content.Size, null, file.Id),
        FileSort.CreatedAt => new ListPosition(file.CreatedAt.ToUnixTimeMilliseconds(), null, file.Id),
        FileSort.UpdatedAt => new ListPosition(file.UpdatedAt.ToUnixTimeMilliseconds(), null, file.Id),
        _ => new ListPosition(file.DeletedAt?.ToUnixTimeMilliseconds() ?? 0, null, file.Id),
    };

    private int Compare(ListPosition one, ListPosition other)
    {
        var byKey = one.Name is { } name && other.Name is { } otherName
            ? Encoding.UTF8.GetBytes(name).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(otherName))
            : one.Number.CompareTo(other.Number);
        return byKey != 0 ? byKey : _documents.Comparer.Compare(one.Id, other.Id);
    }
}
