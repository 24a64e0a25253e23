using System.Buffers.Text;
using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace FileDrop.Bench.Compare;

/// <summary>
/// HTTP/1.1 (RFC 9112) over one blocking socket, for one thread. It does only what the peers need, so that it does not count in the figures.
/// </summary>
internal sealed class LeanConnection(Uri address) : IDisposable
{
    private const int BufferSize = 64 << 10;
    private static readonly TimeSpan LongestSilence = TimeSpan.FromMinutes(2);

    private readonly byte[] _received = new byte[BufferSize];
    private readonly byte[] _request = new byte[BufferSize];
    private Socket _socket = Open(address);
    private int _begin;
    private int _end;
    private long _left;
    private bool _isChunked;
    private bool _isFirstChunk;
    private bool _closes;

    /// <summary>Sends a request without content, and reads the answer's head.</summary>
    /// <param name="headers">More header lines, each with its CRLF.</param>
    /// <returns>The status.</returns>
    public int Send(string method, string target, string headers = "")
    {
        var head = WriteHead(method, target, headers);
        SendAll(_request.AsSpan(0, head));
        return ReadHead();
    }

    /// <summary>Sends a request with a short text as its content, and reads the answer's head.</summary>
    /// <returns>The status.</returns>
    public int SendText(string method, string target, string headers, string text)
    {
        var head = WriteHead(method, target, string.Create(CultureInfo.InvariantCulture, $"{headers}Content-Length: {Encoding.ASCII.GetByteCount(text)}\r\n"));
        SendAll(_request.AsSpan(0, head + Encoding.ASCII.GetBytes(text, _request.AsSpan(head))));
        return ReadHead();
    }

    /// <summary>Sends a request with a sample as its content, and reads the answer's head.</summary>
    /// <returns>The status.</returns>
    public int Send(string method, string target, SampleBlock block, long seed, long size) =>
        Send(method, target, "Content-Type: application/octet-stream\r\n", block, seed, 0, size);

    /// <summary>Sends a request with a part of a sample as its content, and reads the answer's head.</summary>
    /// <param name="headers">More header lines than the content's length, each with its CRLF.</param>
    /// <param name="offset">The start of the part in the sample, a multiple of the block's length.</param>
    /// <returns>The status.</returns>
    public int Send(string method, string target, string headers, SampleBlock block, long seed, long offset, long size)
    {
        var head = WriteHead(method, target, string.Create(CultureInfo.InvariantCulture, $"{headers}Content-Length: {size}\r\n"));
        // A small content goes in one system call with its head, as clients do it.
        if (head + size <= _request.Length)
        {
            block.At(seed, offset, (int)size).Span.CopyTo(_request.AsSpan(head));
            SendAll(_request.AsSpan(0, head + (int)size));
            return ReadHead();
        }
        SendAll(_request.AsSpan(0, head));
        for (var end = offset + size; offset < end; offset += block.Length)
            SendAll(block.At(seed, offset, (int)Math.Min(block.Length, end - offset)).Span);
        return ReadHead();
    }

    /// <summary>Reads the answer's content until the destination is full or the content ends.</summary>
    /// <returns>Bytes read; less than the destination at the end.</returns>
    public int Read(Span<byte> destination)
    {
        var done = 0;
        while (done < destination.Length && (_left > 0 || NextChunk()))
        {
            var wanted = (int)Math.Min(_left, destination.Length - done);
            var got = Math.Min(wanted, _end - _begin);
            if (got > 0)
            {
                _received.AsSpan(_begin, got).CopyTo(destination[done..]);
                _begin += got;
            }
            else
            {
                got = Receive(destination.Slice(done, wanted));
            }
            done += got;
            _left -= got;
        }
        return done;
    }

    public void Dispose() => _socket.Dispose();

    private static Socket Open(Uri address)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp)
        {
            NoDelay = true,
            // Do not wait for a server that no longer answers.
            ReceiveTimeout = (int)LongestSilence.TotalMilliseconds,
            SendTimeout = (int)LongestSilence.TotalMilliseconds,
        };
        socket.Connect(address.Host, address.Port);
        return socket;
    }

    private int WriteHead(string method, string target, string headers)
    {
        if (_closes)
        {
            _socket.Dispose();
            _socket = Open(address);
            (_begin, _end, _closes) = (0, 0, false);
        }
        return Encoding.ASCII.GetBytes($"{method} {target} HTTP/1.1\r\nHost: {address.Authority}\r\n{headers}\r\n", _request);
    }

    private void SendAll(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
            bytes = bytes[_socket.Send(bytes)..];
    }

    private int Receive(Span<byte> destination) => _socket.Receive(destination) is > 0 and var got ? got
        : throw new BenchException("The connection ended within an answer.");

    private int ReadHead()
    {
        var line = ReadLine();
        if (line.Length < 12 || !Utf8Parser.TryParse(line[9..], out int status, out _))
            throw new BenchException($"An answer began with {Encoding.ASCII.GetString(line)}.");
        (_left, _isChunked, _isFirstChunk) = (0, false, true);
        while ((line = ReadLine()).Length > 0)
        {
            if (Value(line, "Content-Length: "u8) is { IsEmpty: false } length)
                _ = Utf8Parser.TryParse(length, out _left, out _);
            else if (Value(line, "Transfer-Encoding: "u8).SequenceEqual("chunked"u8))
                _isChunked = true;
            else if (Ascii.EqualsIgnoreCase(Value(line, "Connection: "u8), "close"u8))
                _closes = true;
        }
        return status;
    }

    private static ReadOnlySpan<byte> Value(ReadOnlySpan<byte> line, ReadOnlySpan<byte> name) =>
        line.Length > name.Length && Ascii.EqualsIgnoreCase(line[..name.Length], name) ? line[name.Length..] : [];

    private bool NextChunk()
    {
        if (!_isChunked)
            return false;
        if (!_isFirstChunk)
            ReadLine();
        _isFirstChunk = false;
        if (!Utf8Parser.TryParse(ReadLine(), out _left, out _, 'x'))
            throw new BenchException("An answer's chunk has no size.");
        if (_left > 0)
            return true;
        while (ReadLine().Length > 0)
        {
            // Trailers are not needed.
        }
        _isChunked = false;
        return false;
    }

    /// <returns>The line without its CRLF, good until the next read.</returns>
    private ReadOnlySpan<byte> ReadLine()
    {
        while (true)
        {
            var length = _received.AsSpan(_begin, _end - _begin).IndexOf("\r\n"u8);
            if (length >= 0)
            {
                var line = _received.AsSpan(_begin, length);
                _begin += length + 2;
                return line;
            }
            if (_begin > 0)
            {
                _received.AsSpan(_begin, _end - _begin).CopyTo(_received);
                (_begin, _end) = (0, _end - _begin);
            }
            if (_end == _received.Length)
                throw new BenchException("A line of an answer is longer than 64 KiB.");
            _end += Receive(_received.AsSpan(_end));
        }
    }
}
