using FileDrop.Api.Text;
using MongoDB.Bson;
using MongoDB.Driver;

namespace FileDrop.Api.Catalog.Mongo;

/// <summary>
/// The catalog in MongoDB: a standalone server, a replica set or a sharded cluster. <see cref="MongoSchema"/> describes the documents, and
/// <see cref="MongoSaves"/> makes the updates.
/// </summary>
/// <remarks>
/// <para>A change reads its document (or reuses a recent copy), lets a rule decide, and saves the changed fields by one update. The filter of the update tests
/// that the document is unchanged. The engine uses no transactions and no change streams, because a standalone server has neither; and no collations.</para>
/// <para>Reads go to the primary with read concern <c>local</c>, so they see every acknowledged change. After a lost answer that is not enough, because the
/// state read might still be rolled back; see <see cref="DocumentParts.Settled"/>.</para>
/// </remarks>
internal sealed partial class MongoEngine : ICatalogEngine
{
    private readonly IMongoDatabase _database;
    private readonly IMongoCollection<BsonDocument> _files;
    private readonly IMongoCollection<BsonDocument> _keys;
    private readonly CatalogRules _rules;
    private readonly MongoClock _clock;
    private readonly MongoRecent<MongoDocument> _recent = new(
        file => (file.Document.Owner, file.Document.Id, file.Document.Versions.Count + file.Document.Garbage.Count));

    private static readonly BsonDocument s_contentsFields = new(MongoSchema.FileFields) { { "versions", 1 } };
    private static readonly BsonDocument s_wholeAndNow = new() { { "_id", 0 }, { "doc", "$$ROOT" }, { "now", MongoExpressions.Now } };

    /// <param name="connectionString">MongoDB's connection string, with the database's name as its path (default: <c>filedrop</c>).</param>
    /// <param name="rules">The protocol's times and counts.</param>
    /// <exception cref="ArgumentException">The connection string is not valid, or it weakens FileDrop's guarantees.</exception>
    public MongoEngine(string connectionString, CatalogRules rules)
    {
        var url = MongoConnection.Parse(connectionString);
        _database = MongoConnection.Open(url);
        _files = _database.GetCollection<BsonDocument>(MongoSchema.Files);
        _keys = _database.GetCollection<BsonDocument>(MongoSchema.Keys);
        _rules = rules;
        _clock = new MongoClock(_database);
        _owners = new MongoOwners(_database, rules);
        _sums = new MongoSums(_database, _clock);
        Description = $"MongoDB at {string.Join(", ", url.Servers)}, database {_database.DatabaseNamespace.DatabaseName}";
    }

    public string Description { get; }

    public async Task StartAsync(CancellationToken cancellation)
    {
        // Ping first, to tell a server that does not answer from one that is busy with indexes.
        await PingAsync(cancellation);
        await MongoConnection.CallAsync(
            MongoConnection.IndexTimeout,
            async token => await MongoSchema.CreateIndexesAsync(_database, token),
            cancellation);
    }

    public Task PingAsync(CancellationToken cancellation) =>
        CallAsync(token => _database.RunCommandAsync<BsonDocument>(new BsonDocument("ping", 1), cancellationToken: token), cancellation);

    public async Task<CatalogPage> ListAsync(ListQuery query, CancellationToken cancellation)
    {
        var (files, next) = await CallAsync(
            token => new MongoListing<CatalogFile>(MongoList<CatalogFile>.OfFiles(_files, query), query, token).ReadAsync(), cancellation);
        return new CatalogPage(files, next);
    }

    public async Task<(FileDocument? Document, DateTimeOffset Now)> LoadAsync(
        string owner, Guid id, DocumentParts parts, CancellationToken cancellation)
    {
        if (parts is DocumentParts.ForChange)
        {
            var (whole, now) = await LoadWholeAsync(owner, id, cancellation);
            if (whole is not null)
                _recent.Keep(whole);
            return (whole?.Document, now);
        }
        if (parts is DocumentParts.Settled)
        {
            // Make an update that changes nothing: its write concern waits until all that it saw is on a majority's disks.
            var same = new BsonDocument("$set", new BsonDocument("owner", owner));
            var settled = await CallAsync(
                token => _files.FindOneAndUpdateAsync<BsonDocument?>(
                    File(owner, id), same, new FindOneAndUpdateOptions<BsonDocument, BsonDocument?> { ReturnDocument = ReturnDocument.After }, token),
                cancellation);
            return (settled is null ? null : MongoDocument.Read(settled).Document, await _clock.NowAsync(cancellation));
        }

        var fields = parts is DocumentParts.Contents ? s_contentsFields : MongoSchema.FileFields;
        var found = await CallAsync(
            token => _files.Find(File(owner, id)).Project(fields).FirstOrDefaultAsync(token), cancellation);
        if (found is null)
            return (null, default);
        var document = MongoSchema.ToPartial(found, id, owner);
        // The time decides only about a file that expires.
        var readAt = document.ExpiresAt is null ? default : await _clock.NowAsync(cancellation);
        return (parts is DocumentParts.Contents ? document with { Versions = MongoSchema.ToVersions(found) } : document, readAt);
    }

