using System.CommandLine;

namespace FileDrop.Cli;

/// <summary>The command line's entry.</summary>
internal static class Tool
{
    /// <summary>Runs one command and returns its exit code.</summary>
    public static Task<int> Main(string[] args)
    {
        var root = new RootCommand("Files on a FileDrop service: upload, download, list, share, follow changes, and keep a folder in sync.");
        return root.Parse(args).InvokeAsync();
    }
}
