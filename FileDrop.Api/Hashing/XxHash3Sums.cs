using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace FileDrop.Api.Hashing;

/// <summary>
/// XXH3 of 64 bits, without a seed, of a content longer than <see cref="ShortLimit"/>. It keeps eight sums, to which it adds 64 bytes at a
/// time. Source: xxHash specification 0.2, "Algorithm Description (for large inputs)".
/// </summary>
/// <remarks>Sums and content are read as they lie in memory. All machines that .NET is released for are little-endian.</remarks>
internal static class XxHash3Sums
{
    /// <summary>In bytes; a content up to this size is hashed in another way.</summary>
    public const int ShortLimit = 240;

    /// <summary>Bytes that are added at a time.</summary>
    public const int Stripe = 64;

    /// <summary>Bytes after which the sums are scrambled.</summary>
    private const int Block = 1024;

    private const ulong Prime32A = 0x9E3779B1, Prime32B = 0x85EBCA77, Prime32C = 0xC2B2AE3D, PrimeMix = 0x165667919E3779F9;
    private const ulong Prime64A = 0x9E3779B185EBCA87, Prime64B = 0xC2B2AE3D27D4EB4F, Prime64C = 0x165667B19E3779F9,
        Prime64D = 0x85EBCA77C2B2AE63, Prime64E = 0x27D4EB2F165667C5;

    /// <summary>The sums of an empty content.</summary>
    public static ReadOnlySpan<ulong> Start => [Prime32C, Prime64A, Prime64B, Prime64C, Prime64D, Prime32B, Prime64E, Prime32A];

    /// <summary>The specification's default secret.</summary>
    private static ReadOnlySpan<byte> Secret =>
    [
        0xb8, 0xfe, 0x6c, 0x39, 0x23, 0xa4, 0x4b, 0xbe, 0x7c, 0x01, 0x81, 0x2c, 0xf7, 0x21, 0xad, 0x1c, 0xde, 0xd4, 0x6d, 0xe9,
        0x83, 0x90, 0x97, 0xdb, 0x72, 0x40, 0xa4, 0xa4, 0xb7, 0xb3, 0x67, 0x1f, 0xcb, 0x79, 0xe6, 0x4e, 0xcc, 0xc0, 0xe5, 0x78,
        0x82, 0x5a, 0xd0, 0x7d, 0xcc, 0xff, 0x72, 0x21, 0xb8, 0x08, 0x46, 0x74, 0xf7, 0x43, 0x24, 0x8e, 0xe0, 0x35, 0x90, 0xe6,
        0x81, 0x3a, 0x26, 0x4c, 0x3c, 0x28, 0x52, 0xbb, 0x91, 0xc3, 0x00, 0xcb, 0x88, 0xd0, 0x65, 0x8b, 0x1b, 0x53, 0x2e, 0xa3,
        0x71, 0x64, 0x48, 0x97, 0xa2, 0x0d, 0xf9, 0x4e, 0x38, 0x19, 0xef, 0x46, 0xa9, 0xde, 0xac, 0xd8, 0xa8, 0xfa, 0x76, 0x3f,
        0xe3, 0x9c, 0x34, 0x3f, 0xf9, 0xdc, 0xbb, 0xc7, 0xc7, 0x0b, 0x4f, 0x1d, 0x8a, 0x51, 0xe0, 0x4b, 0xcd, 0xb4, 0x59, 0x31,
        0xc8, 0x9f, 0x7e, 0xc9, 0xd9, 0x78, 0x73, 0x64, 0xea, 0xc5, 0xac, 0x83, 0x34, 0xd3, 0xeb, 0xc3, 0xc5, 0x81, 0xa0, 0xff,
        0xfa, 0x13, 0x63, 0xeb, 0x17, 0x0d, 0xdd, 0x51, 0xb7, 0xf0, 0xda, 0x49, 0xd3, 0x16, 0x55, 0x26, 0x29, 0xd4, 0x68, 0x9e,
        0x2b, 0x16, 0xbe, 0x58, 0x7d, 0x47, 0xa1, 0xfc, 0x8f, 0xf8, 0xb8, 0xd1, 0x7a, 0xd0, 0x31, 0xce, 0x45, 0xcb, 0x3a, 0x8f,
        0x95, 0x16, 0x04, 0x28, 0xaf, 0xd7, 0xfb, 0xca, 0xbb, 0x4b, 0x40, 0x7e,
    ];

