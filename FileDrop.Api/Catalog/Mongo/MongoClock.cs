using System.Diagnostics;
using MongoDB.Bson;
using MongoDB.Driver;

namespace FileDrop.Api.Catalog.Mongo;

/// <summary>
/// The catalog's clock as this process knows it: the server's time in its last answer, and the monotonic time since that was
/// received. It is never ahead of the server's, so that claims come late and never early.
/// </summary>
internal sealed class MongoClock(IMongoDatabase database)
{
    /// <summary>An answer that is older than this is no measure of a clock that may have been set since.</summary>
    private static readonly TimeSpan s_life = TimeSpan.FromMinutes(1);

    private Reading? _last;

    /// <summary>Takes over a time that the server has just sent; gives it back.</summary>
    public DateTimeOffset Observe(BsonValue now)
    {
        var time = MongoSchema.ToTime(now);
        _last = new Reading(time, Stopwatch.GetTimestamp());
        return time;
    }

    /// <summary>The time now, in whole milliseconds.</summary>
    public async ValueTask<DateTimeOffset> NowAsync(CancellationToken cancellation)
    {
        if (_last is { } last && Stopwatch.GetElapsedTime(last.ReceivedAt) is var since && since < s_life)
            return last.Time.AddMilliseconds(Math.Floor(since.TotalMilliseconds));
        var hello = await MongoConnection.CallAsync(
            MongoConnection.CallTimeout,
            token => database.RunCommandAsync<BsonDocument>(new BsonDocument("hello", 1), cancellationToken: token),
            cancellation);
        return Observe(hello["localTime"]);
    }

    private sealed record Reading(DateTimeOffset Time, long ReceivedAt);
}
