using System.Text;
using MongoDB.Bson;

namespace FileDrop.Api.Catalog.Mongo;

/// <summary>One order of a list: its index, and the arithmetic of its keys.</summary>
/// <param name="sort">The sort key.</param>
/// <param name="descending">Whether the largest or newest come first.</param>
/// <param name="index">The index with this order; null for that of all files.</param>
internal sealed class MongoListOrder(FileSort sort, bool descending, string? index = null)
{
    /// <summary>More bytes than any name's key has: a name has 255 bytes of UTF-8, which upper case and NFC can lengthen.</summary>
    private const int NameKeyBytes = 2_048;

    /// <summary>A suffix that sorts after every other continuation of a name's key.</summary>
    private static readonly string s_highest = string.Concat(Enumerable.Repeat("\U0010FFFF", NameKeyBytes / 4));

    /// <summary>The field that holds the sort key.</summary>
    public string Field { get; } = MongoSchema.Orders[sort].Field;

    /// <summary>The index with this order, read forwards or backwards.</summary>
    public string Index { get; } = index ?? MongoSchema.Orders[sort].Index;

    /// <summary>The order in MongoDB's form.</summary>
    public BsonDocument Sort { get; } = new()
    {
        { MongoSchema.Orders[sort].Field, descending ? -1 : 1 }, { "_id", descending ? -1 : 1 },
    };

    /// <summary>The key of a position.</summary>
    public BsonValue Key(ListPosition position) => sort switch
    {
        FileSort.FileName => position.Name ?? throw new ArgumentException("The position does not belong to a list by name.", nameof(position)),
        FileSort.FileSize => position.Number,
        _ => new BsonDateTime(position.Number),
    };

    /// <summary>The position of a document.</summary>
    public ListPosition Position(BsonDocument document) =>
        Position(sort is FileSort.FileSize ? document["content"]["size"] : document[Field], document["_id"]);

    /// <summary>The position that a key and an id make.</summary>
    public static ListPosition Position(BsonValue key, BsonValue id) => key switch
    {
        BsonString name => new ListPosition(0, name.Value, MongoSchema.ToGuid(id)),
        BsonDateTime time => new ListPosition(time.MillisecondsSinceEpoch, null, MongoSchema.ToGuid(id)),
        _ => new ListPosition(key.ToInt64(), null, MongoSchema.ToGuid(id)),
    };

    /// <summary>The first possible key after this one in this order, or null.</summary>
    public BsonValue? Behind(BsonValue key) => descending ? Lower(key) : Higher(key);

    /// <summary>The last possible key before this one in this order, or null.</summary>
    public BsonValue? Before(BsonValue key) => descending ? Higher(key) : Lower(key);

    /// <summary>The condition for keys from first to last in this order, both inclusive; null means no bound.</summary>
    public BsonDocument? Between(BsonValue? first, BsonValue? last)
    {
        var (low, high) = descending ? (last, first) : (first, last);
        var condition = new BsonDocument();
        if (low is not null)
            condition.Add("$gte", low);
        if (high is not null)
            condition.Add("$lte", high);
        return condition.ElementCount == 0 ? null : condition;
    }

    /// <summary>The condition for ids after one position, up to and including another.</summary>
    public BsonDocument Ids(ListPosition? after, ListPosition? upTo)
    {
        var condition = new BsonDocument();
        if (after is not null)
            condition.Add(descending ? "$lt" : "$gt", MongoSchema.Uuid(after.Id));
        if (upTo is not null)
            condition.Add(descending ? "$gte" : "$lte", MongoSchema.Uuid(upTo.Id));
        return condition;
    }

    private static BsonValue? Higher(BsonValue key) => key switch
    {
        BsonString name => name.Value + '\0',
        BsonDateTime time => time.MillisecondsSinceEpoch < long.MaxValue ? new BsonDateTime(time.MillisecondsSinceEpoch + 1) : null,
        _ => key.AsInt64 < long.MaxValue ? key.AsInt64 + 1 : (BsonValue?)null,
    };

    private static BsonValue? Lower(BsonValue key) => key switch
    {
        BsonString name => LowerName(name.Value),
        BsonDateTime time => time.MillisecondsSinceEpoch > long.MinValue ? new BsonDateTime(time.MillisecondsSinceEpoch - 1) : null,
        _ => key.AsInt64 > long.MinValue ? key.AsInt64 - 1 : (BsonValue?)null,
    };

    /// <summary>
    /// The greatest possible key below a name. It exists because keys have a limited length: take the name, lower its last character by
    /// one, and append the highest characters.
    /// </summary>
    private static string? LowerName(string name)
    {
        if (Rune.DecodeLastFromUtf16(name, out var last, out var length) is not System.Buffers.OperationStatus.Done)
            return null;
        var start = name[..^length];
        return last.Value switch
        {
            0 => start,
            0xE000 => start + '\uD7FF' + s_highest,
            _ => start + new Rune(last.Value - 1) + s_highest,
        };
    }
}