    /// <summary>Adds whole stripes. The content's last stripe must not be among them.</summary>
    /// <param name="sums">The sums.</param>
    /// <param name="stripes">The stripes.</param>
    /// <param name="position">Bytes that were added before; a multiple of a stripe.</param>
    public static void Append(Span<ulong> sums, ReadOnlySpan<byte> stripes, long position)
    {
        for (var at = (int)(position % Block); !stripes.IsEmpty; at = 0)
        {
            var piece = stripes[..Math.Min(stripes.Length, Block - at)];
            Add(sums, piece, at / Stripe * sizeof(ulong));
            if (at + piece.Length == Block)
                Scramble(sums);
            stripes = stripes[piece.Length..];
        }
    }

    /// <summary>Makes the hash. The sums are useless afterwards.</summary>
    /// <param name="sums">The sums.</param>
    /// <param name="last">The content's last 64 bytes. Some of them may have been added already.</param>
    /// <param name="length">The content's length, in bytes.</param>
    public static ulong Finish(Span<ulong> sums, ReadOnlySpan<byte> last, long length)
    {
        const int LastSecret = 121, MergeSecret = 11;
        Add(sums, last, LastSecret);
        var result = unchecked((ulong)length * Prime64A);
        for (var i = 0; i < sums.Length; i += 2)
        {
            var high = Math.BigMul(sums[i] ^ Word(MergeSecret, i), sums[i + 1] ^ Word(MergeSecret, i + 1), out var low);
            result += low ^ high;
        }
        result = (result ^ (result >> 37)) * PrimeMix;
        return result ^ (result >> 32);
    }

    private static void Add(Span<ulong> sums, ReadOnlySpan<byte> stripes, int secret)
    {
        // Two neighbours do not depend on the other sums, so they stay in a register for all stripes.
        var pairs = MemoryMarshal.Cast<ulong, Vector128<ulong>>(sums);
        var words = MemoryMarshal.Cast<byte, Vector128<ulong>>(stripes);
        for (var i = 0; i < pairs.Length; i++)
        {
            var pair = pairs[i];
            var keys = Secret[(secret + (16 * i))..];
            for (var at = i; at < words.Length; at += pairs.Length)
            {
                pair += Vector128.Shuffle(words[at], Vector128.Create(1UL, 0))
                    + ProductOfHalves(words[at] ^ Vector128.Create(keys).AsUInt64());
                keys = keys[sizeof(ulong)..];
            }
            pairs[i] = pair;
        }
    }

    /// <summary>Multiplies the lower half of each number by its upper half. The general product of 64 bits is much slower.</summary>
    private static Vector128<ulong> ProductOfHalves(Vector128<ulong> numbers) =>
        Sse2.IsSupported ? Sse2.Multiply(numbers.AsUInt32(), (numbers >> 32).AsUInt32())
        : AdvSimd.IsSupported ? AdvSimd.MultiplyWideningLower(
            AdvSimd.ExtractNarrowingLower(numbers), AdvSimd.ShiftRightLogicalNarrowingLower(numbers, 32))
        : (numbers & Vector128.Create((ulong)uint.MaxValue)) * (numbers >> 32);

    private static void Scramble(Span<ulong> sums)
    {
        const int ScrambleSecret = 128;
        for (var i = 0; i < sums.Length; i++)
            sums[i] = (sums[i] ^ (sums[i] >> 47) ^ Word(ScrambleSecret, i)) * Prime32A;
    }

    private static ulong Word(int secret, int index) => BinaryPrimitives.ReadUInt64LittleEndian(Secret[(secret + (8 * index))..]);
}
