using System.Collections.Concurrent;
using System.Diagnostics;

namespace FileDrop.Api.Tests.Access;

/// <summary>Notes what each request asks of the stores, and MongoDB's driver of its server, by the trace that the request is part of.</summary>
internal sealed class TracedCalls : StoreCalls, IDisposable
{
    private readonly ConcurrentQueue<(string? Trace, string Name)> _calls = new();
    private readonly ActivityListener _commands;

    public TracedCalls()
    {
        _commands = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "MongoDB.Driver",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity => _calls.Enqueue((activity.TraceId.ToHexString(), activity.DisplayName)),
        };
        ActivitySource.AddActivityListener(_commands);
    }

    /// <summary>The field by which a request says of which trace it is part.</summary>
    public static (string Name, string Value) Field(string trace) => ("traceparent", $"00-{trace}-0123456789abcdef-01");

    /// <summary>What the requests of a trace asked for, in order. Callers' keys are left out: for a moment they are remembered.</summary>
    public IEnumerable<string> Of(string trace) =>
        _calls.Where(call => call.Trace == trace && !call.Name.Contains("ApiKey", StringComparison.Ordinal) && !call.Name.Contains("api_key", StringComparison.Ordinal))
            .Select(call => call.Name);

    public void Dispose() => _commands.Dispose();

    protected override void Before(string method, object?[] arguments) => _calls.Enqueue((Activity.Current?.TraceId.ToHexString(), method));

    protected override void After(string method)
    {
    }
}
