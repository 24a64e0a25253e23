using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace FileDrop.Api.Tests.Access;

/// <summary>Collects the lines that a service logs.</summary>
[ProviderAlias("Test")]
internal sealed class LogLines : ILoggerProvider
{
    private readonly ConcurrentQueue<LogLine> _lines = new();

    public IReadOnlyCollection<LogLine> All => _lines;

    public ILogger CreateLogger(string categoryName) => new Logger(_lines);

    public void Dispose()
    {
    }

    private sealed class Logger(ConcurrentQueue<LogLine> lines) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.Enqueue(new LogLine(logLevel, eventId.Name, formatter(state, exception),
                // Copy the values, because the logger reuses the state for the next line.
                [.. state as IEnumerable<KeyValuePair<string, object?>> ?? []]));
    }
}

/// <summary>One line of the log.</summary>
internal sealed record LogLine(LogLevel Level, string? Event, string Text, IReadOnlyList<KeyValuePair<string, object?>> Values);
