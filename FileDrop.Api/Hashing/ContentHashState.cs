using System.Buffers.Binary;
using System.IO.Hashing;

namespace FileDrop.Api.Hashing;

/// <summary>
/// The SHA-256, the XXH3 and the CRC-32 of a content that arrives in more than one request. Their state can be carried to the next request, also on
/// another machine. The framework's own hashes cannot leave the process.
/// </summary>
/// <param name="sha256">Computes the SHA-256. The default is the fastest function of this machine. An export does not depend on it.</param>
/// <remarks>
/// The first two take 64 bytes at a time, and XXH3 treats the last ones differently. A chunk of 256 bytes is therefore held back until a byte follows
/// it. That is also enough for a short content, which XXH3 hashes in another way.
/// </remarks>
internal sealed class ContentHashState(Sha256Compression? sha256 = null)
{
    /// <summary>In bytes: the format, the length, the words of both hashes, the last chunk, and a checksum of these.</summary>
    private const int ExportSize = 1 + 8 + (8 * 4) + (8 * 8) + Chunk + 8;
    private const byte Format = 1;

    /// <summary>SHA-256 counts bits in 64 bits (FIPS 180-4, section 5.1.1).</summary>
    private const long LengthLimit = 1L << 61;
    private const int Chunk = 256;
    private const int Stripe = XxHash3Sums.Stripe;

    /// <summary>The polynomial of CRC-32/ISO-HDLC, with its bits reflected.</summary>
    private const uint Polynomial = 0xEDB8_8320;

    private readonly Sha256Compression _compress = sha256 ?? Sha256Blocks.Fastest;
    private readonly uint[] _sha256 = [.. Sha256Blocks.Start];
    private readonly ulong[] _xxHash3 = [.. XxHash3Sums.Start];

    /// <summary>The waiting bytes at its start. Behind them, the end of the chunk before.</summary>
    private readonly byte[] _recent = new byte[Chunk];
    private int _waiting;
    private long _taken;
    private Crc32? _crc32 = new();

    /// <summary>Bytes that were appended.</summary>
    public long Length => _taken + _waiting;

    /// <summary>The SHA-256 of the bytes so far, in lower-case hexadecimal.</summary>
    public string Sha256
    {
        get
        {
            // The bytes, a one, zeros, and the number of bits, up to the end of a block (FIPS 180-4, section 5.1.1).
            Span<byte> blocks = stackalloc byte[Chunk + Sha256Blocks.Size];
            blocks.Clear();
            _recent.AsSpan(0, _waiting).CopyTo(blocks);
            blocks[_waiting] = 0x80;
            blocks = blocks[..((_waiting + 8) / Sha256Blocks.Size * Sha256Blocks.Size + Sha256Blocks.Size)];
            BinaryPrimitives.WriteUInt64BigEndian(blocks[^8..], (ulong)Length << 3);

            Span<uint> words = [.. _sha256];
            _compress(words, blocks);
            Span<byte> hash = stackalloc byte[32];
            for (var i = 0; i < words.Length; i++)
                BinaryPrimitives.WriteUInt32BigEndian(hash[(4 * i)..], words[i]);
            return Convert.ToHexStringLower(hash);
        }
    }

    /// <summary>The XXH3 of the bytes so far, with 64 bits and without a seed.</summary>
    public long XxHash3
    {
        get
        {
            var waiting = _recent.AsSpan(0, _waiting);
            if (Length <= XxHash3Sums.ShortLimit)
                return unchecked((long)System.IO.Hashing.XxHash3.HashToUInt64(waiting));

            Span<byte> last = stackalloc byte[Stripe];
            var older = Math.Max(0, Stripe - _waiting);
            _recent.AsSpan(Chunk - older).CopyTo(last);
            waiting[Math.Max(0, _waiting - Stripe)..].CopyTo(last[older..]);

            Span<ulong> sums = [.. _xxHash3];
            XxHash3Sums.Append(sums, waiting[..((_waiting - 1) / Stripe * Stripe)], _taken);
            return unchecked((long)XxHash3Sums.Finish(sums, last, Length));
        }
    }

    /// <summary>The CRC-32 of the bytes so far, as in a zip archive (CRC-32/ISO-HDLC); null if an earlier release hashed some of them.</summary>
    public uint? Crc32 => _crc32?.GetCurrentHashAsUInt32();

    /// <summary>Makes the state that a mark shows.</summary>
    /// <exception cref="InvalidDataException">The mark is damaged, or has another format.</exception>
    public static ContentHashState Resume(HashMark mark) =>
        mark.State.IsEmpty ? new ContentHashState() : Import(mark.State.Span, mark.Crc32);

