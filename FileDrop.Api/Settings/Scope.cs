using System.Diagnostics.CodeAnalysis;

namespace FileDrop.Api.Settings;

/// <summary>
/// The permissions of a credential. No scope includes another: a key with only <c>write</c> cannot read. Copying a file needs <c>read</c> and
/// <c>write</c>.
/// </summary>
[Flags]
public enum Scope
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary><c>read</c>: files, folders, their metadata, versions, paths and lists.</summary>
    Read = 1,

    /// <summary><c>write</c>: uploads, new content, names and tags, folders, moving and restoring.</summary>
    Write = 2,

    /// <summary><c>delete</c>: files, folders and versions, into the trash and for good.</summary>
    Delete = 4,

    /// <summary><c>admin</c>: API keys and the audit log. With another scope it also covers the files of any owner, by <c>?owner=</c>.</summary>
    Admin = 8,

    /// <summary><c>share</c>: links for others. A link also needs <c>read</c>, and one to upload with <c>write</c>.</summary>
    Share = 16,

    /// <summary>All of them.</summary>
    All = Read | Write | Delete | Admin | Share,
}

/// <summary>The scopes' names.</summary>
internal static class Scopes
{
    /// <summary>Each scope with its name, in display order.</summary>
    public static IReadOnlyList<(Scope Scope, string Name)> Each { get; } =
        [(Scope.Read, "read"), (Scope.Write, "write"), (Scope.Delete, "delete"), (Scope.Share, "share"), (Scope.Admin, "admin")];

    public static IReadOnlyList<string> Names(Scope scopes) => [.. Each.Where(each => scopes.HasFlag(each.Scope)).Select(each => each.Name)];

    /// <summary>Reads names of scopes. Returns false if a name is unknown or missing.</summary>
    public static bool TryParse(IEnumerable<string> names, out Scope scopes, [NotNullWhen(false)] out string? wrong)
    {
        (scopes, wrong) = (Scope.None, null);
        foreach (var name in names)
        {
            var found = Each.FirstOrDefault(each => each.Name.Equals(name, StringComparison.Ordinal)).Scope;
            if (found == Scope.None)
                wrong = $"'{name}' is not a scope. Use read, write, delete, share or admin.";
            scopes |= found;
        }
        if (scopes == Scope.None)
            wrong ??= "Give at least one scope: read, write, delete, share or admin.";
        return wrong is null;
    }
}
