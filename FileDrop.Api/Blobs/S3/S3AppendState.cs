using System.Text.Json;
using System.Text.Json.Serialization;
using FileDrop.Api.Hashing;

namespace FileDrop.Api.Blobs.S3;

/// <summary>Bytes that are too few for a part, in an object of their own until they can go into a part.</summary>
/// <param name="BlobId">The object's blob.</param>
/// <param name="Size">In bytes.</param>
internal sealed record S3Piece(Guid BlobId, int Size);

/// <summary>The recorded state of a blob that is appended to.</summary>
/// <param name="UploadId">Its multipart upload; null while its bytes fit one part.</param>
/// <param name="Reserved">
/// The highest part number that a caller may have used so far. A number is used once, so late bytes of a former caller arrive under a
/// number
/// that does not count.
/// </param>
/// <param name="Parts">The part numbers that count, as runs: first, last, first, last, … Each interruption adds a run.</param>
/// <param name="Tail">The pieces behind the last part, in order.</param>
/// <param name="IsSealed">Whether all bytes are in parts, so that no caller may append any more.</param>
/// <param name="Runs">
/// The ranges that count in an object made of all parts, counted or not: offset, length, offset, length, … Null if the object has only
/// parts that count.
/// </param>
internal sealed record S3AppendState(
    string? UploadId, int Reserved, IReadOnlyList<int> Parts, IReadOnlyList<S3Piece> Tail, bool IsSealed = false, IReadOnlyList<long>? Runs = null)
{
    private static readonly S3AppendState s_empty = new(null, 0, [], []);

    public static S3AppendState Parse(string? text) =>
        text is null ? s_empty : JsonSerializer.Deserialize(text, S3AppendJson.Default.S3AppendState) ?? s_empty;

    public override string ToString() => JsonSerializer.Serialize(this, S3AppendJson.Default.S3AppendState);

    /// <summary>Makes the point of this state.</summary>
    public AppendPoint At(long offset, HashMark hashes) => new(offset, hashes, ToString(), [.. Tail.Select(piece => piece.BlobId)]);

    public S3AppendState WithPart(int number) =>
        this with { Parts = Parts.Count > 0 && Parts[^1] == number - 1 ? [.. Parts.SkipLast(1), number] : [.. Parts, number, number] };

    /// <summary>The runs of bytes that count in an object made of these parts.</summary>
    public IReadOnlyList<long> RunsIn(IReadOnlyList<(int Number, long Size)> parts)
    {
        var (runs, offset, goesOn) = (new List<long>(), 0L, false);
        foreach (var (number, size) in parts)
        {
            var counts = Counts(number);
            if (counts && goesOn)
                runs[^1] += size;
            else if (counts)
                runs.AddRange([offset, size]);
            (offset, goesOn) = (offset + size, counts);
        }
        return runs;
    }

    /// <summary>Whether the part of a number counts.</summary>
    public bool Counts(int number)
    {
        for (var i = 0; i < Parts.Count; i += 2)
            if (number >= Parts[i] && number <= Parts[i + 1])
                return true;
        return false;
    }
}

[JsonSerializable(typeof(S3AppendState))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
internal sealed partial class S3AppendJson : JsonSerializerContext;
