using System.Diagnostics.CodeAnalysis;

namespace FileDrop.Cli;

/// <summary>A path at the service, written as <c>fd:/folder/file</c>; or a file's id, written as <c>id:019ab3c2-…</c>.</summary>
/// <remarks>Names are as they are: nothing is percent-encoded, and nothing but a slash divides.</remarks>
internal sealed record RemotePath
{
    /// <summary>The beginning of every path.</summary>
    public const string Scheme = "fd:";

    /// <summary>The beginning of every id.</summary>
    public const string IdScheme = "id:";

    /// <summary>The root.</summary>
    public static readonly RemotePath Root = new([], endsWithSlash: true);

    private RemotePath(IReadOnlyList<string> names, bool endsWithSlash, Guid? id = null) => (Names, EndsWithSlash, Id) = (names, endsWithSlash, id);

    /// <summary>The names on the way, from the root down; empty for the root.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>Whether the path was written with a slash at its end, and so means a folder. The root always does.</summary>
    public bool EndsWithSlash { get; }

    /// <summary>The id of a file, which may be in no folder; null for a path.</summary>
    public Guid? Id { get; }

    /// <summary>Whether this is the root.</summary>
    public bool IsRoot => Names.Count == 0 && Id is null;

    /// <summary>The last name; empty for the root.</summary>
    public string Name => Names.Count == 0 ? "" : Names[^1];

    /// <summary>The folder that it is in; the root's is the root.</summary>
    public RemotePath Parent => new([.. Names.SkipLast(1)], endsWithSlash: true);

    /// <summary>The path as the service's client takes it: <c>/folder/file</c>; <c>/</c> for the root.</summary>
    public string Path => $"/{string.Join('/', Names)}";

    /// <summary>Whether an argument is a path or an id at the service.</summary>
    public static bool IsRemote(string text) =>
        text.StartsWith(Scheme, StringComparison.Ordinal) || (text.StartsWith(IdScheme, StringComparison.Ordinal) && Guid.TryParse(text.AsSpan(IdScheme.Length), out _));

    /// <summary>Reads a path or an id.</summary>
    /// <exception cref="ToolException">It is not one.</exception>
    public static RemotePath Parse(string text) =>
        TryParse(text, out var path, out var error) ? path : throw new ToolException(ExitCode.Usage, error);

    /// <summary>Reads a path or an id; <paramref name="error"/> says why it is not one.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out RemotePath? path, [NotNullWhen(false)] out string? error)
    {
        (path, error) = (null, null);
        if (text.StartsWith(IdScheme, StringComparison.Ordinal) && Guid.TryParse(text.AsSpan(IdScheme.Length), out var id))
        {
            path = new RemotePath([], endsWithSlash: false, id);
            return true;
        }
        if (!text.StartsWith(Scheme, StringComparison.Ordinal))
        {
            error = $"'{text}' is not a path at the service. Write it like fd:/folder/file.";
            return false;
        }
        var rest = text[Scheme.Length..].TrimStart('/');
        if (rest.Length == 0)
        {
            path = Root;
            return true;
        }
        var endsWithSlash = rest.EndsWith('/');
        var names = rest[..^(endsWithSlash ? 1 : 0)].Split('/');
        if (names.Any(name => name is "" or "." or ".."))
        {
            error = $"'{text}' has an empty name, '.' or '..'. Write the whole path.";
            return false;
        }
        path = new RemotePath(names, endsWithSlash);
        return true;
    }

    /// <summary>Something in this folder.</summary>
    public RemotePath In(string name) => new([.. Names, name], endsWithSlash: false);

    /// <summary>Something below this folder.</summary>
    public RemotePath Below(IEnumerable<string> names) => new([.. Names, .. names], endsWithSlash: false);

    public bool Equals(RemotePath? other) => other is not null && Id == other.Id && Names.SequenceEqual(other.Names, StringComparer.Ordinal);

    public override int GetHashCode() => HashCode.Combine(Id, Path);

    /// <summary>The path as a person writes it.</summary>
    public override string ToString() => Id is { } id ? $"{IdScheme}{id}" : Scheme + Path;
}
