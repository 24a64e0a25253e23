using MongoDB.Bson;
using MongoDB.Driver;

namespace FileDrop.Api.Catalog.Mongo;

/// <summary>
/// The catalog in MongoDB: a standalone server, a replica set or a sharded cluster. <see cref="MongoSchema"/> tells what a
/// document looks like, <see cref="MongoChange"/> what the changes do to it; here are their conditions.
/// </summary>
/// <remarks>
/// <para>Every change is one update of one document, found by owner and id, whose filter names what the change depends on.
/// There are no transactions, no change streams and no collations: a standalone server has none of the first two.</para>
/// <para>Reads go to the primary with read concern <c>local</c>: they see every acknowledged change. After a lost answer
/// that is not enough, for what they see might still be rolled back; see <see cref="ReadSettledAsync"/>.</para>
/// </remarks>
internal sealed partial class MongoFileCatalog : IFileCatalog
{
    private readonly IMongoDatabase _database;
    private readonly IMongoCollection<BsonDocument> _files;
    private readonly IMongoCollection<BsonDocument> _keys;
    private readonly MongoChange _change;

    /// <param name="connectionString">MongoDB's own, with the database's name as its path (<c>filedrop</c> if it has none).</param>
    /// <param name="rules">The protocol's times and counts.</param>
    /// <exception cref="ArgumentException">The connection string is none, or it weakens what FileDrop promises.</exception>
    public MongoFileCatalog(string connectionString, CatalogRules rules)
    {
        var url = MongoConnection.Parse(connectionString);
        _database = MongoConnection.Open(url);
        _files = _database.GetCollection<BsonDocument>(MongoSchema.Files);
        _keys = _database.GetCollection<BsonDocument>(MongoSchema.Keys);
        _change = new MongoChange(rules);
        _resumable = new MongoResumable(rules);
        _rules = rules;
        _owners = new MongoOwners(_database, rules);
        Description = $"MongoDB at {string.Join(", ", url.Servers)}, database {_database.DatabaseNamespace.DatabaseName}";
    }

    public string Description { get; }

    public async Task StartAsync(CancellationToken cancellation)
    {
        // A server that does not answer is told from one that is busy with the indexes.
        await PingAsync(cancellation);
        await MongoConnection.CallAsync(
            MongoConnection.IndexTimeout,
            async token => await MongoSchema.CreateIndexesAsync(_database, token),
            cancellation);
    }

    public Task PingAsync(CancellationToken cancellation) =>
        CallAsync(token => _database.RunCommandAsync<BsonDocument>(new BsonDocument("ping", 1), cancellationToken: token), cancellation);

    public async Task<CatalogFile?> FindAsync(string owner, Guid id, CancellationToken cancellation)
    {
        var found = await CallAsync(
            token => _files.Find(LiveFile(owner, id)).Project(MongoSchema.FileFields).FirstOrDefaultAsync(token),
            cancellation);
        return found is null ? null : MongoSchema.ToFile(found, id, owner);
    }

    public async Task<FileHistory?> FindHistoryAsync(string owner, Guid id, CancellationToken cancellation)
    {
        var fields = new BsonDocument(MongoSchema.FileFields) { { "versions", 1 } };
        var found = await CallAsync(token => _files.Find(LiveFile(owner, id)).Project(fields).FirstOrDefaultAsync(token), cancellation);
        return found is null ? null : new FileHistory(MongoSchema.ToFile(found, id, owner), MongoSchema.ToContents(found));
    }

    public Task<CatalogPage> ListAsync(ListQuery query, CancellationToken cancellation) =>
        CallAsync(token => new MongoListing(_files, query, token).ReadAsync(), cancellation);

    public Task BeginCreateAsync(string owner, Guid id, WriteIntent intent, long bytes, CancellationToken cancellation) =>
        // An upsert, because an insert could not take the time from the server's clock.
        ReservingAsync(owner, id, intent, bytes, files: 1, isReserved => CallAsync(
            token => _files.UpdateOneAsync(
                Absent(owner, id), _change.Create(owner, intent, isReserved), new UpdateOptions { IsUpsert = true }, token),
            cancellation), cancellation);

    public async Task<bool> BeginReplaceAsync(string owner, Guid id, WriteIntent intent, long bytes, CancellationToken cancellation)
    {
        var begun = await ReservingAsync(owner, id, intent, bytes, files: 0,
            isReserved => UpdateAsync(LiveFile(owner, id), _change.AddIntent(intent, isReserved), cancellation), cancellation);
        if (!begun && HasQuota(owner))
            await _owners.CloseAsync(owner, MongoSchema.Uuid(intent.BlobId), bytes: 0, files: 0, CancellationToken.None);
        return begun;
    }

    public int? MaxWholeSize => null;

    public Task<ChangeResult> CommitWholeAsync(
        string owner, Guid id, WriteIntent blob, byte[] bytes, bool creates, FileCommit commit, CancellationToken cancellation) =>
        throw new NotSupportedException("Documents have no bytes in them: content is the object store's.");

    public Task<bool> RenewAsync(string owner, Guid id, WriteIntent intent, CancellationToken cancellation) =>
        UpdateAsync(With(File(owner, id), intent), _change.Renew(intent), cancellation);

    public Task AbandonAsync(string owner, Guid id, WriteIntent intent, CancellationToken cancellation) =>
        SettlingAsync(owner, id, UpdateAsync(With(File(owner, id), intent), _change.Abandon(intent), cancellation));

