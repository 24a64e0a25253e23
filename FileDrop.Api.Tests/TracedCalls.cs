using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace FileDrop.Api.Tests;

/// <summary>Records the calls of each marked request to the stores, and the commands of MongoDB's driver to its server.</summary>
internal sealed class TracedCalls : StoreCalls, IStartupFilter, IDisposable
{
    /// <summary>The header that marks a request.</summary>
    public const string Field = "X-Mark";

    private static readonly List<string> Keys = ["ApiKey", "api_keys"];

    private readonly AsyncLocal<string?> _mark = new();
    private readonly ConcurrentDictionary<string, ConcurrentQueue<string>> _calls = new(StringComparer.Ordinal);
    private readonly ActivityListener _commands;

    public TracedCalls()
    {
        _commands = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "MongoDB.Driver",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity => Note($"{activity.DisplayName} {activity.GetTagItem("db.collection.name")}"),
        };
        ActivitySource.AddActivityListener(_commands);
    }

    /// <summary>Wraps the stores of a service, and watches its requests.</summary>
    public void Watch(IServiceCollection services)
    {
        Wrap(services);
        services.AddSingleton<IStartupFilter>(this);
    }

    /// <summary>The calls of a request, in order. Look-ups of API keys are left out, because keys are cached for a moment.</summary>
    public IEnumerable<string> Of(string mark) =>
        _calls.GetValueOrDefault(mark, []).Where(call => !Keys.Exists(name => call.Contains(name, StringComparison.Ordinal)));

    /// <summary>The commands of a request to MongoDB. The driver reports each command twice; once with the database's name.</summary>
    public IEnumerable<string> CommandsOf(string mark) => Of(mark).Where(call => !call.StartsWith('I') && !call.Contains('.', StringComparison.Ordinal));

    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use((context, following) =>
        {
            _mark.Value = context.Request.Headers[Field];
            return following(context);
        });
        next(app);
    };

    public void Dispose() => _commands.Dispose();

    protected override void Before(string method, object?[] arguments) => Note(method);

    private void Note(string call)
    {
        if (_mark.Value is { } mark)
            _calls.GetOrAdd(mark, _ => []).Enqueue(call);
    }
}
