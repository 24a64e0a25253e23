using System.Buffers.Binary;

namespace FileDrop.Bench;

/// <summary>The memory for making sample content, a block at a time and for one user at a time.</summary>
/// <remarks>
/// The bytes are random, so nothing compresses them. Only a stamp in each piece changes, which costs nothing. The pieces are
/// smaller than any buffer on the way, so that a lost, doubled or exchanged one is noticed.
/// </remarks>
/// <param name="longest">Bytes of the longest content.</param>
internal sealed class SampleBlock(long longest = SampleBlock.Size)
{
    /// <summary>In bytes.</summary>
    public const int Size = 1 << 20;

    /// <summary>In bytes; contents that are compared with <see cref="Matches"/> are a multiple of it long.</summary>
    public const int PieceSize = 4 << 10;

    private const int StampSize = 16;

    private static readonly byte[] s_noise = Noise();

    private readonly byte[] _bytes = s_noise.AsSpan(0, (int)Math.Min(Size, longest)).ToArray();

    /// <summary>Bytes that can be made at once.</summary>
    public int Length => _bytes.Length;

    /// <summary>Makes the content of a seed at a place, a multiple of <see cref="Size"/>; good until the next call.</summary>
    public ReadOnlyMemory<byte> At(long seed, long offset, int count)
    {
        for (var piece = 0; piece + StampSize <= count; piece += PieceSize)
            Stamp(_bytes.AsSpan(piece), seed, offset + piece);
        return _bytes.AsMemory(0, count);
    }

    /// <summary>Whether these are the bytes of a seed at a place, both a multiple of <see cref="PieceSize"/>.</summary>
    public static bool Matches(long seed, long offset, ReadOnlySpan<byte> bytes)
    {
        Span<byte> stamp = stackalloc byte[StampSize];
        for (; !bytes.IsEmpty; offset += PieceSize, bytes = bytes[PieceSize..])
        {
            Stamp(stamp, seed, offset);
            var noise = s_noise.AsSpan((int)(offset % Size), PieceSize);
            if (bytes.Length < PieceSize || !bytes.StartsWith(stamp) || !bytes[StampSize..PieceSize].SequenceEqual(noise[StampSize..]))
                return false;
        }
        return true;
    }

    private static void Stamp(Span<byte> piece, long seed, long offset)
    {
        BinaryPrimitives.WriteInt64LittleEndian(piece, seed);
        BinaryPrimitives.WriteInt64LittleEndian(piece[sizeof(long)..], offset);
    }

    private static byte[] Noise()
    {
        var noise = new byte[Size];
        new Random(1).NextBytes(noise);
        return noise;
    }
}
