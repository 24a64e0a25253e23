using FileDrop.Api.Catalog;
using FileDrop.Api.Contents;
using FileDrop.Api.Http;

namespace FileDrop.Api.Folders;

/// <summary>A request for a page of a folder's entries, and the cursors that lead on.</summary>
/// <param name="Folder">The folder.</param>
/// <param name="Query">The sort, the order, the limit and the filters.</param>
/// <param name="IsDeep">Whether to walk through everything below the folder.</param>
/// <param name="Cursor">The cursor; null for the first page.</param>
internal sealed record EntryRequest(Guid Folder, ListQuery Query, bool IsDeep, ListCursor? Cursor)
{
    /// <summary>Reads a request.</summary>
    /// <exception cref="ProblemException">A parameter is malformed.</exception>
    public static EntryRequest Read(HttpRequest request, string owner, Guid folder)
    {
        var query = request.Query;
        if (!ListParameters.AreUnderstoodByEntries(query, out var problem))
            throw new ProblemException(problem);
        if (ListRequest.RefuseMalformedText(request) is { } malformed)
            throw new ProblemException(malformed);
        if (!Parameters.TryReadFlag(query, "deep", out var deep))
            throw new ProblemException(ApiProblem.InvalidRequest("deep is true or false."));
        if (deep && (query.ContainsKey("sort") || query.ContainsKey("order")))
            throw new ProblemException(
                ApiProblem.InvalidRequest("A deep list has an order of its own: each folder before what is in it. Leave out sort and order."));
        return new EntryRequest(
            folder, ListRequest.Read(query, owner, inTrash: false) with { Folder = folder }, deep,
            ListRequest.Cursor(query) is { } cursor ? ListCursor.Read(cursor) : null);
    }

    /// <summary>The place at which the page of a list begins.</summary>
    /// <exception cref="ProblemException">Another list issued the cursor.</exception>
    public EntryPosition ReadPlace()
    {
        if (Cursor is not { } cursor)
            return EntryPosition.Start;
        var kind = cursor.List == FingerprintOf(EntryKind.Folder) ? EntryKind.Folder
            : cursor.List == FingerprintOf(EntryKind.File) ? EntryKind.File
            : throw ListCursor.OfAnotherList();
        // An empty place is that before the first entry of the kind.
        return new EntryPosition(kind, cursor.Place.IsEmpty ? null : ListCursor.ReadPosition(cursor.Place.Span, IsByName(kind)));
    }

    /// <summary>The cursor of a place in a list.</summary>
    public string Write(EntryPosition place) =>
        ListCursor.Write(FingerprintOf(place.Kind), place.After is { } after ? ListCursor.WritePosition(after) : []);

    /// <summary>The place at which the page of a walk begins; null for its start.</summary>
    /// <exception cref="ProblemException">Another list issued the cursor.</exception>
    public WalkPosition? ReadWalk()
    {
        const int Length = ListCursor.PositionLength;
        if (Cursor is not { } cursor)
            return null;
        if (cursor.List != FingerprintOfWalk)
            throw ListCursor.OfAnotherList();
        var place = cursor.Place.Span;
        if (place is not [var head and <= 3, ..] || place.Length % Length != 1 || place.Length > 1 + ((FolderWalk.MaxWay + 1) * Length))
            throw ListCursor.NotIssued();
        List<ListPosition> steps = [];
        for (var at = 1; at < place.Length; at += Length)
            steps.Add(ListCursor.ReadPosition(place.Slice(at, Length), byName: false));
        var (kind, hasAfter) = ((EntryKind)(head & 1), (head & 2) != 0);
        return !hasAfter ? new WalkPosition(steps, kind, After: null)
            : steps is [.. var way, var after] ? new WalkPosition(way, kind, after)
            : throw ListCursor.NotIssued();
    }

    /// <summary>The cursor of a place in a walk.</summary>
    public string Write(WalkPosition place)
    {
        List<byte> bytes = [(byte)((int)place.Kind | (place.After is null ? 0 : 2))];
        foreach (var step in place.After is { } after ? place.Way.Append(after) : place.Way)
            bytes.AddRange(ListCursor.WritePosition(step));
        return ListCursor.Write(FingerprintOfWalk, [.. bytes]);
    }

    private ulong FingerprintOfWalk => ListCursor.Fingerprint(Query, "deep");

    private ulong FingerprintOf(EntryKind kind) => ListCursor.Fingerprint(Query, $"{kind}");

    /// <summary>Folders have no size: a list by size sorts them by name.</summary>
    private bool IsByName(EntryKind kind) => Query.Sort == FileSort.FileName || (kind == EntryKind.Folder && Query.Sort == FileSort.FileSize);
}
