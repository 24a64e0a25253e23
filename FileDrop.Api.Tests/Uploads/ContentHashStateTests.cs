using System.IO.Hashing;
using System.Security.Cryptography;
using System.Text;
using CsCheck;
using FileDrop.Api.Hashing;
using Xunit;

namespace FileDrop.Api.Tests.Uploads;

/// <summary>Hashes that continue from request to request, compared with the framework's, which hash the whole content at once.</summary>
public sealed class ContentHashStateTests
{
    private static readonly Sha256Compression[] s_compressions = [Sha256Blocks.Fastest, Sha256Blocks.Managed];

    /// <summary>Lengths around the thresholds of the hashes, and some random ones, up to a few hundred kilobytes.</summary>
    private static readonly Gen<int> s_length = Gen.Frequency(
        (4, Gen.Select(Gen.OneOf(0, 64, 128, 240, 256, 512, 1024, 2048, 4096), Gen.Int[-2, 2], (edge, off) => Math.Max(0, edge + off))),
        (3, Gen.Int[0, 5_000]),
        (1, Gen.Int[0, 300_000]));

    /// <summary>The pieces of a content, and the implementation that hashes each.</summary>
    private static readonly Gen<(int Length, bool Managed)[]> s_pieces = Gen.Select(s_length, Gen.Bool).Array[0, 6];

