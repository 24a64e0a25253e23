using System.Diagnostics;

namespace FileDrop.Bench.Compare;

/// <summary>A peer cannot be measured here; the message says in one line why, and what would help.</summary>
internal sealed class PeerMissingException(string message) : Exception(message);

/// <summary>A program of a peer.</summary>
/// <param name="Version">The first line that it says of itself.</param>
internal sealed record PeerProgram(string Path, string Version)
{
    /// <param name="install">What brings it to a Debian.</param>
    /// <param name="arguments">What makes it say its version.</param>
    /// <exception cref="PeerMissingException">It is not there.</exception>
    public static async Task<PeerProgram> FindAsync(string name, string install, params string[] arguments)
    {
        // Servers are where only root's PATH leads.
        var path = $"{Environment.GetEnvironmentVariable("PATH")}:/usr/local/sbin:/usr/sbin".Split(':')
            .Select(folder => System.IO.Path.Combine(folder, name)).FirstOrDefault(File.Exists)
            ?? throw new PeerMissingException($"{name} is not there, and left out: {install}");
        var said = await RunAsync(path, arguments);
        return new PeerProgram(path, said.Split('\n')[0].Split("version: ")[^1].Trim());
    }

    /// <summary>Runs it to its end.</summary>
    /// <returns>What it wrote, errors too.</returns>
    public static async Task<string> RunAsync(string path, params string[] arguments)
    {
        var start = new ProcessStartInfo(path, arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start) ?? throw new BenchException($"{path} did not start.");
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        return await output + await errors;
    }
}
