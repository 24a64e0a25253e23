using System.Diagnostics;

namespace FileDrop.Bench.Compare;

/// <summary>A peer cannot be measured here; the message gives the reason and the remedy in one line.</summary>
internal sealed class PeerMissingException(string message) : Exception(message);

/// <summary>A program of a peer.</summary>
/// <param name="Version">The first line about its version.</param>
internal sealed record PeerProgram(string Path, string Version)
{
    /// <param name="install">The command that installs it on Debian.</param>
    /// <param name="arguments">The arguments for its version.</param>
    /// <exception cref="PeerMissingException">It is not installed.</exception>
    public static async Task<PeerProgram> FindAsync(string name, string install, params string[] arguments)
    {
        // Servers are in folders that only root's PATH has.
        var path = $"{Environment.GetEnvironmentVariable("PATH")}:/usr/local/sbin:/usr/sbin".Split(':')
            .Select(folder => System.IO.Path.Combine(folder, name)).FirstOrDefault(File.Exists)
            ?? throw new PeerMissingException($"{name} is not installed, and is left out: {install}");
        var said = await RunAsync(path, arguments);
        return new PeerProgram(path, said.Split('\n')[0].Split("version: ")[^1].Trim());
    }

    /// <summary>Runs it to its end.</summary>
    /// <returns>Its output, with errors.</returns>
    public static async Task<string> RunAsync(string path, params string[] arguments)
    {
        var start = new ProcessStartInfo(path, arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start) ?? throw new BenchException($"{path} did not start.");
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        return await output + await errors;
    }
}
