using System.Text.RegularExpressions;

namespace FileDrop.Cli;

/// <summary>Wildcards in a name, as in shells: <c>*</c>, <c>?</c>, <c>[a-z]</c>; in a path also <c>**</c> for any number of folders.</summary>
internal sealed class Glob(string pattern)
{
    private readonly Regex _regex = Make($"^{Text(pattern)}$");

    /// <summary>Whether a name has wildcards.</summary>
    public static bool IsPattern(string name) => name.AsSpan().IndexOfAny('*', '?', '[') >= 0;

    /// <summary>Whether a name fits. One that begins with a dot fits only a pattern that does.</summary>
    public bool Fits(string name) => (name[0] != '.' || pattern[0] == '.') && _regex.IsMatch(name);

    /// <summary>The pattern of the end of a path, each of whose names comes behind a slash.</summary>
    public static Regex OfPath(IEnumerable<string> patterns) =>
        Make($"^(/[^/]+)*{string.Concat(patterns.Select(pattern => pattern is "**" ? "(/[^/]+)*" : $"/{Text(pattern)}"))}$");

    // Without backtracking, so that no pattern takes long.
    private static Regex Make(string pattern)
    {
        const RegexOptions Options = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.Singleline;
        try
        {
            return new Regex(pattern, Options, Regex.InfiniteMatchTimeout);
        }
        catch (RegexParseException)
        {
            throw new ToolException(ExitCode.Usage, "A range in brackets goes from the lower to the higher character, as in [a-z].");
        }
    }

    private static string Text(string pattern)
    {
        var text = "";
        for (var at = 0; at < pattern.Length; at++)
        {
            var end = pattern[at] == '[' && at + 2 < pattern.Length ? pattern.IndexOf(']', at + 2) : -1;
            text += pattern[at] switch
            {
                '*' => "[^/]*",
                '?' => "[^/]",
                '[' when end > 0 => Class(pattern[(at + 1)..end]),
                var each => Regex.Escape($"{each}"),
            };
            at = end > 0 ? end : at;
        }
        return text;
    }

    private static string Class(string members)
    {
        var isNegated = members.Length > 1 && members[0] is '!' or '^';
        var inner = members[(isNegated ? 1 : 0)..].Replace(@"\", @"\\", StringComparison.Ordinal).Replace("[", @"\[", StringComparison.Ordinal)
            .Replace("^", @"\^", StringComparison.Ordinal);
        return $"[{(isNegated ? "^/" : "")}{inner}]";
    }
}
