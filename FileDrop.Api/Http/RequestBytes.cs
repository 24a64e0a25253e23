using System.Buffers;
using System.Diagnostics;
using System.IO.Pipelines;
using FileDrop.Api.Contents;

namespace FileDrop.Api.Http;

/// <summary>A request's body in the memory that the server read it into. Each read has a timeout.</summary>
/// <remarks>
/// <para>Kestrel's minimum data rate averages over the whole body, so a client that has sent a gigabyte could then be silent for days. Here each byte has a
/// timeout of its own, and the rate is judged again whenever that much time was spent waiting. A slow client that keeps sending is welcome; a
/// byte now and then is not an upload. Time that the service takes does not count.</para>
/// <para>No read is cancelled by a token. Kestrel believes that such a read goes on and cannot drain the rest of the body. It then closes
/// the connection while the client is still sending and has not seen its answer.</para>
/// </remarks>
internal sealed class RequestBytes : IIncomingBytes, IDisposable
{
    /// <summary>A slower client only keeps a connection busy. Kestrel's own default.</summary>
    public const int MinBytesPerSecond = 240;

    private readonly PipeReader _reader;
    private readonly TimeSpan _patience;
    private readonly CancellationTokenSource _silence = new();
    private SequencePosition? _end;
    private TimeSpan _waited;
    private long _came;

    /// <param name="reader">The body.</param>
    /// <param name="patience">How long the client may send nothing.</param>
    public RequestBytes(PipeReader reader, TimeSpan patience)
    {
        (_reader, _patience) = (reader, patience);
        EndsRead(_silence.Token);
    }

    /// <summary>The next bytes, or none at the end. They are valid until <see cref="Release"/>.</summary>
    /// <param name="limit">The most bytes to give.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="ProblemException">No byte came in time, or the connection broke.</exception>
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
            // The connection was reset, or a chunk is longer than any number. A store would take the exception for a failure of its own.
            catch (Exception broken) when ((broken is IOException and not BadHttpRequestException)
                || (broken is OperationCanceledException && !cancellation.IsCancellationRequested))
            {
                throw new ProblemException(ApiProblem.InvalidRequest("The request's body ended early or is framed wrongly."), broken);
            }
            if (!result.IsCanceled && (result.IsCompleted || !result.Buffer.IsEmpty))
                return result.Buffer;
            // The next turn finds the reason, if there is one; the end may have been meant for the read before.
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

    private static ProblemException TooSlow(string detail) =>
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
        cancellation.UnsafeRegister(static body => ((RequestBytes)body!).EndRead(), this);

    private void EndRead()
    {
        try
        {
            _reader.CancelPendingRead();
        }
        catch (Exception)
        {
            // Kestrel throws if the connection is gone, and then the read has ended anyway. On a timer's thread the exception would end the process.
        }
    }
}
