using System.Text.Json.Nodes;
using FileDrop.Api.Http;
using FileDrop.Api.OpenApi;
using Microsoft.OpenApi;

namespace FileDrop.Api.Files;

/// <summary>Parameters, fields and bodies of the routes on files, versions and the trash, as the OpenAPI document shows them.</summary>
internal static class FileDescription
{
    public static readonly ApiParameter Version = ApiParameter.Path("version",
        "The version at which the content was committed. If the file does not keep this content: `404`.", Shape.Integer(null, 1)) with
    {
        Failures = [ApiProblem.VersionNotFound],
    };

    /// <summary>The version in a read's query.</summary>
    public static readonly ApiParameter OldVersion = ApiParameter.Query("version",
        "Read the content that was committed at this version of the file. Default: the live content.", Shape.Integer(null, 1)) with
    {
        Key = "old_version",
        Failures = [ApiProblem.VersionNotFound],
    };

    public static readonly ApiParameter Permanent = ApiParameter.Query("permanent", "Skip the trash: the file cannot be restored.", Shape.Flag());

    /// <summary>The name of a body that is not a form.</summary>
    public static readonly ApiParameter[] RawName =
    [
        ApiParameter.Query("file_name", "The name of a raw body. It wins over Content-Disposition. Without either, the name is `untitled`.",
            FileWords.Name("The file's name."), "report.pdf") with { Failures = [CommonErrors.InvalidName] },
        ApiParameter.Header("Content-Disposition", "The name of a raw body, unless the query has `file_name`. `filename*` wins over `filename`.",
            "attachment; filename*=UTF-8''r%C3%A9sum%C3%A9.pdf") with { Failures = [CommonErrors.InvalidName] },
    ];

    public static readonly ApiParameter IdempotencyKey = ApiParameter.Header("Idempotency-Key",
        "1 to 255 printable ASCII characters, quoted or bare. Repeating the upload with the same key within 24 hours returns the first answer and stores "
        + "nothing.", "6f1f2c5e-8d3b-4a57-9f0e-0d0c6f1e7a55", Shape.Text(most: 257)) with
    {
        Failures =
        [
            ApiProblem.RequestInProgress,
            ApiProblem.IdempotencyKeyReused("This Idempotency-Key was used for an upload with other content; take a new key."),
        ],
    };

    public static readonly ApiSchema UploadForm = new("UploadForm", document =>
    {
        var form = Form("Exactly one file. Other text parts are ignored.", document);
        form.Required = new HashSet<string>(StringComparer.Ordinal) { "file" };
        return form;
    });

    public static readonly ApiSchema UpdateForm = new("UpdateForm", document =>
    {
        var form = Form("At least one of the three.", document);
        form.MinProperties = 1;
        return form;
    });

    public static readonly ApiSchema Change = new("FileChange", document =>
    {
        var change = Shape.Options("New metadata: at least one of the two members. An unknown member is an error.",
            ("file_name", FileWords.Name("The new name.")), ("tags", FileWords.Tags.In(document)));
        change.MinProperties = 1;
        return change;
    })
    {
        Example = new JsonObject { ["file_name"] = "report.pdf", ["tags"] = new JsonObject { ["project"] = "apollo" } },
    };

    public static readonly ApiSchema Restoration = new("FileRestoration", _ => Shape.Options("Where to restore the file to. An unknown member is an error.",
        ("folder_id", FolderWords.Id("The folder, or `root`. Default: where the file was.")),
        ("on_conflict", FolderWords.OnConflict("the file that has the name goes to the trash."))))
    {
        Example = new JsonObject { ["folder_id"] = ApiExamples.FolderId },
    };

    public static readonly ApiSchema Move = new("FileMove", document =>
    {
        var move = Shape.Options("What changes: at least one of the first four members. An unknown member is an error.",
            ("folder_id", FolderWords.Id("The folder to move the file to, or `root`.")),
            ("file_name", FileWords.Name("The new name.")),
            ("tags", FileWords.Tags.In(document)),
            ("modified_at", Shape.Stamp("When the content last changed, as the client knows it.")),
            ("expires_at", Shape.Time("When the file goes to the trash by itself. Null: never.").OrNull()),
            ("on_conflict", FolderWords.OnConflict("the entry that has the name goes to the trash.")));
        move.MinProperties = 1;
        return move;
    })
    {
        Example = new JsonObject { ["folder_id"] = ApiExamples.FolderId, ["file_name"] = "report.pdf", ["on_conflict"] = "rename" },
    };

