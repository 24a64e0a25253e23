using MongoDB.Bson;
using MongoDB.Driver;

namespace FileDrop.Api.Catalog.Mongo;

// What a document says of its owner's usage. It is counted from the moment that it has the field "charged".
internal sealed partial class MongoChange
{
    /// <summary>What settling asks of a document.</summary>
    public static readonly BsonDocument SettleFields = new()
    {
        { "settle", 1 },
        { "owes", Op("$and", IsCounted(), Op("$ne", "$charged", Usage())) },
    };

    /// <summary>Makes a document that is not counted one that is, with nothing left to be settled.</summary>
    public static UpdateDefinition<BsonDocument> Count() => Pipeline(new BsonDocument
    {
        { "charged", Usage() },
        { "held", new BsonArray() },
        { "settle", new BsonArray() },
    });

    /// <summary>What the document owes its owner's usage, or has to get from it, is to be settled under this operation.</summary>
    public static UpdateDefinition<BsonDocument> Owe(Guid operation) => Pipeline(new BsonDocument
    {
        { "settle", Op("$concatArrays", "$settle", new BsonArray { Entry(MongoSchema.Uuid(operation), Owed("bytes"), Owed("files")) }) },
        { "charged", Usage() },
    });

    /// <summary>What was settled goes.</summary>
    public static UpdateDefinition<BsonDocument> Settled(IEnumerable<BsonValue> operations) => Pipeline(new BsonDocument(
        "settle", Filter("$settle", Op("$not", Op("$in", "$$each.op", new BsonArray(operations))))));

    /// <summary>The fields of a new document that is counted.</summary>
    /// <param name="reserved">The operation of its first intent, if there is one.</param>
    public static BsonDocument Counted(Guid? reserved) => new()
    {
        { "charged", new BsonDocument { { "bytes", 0L }, { "files", 0L } } },
        { "held", reserved is { } operation ? new BsonArray { MongoSchema.Uuid(operation) } : new BsonArray() },
        { "settle", new BsonArray() },
    };

    /// <summary>Whether the document is counted: a missing field is less than null, and an object more.</summary>
    private static BsonDocument IsCounted() => Op("$gt", "$charged", BsonNull.Value);

    /// <summary>The bytes of the distinct blobs of all contents, and the file itself.</summary>
    public static BsonDocument Usage()
    {
        var isFile = Op("$in", "$state", new BsonArray { MongoSchema.Live, MongoSchema.Trash });
        var live = new BsonArray { new BsonDocument { { "blob", "$content.blob" }, { "size", "$content.size" } } };
        var earlier = Map("$versions", new BsonDocument { { "blob", "$$each.blob" }, { "size", "$$each.size" } });
        return new BsonDocument
        {
            { "bytes", Op("$cond", isFile, Op("$sum", Map(Op("$setUnion", live, earlier), "$$each.size")), 0L) },
            { "files", Op("$cond", isFile, 1L, 0L) },
        };
    }

    private static BsonDocument Owed(string what) => Op("$subtract", Usage()[what], "$charged." + what);

    /// <summary>The accounts of a counted document, after everything else of a change.</summary>
    /// <remarks>
    /// An intent that is gone takes its reservation along: its operation is to be settled, the first of them with all by which the
    /// usage has changed. A change that ends no intent leaves the difference between <c>usage</c> and <c>charged</c> standing, until
    /// an operation is opened for it.
    /// </remarks>
    private static BsonDocument[] Accounts(BsonDocument earliest)
    {
        var none = new BsonArray();
        var isFirst = Op("$eq", "$$each", Op("$arrayElemAt", "$gone", 0));
        var entries = Map("$gone", Entry("$$each", First("bytes"), First("files")));
        var isUnsettled = Op("$and", IsCounted(), Op("$or", Op("$ne", "$settle", none), Op("$ne", "$charged", "$usage")));
        return
        [
            new()
            {
                { "usage", Usage() },
                { "gone", Op("$setDifference", Op("$ifNull", "$held", none), "$intents.blob") },
            },
            new()
            {
                { "charged", If(Op("$cond", Op("$eq", "$gone", none), "$charged", "$usage")) },
                { "held", If(Op("$setDifference", "$held", "$gone")) },
                { "settle", If(Op("$concatArrays", "$settle", entries)) },
            },
            new()
            {
                { "sweep_at", Op("$ifNull", Op("$min", earliest, Op("$cond", isUnsettled, Now, BsonNull.Value)), "$$REMOVE") },
                { "usage", "$$REMOVE" },
                { "gone", "$$REMOVE" },
            },
        ];

        BsonDocument First(string what) => Op("$cond", isFirst, Op("$subtract", "$usage." + what, "$charged." + what), 0L);
        static BsonDocument If(BsonValue counted) => Op("$cond", IsCounted(), counted, "$$REMOVE");
    }

    private static BsonDocument Entry(BsonValue operation, BsonValue bytes, BsonValue files) =>
        new() { { "op", operation }, { "bytes", bytes }, { "files", files } };
}
