using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace FileDrop.Api.Http;

/// <summary>Counters of transfers and failures, under the meter <c>FileDrop</c>.</summary>
internal sealed class FileMetrics : IDisposable
{
    private readonly Meter _meter;
    private readonly UpDownCounter<long> _inFlight;
    private readonly Counter<long> _bytes;
    private readonly Histogram<double> _duration;
    private readonly Counter<long> _failures;

    public FileMetrics(IMeterFactory factory)
    {
        _meter = factory.Create("FileDrop");
        _inFlight = _meter.CreateUpDownCounter<long>("filedrop.transfers.in_flight", "{transfer}", "Uploads and downloads under way.");
        _bytes = _meter.CreateCounter<long>("filedrop.transfers.bytes", "By", "Bytes of content taken in and given out.");
        _duration = _meter.CreateHistogram<double>("filedrop.transfers.duration", "s", "From the first byte to the last.");
        _failures = _meter.CreateCounter<long>("filedrop.failures", "{failure}", "Errors answered, by code.");
    }

    /// <summary>Counts a transfer until it is disposed.</summary>
    public Transfer Begin(bool upload)
    {
        var direction = new KeyValuePair<string, object?>("direction", upload ? "up" : "down");
        _inFlight.Add(1, direction);
        return new Transfer(this, direction, Stopwatch.GetTimestamp());
    }

    /// <summary>Counts an error that was answered.</summary>
    /// <param name="code">The contract's code.</param>
    public void Failed(string code) => _failures.Add(1, new KeyValuePair<string, object?>("code", code));

    public void Dispose() => _meter.Dispose();

    /// <summary>One transfer under way.</summary>
    internal sealed class Transfer(FileMetrics metrics, KeyValuePair<string, object?> direction, long begun) : IDisposable
    {
        /// <summary>Counts bytes of content.</summary>
        public void Moved(long bytes) => metrics._bytes.Add(bytes, direction);

        public void Dispose()
        {
            metrics._inFlight.Add(-1, direction);
            metrics._duration.Record(Stopwatch.GetElapsedTime(begun).TotalSeconds, direction);
        }
    }
}
