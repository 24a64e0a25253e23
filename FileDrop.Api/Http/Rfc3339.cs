using System.Globalization;
using System.Text.RegularExpressions;
using FileDrop.Api.Text;

namespace FileDrop.Api.Http;

/// <summary>Times in requests (RFC 3339).</summary>
internal static partial class Rfc3339
{
    /// <summary>Reads a time. The catalog keeps whole milliseconds, so a time between two of them is rounded.</summary>
    /// <param name="name">The field's name, for the problem.</param>
    /// <param name="text">The text.</param>
    /// <param name="roundUp">Whether to round up instead of down.</param>
    /// <exception cref="ProblemException">The text is not a time.</exception>
    public static DateTimeOffset Read(string name, string text, bool roundUp)
    {
        // A + in a time's offset that was not escaped arrives as a space.
        var parts = Format().Match(text.Replace(' ', '+').ToUpperInvariant());
        if (!parts.Success || !DateTimeOffset.TryParseExact(parts.Groups["second"].Value + parts.Groups["offset"].Value,
                "yyyy-MM-ddTHH:mm:ssK", CultureInfo.InvariantCulture, DateTimeStyles.None, out var time))
            throw new ProblemException(ApiProblem.InvalidRequest($"{name} is a time of RFC 3339, for example 2026-11-23T08:25:25.123Z."));
        var fraction = parts.Groups["fraction"].Value;
        // In UTC, because adding to a local time could exceed the last year.
        time = time.ToUniversalTime().AddMilliseconds(int.Parse(fraction.PadRight(3, '0')[..3], CultureInfo.InvariantCulture));
        var isBetween = fraction.AsSpan(Math.Min(3, fraction.Length)).ContainsAnyExcept('0');
        return roundUp && isBetween ? WholeMilliseconds.After(time, TimeSpan.FromMilliseconds(1)) : time;
    }

    /// <summary>Reads a time that must lie ahead, and rounds it down.</summary>
    /// <param name="name">The field's name, for the problem.</param>
    /// <param name="text">The text.</param>
    /// <param name="now">The present.</param>
    /// <exception cref="ProblemException">The text is not a time, or the time has passed.</exception>
    public static DateTimeOffset ReadFuture(string name, string text, DateTimeOffset now) =>
        Read(name, text, roundUp: false) is var time && time > now ? time : throw new ProblemException(ApiProblem.InvalidRequest($"{name} lies in the past."));

    /// <summary>A time of section 5.6 in upper case, with any number of digits of a second.</summary>
    [GeneratedRegex(@"^(?<second>[0-9-]{10}T[0-9:]{8})(\.(?<fraction>[0-9]+))?(?<offset>Z|[+-][0-9]{2}:[0-9]{2})\z",
        RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Format();
}
