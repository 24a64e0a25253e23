using System.Collections.Concurrent;
using FileDrop.Api.Http;

namespace FileDrop.Api.Access;

/// <summary>Limits guesses of the links and passwords of shares. Each replica counts for itself.</summary>
/// <remarks>
/// Only failures count, and they lock out only those who failed: a right link works from any address at any time, and so does a password that was given before.
/// An address that keeps failing at one share waits ever longer there. If very many addresses guess at one share, each gets one try.
/// </remarks>
internal sealed class Guesses(TimeProvider time)
{
    /// <summary>Failures after which an address waits, at one share and at all together; and failures at one share of all addresses together.</summary>
    private static readonly Rate s_here = new(10, TimeSpan.FromSeconds(30)), s_everywhere = new(60, TimeSpan.FromSeconds(2)),
        s_ofAll = new(300, TimeSpan.FromSeconds(2));

    /// <summary>Buckets beyond this number are swept. Full buckets are forgotten.</summary>
    private const int MostBuckets = 100_000;

    private readonly ConcurrentDictionary<string, Bucket> _buckets = new(StringComparer.Ordinal);

    /// <summary>The refusal of another try with a password; null if the address may try.</summary>
    /// <param name="context">The request.</param>
    /// <param name="share">The share.</param>
    public ApiProblem? RefusePassword(HttpContext context, Guid share)
    {
        var address = Limits.Network(context.Connection.RemoteIpAddress);
        var wait = Later(Wait(s_here, $"{share} {address}"), Wait(s_everywhere, address));
        // Under a flood from everywhere, an address that has not failed yet is let in.
        if (_buckets.ContainsKey($"{share} {address}"))
            wait = Later(wait, Wait(s_ofAll, $"{share}"));
        return Refusal(wait);
    }

    /// <summary>Counts a wrong password.</summary>
    /// <inheritdoc cref="RefusePassword"/>
    public void CountPassword(HttpContext context, Guid share)
    {
        var address = Limits.Network(context.Connection.RemoteIpAddress);
        Take(s_here, $"{share} {address}");
        Take(s_everywhere, address);
        Take(s_ofAll, $"{share}");
    }

    /// <summary>Counts a request with a link that does not work.</summary>
    /// <returns>The refusal, if the address has sent too many; otherwise null.</returns>
    public ApiProblem? CountLink(HttpContext context)
    {
        var address = Limits.Network(context.Connection.RemoteIpAddress);
        // Apart from passwords: many old links in one office must not keep its people from a good one's password.
        var wait = Wait(s_everywhere, $"link {address}");
        if (wait == TimeSpan.Zero)
            Take(s_everywhere, $"link {address}");
        return Refusal(wait);
    }

    private static ApiProblem? Refusal(TimeSpan wait) =>
        wait == TimeSpan.Zero ? null : ApiProblem.TooManyRequests((long)Math.Ceiling(wait.TotalSeconds), "guesses");

    private static TimeSpan Later(TimeSpan one, TimeSpan other) => one > other ? one : other;

    private TimeSpan Wait(Rate rate, string key)
    {
        if (!_buckets.TryGetValue(key, out var bucket))
            return TimeSpan.Zero;
        lock (bucket)
            return bucket.Level(rate, time) >= 1 ? TimeSpan.Zero : rate.Refill * (1 - bucket.Level(rate, time));
    }

    private void Take(Rate rate, string key)
    {
        if (_buckets.Count > MostBuckets)
            Sweep();
        var bucket = _buckets.GetOrAdd(key, _ => new Bucket(rate, time));
        lock (bucket)
            bucket.Take(rate, time);
    }

    private void Sweep()
    {
        foreach (var (key, bucket) in _buckets)
        {
            if (bucket.IsFull(time))
                _buckets.TryRemove(key, out _);
        }
        // A flood of new addresses must not take the memory. Its buckets begin again.
        if (_buckets.Count > MostBuckets)
            _buckets.Clear();
    }

    private readonly record struct Rate(int Most, TimeSpan Refill);

    private sealed class Bucket(Rate rate, TimeProvider time)
    {
        private double _level = rate.Most;
        private long _at = time.GetTimestamp();

        public double Level(Rate of, TimeProvider clock) => Math.Min(of.Most, _level + (clock.GetElapsedTime(_at) / of.Refill));

        public bool IsFull(TimeProvider clock) => Level(rate, clock) >= rate.Most;

        public void Take(Rate of, TimeProvider clock) => (_level, _at) = (Math.Max(0, Level(of, clock) - 1), clock.GetTimestamp());
    }
}
