using System.Text.Json.Nodes;
using FileDrop.Api.Contents;
using FileDrop.Api.Http;
using FileDrop.Api.OpenApi;
using Microsoft.OpenApi;

namespace FileDrop.Api.Folders;

/// <summary>Parameters and bodies of the routes on folders, as the OpenAPI document shows them.</summary>
internal static class FolderDescription
{
    public static readonly ApiParameter Permanent = ApiParameter.Query("permanent",
        "Skip the trash: the folder cannot be restored. It is gone once everything in it is, within seconds.", Shape.Flag()) with
    {
        Key = "permanent_folder",
    };

    /// <summary>The parameters of the list of a folder's entries.</summary>
    public static readonly ApiParameter[] EntryList =
    [
        .. ListDescription.OfEntries,
        ApiParameter.Query("deep", "List everything below the folder. `sort` and `order` are then `400`.", Shape.Flag()),
    ];

    public static readonly ApiParameter Path = ApiParameter.Path("path",
        "Names from below the root, each percent-encoded as UTF-8, with slashes between. A slash at the end asks for a folder. An empty path is the root.",
        Shape.Text(null, "Zdj%C4%99cia%202026/plan.pdf")) with
    {
        Failures = [ApiProblem.FileNotFound, ApiProblem.FolderNotFound, CommonErrors.InvalidName],
    };

    public static readonly ApiParameter Content = ApiParameter.Query("content",
        "Return the bytes of the file, as `GET /files/{file_id}` does. The parameter needs no value.", Shape.Flag());

    public static readonly ApiSchema NewFolder = new("NewFolder", _ => Required("name", Shape.Options("A folder to create. An unknown member is an error.",
        ("name", Name("The folder's name.")),
        ("parent_id", FolderWords.Id("The folder to create it in, or `root`. Default: the root.").OrNull()),
        ("on_conflict", FolderWords.OnConflict("the folder that has the name goes to the trash.")))))
    {
        Example = new JsonObject { ["name"] = FolderWords.Example.Name },
    };

    public static readonly ApiSchema Change = new("FolderChange", _ =>
    {
        var change = Shape.Options("At least one of `name` and `parent_id`. An unknown member is an error.",
            ("name", Name("The new name.")),
            ("parent_id", FolderWords.Id("The folder to move it to; `root` or null for the root.").OrNull()),
            ("on_conflict", FolderWords.OnConflict("the folder that has the name goes to the trash.")));
        change.MinProperties = 1;
        return change;
    })
    {
        Example = new JsonObject { ["name"] = "Archiwum", ["on_conflict"] = "rename" },
    };

    public static readonly ApiSchema Restoration = new("FolderRestoration", _ => Shape.Options("Where to restore the folder to. An unknown member is an error.",
        ("parent_id", FolderWords.Id("The parent; `root` or null for the root. Default: where the folder was.").OrNull()),
        ("on_conflict", FolderWords.OnConflict("the folder that has the name goes to the trash."))))
    {
        Example = new JsonObject { ["on_conflict"] = "rename" },
    };

    private static readonly FolderJson Renamed = FolderWords.Example with { Name = "Archiwum", UpdatedAt = ApiExamples.Created.AddMinutes(1), Version = 2 };

    public static readonly ApiSchema Updated = new("FolderUpdated", document => Shape.Object("The answer to a change.",
        ("message", Message("'Archiwum' was updated.")),
        ("folder", FolderWords.Folder.In(document))))
    {
        Example = new FolderUpdatedJson("'Archiwum' was updated.", Renamed),
    };

    public static readonly ApiSchema Restored = Updated with { Example = new FolderUpdatedJson("'Archiwum' was restored.", Renamed) };

    public static readonly ApiSchema Deleted = new("FolderDeleted", _ => Shape.Object("The answer to a deletion.",
        ("message", Message("'Archiwum' was deleted.")),
        ("folder_id", Shape.Id())))
    {
        Example = new FolderDeletedJson("'Archiwum' was deleted.", Renamed.FolderId),
    };

