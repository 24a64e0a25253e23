using System.Buffers;
using System.Text;
using FileDrop.Api.Memory;

namespace FileDrop.Api.Http;

/// <summary>A stream that remembers its last bytes, because the reader above it only hands on their text.</summary>
/// <param name="source">The bytes.</param>
internal sealed class RecentBytes(Stream source) : ForwardStream
{
    /// <summary>Bytes: a part's header of 16 KiB, and the multipart reader's read-ahead.</summary>
    private const int Size = 32 * 1024;

    private readonly byte[] _bytes = ArrayPool<byte>.Shared.Rent(Size);
    private int _end;
    private bool _isFull;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await source.ReadAsync(buffer, cancellationToken);
        for (var rest = buffer.Span[..read]; !rest.IsEmpty;)
        {
            var piece = rest[..Math.Min(rest.Length, Size - _end)];
            piece.CopyTo(_bytes.AsSpan(_end));
            rest = rest[piece.Length..];
            _isFull |= _end + piece.Length == Size;
            _end = (_end + piece.Length) % Size;
        }
        return read;
    }

    /// <summary>Whether the last bytes contain the UTF-8 of a text. If they do not, the text came from other bytes.</summary>
    public bool Contains(string text)
    {
        byte[] inOrder = [.. _isFull ? _bytes.AsSpan(_end, Size - _end) : [], .. _bytes.AsSpan(0, _end)];
        return inOrder.AsSpan().IndexOf(Encoding.UTF8.GetBytes(text)) >= 0;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            ArrayPool<byte>.Shared.Return(_bytes);
        base.Dispose(disposing);
    }
}
