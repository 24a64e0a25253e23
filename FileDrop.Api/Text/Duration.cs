using System.Globalization;
using System.Text.RegularExpressions;

namespace FileDrop.Api.Text;

/// <summary>Durations in the configuration: a whole number with a unit (<c>30d</c>), ISO 8601 (<c>PT12H</c>), or <c>d.hh:mm:ss</c>.</summary>
/// <remarks>
/// .NET's own parser reads a bare number, and the 24 of <c>24:00:00</c>, as days. Both are refused here, as are months, years and fractions of a unit, because
/// each could mean two things.
/// </remarks>
internal static partial class Duration
{
    /// <summary>The accepted forms, for messages.</summary>
    public const string Forms = "90s, 15m, 12h, 30d, PT12H or 1.12:00:00";

    private const int DaysOfMonth = 30, DaysOfYear = 365;

    private static readonly (string Unit, TimeSpan Length)[] Units =
    [
        ("d", TimeSpan.FromDays(1)), ("h", TimeSpan.FromHours(1)), ("m", TimeSpan.FromMinutes(1)), ("s", TimeSpan.FromSeconds(1)),
        ("ms", TimeSpan.FromMilliseconds(1)),
    ];

    /// <summary>Reads a duration. False if the text has no meaning, or more than one.</summary>
    public static bool TryParse(string text, out TimeSpan time)
    {
        text = text.Trim();
        if (text.Contains(':', StringComparison.Ordinal))
            return TimeSpan.TryParseExact(text, "c", CultureInfo.InvariantCulture, out time) && time >= TimeSpan.Zero;
        time = TimeSpan.Zero;
        return text is "0" || (Pattern().IsMatch(text) && Sum(text) is { } sum && (time = sum) >= TimeSpan.Zero);
    }

    /// <summary>Writes a duration with the largest unit that gives a whole number.</summary>
    public static string Format(TimeSpan time) => time == TimeSpan.Zero ? "0"
        : Array.Find(Units, unit => time.Ticks % unit.Length.Ticks == 0) is { Unit: { } name } fitting
            ? string.Create(CultureInfo.InvariantCulture, $"{time.Ticks / fitting.Length.Ticks}{name}")
            : time.ToString("c", CultureInfo.InvariantCulture);

    /// <summary>Suggests, as a sentence, a correction of a text that <see cref="TryParse"/> refuses; null if there is none.</summary>
    public static string? Correct(string text)
    {
        text = text.Trim();
        if (Bare().IsMatch(text))
            return $"A number needs a unit: write {text}d for days, as earlier releases read it, or {text}h, {text}m or {text}s for hours, minutes or seconds.";
        var meant = Clock().Match(text) is { Success: true, Groups: var clock }
            ? Sum($"{clock["hours"].Value}h{clock["minutes"].Value}m{(clock["seconds"].Success ? clock["seconds"].Value : "0")}s")
            : Loose().IsMatch(text) ? Sum(char.IsAsciiDigit(text[^1]) ? $"{text}d" : text) : null;
        return meant is { } time ? $"Write {Format(time)} instead." : null;
    }

    /// <summary>Adds up the numbers of a text, each with its unit; null if there are none or the sum is too long.</summary>
    private static TimeSpan? Sum(string text)
    {
        var (isIso, isTime, ticks) = (text.StartsWith("P", StringComparison.OrdinalIgnoreCase), false, 0m);
        foreach (Match part in Part().Matches(text))
        {
            isTime |= part.Groups["time"].Success;
            var unit = part.Groups["unit"].Value.ToLowerInvariant() switch
            {
                "y" => TimeSpan.FromDays(DaysOfYear),
                "m" when isIso && !isTime => TimeSpan.FromDays(DaysOfMonth),
                "w" => TimeSpan.FromDays(7),
                var name => Array.Find(Units, unit => unit.Unit.Equals(name, StringComparison.Ordinal)).Length,
            };
            ticks += decimal.Parse(part.Groups["number"].Value, CultureInfo.InvariantCulture) * unit.Ticks;
        }
        return ticks <= TimeSpan.MaxValue.Ticks && Part().IsMatch(text) ? TimeSpan.FromTicks((long)ticks) : null;
    }

    [GeneratedRegex(@"^(\d{1,12}(ms|[smhd])|P(\d{1,12}W|(?=.)(\d{1,12}D)?(T(?=\d)(\d{1,12}H)?(\d{1,12}M)?(\d{1,12}S)?)?))\z", Options, Limit)]
    private static partial Regex Pattern();

    /// <summary>Matches texts that <see cref="Pattern"/> refuses although their meaning is clear.</summary>
    [GeneratedRegex(@"^(\d{1,12}([.,]\d{1,6})?(ms|[smhdwy])?|P(\d{1,12}([.,]\d{1,6})?[YMWD])*(T(\d{1,12}([.,]\d{1,6})?[HMS])+)?)\z", Options, Limit)]
    private static partial Regex Loose();

    /// <summary>Matches hours that .NET would read as days, and more than 59 minutes or seconds.</summary>
    [GeneratedRegex(@"^(?<hours>\d{1,6}):(?<minutes>\d{1,6})(:(?<seconds>\d{1,6}))?\z", Options, Limit)]
    private static partial Regex Clock();

    [GeneratedRegex(@"(?<time>T)?(?<number>\d+(\.\d+)?)(?<unit>ms|[ywdhms])", Options, Limit)]
    private static partial Regex Part();

    [GeneratedRegex(@"^\d{1,12}\z", Options, Limit)]
    private static partial Regex Bare();

    private const RegexOptions Options = RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture;
    private const int Limit = 1000;
}
