using System.Globalization;
using FileDrop.Api.Catalog;

namespace FileDrop.Api.Settings;

/// <summary>Reads <c>FileDrop:Quota</c>: <c>Bytes</c> and <c>Files</c> for everybody, and the same under <c>Owners:{owner}</c> for one owner.</summary>
internal static class QuotaSettings
{
    private const string Unlimited = "none";

    /// <exception cref="ConfigurationException">A value is not a number, or a key has no meaning.</exception>
    public static Quotas Read(SettingsReader settings)
    {
        var preset = new Quota(Number(settings, "Bytes"), Number(settings, "Files"));
        var owners = new Dictionary<string, Quota>(StringComparer.Ordinal);
        // An owner's name may contain colons, which also separate levels of the configuration. The last colon precedes Bytes or Files.
        foreach (var (path, value) in settings.All("Owners").AsEnumerable(makePathsRelative: true))
        {
            if (string.IsNullOrEmpty(value))
                continue;
            var colon = path.LastIndexOf(':');
            var (owner, limit) = colon < 0 ? ("", path) : (path[..colon], path[(colon + 1)..]);
            var quota = owners.GetValueOrDefault(owner, preset);
            owners[owner] = (owner, limit.ToUpperInvariant()) switch
            {
                ({ Length: > 0 }, "BYTES") => quota with { Bytes = Number(settings, $"Owners:{path}") },
                ({ Length: > 0 }, "FILES") => quota with { Files = Number(settings, $"Owners:{path}") },
                _ => throw new ConfigurationException($"{settings.Path($"Owners:{path}")} has no meaning; set Bytes or Files of an owner."),
            };
        }
        return new Quotas(preset, owners);
    }

    private static long? Number(SettingsReader settings, string key) => settings.Text(key) switch
    {
        null => null,
        { } text when text.Equals(Unlimited, StringComparison.OrdinalIgnoreCase) => null,
        { } text when long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value <= long.MaxValue / 2 => value,
        { } text => throw settings.Wrong(key, text, $"a whole number that is not negative, or \"{Unlimited}\""),
    };
}
