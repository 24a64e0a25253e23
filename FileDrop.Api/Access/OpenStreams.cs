using System.Collections.Concurrent;
using System.Globalization;
using System.Threading.RateLimiting;
using FileDrop.Api.Http;
using FileDrop.Api.Maintenance;
using FileDrop.Api.Settings;
using FileDrop.Api.Storage;
using Microsoft.AspNetCore.Authentication;

namespace FileDrop.Api.Access;

/// <summary>
/// Answers that stay open: streams, and requests that wait. Each ends within two seconds once its credential is revoked or expires, and at once when the service
/// stops. One query a second tells about the keys of all of them.
/// </summary>
internal sealed partial class OpenStreams(
    ApiKeys keys, AccessState access, StoreStarter starter, FileDropOptions options, TimeProvider time, IHostApplicationLifetime lifetime,
    ILogger<OpenStreams> log) : BackgroundService
{
    private const string Policy = "streams";

    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<OpenStream, bool> _streams = [];

    private readonly PartitionedRateLimiter<string> _callers = PartitionedRateLimiter.Create<string, string>(caller =>
        RateLimitPartition.GetConcurrencyLimiter(caller, _ => new ConcurrencyLimiterOptions { PermitLimit = options.Limits.StreamsPerCaller }));

    /// <summary>Begins a stream. It does not count as a request that takes long: neither in the metrics of requests nor at the shutdown.</summary>
    /// <exception cref="ProblemException">The caller has too many.</exception>
    public OpenStream Open(HttpContext context)
    {
        var lease = _callers.AttemptAcquire(Caller.Partition(context));
        var quota = string.Create(CultureInfo.InvariantCulture, $"q={options.Limits.StreamsPerCaller};qu=\"concurrent-requests\"");
        if (!lease.IsAcquired)
        {
            lease.Dispose();
            Limits.Write(context, Policy, quota, left: 0, seconds: 1);
            throw new ProblemException(ApiProblem.TooManyRequests(1, Policy));
        }
        if (context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpMetricsTagsFeature>() is { } metrics)
            metrics.MetricsDisabled = true;
        var expiry = context.Features.Get<IAuthenticateResultFeature>()?.AuthenticateResult?.Properties?.ExpiresUtc;
        var stream = new OpenStream(Caller.Key(context), Caller.IsAnonymous(context), expiry, lease, ended => _streams.TryRemove(ended, out _),
            context.RequestAborted, lifetime.ApplicationStopping);
        _streams.TryAdd(stream, true);
        return stream;
    }

    public override void Dispose()
    {
        _callers.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await starter.Started.WaitAsync(stoppingToken);
        using var timer = new PeriodicTimer(s_interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                if (!_streams.IsEmpty)
                    await EndAsync(stoppingToken);
            }
            catch (StorageException failure)
            {
                // A key cannot be revoked meanwhile either, and a stream has nothing to say. The next tick comes before both.
                starter.Report(failure);
            }
            catch (Exception failure) when (failure is not OperationCanceledException)
            {
                LogBug(failure);
            }
        }
    }

    private async Task EndAsync(CancellationToken cancellation)
    {
        var (streams, now) = (_streams.Keys, time.GetUtcNow());
        var good = await keys.FindGoodAsync([.. streams.Select(stream => stream.Key).OfType<string>().Distinct(StringComparer.Ordinal)], cancellation);
        var isOpen = !streams.Any(stream => stream.IsAnonymous) || await access.IsOpenAsync(cancellation);
        foreach (var stream in streams)
        {
            if (stream.Expiry <= now || (stream.Key is { } key && !good.Contains(key)) || (stream.IsAnonymous && !isOpen))
                stream.End();
        }
    }

    [LoggerMessage(LogLevel.Critical, "The credentials of streams could not be checked because of a bug")]
    private partial void LogBug(Exception failure);
}

/// <summary>An answer that stays open.</summary>
internal sealed class OpenStream : IDisposable
{
    private readonly IDisposable _lease;
    private readonly Action<OpenStream> _left;
    private readonly CancellationTokenSource _end;

    public OpenStream(
        string? key, bool isAnonymous, DateTimeOffset? expiry, IDisposable lease, Action<OpenStream> left, CancellationToken aborted, CancellationToken stopping)
    {
        (Key, IsAnonymous, Expiry, _lease, _left) = (key, isAnonymous, expiry, lease, left);
        _end = CancellationTokenSource.CreateLinkedTokenSource(aborted, stopping);
        Ended = _end.Token;
    }

    /// <summary>The API key of the caller; null if it has none of the catalog's.</summary>
    public string? Key { get; }

    public bool IsAnonymous { get; }

    /// <summary>The end of the caller's token; null if none is known.</summary>
    public DateTimeOffset? Expiry { get; }

    /// <summary>Canceled when the stream must end, or the client has gone.</summary>
    public CancellationToken Ended { get; }

    /// <summary>Whether it ends because of its credential.</summary>
    public bool IsRevoked { get; private set; }

    /// <summary>Ends the stream because of its credential.</summary>
    public void End()
    {
        IsRevoked = true;
        try
        {
            _end.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It has just ended by itself.
        }
    }

    public void Dispose()
    {
        _left(this);
        _lease.Dispose();
        _end.Dispose();
    }
}
