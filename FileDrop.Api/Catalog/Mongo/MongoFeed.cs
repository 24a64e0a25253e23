using MongoDB.Bson;
using MongoDB.Driver;

namespace FileDrop.Api.Catalog.Mongo;

/// <summary>The layout of the feeds of changes.</summary>
/// <remarks>
/// <para>A change of a file or a folder that clients see sets the field <c>unsaid</c> of its document to the new revision, within the same write. A sequencer
/// puts it into the feed and removes the field if it still has this value. Neither touches <c>rev</c>, so no other write fails because of it.</para>
/// <para>The collection <c>changes</c> has one document for each batch:
/// <c>{ _id: "owner:first", owner, first: long, last: long, entries: [ { kind: int, id: UUID } ], at }</c>. The entries have the numbers from <c>first</c> to
/// <c>last</c>. The id is unique under any sharding, so of two sequencers that have read the same last number only one can add a batch. <c>at</c> is absent in
/// a last batch that is old enough to be forgotten.</para>
/// <para>The collection <c>feed</c> has <c>{ _id: "feed", id: UUID }</c>.</para>
/// <para>Documents of earlier releases have no mark. They come into the feed with their next change, so a reader takes a cursor and then lists what there
/// is.</para>
/// </remarks>
internal static class MongoFeed
{
    public const string Changes = "changes";
    public const string Feed = "feed";
    public const string Unsaid = "unsaid";

    /// <summary>The index on marked documents, and that on an owner's batches.</summary>
    public const string MarkedIndex = "unsaid", LastIndex = "last";

    /// <summary>A condition that a document is marked, as the partial index has it.</summary>
    public static BsonDocument IsMarked => new(Unsaid, MongoSchema.IsThere);

    public static async Task CreateIndexesAsync(IMongoDatabase database, CancellationToken cancellation)
    {
        var marked = new CreateIndexModel<BsonDocument>(
            new BsonDocument { { "owner", 1 }, { "_id", 1 } },
            new CreateIndexOptions<BsonDocument> { Name = MarkedIndex, PartialFilterExpression = IsMarked });
        await database.GetCollection<BsonDocument>(MongoSchema.Files).Indexes.CreateOneAsync(marked, cancellationToken: cancellation);
        await database.GetCollection<BsonDocument>(MongoFolders.Folders).Indexes.CreateOneAsync(marked, cancellationToken: cancellation);
        CreateIndexModel<BsonDocument>[] ofChanges =
        [
            new(new BsonDocument { { "owner", 1 }, { "last", 1 } }, new CreateIndexOptions { Name = LastIndex }),
            new(
                new BsonDocument("at", 1),
                new CreateIndexOptions<BsonDocument> { Name = "at", PartialFilterExpression = new BsonDocument("at", MongoSchema.IsThere) }),
        ];
        await database.GetCollection<BsonDocument>(Changes).Indexes.CreateManyAsync(ofChanges, cancellation);
    }

    public static BsonDocument ToBson(string owner, IReadOnlyList<ChangeMark> marks, DateTimeOffset at) => new()
    {
        { "_id", $"{owner}:{marks[0].Number}" },
        { "owner", owner },
        { "first", marks[0].Number },
        { "last", marks[^1].Number },
        { "entries", new BsonArray(marks.Select(mark => new BsonDocument { { "kind", (int)mark.Kind }, { "id", MongoSchema.Uuid(mark.Id) } })) },
        { "at", MongoSchema.Time(at) },
    };

    public static IEnumerable<ChangeMark> Read(BsonDocument batch)
    {
        var number = batch["first"].ToInt64();
        foreach (var entry in batch["entries"].AsBsonArray)
            yield return new ChangeMark(number++, (EntryKind)entry["kind"].ToInt32(), MongoSchema.ToGuid(entry["id"]));
    }
}
