using System.Diagnostics;
using FileDrop.Api.Tests;
using FileDrop.Api.Tests.Maintenance;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

/// <summary>
/// Runs before Main if <c>DOTNET_STARTUP_HOOKS</c> names this assembly. It puts a <see cref="Killer"/> between the service and its stores, or starts a
/// <see cref="FolderWorkload"/> or a <see cref="ProcessCounter"/>. The shipped program can thus be killed at a test's point without containing code for it. The runtime finds
/// this class by its name, outside any namespace.
/// </summary>
/// <remarks>It must not use an assembly that the service lacks, such as the test framework's.</remarks>
internal static class StartupHook
{
    public static void Initialize()
    {
        if (Environment.GetEnvironmentVariable(KillPoint.Variable) is { } point)
            DiagnosticListener.AllListeners.Subscribe(new HostWatcher(new Killer(KillPoint.Parse(point)).WrapAll));
        if (Environment.GetEnvironmentVariable(FolderWorkload.Variable) is { } seed)
            DiagnosticListener.AllListeners.Subscribe(new HostWatcher(services => FolderWorkload.AddTo(services, seed)));
        if (Environment.GetEnvironmentVariable(ProcessCounter.Variable) is { } pipe)
            ProcessCounter.Serve(pipe);
    }

    /// <summary>Waits for the host to be built, as test hosts do.</summary>
    private sealed class HostWatcher(Action<IServiceCollection> change) : IObserver<DiagnosticListener>, IObserver<KeyValuePair<string, object?>>
    {
        public void OnNext(DiagnosticListener value)
        {
            if (value.Name == "Microsoft.Extensions.Hosting")
                value.Subscribe(this);
        }

        public void OnNext(KeyValuePair<string, object?> value)
        {
            if (value is { Key: "HostBuilding", Value: IHostBuilder host })
                host.ConfigureServices(change);
        }

        public void OnCompleted()
        {
        }

        public void OnError(Exception error)
        {
        }
    }
}
