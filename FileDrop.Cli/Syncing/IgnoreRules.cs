using System.Text;
using MAB.DotIgnore;

namespace FileDrop.Cli.Syncing;

/// <summary>The entries that are left out on both sides, and the names that one side cannot have.</summary>
internal sealed class IgnoreRules
{
    /// <summary>The file with the user's patterns, at the top of the local folder, in gitignore's syntax.</summary>
    public const string FileName = ".filedropignore";

    private const int MaxBytes = 255;

    private static readonly string[] s_reserved =
    [
        "CON", "PRN", "AUX", "NUL", "COM1", "COM2", "COM3", "COM4", "COM5", "COM6", "COM7", "COM8", "COM9",
        "LPT1", "LPT2", "LPT3", "LPT4", "LPT5", "LPT6", "LPT7", "LPT8", "LPT9",
    ];

    private readonly IgnoreList? _patterns;

    /// <param name="lines">The lines of the file with patterns.</param>
    public IgnoreRules(IEnumerable<string> lines)
    {
        List<string> patterns = [.. lines.Select(line => line.TrimEnd('\r')).Where(line => line.Trim().Length > 0 && line[0] != '#')];
        _patterns = patterns.Count > 0 ? new IgnoreList(patterns, MatchFlags.PATHNAME) : null;
    }

    /// <summary>Reads the patterns of a local folder.</summary>
    public static IgnoreRules Of(string top)
    {
        var file = Path.Combine(top, FileName);
        return new IgnoreRules(File.Exists(file) ? File.ReadAllLines(file) : []);
    }

    /// <summary>Whether an entry is left out.</summary>
    /// <param name="path">The path below the top, with slashes. The folders above it are not left out.</param>
    /// <param name="isFolder">Whether it is a folder.</param>
    public bool IsIgnored(string path, bool isFolder)
    {
        var name = path[(path.LastIndexOf('/') + 1)..];
        return IsJunk(name) || (_patterns?.IsIgnored(path, isFolder) ?? false);
    }

    /// <summary>Whether a name is of a file that systems and programs make for themselves.</summary>
    public static bool IsJunk(string name) => name is ".DS_Store" or "Thumbs.db" or "desktop.ini" or SyncNames.Trash
        || SyncNames.IsPart(name) || SyncNames.IsWhole(name, out _)
        || name.StartsWith("~$", StringComparison.Ordinal) || name.StartsWith(".~", StringComparison.Ordinal)
        || (name.StartsWith('~') && name.EndsWith(".tmp", StringComparison.OrdinalIgnoreCase))
        || (name.StartsWith('.') && (name.EndsWith(".swp", StringComparison.Ordinal) || name.EndsWith(".swx", StringComparison.Ordinal) || name.EndsWith(".part", StringComparison.Ordinal)))
        || name.EndsWith(".crdownload", StringComparison.Ordinal);

    /// <summary>The reason why the service cannot have a local name; null if it can.</summary>
    public static string? RefuseAtService(string name) =>
        name.Contains('\uFFFD', StringComparison.Ordinal) ? "Its name is not UTF-8."
        : name.Contains('\\', StringComparison.Ordinal) ? "The service allows no backslash in a name."
        : name.Any(char.IsControl) ? "The service allows no control characters in a name."
        : Encoding.UTF8.GetByteCount(SyncNames.Normal(name)) > MaxBytes ? "The service allows 255 bytes in a name."
        : null;

    /// <summary>The reason why this machine cannot have a name of the service; null if it can.</summary>
    /// <param name="name">The name.</param>
    /// <param name="onWindows">Whether Windows' rules apply.</param>
    public static string? RefuseHere(string name, bool onWindows)
    {
        if (name is "." or ".." || name.Contains('/', StringComparison.Ordinal) || name.Contains('\0', StringComparison.Ordinal))
            return "This machine cannot have its name.";
        if (!onWindows)
            return null;
        if (name.Any(each => each < ' ' || "<>:\"\\|?*".Contains(each, StringComparison.Ordinal)))
            return "Windows allows none of < > : \" \\ | ? * in a name.";
        if (name.EndsWith('.') || name.EndsWith(' '))
            return "Windows allows no dot or space at the end of a name.";
        return s_reserved.Contains(name.Split('.')[0].TrimEnd(' ').ToUpperInvariant(), StringComparer.Ordinal) ? "Windows reserves its name." : null;
    }
}
