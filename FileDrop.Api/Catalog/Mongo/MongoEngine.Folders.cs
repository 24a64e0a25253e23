using MongoDB.Bson;
using MongoDB.Driver;

namespace FileDrop.Api.Catalog.Mongo;

// Folders. A protocol runs step by step, because a standalone server has no transactions; FolderProtocol is made for that.
internal sealed partial class MongoEngine : IFolderEngine
{
    private readonly MongoRecent<StoredFolder> _recentFolders = new(stored => (stored.Folder.Owner, stored.Folder.Id, 0));

    private IMongoCollection<BsonDocument> Folders => _database.GetCollection<BsonDocument>(MongoFolders.Folders);

    private IMongoCollection<BsonDocument> Names => _database.GetCollection<BsonDocument>(MongoFolders.Names);

    private IMongoCollection<BsonDocument> Slots => _database.GetCollection<BsonDocument>(MongoFolders.Slots);

    public async Task<T> RunAsync<T>(string owner, Func<IFolderSteps, ValueTask<T>> protocol, CancellationToken cancellation) =>
        await protocol(new Steps(this, owner, cancellation));

    public Task<DateTimeOffset> NowAsync(CancellationToken cancellation) => _clock.NowAsync(cancellation).AsTask();

    public async Task<FolderDocument?> FindFolderAsync(string owner, Guid id, CancellationToken cancellation) =>
        (await LoadFolderAsync(owner, id, cancellation))?.Folder;

    public async Task<IEntry?> FindEntryAsync(string owner, EntryKey key, CancellationToken cancellation)
    {
        var named = new BsonDocument
        {
            { "owner", owner }, { "parent", MongoSchema.Uuid(key.Folder) }, { "state", MongoSchema.Live }, { "name_key", NameKey.Of(key.Name) },
        };
        var index = MongoFolders.Orders[FileSort.FileName].Index;
        var folders = await CallAsync(token => Folders.Find(named, new FindOptions { Hint = index }).ToListAsync(token), cancellation);
        if (folders.Select(MongoFolders.Read).FirstOrDefault(folder => EntryKey.OfClaim(folder) == key) is { } found)
            return found;
        var files = await CallAsync(
            token => _files.Find(named, new FindOptions { Hint = index }).Project(MongoSchema.FileFields).ToListAsync(token), cancellation);
        return files.Select(file => MongoSchema.ToPartial(file, MongoSchema.ToGuid(file["_id"]), owner)).FirstOrDefault(file => EntryKey.OfClaim(file) == key);
    }

    public async Task<FolderPage> ListFoldersAsync(ListQuery query, CancellationToken cancellation)
    {
        var (folders, next) = await CallAsync(token => new MongoListing<CatalogFolder>(MongoFolders.List(Folders, query), query, token).ReadAsync(), cancellation);
        return new FolderPage(folders, next);
    }

    public async Task<IReadOnlyList<(string Owner, Guid Id)>> FindDueFoldersAsync(int limit, CancellationToken cancellation)
    {
        var due = await DueFoldersAsync(cancellation);
        var found = await CallAsync(
            token => Folders.Find(due, new FindOptions { Hint = "due" }).Sort(new BsonDocument("sweep_at", 1)).Limit(limit)
                .Project(new BsonDocument("owner", 1)).ToListAsync(token),
            cancellation);
        return [.. found.Select(folder => (folder["owner"].AsString, MongoSchema.ToGuid(folder["_id"])))];
    }

    public async Task<IReadOnlyList<FolderDocument>> ScanFoldersAsync(Guid? after, int limit, CancellationToken cancellation)
    {
        var behind = after is { } id ? new BsonDocument("_id", new BsonDocument("$gt", MongoSchema.Uuid(id))) : [];
        var found = await CallAsync(token => Folders.Find(behind).Sort(new BsonDocument("_id", 1)).Limit(limit).ToListAsync(token), cancellation);
        return [.. found.Select(MongoFolders.Read)];
    }

