using System.Text.Json.Nodes;
using FileDrop.Api.Catalog;
using FileDrop.Api.Http;
using FileDrop.Api.OpenApi;
using Microsoft.OpenApi;

namespace FileDrop.Api.Changes;

/// <summary>Parameters and bodies of the feed of changes, as the OpenAPI document shows them.</summary>
internal static class ChangeDescription
{
    private const string ExampleCursor = "kq3X9bVn0aEAAAAAAAAAKg";

    private static readonly ApiProblem s_notIssued = ApiProblem.InvalidCursor("This cursor was not issued by this list.");

    public static readonly ApiParameter Limit = ApiParameter.Limit(IChangeCatalog.MaxListed, IChangeCatalog.MaxListed) with
    {
        Key = "changes_limit",
        Failures = [ApiProblem.InvalidRequest("limit is a whole number from 1 to 1000.")],
    };

    public static readonly ApiParameter Cursor = ApiParameter.Query("cursor",
        "Begin behind this cursor, which an earlier answer gave; `latest` begins now. Default: begin with the oldest change that is kept.", Shape.Text()) with
    {
        Key = "changes_cursor",
        Failures = [s_notIssued],
    };

    public static readonly ApiParameter Timeout = ApiParameter.Query("timeout", "The most seconds to wait.", TimeoutSchema()) with
    {
        Failures = [ApiProblem.InvalidRequest("timeout is a whole number of seconds from 1 to 90.")],
    };

    public static readonly ApiParameter LastEventId = ApiParameter.Header("Last-Event-ID",
        "Of a stream: the `id` of the last event that the client has seen. It counts instead of `cursor`.", ExampleCursor);

    public static readonly ApiHeader NoBuffering = new("X-Accel-Buffering", "Of a stream: proxies must pass each event on at once.", "no") { IsOptional = true };

    private static readonly ApiSchema s_file = FileWords.FileSchema("ChangedFile", FileWords.Example with { Kind = "file", Seq = 42 },
        ("seq", Seq()), ("kind", Shape.OneOf("Tells files from folders.", "file")));

    private static readonly ApiSchema s_folder = FolderWords.FolderSchema("ChangedFolder", "A folder that was changed.",
        FolderWords.Example with { Kind = "folder", Seq = 41 }, ("seq", Seq()), ("kind", Shape.OneOf("Tells folders from files.", "folder")));

    private static readonly ApiSchema s_gone = new("GoneEntry", _ => Shape.Object("A file or folder that is in the trash, or was deleted for good.",
        ("seq", Seq()),
        ("kind", Shape.OneOf("The kind of the entry.", "file", "folder")),
        ("id", Shape.Id()),
        ("gone", new OpenApiSchema { Type = JsonSchemaType.Boolean, Description = "Always true.", Enum = [JsonValue.Create(true)] })))
    {
        Example = new GoneJson(43, "file", Guid.Parse(ApiExamples.FileId)),
    };

    private static readonly ApiSchema s_change = new("Change", document => new OpenApiSchema
    {
        Description = "A file or folder as it is now, or the note that it is gone.",
        OneOf = [s_file.In(document), s_folder.In(document), s_gone.In(document)],
    });

    public static readonly ApiSchema Changes = new("Changes", document => Shape.Object("A page of changes.",
        ("changes", Shape.List(s_change.In(document), IChangeCatalog.MaxListed, "The changes, in order.")),
        ("cursor", Shape.Text("The cursor to go on from.", ExampleCursor)),
        ("has_more", new OpenApiSchema { Type = JsonSchemaType.Boolean, Description = "Whether there are more changes already." })))
    {
        Example = new ChangesJson([new ChangeJson(FileWords.Example with { Kind = "file", Seq = 42 }, Folder: null, Gone: null)], ExampleCursor, HasMore: false),
    };

    public static readonly ApiBody Stream = new("text/event-stream", _ => Shape.Text("Server-sent events. The data of an event `change` is a `Change`."),
        () => JsonValue.Create($"id: {ExampleCursor}\nevent: change\ndata: {{\"seq\":43,\"kind\":\"file\",\"id\":\"{ApiExamples.FileId}\",\"gone\":true}}\n\n"));

    private static OpenApiSchema Seq() => Shape.Integer("The number of the change. Numbers only grow; they are the owner's, and may skip.", 1, example: 42);

    private static OpenApiSchema TimeoutSchema()
    {
        var schema = Shape.Integer(null, 1, ChangeRequest.MaxTimeout);
        schema.Default = JsonValue.Create(ChangeRequest.UsualTimeout);
        return schema;
    }
}
