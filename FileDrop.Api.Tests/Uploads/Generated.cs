using System.Buffers.Binary;
using System.Net;
using System.Security.Cryptography;

namespace FileDrop.Api.Tests.Uploads;

/// <summary>A generated content of any size, never whole in memory: position and seed decide each byte.</summary>
internal sealed class Generated(int seed, long size)
{
    private const int Piece = 64 * 1024;

    public long Size => size;

    public void Fill(long offset, Span<byte> bytes)
    {
        Span<byte> word = stackalloc byte[sizeof(ulong)];
        for (var filled = 0; filled < bytes.Length;)
        {
            var (index, skip) = Math.DivRem(offset + filled, sizeof(ulong));
            BinaryPrimitives.WriteUInt64LittleEndian(word, Mix((ulong)index + ((ulong)seed << 40)));
            var taken = Math.Min(sizeof(ulong) - (int)skip, bytes.Length - filled);
            word.Slice((int)skip, taken).CopyTo(bytes[filled..]);
            filled += taken;
        }
    }

    public byte[] Bytes(long offset, long count)
    {
        var bytes = new byte[count];
        Fill(offset, bytes);
        return bytes;
    }

    /// <summary>The SHA-256 of the whole content, in lower-case hexadecimal.</summary>
    public string Sha256()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[Piece];
        for (var done = 0L; done < size; done += buffer.Length)
        {
            var part = buffer.AsSpan(0, (int)Math.Min(buffer.Length, size - done));
            Fill(done, part);
            hash.AppendData(part);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>The rest from an offset on as a request's body, with an optional pause after each 64 KiB.</summary>
    public HttpContent From(long offset, TimeSpan pause = default) => new Body(this, offset, size - offset, pause);

    public HttpContent Range(long offset, long count) => new Body(this, offset, count, TimeSpan.Zero);

    public async Task SaveAsync(string path)
    {
        await using var file = File.Create(path);
        using var body = From(0);
        await body.CopyToAsync(file);
    }

    /// <summary>The finalizer of SplitMix64, which maps neighbours to distant values.</summary>
    private static ulong Mix(ulong word)
    {
        word = (word + 0x9E3779B97F4A7C15) * 0xBF58476D1CE4E5B9;
        word = (word ^ (word >> 27)) * 0x94D049BB133111EB;
        return word ^ (word >> 31);
    }

    private sealed class Body(Generated whole, long offset, long count, TimeSpan pause) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, default);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            var buffer = new byte[Piece];
            for (var sent = 0L; sent < count; sent += buffer.Length)
            {
                var part = buffer.AsMemory(0, (int)Math.Min(buffer.Length, count - sent));
                whole.Fill(offset + sent, part.Span);
                await stream.WriteAsync(part, cancellationToken);
                if (pause <= TimeSpan.Zero)
                    continue;
                await stream.FlushAsync(cancellationToken);
                await Task.Delay(pause, cancellationToken);
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = count;
            return true;
        }
    }
}