    public async Task<IReadOnlyList<(string Owner, NameClaim Claim)>> ScanNamesAsync(
        (string Owner, EntryKey Key)? after, int limit, CancellationToken cancellation)
    {
        var behind = after is { } last ? new BsonDocument("_id", new BsonDocument("$gt", MongoFolders.NameId(last.Owner, last.Key))) : [];
        var found = await CallAsync(token => Names.Find(behind).Sort(new BsonDocument("_id", 1)).Limit(limit).ToListAsync(token), cancellation);
        return [.. found.Select(claim => (claim["owner"].AsString, MongoFolders.ReadName(claim)))];
    }

    public async Task<IReadOnlyList<FolderDocument>> FindFoldersAsync(IReadOnlyCollection<Guid> ids, CancellationToken cancellation)
    {
        var found = await FindManyAsync(Folders, ids.Select(MongoSchema.Uuid), cancellation);
        return [.. found.Select(MongoFolders.Read)];
    }

    public async Task<IReadOnlyList<(string Owner, NameClaim Claim)>> FindNamesAsync(
        IReadOnlyCollection<(string Owner, EntryKey Key)> keys, CancellationToken cancellation)
    {
        var found = await FindManyAsync(Names, keys.Select(each => MongoFolders.NameId(each.Owner, each.Key)), cancellation);
        return [.. found.Select(claim => (claim["owner"].AsString, MongoFolders.ReadName(claim)))];
    }

    public async Task<(long Files, long Folders)> CountCarriedAsync(string owner, Guid folder, int limit, CancellationToken cancellation)
    {
        var (carried, options) = (Child(owner, folder, FileState.Carried), new CountOptions { Limit = limit, Hint = "placed" });
        return (
            await CallAsync(token => _files.CountDocumentsAsync(carried, options, token), cancellation),
            await CallAsync(token => Folders.CountDocumentsAsync(carried, options, token), cancellation));
    }

    /// <summary>A condition that a folder is due.</summary>
    private async Task<BsonDocument> DueFoldersAsync(CancellationToken cancellation) =>
        new("sweep_at", new BsonDocument { { "$gte", new BsonDateTime(0) }, { "$lte", MongoSchema.Time(await _clock.NowAsync(cancellation)) } });

    private static async Task<List<BsonDocument>> FindManyAsync(
        IMongoCollection<BsonDocument> collection, IEnumerable<BsonValue> ids, CancellationToken cancellation)
    {
        var wanted = new BsonArray(ids.Distinct());
        return wanted.Count == 0
            ? []
            : await CallAsync(token => collection.Find(new BsonDocument("_id", new BsonDocument("$in", wanted))).ToListAsync(token), cancellation);
    }

    private static BsonDocument Child(string owner, Guid folder, FileState state) => new()
    {
        { "owner", owner }, { "parent", MongoSchema.Uuid(folder) }, { "state", MongoSchema.NameOf(state) },
    };

    /// <summary>Loads a folder, and keeps it for the change that may follow.</summary>
    private async Task<StoredFolder?> LoadFolderAsync(string owner, Guid id, CancellationToken cancellation)
    {
        if (await CallAsync(token => Folders.Find(File(owner, id)).FirstOrDefaultAsync(token), cancellation) is not { } found)
            return null;
        var stored = Stored(found);
        _recentFolders.Keep(stored);
        return stored;
    }

    /// <summary>A folder as it is stored under a revision.</summary>
    private sealed record StoredFolder(FolderDocument Folder, BsonValue Rev);

    /// <summary>The folder as it is stored, with the mark of its change.</summary>
    private static StoredFolder Stored(BsonDocument document) => new(MongoFolders.Read(document), document["rev"]);

    private sealed class Steps(MongoEngine engine, string owner, CancellationToken cancellation) : IFolderSteps
    {
        private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(20);

        public ValueTask<DateTimeOffset> NowAsync() => engine._clock.NowAsync(cancellation);

        public async ValueTask PauseAsync() => await Task.Delay(s_pause, cancellation);

        public async ValueTask<FolderDocument?> LoadFolderAsync(Guid id) => await engine.FindFolderAsync(owner, id, cancellation);

