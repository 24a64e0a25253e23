using FileDrop.Api.Catalog;
using FileDrop.Api.Catalog.Mongo;
using MongoDB.Bson;
using MongoDB.Driver;

namespace FileDrop.Bench;

/// <summary>Fills MongoDB: documents in the form of <see cref="MongoSchema"/>, many in a command, and the indexes.</summary>
internal static class MongoFill
{
    private const int FilesAtOnce = 5_000;
    private const int Connections = 3;

    public static async Task RunAsync(IMongoDatabase database, SampleCatalog sample, CancellationToken cancellation)
    {
        var files = database.GetCollection<BsonDocument>(MongoSchema.Files).WithWriteConcern(WriteConcern.W1);
        var limit = new ParallelOptions { MaxDegreeOfParallelism = Connections, CancellationToken = cancellation };
        // Make the indexes before there are files, as the service does. Over a million files, a server may take longer than a call may wait.
        await MongoSchema.CreateIndexesAsync(database, cancellation);
        if (sample is { Folder: { } folder, Claim: { } claim })
        {
            await database.GetCollection<BsonDocument>(MongoFolders.Folders).InsertOneAsync(MongoFolders.ToBson(null, folder), cancellationToken: cancellation);
            await database.GetCollection<BsonDocument>(MongoFolders.Names).InsertOneAsync(MongoFolders.ToBson(folder.Owner, claim), cancellationToken: cancellation);
        }
        await Parallel.ForEachAsync(sample.Files.Chunk(FilesAtOnce), limit, async (some, token) =>
            await files.InsertManyAsync(some.Select(Document), new InsertManyOptions { IsOrdered = false }, token));
    }

    private static BsonDocument Document(CatalogFile file)
    {
        var document = Loose(file);
        if (file.Place.Folder is { } folder)
            document.Add("parent", MongoSchema.Uuid(folder)).Add("place", file.Place.Fence);
        return document;
    }

    private static BsonDocument Loose(CatalogFile file) => new()
    {
        { "_id", MongoSchema.Uuid(file.Id) },
        { "schema", MongoSchema.SchemaVersion },
        { "owner", file.Owner },
        { "state", MongoSchema.Live },
        { "name", file.Name },
        { "name_key", NameKey.Of(file.Name) },
        { "tags", MongoSchema.Tags(file.Tags) },
        { "version", file.Version },
        { "created_at", file.CreatedAt.UtcDateTime },
        { "updated_at", file.UpdatedAt.UtcDateTime },
        { "content", Content(file.Content) },
        { "versions", new BsonArray() },
        { "intents", new BsonArray() },
        { "garbage", new BsonArray() },
    };

    private static BsonDocument Content(FileContent content) => new()
    {
        { "blob", MongoSchema.Uuid(content.BlobId) },
        { "size", content.Size },
        { "type", content.Type },
        { "type_key", MongoSchema.TypeKey(content.Type) },
        { "sha256", content.Sha256 },
        { "xxh3", content.XxHash3 },
        { "version", content.Version },
        { "created_at", content.CreatedAt.UtcDateTime },
    };
}
