using System.ComponentModel;
using System.Diagnostics;
using Microsoft.Extensions.Configuration;

namespace FileDrop.AppHost;

/// <summary>No container engine answers; the message says what to do.</summary>
internal sealed class NoContainerEngineException(string message) : SettingsException(message);

/// <summary>Asks the container engine before the orchestrator starts, which would retry for a minute and say nothing.</summary>
internal static class ContainerEngine
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Returns if an engine answers within five seconds.</summary>
    /// <exception cref="NoContainerEngineException">No engine answers.</exception>
    public static async Task RequireAsync(IConfiguration configuration, CancellationToken cancellation)
    {
        // The orchestrator takes the named engine, otherwise the one that answers.
        var named = configuration["ASPIRE_CONTAINER_RUNTIME"] ?? configuration["DOTNET_ASPIRE_CONTAINER_RUNTIME"];
        string[] engines = string.IsNullOrWhiteSpace(named) ? ["docker", "podman"] : [named.Trim()];
        var reasons = await Task.WhenAll(engines.Select(engine => AskAsync(engine, cancellation)));
        cancellation.ThrowIfCancellationRequested();
        if (Array.TrueForAll(reasons, reason => reason is not null))
            throw new NoContainerEngineException(
                $"""
                No container engine answers, and MongoDB and the object storage run in containers.
                {string.Join('\n', engines.Zip(reasons, (engine, reason) => $"  {engine}: {reason}"))}
                Start Docker or Podman, or run without containers:
                  dotnet run --project FileDrop.AppHost -- --FileDrop:Stores=embedded
                """);
    }

    /// <returns>The reason why the engine cannot be used; null if it can.</returns>
    private static async Task<string?> AskAsync(string engine, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Patience);
        using var process = new Process { StartInfo = new ProcessStartInfo(engine, ["ps", "--quiet"]) { RedirectStandardOutput = true, RedirectStandardError = true } };
        try
        {
            process.Start();
            var error = process.StandardError.ReadToEndAsync(limit.Token);
            await process.StandardOutput.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return process.ExitCode == 0 ? null : (await error).Trim();
        }
        catch (Win32Exception)
        {
            return "is not installed.";
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            return $"did not answer within {Patience.TotalSeconds} s.";
        }
    }
}
