using System.Net.Sockets;
using Xunit;

namespace FileDrop.Api.Tests.Maintenance;

/// <summary>One life of the shipped service, which ends as by kill -9.</summary>
internal static class KilledService
{
    /// <summary>The time within which a point must be reached; each client passes it within some tens of requests.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    /// <summary>Starts the service, compares it with the clients' knowledge, and lets them use it until it is killed.</summary>
    /// <param name="stores">The stores, which outlive the service.</param>
    /// <param name="settings">The service's settings.</param>
    /// <param name="point">The point at which it is killed; null for a random moment.</param>
    /// <param name="compare">Compares. The sweeper may reach the point meanwhile.</param>
    /// <param name="use">Uses the service until the answer to a request is lost.</param>
    public static async Task RunAsync(
        Stores stores, (string Key, string Value)[] settings, KillPoint? point, Func<HttpClient, Task> compare, Func<HttpClient, CancellationToken, Task> use)
    {
        var hook = point is null ? [] : new[] { ("DOTNET_STARTUP_HOOKS", typeof(Killer).Assembly.Location), (KillPoint.Variable, point.ToString()) };
        await using var service = ServiceProcess.Launch(stores.Settings, [.. settings, .. hook]);
        using var stop = new CancellationTokenSource();
        var exit = service.ExitAsync(s_patience);
        try
        {
            // The sweeper may reach the point before the service is seen as healthy.
            await Service.UntilAsync("the service is healthy", async () => service.HasExited || await service.IsHealthyAsync(), 120);
            if (await CompareUnlessKilledAsync(service, compare))
            {
                var running = use(service.Http, stop.Token);
                if (point is null)
                {
                    await Task.WhenAny(running, Task.Delay(Random.Shared.Next(1500)));
                    service.Signal(9);
                }
                // Await the clients first, so that a fault they found fails the test rather than the unreached point.
                await Task.WhenAny(running, exit);
                await stop.CancelAsync();
                await running;
            }
            await exit;
        }
        catch (TimeoutException)
        {
            Assert.Fail($"{point} was never reached. The service said:\n{service.Output}");
        }
        Assert.Equal(128 + 9, await exit);
    }

    /// <summary>Compares, unless the process dies meanwhile: then returns false, and the next process is compared.</summary>
    private static async Task<bool> CompareUnlessKilledAsync(ServiceProcess service, Func<HttpClient, Task> compare)
    {
        try
        {
            await compare(service.Http);
            return true;
        }
        catch (Exception cut) when (cut is HttpRequestException or IOException or SocketException)
        {
            await service.ExitAsync();
            return false;
        }
    }
}
