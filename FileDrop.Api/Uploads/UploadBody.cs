using System.Buffers;
using System.IO.Pipelines;
using FileDrop.Api.Files;

namespace FileDrop.Api.Uploads;

/// <summary>A request's body in the memory that the server read it into: nothing is copied on its way to a disk.</summary>
/// <param name="reader">The body.</param>
/// <param name="patience">How long the client may send nothing.</param>
internal sealed class UploadBody(PipeReader reader, TimeSpan patience)
{
    private SequencePosition? _end;

    /// <summary>A body without a byte.</summary>
    public static UploadBody Empty => new(PipeReader.Create(Stream.Null), Timeout.InfiniteTimeSpan);

    /// <summary>The next bytes; none: the end. They are the caller's until <see cref="Release"/>.</summary>
    /// <param name="limit">So many at the most.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="ContentRejectedException">None came in time, or the connection broke.</exception>
    public async ValueTask<ReadOnlySequence<byte>> ReadAsync(long limit, CancellationToken cancellation)
    {
        Release();
        while (true)
        {
            var result = await RequestBody.WaitAsync(reader.ReadAsync, patience, cancellation);
            var bytes = result.Buffer.Slice(0, Math.Min(result.Buffer.Length, limit));
            _end = bytes.End;
            if (!bytes.IsEmpty || result.IsCompleted)
                return bytes;
            Release();
        }
    }

    /// <summary>Gives the bytes that were read back to the server.</summary>
    public void Release()
    {
        if (_end is { } end)
            reader.AdvanceTo(end);
        _end = null;
    }
}
