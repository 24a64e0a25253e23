using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace FileDrop.Tests;

/// <summary>Keeps the last lines of the orchestrator and of every resource, for the tests that fail.</summary>
internal sealed class ResourceLogs : ILoggerProvider
{
    private const int LinesKept = 400;

    private readonly ConcurrentQueue<string> _lines = new();

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    public override string ToString() => string.Join('\n', _lines);

    public void Dispose()
    {
    }

    private void Add(string line)
    {
        _lines.Enqueue(line);
        while (_lines.Count > LinesKept)
            _lines.TryDequeue(out _);
    }

    private sealed class Logger(ResourceLogs logs, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
                logs.Add($"{logLevel} {category}: {formatter(state, exception)}{(exception is null ? "" : $"\n{exception}")}");
        }
    }
}
