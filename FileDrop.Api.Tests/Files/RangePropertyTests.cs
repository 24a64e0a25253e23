using System.Net;
using System.Numerics;
using System.Text.RegularExpressions;
using CsCheck;
using FileDrop.Api.Http;
using Xunit;

namespace FileDrop.Api.Tests.Files;

/// <summary>The meaning of a Range field, implemented independently by a pattern and big numbers.</summary>
internal static class RangeWords
{
    /// <summary>Fields that are ranges of a small file, or nearly so.</summary>
    public static Gen<string> Field { get; } = Gen.Frequency(
        (4, Gen.Select(Gen.Int[0, 40], Gen.Int[0, 40], (first, last) => $"bytes={first}-{last}")),
        (2, Gen.Int[0, 40].Select(first => $"bytes={first}-")),
        (2, Gen.Int[0, 40].Select(count => $"bytes=-{count}")),
        (1, Gen.Select(Gen.Int[0, 9], Gen.Int[15, 40], (first, digits) => $"bytes={first}-{new string('9', digits)}")),
        (1, Gen.Int[15, 40].Select(digits => $"bytes={new string('9', digits)}-")),
        (1, Gen.Int[15, 40].Select(digits => $"bytes=-{new string('9', digits)}")),
        (4, Gen.OneOf("bytes", "Bytes", "=", "-", ",", "0", "7", "12", " ", "+", "x", "٣", "items", "bytes=0-1,3-4")
            .Array[0, 6].Select(string.Concat)));

    /// <summary>The first and the last byte. Null means the whole file; a first byte beyond the last means unsatisfiable.</summary>
    public static (long First, long Last)? Expected(string field, long size)
    {
        const string Pattern = @"\Abytes=[ \t]*(?:([0-9]+)-([0-9]*)|-([0-9]+))[ \t]*\z";
        var match = Regex.Match(field, Pattern, RegexOptions.IgnoreCase | RegexOptions.CultureInvariant);
        if (!match.Success)
            return null;
        if (match.Groups[3].Success)
        {
            var count = Number(match.Groups[3]);
            return count.IsZero ? (1, 0) : size == 0 ? null : ((long)BigInteger.Max(size - count, 0), size - 1);
        }
        var first = Number(match.Groups[1]);
        var last = match.Groups[2].Length == 0 ? size - 1 : BigInteger.Min(Number(match.Groups[2]), size - 1);
        if (match.Groups[2].Length > 0 && Number(match.Groups[2]) < first)
            return null;
        return first >= size ? (1, 0) : ((long)first, (long)last);
    }

    private static BigInteger Number(Group digits) => BigInteger.Parse(digits.Value, System.Globalization.CultureInfo.InvariantCulture);
}

public sealed class ByteRangePropertyTests
{
    private static readonly Gen<long> s_size = Gen.OneOf(Gen.Long[0, 40], Gen.OneOf(0L, 1L, long.MaxValue - 1, long.MaxValue));

    [Fact]
    public void A_range_is_the_requested_slice_and_a_malformed_range_is_the_whole_file() =>
        Gen.Select(RangeWords.Field, s_size).Sample((field, size) =>
        {
            var range = ByteRange.Of(field, size);
            Assert.Equal(RangeWords.Expected(field, size) switch
            {
                null => new ByteRange(RangeKind.Whole, 0, size),
                (var first, var last) when first > last => new ByteRange(RangeKind.Unsatisfiable, 0, 0),
                (var first, var last) => new ByteRange(RangeKind.Slice, first, last - first + 1),
            }, range);
        }, iter: 50_000, print: sample => $"{sample.Item1} of {sample.Item2}");

    [Fact]
    public void A_missing_field_means_the_whole_file() => Assert.Equal(new ByteRange(RangeKind.Whole, 0, 7), ByteRange.Of(null, 7));
}

public abstract class RangePropertyTests(Pair pair)
{
    [Fact]
    public async Task A_read_with_a_range_returns_exactly_that_slice()
    {
        var contents = new Dictionary<int, (string Id, byte[] Bytes)>();
        foreach (var size in new[] { 0, 1, 13, 37 })
        {
            byte[] bytes = [.. Enumerable.Range(0, size).Select(i => (byte)(i * 7))];
            contents[size] = ((await pair.Http.UploadAsync(bytes, "sliced")).Id(), bytes);
        }
        var fields = RangeWords.Field.Where(field => System.Text.Ascii.IsValid(field));
        await Gen.Select(fields, Gen.OneOf([.. contents.Keys])).SampleAsync(async (field, size) =>
        {
            var (id, bytes) = contents[size];
            using var request = new HttpRequestMessage(HttpMethod.Get, $"/files/{id}");
            Assert.True(request.Headers.TryAddWithoutValidation("Range", field));
            using var response = await pair.Http.SendAsync(request);
            var read = await response.Content.ReadAsByteArrayAsync();
            // A header's value has no space around it.
            switch (RangeWords.Expected(field.Trim(' '), size))
            {
                case null:
                    Assert.Equal(HttpStatusCode.OK, response.StatusCode);
                    Assert.Equal(bytes, read);
                    Assert.Null(response.Content.Headers.ContentRange);
                    break;
                case var (first, last) when first > last:
                    Assert.Equal(HttpStatusCode.RequestedRangeNotSatisfiable, response.StatusCode);
                    Assert.Equal("range_not_satisfiable", await response.CodeAsync());
                    Assert.Equal($"bytes */{size}", response.Content.Headers.ContentRange?.ToString());
                    break;
                case var (first, last):
                    Assert.Equal(HttpStatusCode.PartialContent, response.StatusCode);
                    Assert.Equal(bytes[(int)first..((int)last + 1)], read);
                    Assert.Equal($"bytes {first}-{last}/{size}", response.Content.Headers.ContentRange?.ToString());
                    break;
            }
        }, iter: 150, threads: 1, print: sample => $"{sample.Item1} of {sample.Item2}");
    }
}

public sealed class RangePropertyOnEmbeddedTests(EmbeddedPair pair) : RangePropertyTests(pair), IClassFixture<EmbeddedPair>;

public sealed class RangePropertyOnClusterTests(ClusterPair pair) : RangePropertyTests(pair), IClassFixture<ClusterPair>;
