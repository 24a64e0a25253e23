using System.Threading.Channels;
using FileDrop.Api.Catalog;
using FileDrop.Api.Maintenance;
using FileDrop.Api.Settings;
using FileDrop.Api.Storage;

namespace FileDrop.Api.Access;

/// <summary>Writes the audit log to the catalog if that is configured: in the background, many events at once.</summary>
/// <remarks>
/// The log stream has each event before its request ends. In the catalog, a crash can lose the last events, and a long outage those that exceed the queue.
/// </remarks>
internal sealed partial class AuditTrail(
    IAuditCatalog catalog, StoreStarter starter, FileDropOptions options, TimeProvider time, ILogger<AuditTrail> log) : BackgroundService
{
    private const int MostWaiting = 20_000, MostAtOnce = 500;

    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ForgetInterval = TimeSpan.FromMinutes(10);

    private readonly Channel<AuditEvent> _waiting = Channel.CreateBounded<AuditEvent>(new BoundedChannelOptions(MostWaiting) { SingleReader = true });
    private long _lost;

    public void Add(AuditEvent one)
    {
        if (options.Audit.InCatalog && !_waiting.Writer.TryWrite(one))
            Interlocked.Increment(ref _lost);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        // Events in the queue are written before the service stops.
        _waiting.Writer.TryComplete();
        // Without a started catalog this wait would last until the shutdown's timeout.
        if (options.Audit.InCatalog && starter.Started.IsCompletedSuccessfully && ExecuteTask is { } writing)
            await writing.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await base.StopAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!options.Audit.InCatalog)
            return;
        await starter.Started.WaitAsync(stoppingToken);
        var (reader, events, forgotten) = (_waiting.Reader, new List<AuditEvent>(MostAtOnce), long.MinValue);
        while (await reader.WaitToReadAsync(stoppingToken))
        {
            events.Clear();
            while (events.Count < MostAtOnce && reader.TryRead(out var one))
                events.Add(one);
            await UntilDoneAsync(() => catalog.AddAuditAsync(events, options.Audit.Retention, stoppingToken), stoppingToken);
            if (Interlocked.Exchange(ref _lost, 0) is > 0 and var lost)
                LogLost(lost);
            if (forgotten == long.MinValue || time.GetElapsedTime(forgotten) >= ForgetInterval)
            {
                await UntilDoneAsync(() => catalog.ForgetAuditAsync(time.GetUtcNow() - options.Audit.Retention, stoppingToken), stoppingToken);
                forgotten = time.GetTimestamp();
            }
        }
    }

    private async Task UntilDoneAsync(Func<Task> step, CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                await step();
                return;
            }
            catch (StorageException failure)
            {
                starter.Report(failure);
                LogDelayed(failure.Reason);
                await Task.Delay(RetryDelay, time, cancellation);
            }
        }
    }

    [LoggerMessage(LogLevel.Debug, "The audit log could not be written to the catalog; retrying. {Reason}")]
    private partial void LogDelayed(string reason);

    [LoggerMessage(LogLevel.Error, "{Lost} audit events are missing in the catalog because it did not answer for too long; the log stream has them")]
    private partial void LogLost(long lost);
}
