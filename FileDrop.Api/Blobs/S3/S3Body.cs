using FileDrop.Api.Memory;
using FileDrop.Api.Storage;

namespace FileDrop.Api.Blobs.S3;

/// <summary>
/// The body of a download: a given number of bytes, or a <see cref="StorageException"/>. The store's time for the next bytes is limited;
/// the reader's is not.
/// </summary>
internal sealed class S3Body(
    HttpResponseMessage response, Stream body, string key, long skip, long count, TimeSpan patience, CancellationToken opened) : ForwardStream
{
    private readonly CancellationTokenSource _stop = CancellationTokenSource.CreateLinkedTokenSource(opened);
    private readonly long _count = count;
    private long _skip = skip;
    private long _left = count;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_left == 0 || buffer.IsEmpty)
            return 0;
        while (_skip > 0)
            _skip -= await NextAsync(buffer[..(int)Math.Min(buffer.Length, _skip)], cancellationToken);
        var read = await NextAsync(buffer[..(int)Math.Min(buffer.Length, _left)], cancellationToken);
        _left -= read;
        return read;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            response.Dispose();
            _stop.Dispose();
        }
        base.Dispose(disposing);
    }

    private async ValueTask<int> NextAsync(Memory<byte> buffer, CancellationToken cancellation)
    {
        int read;
        try
        {
            var reading = body.ReadAsync(buffer, _stop.Token);
            read = reading.IsCompletedSuccessfully ? reading.Result : await PatientlyAsync(reading, cancellation);
        }
        catch (Exception) when (opened.IsCancellationRequested || cancellation.IsCancellationRequested)
        {
            opened.ThrowIfCancellationRequested();
            cancellation.ThrowIfCancellationRequested();
            throw;
        }
        catch (OperationCanceledException e)
        {
            throw Broken($"no byte came for {patience.TotalSeconds:0.#} s", e);
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            throw Broken(e.Message, e);
        }
        return read > 0 ? read : throw Broken("the object is shorter than it should be", inner: null);
    }

    private async ValueTask<int> PatientlyAsync(ValueTask<int> reading, CancellationToken cancellation)
    {
        using var registration = cancellation == opened ? default
            : cancellation.UnsafeRegister(static stop => (stop as CancellationTokenSource)?.Cancel(), _stop);
        _stop.CancelAfter(patience);
        var read = await reading;
        _stop.CancelAfter(Timeout.InfiniteTimeSpan);
        return read;
    }

    private StorageException Broken(string why, Exception? inner) =>
        new(StorageFailure.Unavailable, $"S3 broke off GET {key} with {_left} of {_count} bytes missing: {why}.", inner);
}
