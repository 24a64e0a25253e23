using System.Globalization;
using FileDrop.Api.Text;

namespace FileDrop.Api.Settings;

/// <summary>
/// Reads the settings below <c>FileDrop</c> and records each key that is read. A key that is set but never read is a mistake; a mistyped one could leave the
/// service open.
/// </summary>
internal sealed class SettingsReader
{
    private const string Root = "FileDrop";

    /// <summary>Keys of the AppHost, which passes its environment to the service: FileDrop.AppHost/Settings.cs.</summary>
    private static readonly string[] AppHosts = ["Images", "Metadata", "ObjectStorage", "Port", "Publish", "Replicas", "Stores", "Volumes"];

    private static readonly TimeSpan LongestTime = TimeSpan.FromDays(3650);

    private readonly IConfigurationSection _section;
    private readonly SortedSet<string> _known;

    /// <summary>Reads the section <c>FileDrop</c>.</summary>
    public SettingsReader(IConfiguration configuration) : this(configuration.GetSection(Root), new(StringComparer.OrdinalIgnoreCase))
    {
    }

    private SettingsReader(IConfigurationSection section, SortedSet<string> known) => (_section, _known) = (section, known);

    /// <summary>The keys that were read, without <c>FileDrop:</c>. Below a key that ends in a colon, all keys are known.</summary>
    public IEnumerable<string> Known => _known;

    /// <summary>Reads the settings below a key, and records them here.</summary>
    public SettingsReader Below(string key) => new(_section.GetSection(key), _known);

    /// <summary>Returns the whole section below a key, for a caller who refuses unknown keys there.</summary>
    public IConfigurationSection All(string key)
    {
        Note($"{key}:");
        return _section.GetSection(key);
    }

    public string? Text(string key)
    {
        Note(key);
        return string.IsNullOrWhiteSpace(_section[key]) ? null : _section[key];
    }

    public string[] Items(string key) => Text(key)?.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];

    public long Number(string key, long preset, long min, long max) =>
        Text(key) is not { } text ? preset
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max ? value
        : throw Wrong(key, text, string.Create(CultureInfo.InvariantCulture, $"a whole number from {min} to {max}"));

    public TimeSpan Time(string key, TimeSpan preset, bool zero = false, TimeSpan? min = null, TimeSpan? max = null)
    {
        if (Text(key) is not { } text)
            return preset;
        if (!Duration.TryParse(text, out var value))
            throw Duration.Correct(text) is { } correction
                ? new ConfigurationException($"{Path(key)} is \"{text}\". {correction} A time is {Duration.Forms}.")
                : Wrong(key, text, $"a time: {Duration.Forms}");
        var (least, most) = (min ?? TimeSpan.Zero, max ?? LongestTime);
        return value >= least && value <= most && (zero || value > TimeSpan.Zero) ? value
            : throw Wrong(key, text, $"{(min is null ? zero ? "0 or more" : "more than 0" : $"at least {Duration.Format(least)}")}, and at most {Duration.Format(most)}");
    }

    public bool Flag(string key) => Text(key) is { } text && (bool.TryParse(text, out var value) ? value : throw Wrong(key, text, "true or false"));

    public ConfigurationException Wrong(string key, string value, string wanted) => new($"{Path(key)} is \"{value}\", but it must be {wanted}.");

    /// <summary>The full path of a key.</summary>
    public string Path(string key) => $"{_section.Path}:{key}";

    /// <summary>Refuses keys that are set but were never read. Call it last.</summary>
    /// <exception cref="ConfigurationException">Such keys exist; the message names each, with the nearest existing one.</exception>
    public void RefuseUnknown()
    {
        var unknown = _section.AsEnumerable(makePathsRelative: true).Where(setting => setting.Value is not null && !IsKnown(setting.Key, setting.Value))
            .Select(setting => Explain(setting.Key)).ToList();
        if (unknown.Count > 0)
            throw new ConfigurationException($"{string.Join(' ', unknown)} docs/configuration.md lists all settings.");
    }

    /// <summary>
    /// Finds environment variables with one underscore instead of two whose other part names a setting. All others belong to somebody else: Kubernetes sets
    /// <c>FILEDROP_PORT</c> for a service named filedrop.
    /// </summary>
    public IReadOnlyList<string> FindSingleUnderscores(IConfiguration configuration) =>
    [
        .. configuration.AsEnumerable().Where(setting => setting.Value is not null && setting.Key.StartsWith($"{Root}_", StringComparison.OrdinalIgnoreCase))
            .Select(setting => (setting.Key, Setting: setting.Key[(Root.Length + 1)..].Replace('_', ':')))
            .Where(setting => _known.Contains(setting.Setting))
            .Select(setting => $"{setting.Key.Replace(":", "__", StringComparison.Ordinal)} is ignored: write {Root}__{setting.Setting.Replace(":", "__", StringComparison.Ordinal)}."),
    ];

    private void Note(string key) => _known.Add($"{_section.Path}:{key}"[(Root.Length + 1)..]);

    private bool IsKnown(string key, string value) => _known.Contains(key)
        || _known.Any(known => known.EndsWith(':') ? IsBelow(key, known[..^1]) : value.Length == 0 && IsBelow(known, key))
        || AppHosts.Any(own => own.Equals(key, StringComparison.OrdinalIgnoreCase) || IsBelow(key, own));

    private string Explain(string key)
    {
        var parent = key.LastIndexOf(':') is > 0 and var colon ? key[..colon] : "";
        return _known.Contains(parent) && key[(parent.Length + 1)..].All(char.IsAsciiDigit)
            ? $"{Root}:{key} is not a setting: {Root}:{parent} is one text, with semicolons between its parts."
            : $"{Root}:{key} is not a setting; the nearest one is {Root}:{Nearest(key)}.";
    }

    /// <summary>Finds the key with the most similar spelling, of the whole key or of its last part, so that <c>Hsts</c> is found below <c>Https</c>.</summary>
    private string Nearest(string key)
    {
        const double OtherPlace = 0.2;
        return _known.Where(known => !known.EndsWith(':')).Concat(AppHosts)
            .MinBy(known => Math.Min(Share(key, known), Share(LastPart(key), LastPart(known)) + OtherPlace)) ?? "";

        static double Share(string one, string other) => (double)Spelling.Distance(one, other) / Math.Max(one.Length, other.Length);
    }

    private static string LastPart(string key) => key[(key.LastIndexOf(':') + 1)..];

    private static bool IsBelow(string key, string parent) =>
        key.Length > parent.Length && key[parent.Length] == ':' && key.StartsWith(parent, StringComparison.OrdinalIgnoreCase);
}