    public async Task<FileDocument?> InsertAsync(
        string owner, Guid id, Func<DateTimeOffset, FileDocument> make, CancellationToken cancellation)
    {
        var now = await _clock.NowAsync(cancellation);
        var document = make(now);
        MongoAccounts? accounts = null;
        if (HasQuota(owner))
        {
            var opened = new HashSet<Guid>();
            await _owners.EnsureCountedAsync(owner, cancellation);
            await ReserveNewAsync([], document, opened, cancellation);
            accounts = MongoAccounts.New with { Held = [.. opened] };
        }
        var stored = MongoDocument.Of(document, accounts, now, before: null);
        if (!await AddAsync(_files, stored.ToBson(), cancellation))
            return null;
        _recent.Keep(stored);
        Tell(null, stored.Document);
        await SettleAsync(stored);
        return document;
    }

    public async Task<bool> RenewAsync(string owner, Guid id, WriteIntent intent, TimeSpan lease, CancellationToken cancellation)
    {
        var named = File(owner, id).Add("intents", new BsonDocument("$elemMatch", new BsonDocument
        {
            { "blob", MongoSchema.Uuid(intent.BlobId) }, { "fence", intent.Fence },
        }));
        // Set a new revision; otherwise a save that has loaded the former lease could restore it.
        var renewal = new BsonDocument("$set", new BsonDocument
        {
            { "intents.$.lease_until", MongoSchema.Time(WholeMilliseconds.After(await _clock.NowAsync(cancellation), lease)) },
            { "rev", Random.Shared.NextInt64() },
        });
        var renewed = await CallAsync(token => _files.UpdateOneAsync(named, renewal, cancellationToken: token), cancellation);
        _recent.Take(owner, id);
        return renewed.MatchedCount > 0;
    }

    private async Task<(MongoDocument? Document, DateTimeOffset Now)> LoadWholeAsync(string owner, Guid id, CancellationToken cancellation)
    {
        var found = await CallAsync(
            token => _files.Find(File(owner, id)).Project(s_wholeAndNow).FirstOrDefaultAsync(token), cancellation);
        return found is null
            ? (null, await _clock.NowAsync(cancellation))
            : (MongoDocument.Read(found["doc"].AsBsonDocument), _clock.Observe(found["now"]));
    }

    private async Task<bool> SaveAsync(MongoDocument before, MongoDocument after, CancellationToken cancellation)
    {
        var saved = await CallAsync(
            token => _files.UpdateOneAsync(before.Unchanged(), MongoSaves.Update(before, after), cancellationToken: token), cancellation);
        return saved.MatchedCount > 0;
    }

    private async Task<bool> RemoveAsync(MongoDocument before, CancellationToken cancellation)
    {
        var removed = await CallAsync(token => _files.DeleteOneAsync(before.Unchanged(), token), cancellation);
        return removed.DeletedCount > 0;
    }

    private static Task<T> CallAsync<T>(Func<CancellationToken, Task<T>> call, CancellationToken cancellation) =>
        MongoConnection.CallAsync(MongoConnection.CallTimeout, call, cancellation);

    private static BsonDocument File(string owner, Guid id) => new() { { "_id", MongoSchema.Uuid(id) }, { "owner", owner } };

    /// <summary>Inserts a document. False if its id is in use.</summary>
    private static Task<bool> AddAsync(IMongoCollection<BsonDocument> records, BsonDocument record, CancellationToken cancellation) => CallAsync(
        async token =>
        {
            try
            {
                await records.InsertOneAsync(record, cancellationToken: token);
                return true;
            }
            catch (MongoWriteException failure) when (MongoConnection.IsDuplicate(failure))
            {
                return false;
            }
        },
        cancellation);
}
