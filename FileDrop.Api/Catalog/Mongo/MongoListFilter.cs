using MongoDB.Bson;

namespace FileDrop.Api.Catalog.Mongo;

/// <summary>The filter of a page: bounds on the sort key become bounds of the index, all else conditions.</summary>
internal sealed class MongoListFilter
{
    public MongoListFilter(ListQuery query)
    {
        var filter = query.Filter;
        // Stored times are whole milliseconds, so an exclusive bound equals an inclusive one a millisecond away.
        Narrow(query, FileSort.CreatedAt, "created_at", Time(filter.CreatedAfter, 1), Time(filter.CreatedBefore, -1));
        Narrow(query, FileSort.FileSize, "content.size", Size(filter.MinSize), Size(filter.MaxSize));
        if (filter.Type is { } type)
            Conditions.Add("content.type_key", TypeCondition(type));
        if (filter.DistinctTags is { Count: > 0 } tags)
            Conditions.Add("tags", new BsonDocument("$all", new BsonArray(tags.Select(tag => MongoSchema.Tag(tag.Key, tag.Value)))));
        if (filter.IsLoose)
            Conditions.Add("parent", BsonNull.Value);
        if (filter.NameKeyParts is { Count: > 0 } parts)
            Conditions.Add("$expr", new BsonDocument("$and", new BsonArray(parts.Select(part => Contains("$name_key", part)))));
        if (filter.Words is { Count: > 0 } words)
            Conditions.Add("$and", new BsonArray(words.Select(Has)));
    }

    /// <summary>The first key of the list that can match; null if the filter sets no bound.</summary>
    public BsonValue? First { get; private set; }

    /// <summary>The last key of the list that can match; null if the filter sets no bound.</summary>
    public BsonValue? Last { get; private set; }

    /// <summary>The remaining conditions, tested entry by entry; empty if there are none.</summary>
    public BsonDocument Conditions { get; } = [];

    private void Narrow(ListQuery query, FileSort sort, string field, BsonValue? low, BsonValue? high)
    {
        if (query.Sort == sort)
            (First, Last) = query.Descending ? (high, low) : (low, high);
        else if (low is not null || high is not null)
            Conditions.Add(field, new MongoListOrder(sort, descending: false).Between(low, high));
    }

    private static BsonDateTime? Time(DateTimeOffset? bound, int step) =>
        bound is { } time ? new BsonDateTime(time.ToUnixTimeMilliseconds() + step) : null;

    private static BsonInt64? Size(long? bound) => bound is { } size ? new BsonInt64(size) : null;

    private static BsonValue TypeCondition(string type) => type.EndsWith("/*", StringComparison.Ordinal)
        ? new BsonDocument { { "$gte", type[..^1] }, { "$lt", type[..^2] + (char)('/' + 1) } }
        : type;

    /// <summary>A condition that the name or a tag contains a word. Tags are stored in the form that is searched, <c>key:value</c>.</summary>
    private static BsonDocument Has(string word)
    {
        var pattern = new BsonRegularExpression(SearchText.Pattern(word));
        return new BsonDocument("$or", new BsonArray { new BsonDocument("name", pattern), new BsonDocument("tags", pattern) });
    }

    /// <summary>A search for bytes, which is exact for any part; a pattern would need escaping for two dialects.</summary>
    private static BsonDocument Contains(string field, string part) =>
        new("$gte", new BsonArray { new BsonDocument("$indexOfBytes", new BsonArray { field, MongoExpressions.Literal(part) }), 0 });
}