    public Task<ChangeResult> CommitAsync(string owner, Guid id, WriteIntent intent, FileCommit commit, CancellationToken cancellation)
    {
        // What a commit keeps must be there: without a name or a type of its own it is for a live file.
        var states = commit is { Name: not null, Type: not null }
            ? new BsonDocument("$in", new BsonArray { MongoSchema.Pending, MongoSchema.Live })
            : new BsonDocument("$eq", MongoSchema.Live);
        var condition = With(File(owner, id), intent).Add("state", states);
        return SettlingAsync(owner, id, ChangeAsync(owner, id, condition, commit.IfVersion, _change.Commit(intent, commit), cancellation));
    }

    public Task<ChangeResult> ChangeAsync(string owner, Guid id, MetadataChange change, CancellationToken cancellation) =>
        ChangeAsync(owner, id, LiveFile(owner, id), change.IfVersion, MongoChange.Change(change), cancellation);

    public async Task<WriteFate> FindFateAsync(string owner, Guid id, WriteIntent intent, CancellationToken cancellation)
    {
        var fields = new BsonDocument { { "content.blob", 1 }, { "versions.blob", 1 }, { "intents", 1 }, { "garbage", 1 } };
        var found = await ReadSettledAsync(owner, id, fields, cancellation);
        if (found is null)
            return WriteFate.Lost;

        var blob = MongoSchema.Uuid(intent.BlobId);
        if (Has("intents", entry => entry["fence"] == intent.Fence))
            return WriteFate.Open;

        var isContent = found.TryGetValue("content", out var content) && content["blob"] == blob;
        return isContent || Has("versions", _ => true) || Has("garbage", entry => entry["committed"].AsBoolean)
            ? WriteFate.Committed
            : WriteFate.Lost;

        bool Has(string list, Func<BsonValue, bool> condition) =>
            found[list].AsBsonArray.Any(entry => entry["blob"] == blob && condition(entry));
    }

    /// <summary>Makes a change that answers with the file, or with the reason why it was not made.</summary>
    private async Task<ChangeResult> ChangeAsync(
        string owner, Guid id, BsonDocument condition, long? ifVersion, UpdateDefinition<BsonDocument> change,
        CancellationToken cancellation)
    {
        var filter = ifVersion is { } wanted ? new BsonDocument(condition).Add("version", wanted) : condition;
        var fields = new BsonDocument(MongoSchema.FileFields) { { "state", 1 } };
        while (true)
        {
            if (await FindAndUpdateAsync(filter, change, fields, cancellation) is { } changed)
            {
                var isLive = changed["state"] == MongoSchema.Live;
                return new ChangeResult(ChangeOutcome.Done, isLive ? MongoSchema.ToFile(changed, id, owner) : null);
            }

            if (ifVersion is null)
                return new ChangeResult(ChangeOutcome.NotFound);

            // What all the rest of the condition holds for has another version; if it was deleted meanwhile, it is not there. If
            // it has the version after all, it has come out of the trash or to that version in between: once more.
            var version = new BsonDocument("version", 1);
            var found = await CallAsync(token => _files.Find(condition).Project(version).FirstOrDefaultAsync(token), cancellation);
            if (found is null)
                return new ChangeResult(ChangeOutcome.NotFound);
            if (found["version"] != ifVersion)
                return new ChangeResult(ChangeOutcome.VersionMismatch);
        }
    }

    /// <summary>
    /// Reads a document whose state is told to someone who was not told before: by an update that changes nothing. Its
    /// majority write concern waits until all that it saw is on a majority's disks, and no failover can take it back.
    /// </summary>
    private Task<BsonDocument?> ReadSettledAsync(string owner, Guid id, BsonDocument fields, CancellationToken cancellation) =>
        FindAndUpdateAsync(File(owner, id), MongoChange.Nothing(), fields, cancellation);

    private Task<BsonDocument?> FindAndUpdateAsync(
        BsonDocument filter, UpdateDefinition<BsonDocument> change, BsonDocument fields, CancellationToken cancellation)
    {
        var options = new FindOneAndUpdateOptions<BsonDocument, BsonDocument?>
        {
            ReturnDocument = ReturnDocument.After,
            Projection = fields,
        };
        return CallAsync(token => _files.FindOneAndUpdateAsync(filter, change, options, token), cancellation);
    }

    private async Task<bool> UpdateAsync(BsonDocument filter, UpdateDefinition<BsonDocument> change, CancellationToken cancellation)
    {
        var result = await CallAsync(token => _files.UpdateOneAsync(filter, change, cancellationToken: token), cancellation);
        return result.MatchedCount > 0;
    }

    private static Task<T> CallAsync<T>(Func<CancellationToken, Task<T>> call, CancellationToken cancellation) =>
        MongoConnection.CallAsync(MongoConnection.CallTimeout, call, cancellation);

    private static BsonDocument File(string owner, Guid id) => new() { { "_id", MongoSchema.Uuid(id) }, { "owner", owner } };

    /// <summary>The condition of an upsert that only inserts.</summary>
    /// <remarks>Every document has a schema: one that is there already does not match, and the insert then fails on its id.</remarks>
    private static BsonDocument Absent(string owner, Guid id) => File(owner, id).Add("schema", new BsonDocument("$exists", false));

    private static BsonDocument LiveFile(string owner, Guid id) => File(owner, id).Add("state", MongoSchema.Live);

    private static BsonDocument With(BsonDocument filter, WriteIntent intent) => filter.Add(
        "intents",
        new BsonDocument("$elemMatch", new BsonDocument { { "blob", MongoSchema.Uuid(intent.BlobId) }, { "fence", intent.Fence } }));
}
