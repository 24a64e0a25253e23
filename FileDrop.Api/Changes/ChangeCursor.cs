using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;
using FileDrop.Api.Catalog;
using FileDrop.Api.Http;

namespace FileDrop.Api.Changes;

/// <summary>The cursors of one owner's feed: the number of a change, bound to the catalog and the owner.</summary>
internal sealed class ChangeCursor
{
    private readonly ulong _feed;

    private ChangeCursor(Guid feed, string owner) => _feed = XxHash3.HashToUInt64([.. feed.ToByteArray(), .. Encoding.UTF8.GetBytes(owner)]);

    /// <summary>Reads the cursor of a request.</summary>
    /// <param name="changes">The feeds.</param>
    /// <param name="owner">The feed's owner.</param>
    /// <param name="text">The cursor: one that was issued, <c>latest</c>, or null for the oldest change.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <returns>The owner's cursors, and the number to go on after; null for the oldest change.</returns>
    /// <exception cref="ProblemException">No feed has issued the cursor, or another catalog or owner's has.</exception>
    public static async Task<(ChangeCursor Cursors, long? After)> ReadAsync(
        IChangeCatalog changes, string owner, string? text, CancellationToken cancellation)
    {
        var cursors = new ChangeCursor(await changes.FindFeedAsync(cancellation), owner);
        return text switch
        {
            null => (cursors, null),
            "latest" => (cursors, await changes.FindLastAsync(owner, cancellation)),
            _ => (cursors, cursors.Read(text)),
        };
    }

    public string Write(long number)
    {
        Span<byte> place = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(place, number);
        return ListCursor.Write(_feed, place);
    }

    private long Read(string text)
    {
        var cursor = ListCursor.Read(text);
        if (cursor.Place.Length != sizeof(long) || BinaryPrimitives.ReadInt64BigEndian(cursor.Place.Span) is not (>= 0 and var number))
            throw ListCursor.NotIssued();
        return cursor.List == _feed ? number : throw new ProblemException(ApiProblem.CursorExpired);
    }
}
