using MongoDB.Bson;
using MongoDB.Driver;

namespace FileDrop.Api.Catalog.Mongo;

/// <summary>Reads one page of a list.</summary>
/// <remarks>
/// <para>A page is read as a few <em>ranges</em> of one index, each an unbroken run of entries with exact bounds. After a position come first the other files
/// with the same sort key, by their ids, then those with a later key. With one condition for both (<c>$or</c>), the server's planner might walk from the
/// start.</para>
/// <para>All bounds are inclusive, and name the first possible key after the last one. A server may evaluate "greater than v" by walking over all entries equal
/// to v, and a million files may have the same size.</para>
/// <para>A filtered page first finds the end of its window, a fixed number of entries further on, and then looks for matches within. Insertions and deletions
/// between the two reads therefore cannot push an existing file out of the window.</para>
/// </remarks>
/// <param name="list">The kind of list.</param>
/// <param name="query">The page.</param>
/// <param name="cancellation">Ends the reading.</param>
internal sealed class MongoListing<T>(MongoList<T> list, ListQuery query, CancellationToken cancellation)
{
    /// <summary>The size of a filtered page's first window, in which most filters fill a page.</summary>
    private const int FirstWindow = 1_000;

    private readonly MongoListOrder _order = new(query.Sort, query.Descending, list.Index);
    private readonly MongoListFilter _filter = new(query);
    private readonly List<BsonDocument> _found = [];

    /// <summary>The number of files still to read: one more than the page holds, to know whether there is a next page.</summary>
    private int Missing => query.Limit + 1 - _found.Count;

    /// <summary>Reads the page.</summary>
    public async Task<(IReadOnlyList<T> Entries, ListPosition? Next)> ReadAsync()
    {
        if (query is { Sort: FileSort.DeletedAt, InTrash: false })
            throw new InvalidOperationException("Sort by the time of deletion only in the trash.");
        if (_filter.Conditions.ElementCount > 0)
            return await ReadFilteredAsync();
        await FillAsync(query.After, null);
        return Page(null);
    }

    private async Task<(IReadOnlyList<T> Entries, ListPosition? Next)> ReadFilteredAsync()
    {
        var position = query.After;
        for (var budget = query.Examined; budget > 0;)
        {
            var wanted = budget == query.Examined ? Math.Min(FirstWindow, budget) : budget;
            var (count, end) = await MeasureAsync(position, wanted);
            if (end is not null)
                await FillAsync(position, end);
            if (count < wanted || Missing <= 0)
                return Page(null);
            budget -= count;
            position = end;
        }

        return Page(position);
    }

    /// <summary>Finds the last of the next <paramref name="wanted"/> entries after a position, and their number.</summary>
    private async Task<(int Count, ListPosition? End)> MeasureAsync(ListPosition? after, int wanted)
    {
        var (count, end) = (0, (ListPosition?)null);
        foreach (var range in Ranges(after, null))
        {
            BsonDocument[] stages =
            [
                new("$match", range),
                new("$sort", _order.Sort),
                new("$limit", wanted - count),
                new("$group", new BsonDocument
                {
                    { "_id", BsonNull.Value },
                    { "count", new BsonDocument("$sum", 1) },
                    { "key", new BsonDocument("$last", "$" + _order.Field) },
                    { "id", new BsonDocument("$last", "$_id") },
                }),
            ];
            using var cursor = await list.Collection.AggregateAsync<BsonDocument>(stages, new AggregateOptions { Hint = _order.Index }, cancellation);
            if (await cursor.FirstOrDefaultAsync(cancellation) is { } measured)
            {
                count += measured["count"].ToInt32();
                end = MongoListOrder.Position(measured["key"], measured["id"]);
            }

            if (count >= wanted)
                break;
        }

        return (count, end);
    }

    /// <summary>Reads the matching files after one position, up to and including another, until the page is full.</summary>
    private async Task FillAsync(ListPosition? after, ListPosition? upTo)
    {
        foreach (var range in Ranges(after, upTo))
        {
            if (Missing <= 0)
                return;
            var options = new FindOptions<BsonDocument>
            {
                Sort = _order.Sort,
                Limit = Missing,
                // Fetch the whole page in one answer; the server's default first batch ends at 101.
                BatchSize = Missing,
                Hint = _order.Index,
                Projection = list.Projection,
            };
            using var cursor = await list.Collection.FindAsync(range.AddRange(_filter.Conditions), options, cancellation);
            _found.AddRange(await cursor.ToListAsync(cancellation));
        }
    }

    /// <summary>The ranges of the index after one position, up to and including another.</summary>
    private IEnumerable<BsonDocument> Ranges(ListPosition? after, ListPosition? upTo)
    {
        var first = after is null ? null : _order.Key(after);
        var last = upTo is null ? null : _order.Key(upTo);
        if (first is not null && first == last)
        {
            yield return Range(first, _order.Ids(after, upTo));
            yield break;
        }

        if (first is not null)
            yield return Range(first, _order.Ids(after, null));
        var begin = first is null ? _filter.First : _order.Behind(first);
        var end = last is null ? _filter.Last : _order.Before(last);
        if ((first is null || begin is not null) && (last is null || end is not null))
            yield return Range(_order.Between(begin, end), null);
        if (last is not null)
            yield return Range(last, _order.Ids(null, upTo));
    }

    private BsonDocument Range(BsonValue? keys, BsonDocument? ids)
    {
        var range = new BsonDocument { { "owner", query.Owner }, { "state", query.InTrash ? MongoSchema.Trash : MongoSchema.Live } }.AddRange(list.Range);
        if (keys is not null)
            range.Add(_order.Field, keys);
        if (ids is not null)
            range.Add("_id", ids);
        return range;
    }

    /// <param name="cutAt">The position where the list continues if all files found fit on the page.</param>
    private (IReadOnlyList<T> Entries, ListPosition? Next) Page(ListPosition? cutAt)
    {
        var (entries, weight) = (new List<T>(), 0L);
        foreach (var document in _found)
        {
            if (entries.Count == query.Limit || weight > ListQuery.MaxWeight)
                return (entries, _order.Position(_found[entries.Count - 1]));
            entries.Add(list.Read(document));
            weight += list.Weigh(entries[^1]);
        }
        return (entries, cutAt);
    }
}

/// <summary>The kinds of lists.</summary>
/// <param name="Collection">The collection.</param>
/// <param name="Range">The conditions beside owner and state that bound the index.</param>
/// <param name="Index">The index.</param>
/// <param name="Projection">The fields to read; null for all.</param>
/// <param name="Read">Reads an entry.</param>
/// <param name="Weigh">The characters that an entry's tags add to its page.</param>
internal sealed record MongoList<T>(
    IMongoCollection<BsonDocument> Collection, BsonDocument Range, string Index, BsonDocument? Projection, Func<BsonDocument, T> Read,
    Func<T, long> Weigh)
{
    /// <summary>A list of files: of one folder, of all, or of the trash.</summary>
    public static MongoList<CatalogFile> OfFiles(IMongoCollection<BsonDocument> files, ListQuery query)
    {
        var (_, index) = query.Folder is null ? MongoSchema.Orders[query.Sort] : MongoFolders.Orders[query.Sort];
        var range = query.Folder is { } folder ? new BsonDocument("parent", MongoSchema.Uuid(folder))
            : query.Sort is FileSort.DeletedAt ? MongoSchema.IsDeleted
            : [];
        return new(
            files, range, index, MongoSchema.FileFields,
            document => MongoSchema.ToFile(document, MongoSchema.ToGuid(document["_id"]), query.Owner), ListQuery.WeightOf);
    }
}
