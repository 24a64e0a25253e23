using System.Diagnostics.CodeAnalysis;

namespace FileDrop.Api.Access;

/// <summary>What a credential is good for. None includes another: a key for uploads alone cannot read.</summary>
[Flags]
public enum Scope
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary><c>read</c>: files, their metadata, versions and lists.</summary>
    Read = 1,

    /// <summary><c>write</c>: uploads, new content, names and tags, and restoring.</summary>
    Write = 2,

    /// <summary><c>delete</c>: files and versions, into the trash and for good.</summary>
    Delete = 4,

    /// <summary><c>admin</c>: API keys; and with the other scopes, files of any owner by <c>?owner=</c>.</summary>
    Admin = 8,

    /// <summary>All of them.</summary>
    All = Read | Write | Delete | Admin,
}

/// <summary>Scopes as they are written.</summary>
internal static class Scopes
{
    /// <summary>Each scope and its name, in the order in which they are shown.</summary>
    public static IReadOnlyList<(Scope Scope, string Name)> Each { get; } =
        [(Scope.Read, "read"), (Scope.Write, "write"), (Scope.Delete, "delete"), (Scope.Admin, "admin")];

    public static IReadOnlyList<string> Names(Scope scopes) => [.. Each.Where(each => scopes.HasFlag(each.Scope)).Select(each => each.Name)];

    /// <summary>False: one of the names is no scope's, or there is none.</summary>
    public static bool TryParse(IEnumerable<string> names, out Scope scopes, [NotNullWhen(false)] out string? wrong)
    {
        (scopes, wrong) = (Scope.None, null);
        foreach (var name in names)
        {
            var found = Each.FirstOrDefault(each => each.Name.Equals(name, StringComparison.Ordinal)).Scope;
            if (found == Scope.None)
                wrong = $"'{name}' is no scope; there are read, write, delete and admin.";
            scopes |= found;
        }
        if (scopes == Scope.None)
            wrong ??= "A key has at least one scope: read, write, delete, admin.";
        return wrong is null;
    }
}
