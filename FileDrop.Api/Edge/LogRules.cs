namespace FileDrop.Api.Edge;

/// <summary>Rules that silence the framework's log.</summary>
internal static class LogRules
{
    /// <summary>Adds a rule for each log provider, because a provider's own rules override those for all providers.</summary>
    public static void Add(LoggerFilterOptions filter, string category, LogLevel least, Func<string?, string?, LogLevel, bool>? which = null)
    {
        foreach (var provider in filter.Rules.Select(rule => rule.ProviderName).Append(null).Distinct(StringComparer.Ordinal).ToList())
            filter.Rules.Add(new LoggerFilterRule(provider, category, least, which));
    }
}
