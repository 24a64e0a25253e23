using System.Buffers;
using System.Diagnostics;
using System.IO.Pipelines;

namespace FileDrop.Api.Files;

/// <summary>A request's body in the memory that the server read it into, of which no byte is waited for longer than is reasonable.</summary>
/// <remarks>
/// Kestrel's minimum data rate averages over the whole body, so that a client which sent a gigabyte may then be silent for
/// days, while a slow one that keeps sending is welcome. So each byte has its own time, and the rate is judged anew each time that
/// as much was spent waiting: a byte now and then is no sign of an upload. Time that the service takes does not count. No read is cancelled by a token:
/// Kestrel takes one that a token ended for one that goes on, cannot take the rest of the body off the connection then, and
/// closes it under a client that is still sending and never sees its answer.
/// </remarks>
internal sealed class UploadBody : IDisposable
{
    /// <summary>A client that sends fewer keeps a connection busy, and does not upload. Kestrel's own default.</summary>
    public const int MinBytesPerSecond = 240;

    private readonly PipeReader _reader;
    private readonly TimeSpan _patience;
    private readonly CancellationTokenSource _silence = new();
    private SequencePosition? _end;
    private TimeSpan _waited;
    private long _came;

    /// <param name="reader">The body.</param>
    /// <param name="patience">How long the client may send nothing.</param>
    public UploadBody(PipeReader reader, TimeSpan patience)
    {
        (_reader, _patience) = (reader, patience);
        EndsRead(_silence.Token);
    }

    /// <summary>A body without a byte.</summary>
    public static UploadBody Empty => new(PipeReader.Create(Stream.Null), Timeout.InfiniteTimeSpan);

    /// <summary>The next bytes; none: the end. They are the caller's until <see cref="Release"/>.</summary>
    /// <param name="limit">So many at the most.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="ContentRejectedException">None came in time, or the connection broke.</exception>
    public async ValueTask<ReadOnlySequence<byte>> ReadAsync(long limit, CancellationToken cancellation)
    {
        var buffer = await NextAsync(cancellation);
        var bytes = buffer.Slice(0, Math.Min(buffer.Length, limit));
        _end = bytes.End;
        CheckPace(bytes.Length);
        return bytes;
    }

    /// <summary>Waits until the next bytes, or the end, can be read at once.</summary>
    /// <inheritdoc cref="ReadAsync"/>
    public async ValueTask WaitAsync(CancellationToken cancellation)
    {
        _end = (await NextAsync(cancellation)).Start;
        Release();
    }

    /// <summary>Gives the bytes that were read back to the server.</summary>
    public void Release()
    {
        if (_end is { } end)
            _reader.AdvanceTo(end);
        _end = null;
    }

    public void Dispose() => _silence.Dispose();

    private async ValueTask<ReadOnlySequence<byte>> NextAsync(CancellationToken cancellation)
    {
        Release();
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            if (_silence.IsCancellationRequested)
                throw TooSlow($"No byte came for {_patience.TotalSeconds:0} seconds.");
            ReadResult result;
            try
            {
                result = await ReadOnceAsync(cancellation);
            }
            // A connection that was reset, or a chunk longer than any number: to a store's eyes it would be an error of its own.
            catch (Exception broken) when ((broken is IOException and not BadHttpRequestException)
                || (broken is OperationCanceledException && !cancellation.IsCancellationRequested))
            {
                throw new ContentRejectedException(ApiProblem.InvalidRequest("The request's body ended early or is framed wrongly."), broken);
            }
            if (!result.IsCanceled && (result.IsCompleted || !result.Buffer.IsEmpty))
                return result.Buffer;
            // Ended for a reason that the next turn finds, or for none, where it came too late for the read before.
            _reader.AdvanceTo(result.Buffer.Start);
        }
    }

    private void CheckPace(long count)
    {
        _came += count;
        if (_waited < _patience || _patience <= TimeSpan.Zero || count == 0)
            return;
        if (_came < _waited.TotalSeconds * MinBytesPerSecond)
            throw TooSlow($"Fewer than {MinBytesPerSecond} bytes came in a second.");
        (_waited, _came) = (TimeSpan.Zero, 0);
    }

    private static ContentRejectedException TooSlow(string detail) =>
        new(ApiProblem.InvalidRequest(detail) with { Status = StatusCodes.Status408RequestTimeout });

    private ValueTask<ReadResult> ReadOnceAsync(CancellationToken cancellation)
    {
        var reading = _reader.ReadAsync(CancellationToken.None);
        return reading.IsCompletedSuccessfully ? reading : WaitAsync(reading, cancellation);
    }

    private async ValueTask<ReadResult> WaitAsync(ValueTask<ReadResult> reading, CancellationToken cancellation)
    {
        using var cancelled = EndsRead(cancellation);
        _silence.CancelAfter(_patience);
        var begun = Stopwatch.GetTimestamp();
        try
        {
            return await reading;
        }
        finally
        {
            _silence.CancelAfter(Timeout.InfiniteTimeSpan);
            _waited += Stopwatch.GetElapsedTime(begun);
        }
    }

    private CancellationTokenRegistration EndsRead(CancellationToken cancellation) =>
        cancellation.UnsafeRegister(static body => ((UploadBody)body!).EndRead(), this);

    private void EndRead()
    {
        try
        {
            _reader.CancelPendingRead();
        }
        catch (Exception)
        {
            // Kestrel refuses when the connection is gone, which has ended the read. On a timer's thread it would end the process.
        }
    }
}