    public static readonly ApiSchema Trashed = FolderWords.FolderSchema("TrashedFolder", "A folder in the trash.",
        new TrashedFolderJson(Renamed.FolderId, Renamed.Name, Renamed.ParentId, Renamed.CreatedAt, Renamed.UpdatedAt, Renamed.Version,
            ApiExamples.Created.AddHours(1), ApiExamples.Created.AddHours(1).AddDays(30), 3, 1),
        ("deleted_at", Shape.Stamp("The time of the deletion.")),
        ("purge_at", Shape.Stamp("The time until which the folder can be restored.")),
        ("files", Counted("Files")),
        ("folders", Counted("Folders")));

    public static readonly ApiSchema FolderPath = new("FolderPath", document => Shape.Object("The way from the root to a folder.",
        ("path", Shape.Text("The names, each after a slash; `/` for the root.", "/Zdjęcia 2026")),
        ("folders", Way(document, "The folders from below the root down to this one, itself included."))))
    {
        Example = new PathJson("/Zdjęcia 2026", [FolderWords.Example]),
    };

    public static readonly ApiSchema FilePath = new("FilePath", document => Shape.Object("The way from the root to a file.",
        ("path", Shape.Text("The names, each after a slash; null for a loose file, which is in no folder.", "/Zdjęcia 2026/plan.pdf").OrNull()),
        ("folders", Way(document, "The folders from below the root down to the file's."))))
    {
        Example = new PathJson("/Zdjęcia 2026/plan.pdf", [FolderWords.Example]),
    };

    private static readonly ApiSchema FolderEntry = FolderWords.FolderSchema("FolderEntry", "A folder in a folder.",
        FolderWords.Example with { Kind = "folder" }, ("kind", Shape.OneOf("Tells folders from files.", "folder")));

    private static readonly ApiSchema FileEntry = FileWords.FileSchema(
        "FileEntry", FileWords.Example with { FolderId = FolderWords.Example.FolderId, Kind = "file" }, ("kind", Shape.OneOf("Tells files from folders.", "file")));

    public static readonly ApiSchema Entry = new("Entry", document => new OpenApiSchema
    {
        Description = "A folder or a file.",
        OneOf = [FolderEntry.In(document), FileEntry.In(document)],
        Discriminator = new OpenApiDiscriminator
        {
            PropertyName = "kind",
            Mapping = new Dictionary<string, OpenApiSchemaReference>(StringComparer.Ordinal)
            {
                ["folder"] = new(FolderEntry.Name, document),
                ["file"] = new(FileEntry.Name, document),
            },
        },
    })
    {
        Example = FolderEntry.Example,
    };

    /// <summary>Fields of an entry, or of the bytes of a file if they were asked for.</summary>
    public static readonly ApiHeader[] PathHeaders =
    [
        .. FileWords.CachedHeaders,
        .. FileWords.ReadHeaders.Except(FileWords.CachedHeaders).Select(header => header with { Key = $"{header.Key}-Path", IsOptional = true }),
    ];

    private static OpenApiSchema Message(string example) => Shape.Text("A sentence for people.", example);

    private static OpenApiSchema Name(string description) =>
        Shape.Text($"{description} 1 to {FileName.MaxBytes} bytes of UTF-8, in NFC, without slashes, backslashes and control characters; not `.` or `..`.",
            FolderWords.Example.Name, FileName.MaxBytes);

    private static OpenApiSchema Counted(string what) => Shape.Integer(
        $"{what} that were directly in the folder and are in the trash with it; {FolderLists.MaxCounted} can mean more.", 0, FolderLists.MaxCounted, 1);

    private static OpenApiSchema Way(OpenApiDocument document, string description) =>
        Shape.List(FolderWords.Folder.In(document), 16 * Catalog.Place.MaxDepth, description);

    private static OpenApiSchema Required(string name, OpenApiSchema schema)
    {
        schema.Required = new HashSet<string>(StringComparer.Ordinal) { name };
        return schema;
    }
}
