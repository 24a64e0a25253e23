namespace FileDrop.Api.Text;

/// <summary>Times in whole milliseconds, as the catalogs keep them and answers show them.</summary>
internal static class WholeMilliseconds
{
    /// <summary>The last time that can be kept.</summary>
    public static readonly DateTimeOffset Last = Floor(DateTimeOffset.MaxValue);

    /// <summary>The same time, or the last whole millisecond before it.</summary>
    public static DateTimeOffset Floor(DateTimeOffset time) => DateTimeOffset.FromUnixTimeMilliseconds(time.ToUnixTimeMilliseconds());

    /// <summary>The time a duration later. The duration is rounded up, and no result is after <see cref="Last"/>.</summary>
    public static DateTimeOffset After(DateTimeOffset time, TimeSpan span)
    {
        var milliseconds = Math.Ceiling(span.TotalMilliseconds);
        return milliseconds >= (DateTimeOffset.MaxValue - time).TotalMilliseconds ? Last : time.AddMilliseconds(milliseconds);
    }
}
