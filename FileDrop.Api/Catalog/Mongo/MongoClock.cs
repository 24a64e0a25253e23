using System.Diagnostics;
using MongoDB.Bson;
using MongoDB.Driver;

namespace FileDrop.Api.Catalog.Mongo;

/// <summary>
/// The catalog's clock in this process: the server's time in its last answer, plus the monotonic time since then. It is never ahead of the server's clock, so
/// that claims come late and never early.
/// </summary>
internal sealed class MongoClock(IMongoDatabase database)
{
    /// <summary>The age at which an answer expires, since the server's clock may have been set meanwhile.</summary>
    private static readonly TimeSpan s_life = TimeSpan.FromMinutes(1);

    private Reading? _last;

    /// <summary>Adopts a time that the server has just sent, and returns it.</summary>
    public DateTimeOffset Observe(BsonValue now)
    {
        var time = MongoSchema.ToTime(now);
        _last = new Reading(time, Stopwatch.GetTimestamp());
        return time;
    }

    /// <summary>The current time, in whole milliseconds.</summary>
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