    [Theory]
    [InlineData("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    [InlineData("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")]
    [InlineData(
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")]
    [InlineData(
        "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
        "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1")]
    public void The_SHA_256_matches_the_standards_examples(string text, string hash)
    {
        foreach (var compression in s_compressions)
            Assert.Equal(hash, Of(Encoding.ASCII.GetBytes(text), compression).Sha256);
    }

    [Fact]
    public void The_SHA_256_of_a_million_letters_matches_the_standards_example()
    {
        var bytes = new byte[1_000_000];
        bytes.AsSpan().Fill((byte)'a');
        foreach (var compression in s_compressions)
            Assert.Equal("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0", Of(bytes, compression).Sha256);
    }

    /// <summary>The check values of the reference implementation, for its generated content.</summary>
    [Theory]
    [InlineData(0, 0x2D06800538D394C2)]
    [InlineData(1, 0xC44BDFF4074EECDB)]
    [InlineData(6, 0x27B56A84CD2D7325)]
    [InlineData(12, 0xA713DAF0DFBB77E7)]
    [InlineData(24, 0xA3FE70BF9D3510EB)]
    [InlineData(48, 0x397DA259ECBA1F11)]
    [InlineData(80, 0xBCDEFBBB2C47C90A)]
    [InlineData(195, 0xCD94217EE362EC3A)]
    [InlineData(403, 0xCDEB804D65C6DEA4)]
    [InlineData(512, 0x617E49599013CB6B)]
    [InlineData(2048, 0xDD59E2C3A5F038E0)]
    [InlineData(2099, 0xC6B9D9B3FC9AC765)]
    [InlineData(2240, 0x6E73A90539CF2948)]
    [InlineData(2367, 0xCB37AEB9E5D361ED)]
    public void The_XXH3_matches_the_reference(int length, ulong hash)
    {
        var bytes = new byte[length];
        var next = 2654435761UL;
        foreach (ref var value in bytes.AsSpan())
        {
            value = (byte)(next >> 56);
            next = unchecked(next * 11400714785074694797);
        }
        Assert.Equal(unchecked((long)hash), Of(bytes).XxHash3);
    }

    [Fact]
    public void On_Linux_libcrypto_computes_the_SHA_256_as_it_does_for_the_framework() =>
        Assert.True(!OperatingSystem.IsLinux() || Sha256Blocks.Native is { } native && Sha256Blocks.Fastest == native);

    [Fact]
    public void The_hashes_of_content_of_any_length_match_the_frameworks()
    {
        var bytes = Content(2_200);
        for (var length = 0; length <= bytes.Length; length++)
        {
            foreach (var compression in s_compressions)
                IsOf(bytes.AsSpan(0, length), Of(bytes.AsSpan(0, length), compression));
        }
    }

    [Fact]
    public void Single_bytes_give_the_same_hashes_after_each_byte()
    {
        var bytes = Content(2_200);
        var state = new ContentHashState();
        for (var length = 0; length < bytes.Length; length++)
        {
            IsOf(bytes.AsSpan(0, length), state);
            state.Append(bytes.AsSpan(length, 1));
        }
        IsOf(bytes, state);
    }

    [Fact]
    public void A_content_split_anywhere_and_continued_by_any_implementation_has_the_hashes_of_the_whole() => s_pieces.Sample(pieces =>
    {
        var bytes = Content(pieces.Sum(piece => piece.Length));
        var mark = new ContentHashState().Mark();
        var position = 0;
        foreach (var (length, managed) in pieces)
        {
            var state = ContentHashState.Import(mark.State.Span, mark.Crc32, managed ? Sha256Blocks.Managed : null);
            state.Append(bytes.AsSpan(position, length));
            position += length;
            IsOf(bytes.AsSpan(0, position), state);
            mark = state.Mark();
            IsOf(bytes.AsSpan(0, position), ContentHashState.Resume(mark));
        }
    }, iter: 1_000, print: pieces => string.Join(" + ", pieces.Select(piece => $"{piece.Length}{(piece.Managed ? " managed" : "")}")));

    [Fact]
    public void A_mark_is_a_snapshot_and_the_marked_state_can_continue() => Gen.Select(s_length, s_length).Sample((before, after) =>
    {
        var bytes = Content(before + after);
        var state = Of(bytes.AsSpan(0, before));
        var mark = state.Mark();
        state.Append(bytes.AsSpan(before));
        IsOf(bytes, state);
        IsOf(bytes.AsSpan(0, before), ContentHashState.Resume(mark));
    }, iter: 500);

    [Fact]
    public void An_export_is_small_and_begins_with_its_format() => s_length.Sample(length =>
    {
        var export = Of(Content(length)).Export();
        Assert.InRange(export.Length, 1, 500);
        Assert.Equal(1, export[0]);
    }, iter: 100);

    [Fact]
    public void The_CRC_32_matches_the_standards_check_value()
    {
        var bytes = "123456789"u8;
        for (var length = 0; length <= bytes.Length; length++)
        {
            var state = ContentHashState.Resume(Of(bytes[..length]).Mark());
            state.Append(bytes[length..]);
            Assert.Equal(0xCBF4_3926, state.Crc32);
        }
    }

    /// <summary>An upload can outlive an update of the service, and can move to another kind of machine.</summary>
    [Fact]
    public void An_export_of_format_1_is_still_read_and_written_and_goes_on_without_a_CRC_32()
    {
        const string Known =
            "AdwFAAAAAAAAr3FUR6fi8gwBMwnyPM1joqDqYcKtJtokRljz0+ONoeqm0RwfMyx5Vk8qs7Y9kD3P0NRYIrLFXt4JXQ/rpKLBh3z97LVbgrKd7BSYz0wo8K5n"
            + "2NPHHBhbpEEjcWARe+f8SbclkwJx4FDAMKARgvNl10m7LqEUiPxw5FnOQ7kvpRuSCYD4cOhg2VLLRb85sy6pJKAcmBSRDosJhwWDAoEAgACAAIECgwWHCYsO"
            + "kRSYHKAkqS6zOb9Fy1LZYOhw+IAJkhulL7lDzlnkcPyIFKEuu0nXZfOCEaAwwFDgcQKTJbdJ224BlCi8UOR5DqM5z2X7kinAWPCIILlS64UfuVPuiSTAXPiU"
            + "Mc5rCadF44IhwGAAoEDhgiPFZwmrTvGUONyAJMluE7lfBatS+aBI8JhA6ZI75Y8544455JA86JT4XMAkie5TuR+F61K5IIjwWMApkvtlzzmjDnnkULwolAFu"
            + "2/fiVv9Khqt0";
        byte[] bytes = [.. Enumerable.Range(0, 1_500).Select(i => (byte)(i * i / 7))];
        Assert.Equal(Known, Convert.ToBase64String(Of(bytes).Export()));
        var state = ContentHashState.Resume(new HashMark(Convert.FromBase64String(Known), Crc32: null));
        IsOf(bytes, state, hasCrc32: false);
        state.Append(bytes);
        IsOf([.. bytes, .. bytes], state, hasCrc32: false);
        IsOf([.. bytes, .. bytes], ContentHashState.Resume(state.Mark()), hasCrc32: false);
    }

    [Fact]
    public void A_mark_without_bytes_is_that_of_an_empty_content() => IsOf([], ContentHashState.Resume(default));

    [Fact]
    public void An_export_with_one_changed_bit_is_refused()
    {
        var export = Of(Content(700)).Export();
        for (var bit = 0; bit < export.Length * 8; bit++)
        {
            export[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Throws<InvalidDataException>(() => Imported(export));
            export[bit / 8] ^= (byte)(1 << (bit % 8));
        }
        Assert.Equal(700, Imported(export).Length);
    }

    [Fact]
    public void An_export_of_a_wrong_length_is_refused()
    {
        var export = Of(Content(700)).Export();
        for (var length = 0; length < export.Length; length++)
            Assert.Throws<InvalidDataException>(() => Imported(export.AsSpan(0, length)));
        Assert.Throws<InvalidDataException>(() => Imported([.. export, 0]));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(long.MinValue)]
    [InlineData(1L << 61)]
    [InlineData(long.MaxValue)]
    public void An_export_of_an_impossible_length_is_refused(long length) =>
        Assert.Throws<InvalidDataException>(() =>
            Imported(Sealed(export => BitConverter.TryWriteBytes(export.AsSpan(1), length))));

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(255)]
    public void An_export_of_another_format_is_refused(byte format) =>
        Assert.Throws<InvalidDataException>(() => Imported(Sealed(export => export[0] = format)));

    /// <summary>Makes a changed export with a matching checksum.</summary>
    private static byte[] Sealed(Action<byte[]> change)
    {
        var export = Of(Content(700)).Export();
        change(export);
        BitConverter.TryWriteBytes(export.AsSpan(export.Length - 8), XxHash3.HashToUInt64(export.AsSpan(..^8)));
        return export;
    }

    private static ContentHashState Imported(ReadOnlySpan<byte> export) => ContentHashState.Import(export, crc32: null);

    private static ContentHashState Of(ReadOnlySpan<byte> bytes, Sha256Compression? compression = null)
    {
        var state = new ContentHashState(compression);
        state.Append(bytes);
        return state;
    }

    private static byte[] Content(int length)
    {
        var bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        return bytes;
    }

    private static void IsOf(ReadOnlySpan<byte> bytes, ContentHashState state, bool hasCrc32 = true)
    {
        Assert.Equal(bytes.Length, state.Length);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(bytes)), state.Sha256);
        Assert.Equal(unchecked((long)XxHash3.HashToUInt64(bytes)), state.XxHash3);
        Assert.Equal(hasCrc32 ? Crc32.HashToUInt32(bytes) : (uint?)null, state.Crc32);
    }
}
