using FileDrop.Api.Text;
using Xunit;

namespace FileDrop.Api.Tests;

/// <summary>Durations in the configuration: each text has one meaning, or is refused with a correction.</summary>
public sealed class DurationTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("0d", 0)]
    [InlineData("00:00:00", 0)]
    [InlineData("100ms", 0.1)]
    [InlineData("00:00:00.100", 0.1)]
    [InlineData("90s", 90)]
    [InlineData("15m", 900)]
    [InlineData("12h", 43_200)]
    [InlineData("30d", 2_592_000)]
    [InlineData(" 30D ", 2_592_000)]
    [InlineData("PT12H", 43_200)]
    [InlineData("pt1h30m5s", 5_405)]
    [InlineData("P1DT12H", 129_600)]
    [InlineData("P2W", 1_209_600)]
    [InlineData("00:01:30", 90)]
    [InlineData("1:30", 5_400)]
    [InlineData("1.12:00:00", 129_600)]
    public void A_duration_has_a_unit_or_a_colon(string text, double seconds)
    {
        Assert.True(Duration.TryParse(text, out var time));
        Assert.Equal(TimeSpan.FromSeconds(seconds), time);
    }

    [Theory]
    [InlineData("45", "45d")]
    [InlineData("120", "120s")]
    [InlineData("1.5h", "90m")]
    [InlineData("0.5", "12h")]
    [InlineData("P1M", "30d")]
    [InlineData("P1Y2M", "425d")]
    [InlineData("PT1.5H", "90m")]
    [InlineData("24:00:00", "1d")]
    [InlineData("36:30:00", "2190m")]
    [InlineData("00:90:00", "90m")]
    [InlineData("2w", "14d")]
    public void A_text_with_two_meanings_is_refused_with_a_correction(string text, string replacement)
    {
        Assert.False(Duration.TryParse(text, out _));
        Assert.Contains(replacement, Duration.Correct(text), StringComparison.Ordinal);
        Assert.True(Duration.TryParse(replacement, out _));
    }

    [Theory]
    [InlineData("")]
    [InlineData("soon")]
    [InlineData("P")]
    [InlineData("PT")]
    [InlineData("d")]
    [InlineData("-1d")]
    [InlineData("-00:00:01")]
    [InlineData("1d 2h")]
    [InlineData("1.1.1")]
    [InlineData("999999999999d")]
    [InlineData("::")]
    public void A_text_without_a_meaning_is_refused(string text)
    {
        Assert.False(Duration.TryParse(text, out _));
        Assert.Null(Duration.Correct(text));
    }

    [Theory]
    [InlineData(0, "0")]
    [InlineData(0.1, "100ms")]
    [InlineData(90, "90s")]
    [InlineData(120, "2m")]
    [InlineData(86_400, "1d")]
    [InlineData(90_000, "25h")]
    public void A_duration_is_written_with_its_largest_whole_unit(double seconds, string text) => Assert.Equal(text, Duration.Format(TimeSpan.FromSeconds(seconds)));
}
