using System.Globalization;

namespace FileDrop.Cli;

/// <summary>Sizes, spans of time and dates as people write and read them.</summary>
internal static class Words
{
    private static readonly string[] s_units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

    /// <summary>A size with at most three digits: <c>1.2 GiB</c>.</summary>
    public static string Size(double bytes)
    {
        var unit = 0;
        for (; bytes >= 999.5 && unit < s_units.Length - 1; unit++)
            bytes /= 1024;
        return unit == 0 || bytes >= 9.95
            ? string.Create(CultureInfo.InvariantCulture, $"{bytes:0} {s_units[unit]}")
            : string.Create(CultureInfo.InvariantCulture, $"{bytes:0.0} {s_units[unit]}");
    }

    /// <summary>A time on the clock of this machine: <c>2026-11-30 14:05</c>.</summary>
    public static string Time(DateTimeOffset time) => time.ToLocalTime().ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);

    /// <summary>A time for programs: RFC 3339 in UTC with milliseconds.</summary>
    public static string Rfc3339(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    /// <summary>A number with its noun: <c>1 file</c>, <c>3 files</c>.</summary>
    public static string Count(long number, string noun) => string.Create(CultureInfo.InvariantCulture, $"{number:N0} {noun}{(number == 1 ? "" : "s")}");

    /// <summary>Reads a span: a number with s, m, h, d or w.</summary>
    /// <exception cref="ToolException">It is not one.</exception>
    public static TimeSpan Span(string text) =>
        text.Length > 1 && long.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number is > 0 and < 100_000_000 && SecondsOf(text[^1]) is { } unit && number * unit < TimeSpan.MaxValue.TotalSeconds
                ? TimeSpan.FromSeconds(number * unit)
                : throw new ToolException(ExitCode.Usage, $"'{text}' is not a span of time. Write it like 30m, 12h, 7d or 2w.");

    /// <summary>Reads a moment: a span from now, a date, or a time in RFC 3339.</summary>
    /// <exception cref="ToolException">It is not one.</exception>
    public static DateTimeOffset Moment(string text, DateTimeOffset now)
    {
        if (text.Length > 1 && SecondsOf(text[^1]) is not null)
            return now + Span(text);
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeLocal, out var moment)
            ? moment
            : throw new ToolException(ExitCode.Usage, $"'{text}' is not a time. Write it like 7d, 2026-12-24 or 2026-12-24T18:00:00Z.");
    }

    /// <summary>Reads a size: a number of bytes, or of K, M, G or T, each 1,024 of the one before.</summary>
    /// <exception cref="ToolException">It is not one.</exception>
    public static long Bytes(string text)
    {
        var digits = text.TrimEnd('B', 'b').TrimEnd('i');
        var power = digits.Length == 0 ? -1 : "KMGT".IndexOf(char.ToUpperInvariant(digits[^1]), StringComparison.Ordinal) + 1;
        return long.TryParse(power > 0 ? digits[..^1] : digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= long.MaxValue >> (10 * power)
            ? number << (10 * power)
            : throw new ToolException(ExitCode.Usage, $"'{text}' is not a size. Write it like 500M or 2G.");
    }

    private static long? SecondsOf(char unit) => unit switch
    {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        'w' => 604_800,
        _ => null,
    };
}