    private static readonly FileJson Renamed = FileWords.Example with { FileName = "report.pdf", UpdatedAt = ApiExamples.Created.AddMinutes(1), Version = 2 };

    private static readonly FileJson Deleted = FileWords.Example with
    {
        DeletedAt = ApiExamples.Created.AddHours(1),
        PurgeAt = ApiExamples.Created.AddHours(1).AddDays(30),
    };

    public static readonly ApiSchema FileUpdated = new("FileUpdated", document => Shape.Object("The answer to an update.",
        ("message", Message("'report.pdf' was updated.")),
        ("file", FileWords.File.In(document))))
    {
        Example = new FileUpdatedJson("'report.pdf' was updated.", Renamed),
    };

    public static readonly ApiSchema FileRestored = FileUpdated with { Example = new FileUpdatedJson("'Żółć 灯泡.pdf' was restored.", FileWords.Example) };

    public static readonly ApiSchema VersionRestored = FileUpdated with
    {
        Example = new FileUpdatedJson("Version 1 of 'report.pdf' was restored as version 2.", Renamed),
    };

    public static readonly ApiSchema FileDeleted = new("FileDeleted", _ => Shape.Object("The answer to a deletion.",
        ("message", Message("'report.pdf' was deleted.")),
        ("file_id", Shape.Id())))
    {
        Example = new FileDeletedJson("'report.pdf' was deleted.", Renamed.FileId),
    };

    public static readonly ApiSchema TrashedFile = FileWords.FileSchema("TrashedFile", Deleted,
        ("deleted_at", Shape.Stamp("The time of the deletion.")),
        ("purge_at", Shape.Stamp("The time until which the file can be restored.")));

    public static readonly ApiSchema TrashEmptied = new("TrashEmptied", _ => Shape.Object("The answer to emptying the trash.",
        ("message", Message("3 files and 1 folder were deleted for good.")),
        ("deleted", Shape.Integer("The number of deleted files, without those that went to the trash with a folder.", 0, example: 3)),
        ("folders", Shape.Integer("The number of deleted folders, without those that went to the trash with another one.", 0, example: 1))))
    {
        Example = new TrashEmptiedJson("3 files and 1 folder were deleted for good.", 3, 1),
    };

    public static readonly ApiSchema FileVersion = new("Version", _ => Shape.Object("A content that a file keeps.",
        ("version", Shape.Integer("The file's version at which the content was committed or restored.", 1, example: 1)),
        ("size", Shape.Integer("In bytes.", 0, example: 48213)),
        ("type", FileWords.MediaType()),
        ("sha256", FileWords.Sha256()),
        ("created_at", Shape.Stamp("The time of the content's commit."))))
    {
        Example = new VersionJson(1, 48213, "application/pdf", ApiExamples.Sha256, ApiExamples.Created),
    };

    public static readonly ApiSchema VersionDeleted = new("VersionDeleted", _ => Shape.Object("The answer to the deletion of a version.",
        ("message", Message("Version 1 was deleted.")),
        ("file_id", Shape.Id()),
        ("version", Shape.Integer("The deleted version.", 1, example: 1))))
    {
        Example = new VersionDeletedJson("Version 1 was deleted.", FileWords.Example.FileId, 1),
    };

    private static OpenApiSchema Message(string example) => Shape.Text("A sentence for people.", example);

    private static OpenApiSchema Form(string description, OpenApiDocument document)
    {
        var form = Shape.Options(description,
            ("file", Shape.Bytes("The content: the part with a filename, under any field name. Its Content-Type is the file's type. "
                + "Its Content-Digest or Repr-Digest, if sent, is checked.")),
            ("file_name", FileWords.Name("It wins over the file part's filename.")),
            ("tags", FileWords.Tags.In(document)));
        form.AdditionalPropertiesAllowed = true;
        return form;
    }
}
