namespace FileDrop.Api.Settings;

/// <summary>What WebDAV does with files that systems make for themselves.</summary>
public enum JunkFiles
{
    /// <summary>They are stored, and lists of WebDAV do not show them.</summary>
    Hide,

    /// <summary>They are stored and shown like all others.</summary>
    Keep,

    /// <summary>They are refused.</summary>
    Refuse,
}

/// <summary>WebDAV. Each property is a setting under <c>FileDrop:Dav</c>.</summary>
public sealed record DavOptions
{
    /// <summary>
    /// <c>Junk</c>: what <a href="webdav.md">WebDAV</a> does with files that systems make for themselves. <c>hide</c>: it stores them, and leaves them out of
    /// lists. <c>keep</c>: they are like all others. <c>refuse</c>: it answers <c>403</c>.
    /// </summary>
    /// <value><c>hide</c></value>
    public JunkFiles Junk { get; init; } = JunkFiles.Hide;

    /// <summary><c>JunkNames</c>: the names of these files, separated by <c>;</c>. A <c>*</c> at the end stands for any text.</summary>
    /// <value><c>._*;.DS_Store;Thumbs.db;desktop.ini</c></value>
    public IReadOnlyList<string> JunkNames { get; init; } = ["._*", ".DS_Store", "Thumbs.db", "desktop.ini"];

    /// <summary>Whether lists leave out a name.</summary>
    internal bool Hides(string name) => Junk == JunkFiles.Hide && IsJunk(name);

    /// <summary>Whether nothing with a name may be created.</summary>
    internal bool Refuses(string name) => Junk == JunkFiles.Refuse && IsJunk(name);

    /// <summary>Reads and checks the settings.</summary>
    /// <exception cref="ConfigurationException">A value cannot be used; the message names the key and the fix.</exception>
    internal static DavOptions Read(SettingsReader settings)
    {
        var defaults = new DavOptions();
        return new DavOptions
        {
            Junk = settings.Text("Junk") is not { } text ? defaults.Junk
                : Enum.GetValues<JunkFiles>().Where(each => $"{each}".Equals(text, StringComparison.OrdinalIgnoreCase)).Select(each => (JunkFiles?)each).FirstOrDefault()
                    ?? throw settings.Wrong("Junk", text, "hide, keep or refuse"),
            JunkNames = settings.Items("JunkNames") is { Length: > 0 } names ? names : defaults.JunkNames,
        };
    }

    private bool IsJunk(string name) => JunkNames.Any(each => each.EndsWith('*')
        ? name.StartsWith(each[..^1], StringComparison.OrdinalIgnoreCase)
        : name.Equals(each, StringComparison.OrdinalIgnoreCase));
}
