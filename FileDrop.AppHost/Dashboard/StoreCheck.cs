using System.Diagnostics;

namespace FileDrop.AppHost;

/// <summary>The service's own command <c>check</c>, run beside the service and over the same stores.</summary>
internal static class StoreCheck
{
#if DEBUG
    private const string Configuration = "Debug";
#else
    private const string Configuration = "Release";
#endif

    /// <param name="stores">The service's stores, each under the name of its connection string; none: the embedded store.</param>
    /// <returns>The report, as text.</returns>
    public static async Task<ExecuteCommandResult> RunAsync(
        IResourceBuilder<IResourceWithConnectionString>[] stores, CancellationToken cancellation)
    {
        // The service was built with the AppHost and runs: a build now would replace its files.
        var start = new ProcessStartInfo("dotnet", ["run", "--no-build", "--no-launch-profile", "--configuration", Configuration,
            "--project", new Projects.FileDrop_Api().ProjectPath, "--", "check"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var store in stores)
            start.Environment[$"ConnectionStrings__{store.Resource.Name}"] = await store.Resource.GetConnectionStringAsync(cancellation);
        using var check = Process.Start(start);
        if (check is null)
            return CommandResults.Failure("The check did not start. Is the dotnet command installed?");
        try
        {
            var texts = await Task.WhenAll(check.StandardOutput.ReadToEndAsync(cancellation), check.StandardError.ReadToEndAsync(cancellation));
            await check.WaitForExitAsync(cancellation);
            return check.ExitCode switch
            {
                0 => CommandResults.Success("Nothing found.", texts[0]),
                1 => CommandResults.Success("There are findings.", texts[0]),
                _ => CommandResults.Failure($"The check could not run. {texts[1]}"),
            };
        }
        finally
        {
            if (!check.HasExited)
                check.Kill(entireProcessTree: true);
        }
    }
}
