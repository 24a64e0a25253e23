using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;

namespace Microsoft.Extensions.Hosting;

/// <summary>Logs a change of the service's readiness once. The framework's own log repeats every failed check as an error, also while a service starts.</summary>
internal sealed partial class HealthLog(ILogger<HealthLog> log)
{
    private readonly Lock _turn = new();
    private string? _failed;
    private bool _wasReady;

    /// <summary>Compares a report of all checks with the last one.</summary>
    public void Observe(HealthReport report)
    {
        var failed = string.Join(", ", report.Entries.Where(check => check.Value.Status == HealthStatus.Unhealthy)
            .Select(check => $"{check.Key} ({check.Value.Exception?.Message ?? check.Value.Description})"));
        var names = string.Join(' ', report.Entries.Where(check => check.Value.Status == HealthStatus.Unhealthy).Select(check => check.Key));
        lock (_turn)
        {
            if (names == _failed)
                return;
            _failed = names;
            if (names.Length == 0 && _wasReady)
                LogReady();
            else if (names.Length == 0)
                LogStarted();
            else if (_wasReady)
                LogLost(failed);
            else
                LogStarting(failed);
            _wasReady |= names.Length == 0;
        }
    }

    [LoggerMessage(LogLevel.Information, "Ready again")]
    private partial void LogReady();

    // The service says where it is when the start is over, so a normal start needs no other message.
    [LoggerMessage(LogLevel.Debug, "Ready")]
    private partial void LogStarted();

    [LoggerMessage(LogLevel.Debug, "Not ready yet: {Checks}")]
    private partial void LogStarting(string checks);

    [LoggerMessage(LogLevel.Warning, "Not ready any more: {Checks}")]
    private partial void LogLost(string checks);
}