    /// <summary>The hashes so far, for <see cref="Resume"/>.</summary>
    public HashMark Mark() => new(Export(), Crc32);

    /// <summary>Appends bytes.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        _crc32?.Append(bytes);
        var room = Chunk - _waiting;
        if (bytes.Length > room)
        {
            if (_waiting > 0)
            {
                bytes[..room].CopyTo(_recent.AsSpan(_waiting));
                Take(_recent);
                bytes = bytes[room..];
                _waiting = 0;
            }
            var whole = (bytes.Length - 1) / Chunk * Chunk;
            if (whole > 0)
            {
                Take(bytes[..whole]);
                bytes[(whole - Stripe)..whole].CopyTo(_recent.AsSpan(Chunk - Stripe));
                bytes = bytes[whole..];
            }
        }
        bytes.CopyTo(_recent.AsSpan(_waiting));
        _waiting += bytes.Length;
    }

    /// <summary>The state of SHA-256 and XXH3 for <see cref="Import"/>, in 369 bytes; numbers are little-endian.</summary>
    public byte[] Export()
    {
        var export = new byte[ExportSize];
        export[0] = Format;
        BinaryPrimitives.WriteInt64LittleEndian(export.AsSpan(1), Length);
        var rest = export.AsSpan(1 + 8);
        foreach (var word in _sha256)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(rest, word);
            rest = rest[4..];
        }
        foreach (var sum in _xxHash3)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(rest, sum);
            rest = rest[8..];
        }
        _recent.CopyTo(rest);
        BinaryPrimitives.WriteUInt64LittleEndian(rest[Chunk..], Checksum(export));
        return export;
    }

    /// <summary>Makes a state that goes on where the exported one was.</summary>
    /// <param name="export">The state of SHA-256 and XXH3.</param>
    /// <param name="crc32">The CRC-32 of the same bytes; null if it is unknown.</param>
    /// <param name="sha256">Computes the SHA-256.</param>
    /// <exception cref="InvalidDataException">The bytes are not an export, are damaged, or have another format.</exception>
    public static ContentHashState Import(ReadOnlySpan<byte> export, uint? crc32, Sha256Compression? sha256 = null)
    {
        if (export.Length != ExportSize || export[0] != Format
            || BinaryPrimitives.ReadUInt64LittleEndian(export[^8..]) != Checksum(export)
            || BinaryPrimitives.ReadInt64LittleEndian(export[1..]) is var length && length is < 0 or >= LengthLimit)
            throw new InvalidDataException("The state of the hashes of a content cannot be read.");

        var state = new ContentHashState(sha256)
        {
            _waiting = length == 0 ? 0 : (int)((length - 1) % Chunk) + 1,
            _crc32 = crc32 is { } known ? GoOn(known) : null,
        };
        state._taken = length - state._waiting;
        var rest = export[(1 + 8)..];
        foreach (ref var word in state._sha256.AsSpan())
        {
            word = BinaryPrimitives.ReadUInt32LittleEndian(rest);
            rest = rest[4..];
        }
        foreach (ref var sum in state._xxHash3.AsSpan())
        {
            sum = BinaryPrimitives.ReadUInt64LittleEndian(rest);
            rest = rest[8..];
        }
        rest[..Chunk].CopyTo(state._recent);
        return state;
    }

    /// <summary>
    /// Makes a CRC-32 that goes on where one with this value was. The framework's register cannot be set, but some four bytes bring it there.
    /// </summary>
    /// <remarks>The bytes are added to the register, which then takes 32 steps. The top bit tells whether a step added the polynomial.</remarks>
    private static Crc32 GoOn(uint crc32)
    {
        var register = ~crc32;
        for (var step = 0; step < 32; step++)
            register = (register >> 31) == 0 ? register << 1 : ((register ^ Polynomial) << 1) | 1;
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, ~register);
        var sum = new Crc32();
        sum.Append(bytes);
        return sum;
    }

    private static ulong Checksum(ReadOnlySpan<byte> export) => System.IO.Hashing.XxHash3.HashToUInt64(export[..^8]);

    /// <summary>Hashes whole chunks. At least one byte follows them.</summary>
    private void Take(ReadOnlySpan<byte> chunks)
    {
        _compress(_sha256, chunks);
        XxHash3Sums.Append(_xxHash3, chunks, _taken);
        _taken += chunks.Length;
    }
}
