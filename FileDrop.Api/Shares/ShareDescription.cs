using System.Text.Json.Nodes;
using FileDrop.Api.Catalog;
using FileDrop.Api.Contents;
using FileDrop.Api.Http;
using FileDrop.Api.OpenApi;
using Microsoft.OpenApi;

namespace FileDrop.Api.Shares;

/// <summary>Shares in the OpenAPI document.</summary>
internal static class ShareDescription
{
    public const string ExampleToken = "yJv3mPq0T2ZkX8aLw5cR1g";

    private const string ExampleId = "019ab3c2-9d02-7f31-8c44-1e6a2b7d5f90";

    public static readonly ApiParameter ShareId = ApiParameter.Path("share_id", "The share's id. A malformed id names no share: `404`.", Shape.Id()) with
    {
        Failures = [ApiProblem.ShareNotFound],
    };

    public static readonly ApiParameter Token = ApiParameter.Path("token", "The token of the link; keep it secret. A wrong one is `404`.", Shape.Text()) with
    {
        Failures = [ApiProblem.ShareNotFound],
    };

    public static readonly ApiParameter Path = ApiParameter.Path(
        "path", "Names from the shared folder down to a file or folder, separated by slashes. Empty for the top.", Shape.Text());

    public static readonly ApiParameter Before = ApiParameter.Query("before", "Show the shares that were made before this one.", Shape.Id(), ExampleId);

    private static readonly DropJson ExampleDrop = new(1_000_000_000, 100, null, ["image/*", ".pdf"], AsksName: true, FolderPerUploader: true, null, 0, 0);

    private static readonly ShareJson Example = new(
        Guid.Parse(ExampleId), $"/s/{ExampleToken}", "download", "file", [Guid.Parse(ApiExamples.FileId)], "report.pdf", "active", HasPassword: true,
        Version: null, ApiExamples.Created.AddDays(7), MaxDownloads: 10, Downloads: 3, ApiExamples.Created.AddHours(2), "The numbers of this quarter.",
        "key 5f1d8a09c3b7e264 (laptop)", ApiExamples.Created, ApiExamples.Created, Drop: null);

    private static readonly ApiSchema NewDrop = new("NewDrop", _ => Shape.Options(
        "The limits of a folder to drop files into. A missing one does not limit. An unknown member is an error.",
        ("max_bytes", Shape.Integer("Bytes of all files together.", 1)),
        ("max_files", Shape.Integer("The number of files.", 1)),
        ("max_file_size", Shape.Integer("Bytes of one file.", 0)),
        ("types", Types()),
        ("asks_name", Flag("Whether an uploader must give a name.")),
        ("folder_per_uploader", Flag("Whether each uploader's files go into a folder with the uploader's name.")),
        ("files_expire_in", Shape.Integer("Seconds after which a file goes to the trash.", 1))))
    {
        Example = new JsonObject { ["max_files"] = 100, ["types"] = new JsonArray("image/*"), ["asks_name"] = true },
    };

    private static readonly ApiSchema Drop = new("Drop", _ => Shape.Object("The limits of a folder to drop files into, and how much has come.",
        ("max_bytes", Shape.Integer("Bytes of all files together.", 1).OrNull()),
        ("max_files", Shape.Integer("The number of files.", 1).OrNull()),
        ("max_file_size", Shape.Integer("Bytes of one file.", 0).OrNull()),
        ("types", Types()),
        ("asks_name", Flag("Whether an uploader must give a name.")),
        ("folder_per_uploader", Flag("Whether each uploader's files go into a folder with the uploader's name.")),
        ("files_expire_in", Shape.Integer("Seconds after which a file goes to the trash.", 1).OrNull()),
        ("received_bytes", Shape.Integer("Bytes that have come, or are coming.", 0)),
        ("received_files", Shape.Integer("Files that have come, or are coming.", 0))))
    {
        Example = ExampleDrop,
    };

    public static readonly ApiSchema NewShare = new("NewShare", document => Shape.Options("The settings of a new share. An unknown member is an error.",
        ("ids", Shape.List(Shape.Id(), Share.MaxIds, "The files and folders. `root` is the root folder.")),
        ("mode", Mode()),
        ("selection", Flag("Whether to show a list, even of one entry. Several ids always make one.")),
        ("version", Version()),
        ("password", Shape.Text($"{SharePasswords.MinLength} to {SharePasswords.MaxLength} characters. Default: none.", "correct horse")),
        ("expires_at", Shape.Time("The time, in the future, from which the link is refused. Default: never.")),
        ("max_downloads", Shape.Integer("The most downloads. Default: any number.", 1, example: 10)),
        ("note", Note()),
        ("drop", NewDrop.In(document))))
    {
        Example = new JsonObject { ["ids"] = new JsonArray(ApiExamples.FileId), ["mode"] = "download", ["max_downloads"] = 10 },
    };

