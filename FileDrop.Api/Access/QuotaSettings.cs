using System.Globalization;
using FileDrop.Api.Catalog;

namespace FileDrop.Api.Access;

/// <summary>Reads <c>FileDrop:Quota</c>: <c>Bytes</c> and <c>Files</c> for everybody, and under <c>Owners:{owner}</c> for one.</summary>
internal static class QuotaSettings
{
    private const string Unlimited = "none";

    /// <exception cref="ConfigurationException">A value is no number, or stands at no place that has a meaning.</exception>
    public static Quotas Read(SettingsReader settings)
    {
        var preset = new Quota(Number(settings, "Bytes"), Number(settings, "Files"));
        var owners = new Dictionary<string, Quota>(StringComparer.Ordinal);
        // An owner may have colons in its name, which part the levels of the configuration: the last one goes before Bytes or Files.
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
                _ => throw new ConfigurationException($"{settings.Path($"Owners:{path}")} has no meaning; an owner has Bytes and Files."),
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
