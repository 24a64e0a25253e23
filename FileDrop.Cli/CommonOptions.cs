using System.CommandLine;

namespace FileDrop.Cli;

/// <summary>The options of every command. They are read by name, since each run has its own.</summary>
internal static class CommonOptions
{
    /// <summary>Results as JSON.</summary>
    public const string Json = "--json";

    /// <summary>Only errors, and results that were asked for.</summary>
    public const string Quiet = "--quiet";

    /// <summary>Adds them to the root, and so to every command.</summary>
    public static void AddTo(RootCommand root)
    {
        root.Add(new Option<bool>(Json) { Description = "Write results as JSON, one object a line.", Recursive = true });
        root.Add(new Option<bool>(Quiet, "-q") { Description = "Write only errors, and results that you ask for. No progress.", Recursive = true });
    }
}
