using FileDrop.Api.Http;
using Microsoft.OpenApi;

namespace FileDrop.Api.OpenApi;

/// <summary>A folder in the document, and the words in which several doors name one.</summary>
internal static class FolderWords
{
    public static readonly ApiParameter FolderId = ApiParameter.Path(
        "folder_id", "The folder's id, or `root`. A malformed id names no folder: `404`.", Id("The folder's id, or `root`.")) with
    {
        Failures = [ApiProblem.FolderNotFound],
    };

    /// <summary>Errors of a change that puts an entry into a folder.</summary>
    public static readonly ApiProblem[] OfPlace = [ApiProblem.FolderNotFound, ApiProblem.NameTaken];

    public static readonly FolderJson Example = new(
        Guid.Parse(ApiExamples.FolderId), "Zdjęcia 2026", Catalog.Place.Root, ApiExamples.Created, ApiExamples.Created, 1);

    public static readonly ApiSchema Folder = FolderSchema("Folder", "A folder; the same object in every answer.", Example);

    /// <param name="name">The schema's name.</param>
    /// <param name="description">The parameter's meaning.</param>
    /// <param name="example">A value.</param>
    /// <param name="more">Members beside those of every folder.</param>
    public static ApiSchema FolderSchema(string name, string description, object example, params (string Name, IOpenApiSchema Schema)[] more) =>
        new(name, _ => Shape.Object(description,
        [
            ("folder_id", Shape.Id()),
            ("name", Shape.Text($"1 to {Contents.FileName.MaxBytes} bytes of UTF-8, in NFC; empty for the root.", Example.Name)),
            ("parent_id", Parent()),
            ("created_at", Shape.Stamp("The time of the creation; it never changes.")),
            ("updated_at", Shape.Stamp("The time of the last rename or move.")),
            ("version", Shape.Integer("It starts at 1 and grows by one with every rename or move. The root's is always 0.", 0, example: 1)),
            .. more,
        ]))
        {
            Example = example,
        };

    /// <summary>The id of a folder in a request.</summary>
    public static OpenApiSchema Id(string description) => Shape.Text(description, ApiExamples.FolderId);

    /// <summary>The choice for a taken name.</summary>
    public static OpenApiSchema OnConflict(string replaces)
    {
        var choice = Shape.Choice("fail", "rename", "replace");
        choice.Description = $"The choice if the name is taken. `fail`: refuse. `rename`: take a free name, such as `report (2).pdf`. `replace`: {replaces}";
        return choice;
    }

    private static OpenApiSchema Parent()
    {
        var parent = Shape.Id();
        parent.Description = "The folder that it is in; null for the root.";
        return parent.OrNull();
    }
}
