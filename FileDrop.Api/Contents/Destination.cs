using FileDrop.Api.Catalog;

namespace FileDrop.Api.Contents;

/// <summary>The folder in which a new file is to be, as its sender gave it.</summary>
/// <param name="Folder">The folder's id; null if a path was given, or for a loose file.</param>
/// <param name="Path">The names from below the root down to the folder; null if no path was given.</param>
/// <param name="CreatesFolders">Whether to create the folders of the path that are missing.</param>
/// <param name="OnConflict">The choice if the file's name is taken.</param>
internal sealed record Destination(
    Guid? Folder = null, IReadOnlyList<string>? Path = null, bool CreatesFolders = false, OnConflict OnConflict = OnConflict.Fail)
{
    /// <summary>No folder.</summary>
    public static readonly Destination Loose = new();
}
