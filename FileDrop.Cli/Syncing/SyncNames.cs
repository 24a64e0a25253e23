using System.Globalization;
using System.Text;

namespace FileDrop.Cli.Syncing;

/// <summary>The names that a sync compares and makes. Each local copy has a token of its own, so that it knows its own temporary names.</summary>
/// <param name="host">The machine's name, for the copies that a conflict leaves.</param>
/// <param name="date">The day, for the same.</param>
/// <param name="token">Eight letters or digits of this copy.</param>
/// <param name="foldsCase">Whether the local file system takes upper and lower case for the same.</param>
internal sealed class SyncNames(string host, DateOnly date, string token, bool foldsCase = false)
{
    /// <summary>The local folder, below the top, for deleted files.</summary>
    public const string Trash = ".filedrop-trash";

    private const string Prefix = ".filedrop-";
    private const string Moving = ".moving";
    private const int MaxBytes = 255;

    private readonly string _host = string.Concat(host.Where(each => !char.IsControl(each) && !"/\\:*?\"<>|()".Contains(each, StringComparison.Ordinal)));

    /// <summary>Whether the local file system takes upper and lower case for the same.</summary>
    public bool FoldsCase { get; } = foldsCase;

    /// <summary>A name of a download that is under way.</summary>
    public static string Part(Guid id) => $"{Prefix}{id:N}.part";

    /// <summary>A name of a whole download that is about to take its place, or of the content whose place it took.</summary>
    public static string Whole(Guid id) => $"{Prefix}{id:N}.whole";

    /// <summary>Whether a name is of a download under way.</summary>
    public static bool IsPart(string name) => IsOurs(name, ".part");

    /// <summary>Whether a name is of a whole download; its file's id.</summary>
    public static bool IsWhole(string name, out Guid id)
    {
        id = Guid.Empty;
        return IsOurs(name, ".whole") && Guid.TryParseExact(name[Prefix.Length..^".whole".Length], "N", out id);
    }

    /// <summary>Whether a name is one under which an entry waits, so that two entries can swap their names.</summary>
    public static bool IsParked(string name) => IsOurs(name, Moving);

    /// <summary>Whether this copy has made a name for waiting.</summary>
    public bool IsParkedHere(string name) => IsParked(name) && name.StartsWith($"{Prefix}{token}-", StringComparison.Ordinal);

    /// <summary>A name for an entry that waits.</summary>
    public string Parked(int number) => string.Create(CultureInfo.InvariantCulture, $"{Prefix}{token}-{number}-{Guid.NewGuid().ToString("N")[..8]}{Moving}");

    /// <summary>The key by which names in a folder are unique, on both sides.</summary>
    public string Key(string name) => FoldsCase ? Normal(name).ToUpperInvariant() : Normal(name);

    /// <summary>Whether two names are the same to the service.</summary>
    public static bool AreSame(string one, string other) =>
        string.Equals(one, other, StringComparison.Ordinal) || string.Equals(Normal(one), Normal(other), StringComparison.Ordinal);

    /// <summary>The service compares names in NFC.</summary>
    public static string Normal(string name) => System.Text.Ascii.IsValid(name) || name.IsNormalized() ? name : name.Normalize();

    /// <summary>The name of the local copy after a conflict: <c>report (conflict, HOST, 2026-11-30).pdf</c>.</summary>
    /// <param name="name">The name that is disputed.</param>
    /// <param name="isTaken">Whether a name is not free.</param>
    public string Conflict(string name, Func<string, bool> isTaken)
    {
        if (IsParked(name))
            name = "recovered";
        var dot = name.LastIndexOf('.');
        var (stem, extension) = dot > 0 && name.Length - dot <= 16 ? (name[..dot], name[dot..]) : (name, "");
        for (var number = 1; ; number++)
        {
            var again = number == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $" {number}");
            var mark = string.Create(CultureInfo.InvariantCulture, $" (conflict, {_host}, {date:yyyy-MM-dd}{again})");
            var made = Cut(stem, MaxBytes - Encoding.UTF8.GetByteCount(mark) - Encoding.UTF8.GetByteCount(extension)) + mark + extension;
            if (!isTaken(made))
                return made;
        }
    }

    /// <summary>Cuts a text to a number of bytes, at a whole character.</summary>
    private static string Cut(string text, int bytes)
    {
        while (Encoding.UTF8.GetByteCount(text) > bytes)
            text = text[..^(text.Length > 1 && char.IsLowSurrogate(text[^1]) ? 2 : 1)];
        return text;
    }

    private static bool IsOurs(string name, string end) => name.StartsWith(Prefix, StringComparison.Ordinal) && name.EndsWith(end, StringComparison.Ordinal);
}
