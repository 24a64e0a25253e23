using System.Text;

namespace FileDrop.Cli;

/// <summary>The world around one run of the tool: streams, terminal, environment, current folder. Tests replace it.</summary>
internal sealed record Surroundings
{
    /// <summary>Results.</summary>
    public required TextWriter Output { get; init; }

    /// <summary>Errors, notes, progress and questions.</summary>
    public required TextWriter Error { get; init; }

    /// <summary>Opens standard input for bytes.</summary>
    public required Func<Stream> OpenInput { get; init; }

    /// <summary>Opens standard output for bytes.</summary>
    public required Func<Stream> OpenOutput { get; init; }

    /// <summary>Reads a variable of the environment; null if it is not set.</summary>
    public required Func<string, string?> Variable { get; init; }

    /// <summary>The current folder, from which relative local paths lead.</summary>
    public required string Folder { get; init; }

    /// <summary>Whether results go to a terminal.</summary>
    public bool IsOutputTerminal { get; init; }

    /// <summary>Whether errors and progress go to a terminal.</summary>
    public bool IsErrorTerminal { get; init; }

    /// <summary>Whether a person can answer.</summary>
    public bool IsInputTerminal { get; init; }

    /// <summary>The folder of the profile: <c>$XDG_CONFIG_HOME/filedrop</c>, else <c>~/.config/filedrop</c>; on Windows in <c>%APPDATA%</c>.</summary>
    public string ConfigFolder => Below("XDG_CONFIG_HOME", ".config", Environment.SpecialFolder.ApplicationData);

    /// <summary>The folder of state that may be lost: <c>$XDG_STATE_HOME/filedrop</c>, else <c>~/.local/state/filedrop</c>; on Windows in <c>%LOCALAPPDATA%</c>.</summary>
    public string StateFolder => Below("XDG_STATE_HOME", Path.Combine(".local", "state"), Environment.SpecialFolder.LocalApplicationData);

    /// <summary>The process's own.</summary>
    public static Surroundings OfProcess()
    {
        // Names of files may have any character, and lines end alike everywhere.
        var utf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        if (OperatingSystem.IsWindows())
            Console.OutputEncoding = utf8;
        return new Surroundings
        {
            Output = Console.Out,
            Error = Console.Error,
            OpenInput = Console.OpenStandardInput,
            OpenOutput = Console.OpenStandardOutput,
            Variable = Environment.GetEnvironmentVariable,
            Folder = Environment.CurrentDirectory,
            IsOutputTerminal = !Console.IsOutputRedirected,
            IsErrorTerminal = !Console.IsErrorRedirected,
            IsInputTerminal = !Console.IsInputRedirected,
        };
    }

    /// <summary>The full form of a local path.</summary>
    public string Local(string path) => Path.GetFullPath(path, Folder);

    private string Below(string variable, string usual, Environment.SpecialFolder windows)
    {
        // The specification of these variables: a relative path counts as not set.
        if (Variable(variable) is { Length: > 0 } chosen && Path.IsPathRooted(chosen))
            return Path.Combine(chosen, "filedrop");
        return OperatingSystem.IsWindows()
            ? Path.Combine(Environment.GetFolderPath(windows), "filedrop")
            : Path.Combine(Variable("HOME") is { Length: > 0 } home ? home : Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), usual, "filedrop");
    }
}
