using MongoDB.Bson;
using MongoDB.Driver;

namespace FileDrop.Api.Catalog.Mongo;

/// <summary>Expressions that MongoDB evaluates with its own clock and data.</summary>
/// <remarks>
/// A string in an expression is an expression itself: <c>$name</c> would mean a field. Every text of a user is therefore wrapped in <c>$literal</c>.
/// </remarks>
internal static class MongoExpressions
{
    /// <summary>The server's clock, which is constant within one command.</summary>
    public const string Now = "$$NOW";

    /// <summary>A condition that a time has passed; an absent time has.</summary>
    /// <remarks>
    /// Both conditions are negations on purpose. A server may use an index for "at most now", and DocumentDB then refuses an update because it has no clock
    /// there.
    /// </remarks>
    public static BsonDocument HasPassed(string field) => Op("$not", new BsonArray { Op("$gt", "$" + field, Now) });

    /// <summary>A condition that a time is set and has not passed.</summary>
    public static BsonDocument IsToCome(string field) => Op("$not", new BsonArray { Op("$lte", "$" + field, Now) });

    public static BsonDocument In(TimeSpan time) => Op("$add", Now, (long)time.TotalMilliseconds);

    /// <summary>The milliseconds since a time; negative before it.</summary>
    public static BsonDocument Since(BsonValue time) => Op("$subtract", Now, time);

    public static BsonDocument Literal(BsonValue value) => new("$literal", value);

    /// <summary>A document's share of its owner's usage, as in <see cref="FileDocument.Usage"/>, for sums over many documents.</summary>
    public static BsonDocument Usage()
    {
        var isFile = Op("$in", "$state", MongoSchema.FileStates);
        var live = new BsonArray { new BsonDocument { { "blob", "$content.blob" }, { "size", "$content.size" } } };
        var earlier = Map("$versions", new BsonDocument { { "blob", "$$each.blob" }, { "size", "$$each.size" } });
        return new BsonDocument
        {
            { "bytes", Op("$cond", isFile, Op("$sum", Map(Op("$setUnion", live, earlier), "$$each.size")), 0L) },
            { "files", Op("$cond", isFile, 1L, 0L) },
        };
    }

    public static UpdateDefinition<BsonDocument> Pipeline(BsonDocument set)
    {
        BsonDocument[] stages = [new("$set", set)];
        return Builders<BsonDocument>.Update.Pipeline(PipelineDefinition<BsonDocument, BsonDocument>.Create(stages));
    }

    public static BsonDocument Filter(BsonValue list, BsonValue condition) =>
        new("$filter", new BsonDocument { { "input", list }, { "as", "each" }, { "cond", condition } });

    public static BsonDocument Map(BsonValue list, BsonValue result) =>
        new("$map", new BsonDocument { { "input", list }, { "as", "each" }, { "in", result } });

    public static BsonDocument Op(string name, params BsonValue[] arguments) =>
        new(name, arguments.Length == 1 ? arguments[0] : new BsonArray(arguments));
}