    public static readonly ApiSchema Change = new("ShareChange", document => Shape.Options(
        "The settings to change. Null takes a setting away. An unknown member is an error.",
        ("mode", Mode()),
        ("version", Version().OrNull()),
        ("password", Shape.Text($"{SharePasswords.MinLength} to {SharePasswords.MaxLength} characters.").OrNull()),
        ("expires_at", Shape.Time("The time, in the future, from which the link is refused.").OrNull()),
        ("max_downloads", Shape.Integer("The most downloads.", 1).OrNull()),
        ("note", Note().OrNull()),
        ("drop", NewDrop.In(document))))
    {
        Example = new JsonObject { ["expires_at"] = ApiExamples.Time, ["max_downloads"] = null },
    };

    public static readonly ApiSchema Shown = new("Share", document => Shape.Object("A share.",
        ("share_id", Shape.Id()),
        ("url", Shape.Text("The link, relative to the service. Everyone who has it can use it.", $"/s/{ExampleToken}")),
        ("mode", Mode()),
        ("kind", Shape.OneOf("What is shared.", "file", "folder", "selection")),
        ("ids", Shape.List(Shape.Id(), Share.MaxIds, "The files and folders.")),
        ("name", Shape.Text("The name of the first entry. Null: it does not exist any more, or is the root.", "report.pdf").OrNull()),
        ("state", Shape.OneOf(
            "Whether the link works. `suspended`: all that it names is in the trash. `gone`: nothing of it exists any more.",
            "active", "expired", "exhausted", "suspended", "gone")),
        ("has_password", Flag("Whether the link asks for a password.")),
        ("version", Version().OrNull()),
        ("expires_at", Shape.Stamp("The time from which the link is refused. Null: never.").OrNull()),
        ("max_downloads", Shape.Integer("The most downloads. Null: any number.", 1).OrNull()),
        ("downloads", Shape.Integer("Downloads so far. Without a limit, the newest may be missing for some seconds.", 0, example: 3)),
        ("last_used_at", Shape.Stamp("The last download or dropped file. Null: none.").OrNull()),
        ("note", Note().OrNull()),
        ("created_by", Shape.Text("The caller that made the share.", "key 5f1d8a09c3b7e264 (laptop)")),
        ("created_at", Shape.Stamp("The time of creation.")),
        ("updated_at", Shape.Stamp("The time of the last change.")),
        ("drop", new OpenApiSchema { AnyOf = [Drop.In(document), new OpenApiSchema { Type = JsonSchemaType.Null }], Description = "Null in other modes." })))
    {
        Example = Example,
    };

    public static readonly ApiSchema Deleted = new("ShareDeleted", _ => Shape.Object("The answer to the end of a share.",
        ("message", Shape.Text("A sentence for people.", "The link does not work any more.")),
        ("share_id", Shape.Id())))
    {
        Example = new ShareDeletedJson("The link does not work any more.", Guid.Parse(ExampleId)),
    };

    public static readonly ApiSchema Receipt = new("Receipt", _ => Shape.Object("The receipt for a dropped file.",
        ("file_name", Shape.Text("The name under which it was stored.", "report (2).pdf")),
        ("file_size", Shape.Integer("In bytes.", 0, example: 48213)),
        ("sha256", Shape.Text("The content's SHA-256 in hexadecimal.", ApiExamples.Sha256, pattern: "^[0-9a-f]{64}$")),
        ("received_at", Shape.Stamp("The time at which it was stored."))))
    {
        Example = new ReceiptJson("report (2).pdf", 48213, ApiExamples.Sha256, ApiExamples.Created),
    };

    private static OpenApiSchema Mode() => Shape.OneOf("What the link allows. Default: `download`. `upload` is for one folder.", "view", "download", "upload");

    private static OpenApiSchema Version() => Shape.Integer("The version of the one file to which the share is pinned. Default: it follows the file.", 1);

    private static OpenApiSchema Note() => Shape.Text("Words for the holders of the link.", "The numbers of this quarter.", ShareBody.MaxNote);

    private static OpenApiSchema Types() => Shape.List(Shape.Text(example: "image/*"), 50, "Media types and extensions, one of which a file's name must have. Empty: all.");

    private static OpenApiSchema Flag(string description) => new() { Type = JsonSchemaType.Boolean, Description = description };
}
