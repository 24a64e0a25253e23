using System.Text.Json;
using System.Text.Json.Serialization;

namespace FileDrop.Api.Blobs.S3;

/// <summary>Bytes below a part, in an object of their own until they can go into a part.</summary>
/// <param name="BlobId">The object's blob.</param>
/// <param name="Size">In bytes.</param>
internal sealed record S3Piece(Guid BlobId, int Size);

/// <summary>What is recorded of a blob that is appended to.</summary>
/// <param name="UploadId">Its multipart upload; null while what there is fits one part.</param>
/// <param name="Reserved">
/// The highest part number that any caller may have used so far. A number is used once: what a former caller sends late arrives under a
/// number that does not count.
/// </param>
/// <param name="Parts">The numbers that count, as runs: first, last, first, last, … There is one run more for each interruption.</param>
/// <param name="Tail">What lies behind the last part, in order.</param>
/// <param name="IsSealed">Whether all bytes are in parts, and nothing may be appended any more.</param>
/// <param name="Runs">
/// Where the bytes that count lie in the object that was made of all parts, others among them: offset, length, offset, length, … Null where
/// the object was made of those that count alone.
/// </param>
internal sealed record S3AppendState(
    string? UploadId, int Reserved, IReadOnlyList<int> Parts, IReadOnlyList<S3Piece> Tail, bool IsSealed = false, IReadOnlyList<long>? Runs = null)
{
    private static readonly S3AppendState s_empty = new(null, 0, [], []);

    public static S3AppendState Parse(string? text) =>
        text is null ? s_empty : JsonSerializer.Deserialize(text, S3AppendJson.Default.S3AppendState) ?? s_empty;

    public override string ToString() => JsonSerializer.Serialize(this, S3AppendJson.Default.S3AppendState);

    /// <summary>The point that this is the state of.</summary>
    public AppendPoint At(long offset, ReadOnlyMemory<byte> hashes) => new(offset, hashes, ToString(), [.. Tail.Select(piece => piece.BlobId)]);

    public S3AppendState WithPart(int number) =>
        this with { Parts = Parts.Count > 0 && Parts[^1] == number - 1 ? [.. Parts.SkipLast(1), number] : [.. Parts, number, number] };

    /// <summary>Where the parts that count lie in an object that is made of these parts.</summary>
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

    /// <summary>Whether a part of that number counts.</summary>
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