        public async ValueTask<FileDocument?> LoadFileAsync(Guid id) =>
            (await engine.LoadAsync(owner, id, DocumentParts.ForChange, cancellation)).Document;

        public async ValueTask<FolderDocument?> RecallFolderAsync(Guid id) =>
            engine._recentFolders.Find(owner, id)?.Folder ?? await LoadFolderAsync(id);

        public async ValueTask<FileDocument?> RecallFileAsync(Guid id) => engine._recent.Find(owner, id)?.Document ?? await LoadFileAsync(id);

        public async ValueTask<bool> InsertFolderAsync(Func<DateTimeOffset, FolderDocument> make)
        {
            var folder = make(await NowAsync());
            var document = MongoFolders.ToBson(null, folder);
            if (!await AddAsync(engine.Folders, document, cancellation))
                return false;
            engine._recentFolders.Keep(Stored(document));
            engine.Tell(null, folder);
            return true;
        }

        public async ValueTask<T> ChangeFolderAsync<T>(Guid id, Func<FolderDocument?, DateTimeOffset, FolderDecision<T>> decide)
        {
            var before = engine._recentFolders.Take(owner, id);
            var isFresh = before is null;
            for (var round = 1; ; round++)
            {
                if (isFresh)
                    before = await engine.LoadFolderAsync(owner, id, cancellation);
                var decision = decide(before?.Folder, await NowAsync());
                if (before is null || decision.Next is not { } next)
                {
                    // Only the current state is a reason to refuse, so read the folder again.
                    if (isFresh)
                        return decision.Answer;
                    isFresh = true;
                    continue;
                }
                if (decision.Removes ? await RemoveAsync(before) : await SaveAsync(before, next))
                {
                    engine.Tell(before.Folder, next);
                    return decision.Answer;
                }
                if (isFresh)
                    await MongoEngine.PauseAsync(round, cancellation);
                isFresh = true;
            }
        }

        public async ValueTask<T> ChangeFileAsync<T>(Guid id, Func<FileDocument?, DateTimeOffset, Decision<T>> decide) =>
            await engine.ChangeAsync(owner, id, decide, ChangeKind.Plain, cancellation);

        public async ValueTask<bool> InsertNameAsync(NameClaim claim) => await AddAsync(engine.Names, MongoFolders.ToBson(owner, claim), cancellation);

        public async ValueTask<NameClaim?> FindNameAsync(EntryKey key)
        {
            var found = await CallAsync(
                token => engine.Names.Find(new BsonDocument("_id", MongoFolders.NameId(owner, key))).FirstOrDefaultAsync(token), cancellation);
            return found is null ? null : MongoFolders.ReadName(found);
        }

        public async ValueTask<bool> ReplaceNameAsync(NameClaim former, NameClaim claim)
        {
            var same = new BsonDocument { { "_id", MongoFolders.NameId(owner, former.Key) }, { "op", MongoSchema.Uuid(former.Operation) } };
            var replaced = await CallAsync(
                token => engine.Names.ReplaceOneAsync(same, MongoFolders.ToBson(owner, claim), cancellationToken: token), cancellation);
            return replaced.MatchedCount > 0;
        }

        public async ValueTask DeleteNameAsync(EntryKey key, Guid operation)
        {
            var same = new BsonDocument { { "_id", MongoFolders.NameId(owner, key) }, { "op", MongoSchema.Uuid(operation) } };
            await CallAsync(token => engine.Names.DeleteOneAsync(same, token), cancellation);
        }

        public async ValueTask<IReadOnlyList<NameClaim>> FindNamesAsync(Guid folder, EntryKey? after, int limit)
        {
            var range = new BsonDocument("_id", new BsonDocument
            {
                { "$gt", after is { } last ? MongoFolders.NameId(owner, last) : MongoFolders.NameBound(folder, byte.MinValue) },
                { "$lte", MongoFolders.NameBound(folder, byte.MaxValue) },
            });
            var found = await CallAsync(token => engine.Names.Find(range).Sort(new BsonDocument("_id", 1)).Limit(limit).ToListAsync(token), cancellation);
            return [.. found.Select(MongoFolders.ReadName)];
        }

