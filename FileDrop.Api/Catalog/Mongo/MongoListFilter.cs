using MongoDB.Bson;

namespace FileDrop.Api.Catalog.Mongo;

/// <summary>What a page must match: as bounds of the list's index where they are of the sort key, else as conditions.</summary>
internal sealed class MongoListFilter
{
    public MongoListFilter(ListQuery query)
    {
        var filter = query.Filter;
        // Stored times are whole milliseconds, so that an exclusive bound is an inclusive one beside it.
        Narrow(query, FileSort.CreatedAt, "created_at", Time(filter.CreatedAfter, 1), Time(filter.CreatedBefore, -1));
        Narrow(query, FileSort.FileSize, "content.size", Size(filter.MinSize), Size(filter.MaxSize));
        if (filter.Type is { } type)
            Conditions.Add("content.type_key", TypeCondition(type));
        if (filter.DistinctTags is { Count: > 0 } tags)
            Conditions.Add("tags", new BsonDocument("$all", new BsonArray(tags.Select(tag => MongoSchema.Tag(tag.Key, tag.Value)))));
        if (filter.NameKeyParts is { Count: > 0 } parts)
            Conditions.Add("$expr", new BsonDocument("$and", new BsonArray(parts.Select(part => Contains("$name_key", part)))));
        if (filter.Words is { Count: > 0 } words)
            Conditions.Add("$and", new BsonArray(words.Select(Has)));
    }

    /// <summary>The first key of the list that may match; null where the filter does not bound it.</summary>
    public BsonValue? First { get; private set; }

    /// <summary>The last key of the list that may match; null where the filter does not bound it.</summary>
    public BsonValue? Last { get; private set; }

    /// <summary>What is left to be looked for entry by entry; empty if nothing is.</summary>
    public BsonDocument Conditions { get; } = [];

    private void Narrow(ListQuery query, FileSort sort, string field, BsonValue? low, BsonValue? high)
    {
        if (query.Sort == sort)
            (First, Last) = query.Descending ? (high, low) : (low, high);
        else if (low is not null || high is not null)
            Conditions.Add(field, new MongoListOrder(sort, descending: false).Between(low, high));
    }

    private static BsonDateTime? Time(DateTimeOffset? bound, int step)
    {
        if (bound is not { } time)
            return null;
        var millisecond = time.ToUnixTimeMilliseconds();
        var isWhole = time.UtcTicks % TimeSpan.TicksPerMillisecond == 0;
        // Cut to its millisecond, a time with a fraction is the last whole one before it.
        return new BsonDateTime(isWhole || step > 0 ? millisecond + step : millisecond);
    }

    private static BsonInt64? Size(long? bound) => bound is { } size ? new BsonInt64(size) : null;

    private static BsonValue TypeCondition(string type) => type.EndsWith("/*", StringComparison.Ordinal)
        ? new BsonDocument { { "$gte", type[..^1] }, { "$lt", type[..^2] + (char)('/' + 1) } }
        : type;

    /// <summary>A word in the name or in a tag. Tags are stored as they are searched, <c>key:value</c>.</summary>
    private static BsonDocument Has(string word)
    {
        var pattern = new BsonRegularExpression(SearchText.Pattern(word));
        return new BsonDocument("$or", new BsonArray { new BsonDocument("name", pattern), new BsonDocument("tags", pattern) });
    }

    /// <summary>A search for bytes: exact whatever the part holds, where a pattern would have to be escaped for two dialects.</summary>
    private static BsonDocument Contains(string field, string part) =>
        new("$gte", new BsonArray { new BsonDocument("$indexOfBytes", new BsonArray { field, MongoExpressions.Literal(part) }), 0 });
}
