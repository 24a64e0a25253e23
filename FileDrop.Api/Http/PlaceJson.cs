using System.Text.Json;
using FileDrop.Api.Catalog;
using FileDrop.Api.Contents;

namespace FileDrop.Api.Http;

/// <summary>Values in JSON bodies that say where an entry is to be, and under which name.</summary>
internal static class PlaceJson
{
    /// <summary>Reads the name of an entry in a folder.</summary>
    /// <exception cref="ProblemException">The name breaks a rule.</exception>
    public static string ReadName(JsonElement json) => FileName.TryMakeSegment(FileRequest.ReadNameText(json), out var name, out var wrong)
        ? name
        : throw new ProblemException(ApiProblem.InvalidName(wrong));

    /// <summary>Reads the id of a folder, or the word for the root.</summary>
    /// <exception cref="ProblemException">No folder can have this id.</exception>
    public static Guid ReadFolder(JsonElement json) =>
        Parameters.TryReadFolder(json.GetString() ?? "", out var folder) ? folder : throw new ProblemException(ApiProblem.FolderNotFound);

    /// <summary>Reads what to do if a name is taken; null if the text is none of the choices.</summary>
    public static OnConflict? ReadOnConflict(JsonElement json) => json.ValueKind != JsonValueKind.String ? null : OnConflictOf(json.GetString());

    /// <summary>The choice for a taken name; null if the text is none of the choices.</summary>
    public static OnConflict? OnConflictOf(string? text) => text switch
    {
        "fail" => OnConflict.Fail,
        "rename" => OnConflict.Rename,
        "replace" => OnConflict.Replace,
        _ => null,
    };
}