        public async ValueTask<bool> TakeSlotAsync(FolderSlot slot) => await AddAsync(engine.Slots, MongoFolders.ToBson(owner, slot), cancellation);

        public async ValueTask<FolderSlot?> FindSlotAsync()
        {
            var found = await CallAsync(token => engine.Slots.Find(new BsonDocument("_id", owner)).FirstOrDefaultAsync(token), cancellation);
            return found is null ? null : MongoFolders.ReadSlot(found);
        }

        public async ValueTask ClearSlotAsync(Guid operation)
        {
            var same = new BsonDocument { { "_id", owner }, { "op", MongoSchema.Uuid(operation) } };
            await CallAsync(token => engine.Slots.DeleteOneAsync(same, token), cancellation);
        }

        public async ValueTask<IReadOnlyList<IEntry>> FindChildrenAsync(Guid folder, EntryKind kind, FileState state, Guid? after, int limit)
        {
            var children = Child(owner, folder, state);
            if (after is { } id)
                children.Add("_id", new BsonDocument("$gt", MongoSchema.Uuid(id)));
            var collection = kind == EntryKind.Folder ? engine.Folders : engine._files;
            var found = await CallAsync(
                token => collection.Find(children, new FindOptions { Hint = "placed" }).Sort(new BsonDocument("_id", 1)).Limit(limit).ToListAsync(token),
                cancellation);
            if (kind == EntryKind.Folder)
                return [.. found.Select(MongoFolders.Read)];
            var files = found.Select(MongoDocument.Read).ToList();
            // The change of each follows at once, and need not read it again.
            files.ForEach(engine._recent.Keep);
            return [.. files.Select(file => file.Document)];
        }

        public async ValueTask<bool> HasChildAsync(Guid folder, FileState state) =>
            await AnyAsync(engine._files, Child(owner, folder, state)) || await AnyAsync(engine.Folders, Child(owner, folder, state));

        public async ValueTask<bool> HasUnsweptChildAsync(Guid folder) =>
            await AnyAsync(engine.Folders, Child(owner, folder, FileState.Carried).Add("sweep", new BsonDocument("$ne", (int)FolderSweep.None)));

        public async ValueTask<IReadOnlyList<IEntry>> FindLockedAsync(EntryKind kind)
        {
            var locked = new BsonDocument
            {
                { "owner", owner }, { "locked_until", new BsonDocument("$gt", MongoSchema.Time(await NowAsync())) },
            };
            var options = new FindOptions { Hint = "locked" };
            if (kind == EntryKind.Folder)
            {
                var folders = await CallAsync(token => engine.Folders.Find(locked, options).ToListAsync(token), cancellation);
                return [.. folders.Select(MongoFolders.Read).Where(folder => folder.State == FileState.Live)];
            }
            var files = await CallAsync(token => engine._files.Find(locked, options).Project(MongoSchema.FileFields).ToListAsync(token), cancellation);
            return [.. files.Select(file => MongoSchema.ToPartial(file, MongoSchema.ToGuid(file["_id"]), owner)).Where(file => file.State == FileState.Live)];
        }

        private Task<bool> AnyAsync(IMongoCollection<BsonDocument> collection, BsonDocument condition) =>
            CallAsync(token => collection.Find(condition, new FindOptions { Hint = "placed" }).Limit(1).AnyAsync(token), cancellation);

        private async Task<bool> SaveAsync(StoredFolder before, FolderDocument next)
        {
            var document = MongoFolders.ToBson(before.Folder, next);
            var saved = await CallAsync(token => engine.Folders.ReplaceOneAsync(Unchanged(before), document, cancellationToken: token), cancellation);
            if (saved.MatchedCount == 0)
                return false;
            engine._recentFolders.Keep(Stored(document));
            return true;
        }

        private async Task<bool> RemoveAsync(StoredFolder before) =>
            (await CallAsync(token => engine.Folders.DeleteOneAsync(Unchanged(before), token), cancellation)).DeletedCount > 0;

        private BsonDocument Unchanged(StoredFolder before) => File(owner, before.Folder.Id).Add("rev", before.Rev);
    }
}
