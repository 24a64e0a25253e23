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
    internal const int MostBuckets = 100_000;

    private readonly Dictionary<string, Bucket> _buckets = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();

    /// <summary>The number of buckets, each with failures of one address, at one share, or of one address there.</summary>
    internal int Buckets => _buckets.Count;

    /// <summary>The refusal of another try with a password; null if the address may try.</summary>
    /// <param name="context">The request.</param>
    /// <param name="share">The share.</param>
    public ApiProblem? RefusePassword(HttpContext context, Guid share)
    {
        var tried = Tried.Of(context, share);
        lock (_gate)
            return Refuse(tried);
    }

    /// <summary>
    /// Counts a try with a password before it is computed, unless the address must wait. Otherwise tries at once would all pass before the first one is known to
    /// be wrong.
    /// </summary>
    /// <inheritdoc cref="RefusePassword"/>
    public ApiProblem? CountPassword(HttpContext context, Guid share)
    {
        var tried = Tried.Of(context, share);
        lock (_gate)
        {
            if (Refuse(tried) is { } refusal)
                return refusal;
            Take(s_here, tried.Here);
            Take(s_everywhere, tried.Everywhere);
            Take(s_ofAll, tried.OfAll);
            return null;
        }
    }

    /// <summary>Takes back the count of a try whose password was right.</summary>
    /// <inheritdoc cref="RefusePassword"/>
    public void ForgivePassword(HttpContext context, Guid share)
    {
        var tried = Tried.Of(context, share);
        lock (_gate)
        {
            foreach (var key in new[] { tried.Here, tried.Everywhere, tried.OfAll })
                Find(key)?.GiveBack();
        }
    }

    /// <summary>Counts a request with a link that does not work.</summary>
    /// <returns>The refusal, if the address has sent too many; otherwise null.</returns>
    public ApiProblem? CountLink(HttpContext context)
    {
        // Apart from passwords: many old links in one office must not keep its people from a good one's password.
        var key = $"link {Limits.Network(context.Connection.RemoteIpAddress)}";
        lock (_gate)
        {
            var wait = Wait(key);
            if (wait == TimeSpan.Zero)
                Take(s_everywhere, key);
            return Refusal(wait);
        }
    }

    private ApiProblem? Refuse(Tried tried)
    {
        var wait = Later(Wait(tried.Here), Wait(tried.Everywhere));
        // Under a flood from everywhere, an address that has not failed yet is let in.
        return Refusal(Find(tried.Here) is { IsFull: false } ? Later(wait, Wait(tried.OfAll)) : wait);
    }

    private static ApiProblem? Refusal(TimeSpan wait) =>
        wait == TimeSpan.Zero ? null : ApiProblem.TooManyRequests((long)Math.Ceiling(wait.TotalSeconds), "guesses");

    private static TimeSpan Later(TimeSpan one, TimeSpan other) => one > other ? one : other;

    private Bucket? Find(string key) => _buckets.GetValueOrDefault(key);

    private TimeSpan Wait(string key) => Find(key)?.Wait ?? TimeSpan.Zero;

    private void Take(Rate rate, string key)
    {
        if (Find(key) is not { } bucket)
        {
            if (_buckets.Count >= MostBuckets)
                Sweep();
            _buckets.Add(key, bucket = new Bucket(rate, time));
        }
        bucket.Take();
    }

    private void Sweep()
    {
        foreach (var (key, bucket) in _buckets)
        {
            if (bucket.IsFull)
                _buckets.Remove(key);
        }
        // A flood of new addresses must take neither the memory nor the time for a sweep at each of them. Its buckets begin again.
        if (_buckets.Count > MostBuckets / 2)
            _buckets.Clear();
    }

    /// <summary>The buckets of a try: of the address at the share, of the address, and of the share.</summary>
    private readonly record struct Tried(string Here, string Everywhere, string OfAll)
    {
        public static Tried Of(HttpContext context, Guid share)
        {
            var address = Limits.Network(context.Connection.RemoteIpAddress);
            return new Tried($"{share} {address}", address, $"{share}");
        }
    }

    private sealed record Rate(int Most, TimeSpan Refill);

    /// <summary>Failures that are still allowed: at most the rate's number, of which one comes back in the time of a refill.</summary>
    private sealed class Bucket(Rate rate, TimeProvider time)
    {
        private double _level = rate.Most;
        private long _at = time.GetTimestamp();

        public bool IsFull => Level >= rate.Most;

        /// <summary>The time until a failure is allowed; zero if one is.</summary>
        public TimeSpan Wait => Level is var level && level >= 1 ? TimeSpan.Zero : rate.Refill * (1 - level);

        private double Level => Math.Min(rate.Most, _level + (time.GetElapsedTime(_at) / rate.Refill));

        public void Take() => Set(Math.Max(0, Level - 1));

        public void GiveBack() => Set(Math.Min(rate.Most, Level + 1));

        private void Set(double level) => (_level, _at) = (level, time.GetTimestamp());
    }
}
