using System.Diagnostics;
using FileDrop.Api.Tests;
using Microsoft.Extensions.Hosting;

/// <summary>
/// Runs before Main of a service that was started with <c>DOTNET_STARTUP_HOOKS</c> naming this assembly: it puts a
/// <see cref="Killer"/> between it and its stores, or has it tell what it allocates. So the very program that is shipped dies where a test
/// wants it to, and has nothing in it for that. The runtime finds this class by its name, in no namespace.
/// </summary>
/// <remarks>It must not need an assembly that the service does not have, such as the test framework's.</remarks>
internal static class StartupHook
{
    public static void Initialize()
    {
        if (Environment.GetEnvironmentVariable(KillPoint.Variable) is { } point)
            DiagnosticListener.AllListeners.Subscribe(new HostWatcher(KillPoint.Parse(point)));
        if (Environment.GetEnvironmentVariable(ProcessCounter.Variable) is { } pipe)
            ProcessCounter.Serve(pipe);
    }

    /// <summary>Waits for the host to be built, as test hosts do.</summary>
    private sealed class HostWatcher(KillPoint point) : IObserver<DiagnosticListener>, IObserver<KeyValuePair<string, object?>>
    {
        public void OnNext(DiagnosticListener value)
        {
            if (value.Name == "Microsoft.Extensions.Hosting")
                value.Subscribe(this);
        }

        public void OnNext(KeyValuePair<string, object?> value)
        {
            if (value is { Key: "HostBuilding", Value: IHostBuilder host })
                host.ConfigureServices(new Killer(point).Wrap);
        }

        public void OnCompleted()
        {
        }

        public void OnError(Exception error)
        {
        }
    }
}
