using System.Buffers;

namespace FileDrop.Api.Contents;

/// <summary>Bytes that arrive, in the memory that they were received into.</summary>
internal interface IIncomingBytes
{
    /// <summary>The next bytes, or none at the end. They are valid until <see cref="Release"/>.</summary>
    /// <param name="limit">The most bytes to give.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <remarks>Its exceptions reach the caller of the use case unchanged.</remarks>
    ValueTask<ReadOnlySequence<byte>> ReadAsync(long limit, CancellationToken cancellation);

    /// <summary>Gives the bytes that were read back to their receiver.</summary>
    void Release();
}

/// <summary>Checks the bytes of one request against a checksum that its sender gave.</summary>
internal interface IBytesCheck
{
    /// <summary>Adds the next bytes.</summary>
    void Append(ReadOnlySequence<byte> bytes);

    /// <summary>Compares, once all bytes were added; throws if they differ.</summary>
    /// <remarks>Its exceptions reach the caller of the use case unchanged.</remarks>
    void Verify();
}

/// <summary>The bytes that one request appends to an upload.</summary>
/// <param name="Bytes">Read to their end.</param>
/// <param name="Length">The number of bytes, or null if unknown.</param>
/// <param name="IsLast">Whether the upload is complete afterwards. If null, it is complete once it has as many bytes as were announced.</param>
/// <param name="Check">Checks the bytes; if they are wrong, none of them are kept. Null if nothing was given to check.</param>
internal readonly record struct IncomingAppend(IIncomingBytes Bytes, long? Length, bool? IsLast, IBytesCheck? Check)
{
    /// <summary>No bytes, to complete an upload that has all of them.</summary>
    public static IncomingAppend Nothing { get; } = new(new NoBytes(), Length: 0, IsLast: true, Check: null);

    private sealed class NoBytes : IIncomingBytes
    {
        public ValueTask<ReadOnlySequence<byte>> ReadAsync(long limit, CancellationToken cancellation) => ValueTask.FromResult(ReadOnlySequence<byte>.Empty);

        public void Release()
        {
        }
    }
}
