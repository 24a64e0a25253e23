using FileDrop.Api.Http;

namespace FileDrop.Api.Dav;

/// <summary>The field <c>If</c> (RFC 4918, section 10.4): conditions on states of resources, any of whose lists must hold, and the tokens of held locks.</summary>
internal sealed class IfHeader
{
    private const int MaxLists = 100;
    private const int MaxResources = 16;

    private readonly List<(string? Resource, List<Condition> Conditions)> _lists = [];

    /// <summary>A condition.</summary>
    /// <param name="IsNot">Whether it must not hold.</param>
    /// <param name="Token">The URI of a lock's token; null for a tag.</param>
    /// <param name="Tag">An entity tag; null for a token.</param>
    private readonly record struct Condition(bool IsNot, string? Token, string? Tag);

    /// <summary>The tokens of locks that the request names.</summary>
    public IReadOnlyCollection<Guid> Tokens => [.. _lists.SelectMany(list => list.Conditions)
        .Select(each => each.Token is { } text && TryReadToken(text, out var token) ? token : (Guid?)null).OfType<Guid>().Distinct()];

    /// <summary>The addresses of other resources that the lists name.</summary>
    public IEnumerable<string> Resources => _lists.Select(list => list.Resource).OfType<string>().Distinct(StringComparer.Ordinal);

    /// <summary>Reads the field.</summary>
    /// <exception cref="ProblemException">It is malformed.</exception>
    public static IfHeader Read(HttpRequest request)
    {
        var header = new IfHeader();
        if (request.Headers["If"].ToString() is { Length: > 0 } text)
            header.Parse(text);
        return header;
    }

    /// <summary>Writes a token.</summary>
    public static string Write(Guid token) => $"urn:uuid:{token}";

    /// <summary>Reads a token, with or without brackets.</summary>
    public static bool TryReadToken(string text, out Guid token)
    {
        var uri = text.Trim().TrimStart('<').TrimEnd('>');
        token = default;
        return uri.StartsWith("urn:uuid:", StringComparison.OrdinalIgnoreCase) && Guid.TryParseExact(uri["urn:uuid:".Length..], "D", out token);
    }

    /// <summary>Whether one of the lists holds. A request without the field always may go on.</summary>
    /// <param name="find">The tag and the tokens of a resource; null names the request's own.</param>
    public bool IsMet(Func<string?, (string? Tag, IReadOnlyCollection<Guid> Tokens)> find) => _lists.Count == 0 || _lists.Any(list =>
    {
        var (tag, tokens) = find(list.Resource);
        return list.Conditions.All(each =>
            each.IsNot != (each.Tag is { } wanted ? string.Equals(wanted, tag, StringComparison.Ordinal) : TryReadToken(each.Token ?? "", out var token) && tokens.Contains(token)));
    });

    private void Parse(string text)
    {
        string? resource = null;
        var at = 0;
        while (SkipSpace(text, ref at))
        {
            if (text[at] == '<')
            {
                resource = Between(text, ref at, '<', '>');
            }
            else if (text[at] == '(')
            {
                at++;
                _lists.Add((resource, ParseList(text, ref at)));
            }
            else
            {
                throw Malformed();
            }
        }
        if (_lists.Count is 0 or > MaxLists || Resources.Count() > MaxResources)
            throw Malformed();
    }

    private static List<Condition> ParseList(string text, ref int at)
    {
        var conditions = new List<Condition>();
        var isNot = false;
        while (SkipSpace(text, ref at))
        {
            switch (text[at])
            {
                case ')' when conditions.Count > 0 && !isNot:
                    at++;
                    return conditions;
                case '<':
                    conditions.Add(new Condition(isNot, Between(text, ref at, '<', '>'), Tag: null));
                    isNot = false;
                    break;
                case '[':
                    conditions.Add(new Condition(isNot, Token: null, Between(text, ref at, '[', ']').Trim()));
                    isNot = false;
                    break;
                case 'N' or 'n' when !isNot && string.Compare(text, at, "Not", 0, 3, StringComparison.OrdinalIgnoreCase) == 0:
                    isNot = true;
                    at += 3;
                    break;
                default:
                    throw Malformed();
            }
        }
        throw Malformed();
    }

    private static bool SkipSpace(string text, ref int at)
    {
        while (at < text.Length && text[at] is ' ' or '\t')
            at++;
        return at < text.Length;
    }

    private static string Between(string text, ref int at, char open, char close)
    {
        var end = text.IndexOf(close, at);
        if (text[at] != open || end < 0)
            throw Malformed();
        var found = text[(at + 1)..end];
        at = end + 1;
        return found;
    }

    private static ProblemException Malformed() => new(ApiProblem.InvalidRequest(
        $"If has lists of conditions, such as (<urn:uuid:…> [\"tag\"]), at most {MaxLists} of them and for at most {MaxResources} resources (RFC 4918, section 10.4)."));
}
