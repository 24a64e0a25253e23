using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace FileDrop.Api.Hashing;

/// <summary>Adds whole blocks of 64 bytes to the eight words of a SHA-256 (FIPS 180-4, section 6.2.2).</summary>
internal delegate void Sha256Compression(Span<uint> words, ReadOnlySpan<byte> blocks);

/// <summary>SHA-256 as a function of words that can be kept. The framework's hash does not reveal them.</summary>
internal static unsafe class Sha256Blocks
{
    /// <summary>The size of a block, in bytes.</summary>
    public const int Size = 64;

    private static readonly delegate* unmanaged<uint*, byte*, nuint, int> s_update = FindUpdate();

    /// <summary>
    /// The function of libcrypto, which uses the processor's instructions. It is null if libcrypto is missing or does not work as expected.
    /// Only Linux is tried: the framework itself uses libcrypto there, while macOS ends a process that loads its own.
    /// </summary>
    public static Sha256Compression? Native { get; } = s_update != null && Works(Update) ? Update : null;

    /// <summary>The fastest function of this machine.</summary>
    public static Sha256Compression Fastest { get; } = Native ?? Managed;

    /// <summary>The words of an empty content (FIPS 180-4, section 5.3.3).</summary>
    public static ReadOnlySpan<uint> Start =>
        [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];

    /// <summary>FIPS 180-4, section 4.2.2.</summary>
    private static ReadOnlySpan<uint> Constants =>
    [
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01,
        0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc,
        0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
        0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
        0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08,
        0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
        0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
    ];

    /// <summary>The function of this program, for any machine.</summary>
    public static void Managed(Span<uint> words, ReadOnlySpan<byte> blocks)
    {
        Span<uint> schedule = stackalloc uint[64];
        for (; !blocks.IsEmpty; blocks = blocks[Size..])
        {
            for (var i = 0; i < 16; i++)
                schedule[i] = BinaryPrimitives.ReadUInt32BigEndian(blocks[(4 * i)..]);
            for (var i = 16; i < schedule.Length; i++)
            {
                var (older, newer) = (schedule[i - 15], schedule[i - 2]);
                schedule[i] = schedule[i - 16] + schedule[i - 7]
                    + (BitOperations.RotateRight(older, 7) ^ BitOperations.RotateRight(older, 18) ^ (older >> 3))
                    + (BitOperations.RotateRight(newer, 17) ^ BitOperations.RotateRight(newer, 19) ^ (newer >> 10));
            }
            var (a, b, c, d, e, f, g, h) = (words[0], words[1], words[2], words[3], words[4], words[5], words[6], words[7]);
            for (var i = 0; i < schedule.Length; i++)
            {
                var first = h + Constants[i] + schedule[i] + (g ^ (e & (f ^ g)))
                    + (BitOperations.RotateRight(e, 6) ^ BitOperations.RotateRight(e, 11) ^ BitOperations.RotateRight(e, 25));
                var second = ((a & b) | (c & (a | b)))
                    + (BitOperations.RotateRight(a, 2) ^ BitOperations.RotateRight(a, 13) ^ BitOperations.RotateRight(a, 22));
                (h, g, f, e, d, c, b, a) = (g, f, e, d + first, c, b, a, first + second);
            }
            words[0] += a;
            words[1] += b;
            words[2] += c;
            words[3] += d;
            words[4] += e;
            words[5] += f;
            words[6] += g;
            words[7] += h;
        }
    }

    /// <summary>
    /// Calls SHA256_Update on a SHA256_CTX of OpenSSL 1.1 and 3: the eight words, then the count of bits, an unfinished block, and its length. Whole blocks
    /// change only the words and the count, and the count is not used here.
    /// </summary>
    private static void Update(Span<uint> words, ReadOnlySpan<byte> blocks)
    {
        // The context has 112 bytes. Another version may have a larger one, so there is room for twice as many.
        var context = stackalloc uint[56];
        var own = new Span<uint>(context, words.Length);
        words.CopyTo(own);
        fixed (byte* at = blocks)
            _ = s_update(context, at, (nuint)blocks.Length);
        own.CopyTo(words);
    }

    private static delegate* unmanaged<uint*, byte*, nuint, int> FindUpdate() =>
        OperatingSystem.IsLinux()
        && (NativeLibrary.TryLoad("libcrypto.so.3", out var library) || NativeLibrary.TryLoad("libcrypto.so.1.1", out library))
        && NativeLibrary.TryGetExport(library, "SHA256_Update", out var update)
            ? (delegate* unmanaged<uint*, byte*, nuint, int>)update
            : null;

    /// <summary>Tries FIPS 180-4's own example, "abc".</summary>
    private static bool Works(Sha256Compression compress)
    {
        Span<byte> block = stackalloc byte[Size];
        block.Clear();
        "abc"u8.CopyTo(block);
        block[3] = 0x80;
        block[^1] = 3 * 8;
        Span<uint> words = [.. Start];
        compress(words, block);
        return words.SequenceEqual<uint>(
            [0xba7816bf, 0x8f01cfea, 0x414140de, 0x5dae2223, 0xb00361a3, 0x96177a9c, 0xb410ff61, 0xf20015ad]);
    }
}
