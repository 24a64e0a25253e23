using System.Text.Json.Nodes;
using FileDrop.Api.Catalog;
using Microsoft.OpenApi;

namespace FileDrop.Api.OpenApi;

/// <summary>Links, and the audit log.</summary>
internal static class GuardOperations
{
    public const string Link = "Link";
    public const string LinkTarget = "LinkTarget";
    public const string AuditEvent = "AuditEvent";

    private const string Grant = "grant", AuditLimit = "audit_limit", AuditCursor = "audit_cursor";

    public static void AddTo(OpenApiDocument document)
    {
        document.AddComponent(Grant, ApiFields.Query(Grant, "What the link opens, signed; a part of the link's address, and a secret. Without it, or with another: `404`.",
            new OpenApiSchema { Type = JsonSchemaType.String }));
        var limit = ApiSchemas.Whole("", 1, IAuditCatalog.MaxListed);
        (limit.Description, limit.Default) = (null, JsonValue.Create(100));
        document.AddComponent(AuditLimit, ApiFields.Query("limit", "How many events a page has at most.", limit));
        document.AddComponent(AuditCursor, ApiFields.Query("cursor", "Where the page before ended: taken from its Link, never made up.",
            new OpenApiSchema { Type = JsonSchemaType.String }));
        document.AddComponent(Link, ApiSchemas.Object("A link to one content of one file.",
            ("url", ApiSchemas.Text("Relative to the service. Whoever has it can read the content.", $"/links/{ApiExamples.FileId}?grant={ApiExamples.LinkGrant}")),
            ("expires_at", ApiSchemas.Stamp("Until when."))));
        var target = ApiSchemas.Object("What the link is to open. An unknown member is an error.",
            ("version", ApiSchemas.Whole("A version at which content was committed; that of the live content if absent.", 1, example: 1)));
        (target.Required, target.AdditionalPropertiesAllowed) = (null, false);
        document.AddComponent(LinkTarget, target);
        var one = ApiSchemas.Object("One change, or one refusal.",
            ("event_id", ApiSchemas.Id()),
            ("at", ApiSchemas.Stamp("When it was answered.")),
            ("operation", ApiSchemas.Text("The operation's id in this document; `none` where the path has none.", "DeleteFile")),
            ("subject", ApiSchemas.Text("The id of the file, upload or key, as it was sent; absent where there is none.", ApiExamples.FileId)),
            ("result", ApiSchemas.Text("`done`, an error's code, or `cut_off`: the client went away before it was answered.", "done")),
            ("status", ApiSchemas.Whole("The HTTP status; 499 for `cut_off`.", 100, 599, 200)),
            ("caller", ApiSchemas.Text("A key's id and name, or a subject; `nobody` where nobody was known.", $"key {ApiExamples.KeyId}")),
            ("owner", ApiSchemas.Text("Whose files it was about; absent where nobody was known.", Access.Caller.Anonymous)),
            ("address", ApiSchemas.Text("The client's.", "192.0.2.7")),
            ("method", ApiSchemas.Text("The HTTP method.", "DELETE")),
            ("path", ApiSchemas.Text("Percent-encoded, without the query.", $"/files/{ApiExamples.FileId}")),
            ("trace_id", ApiSchemas.Text("Finds the request in log and traces.", ApiExamples.TraceId)));
        one.Required?.Remove("subject");
        one.Required?.Remove("owner");
        document.AddComponent(AuditEvent, one);
    }

    public static ApiOperation? Of(string? id, ApiOperation operation) => id switch
    {
        "CreateLink" => operation
            .Says("""
                An address that reads one content of the file, for whoever has it, for a few minutes: for an `img`, a `video` or a long download, which cannot send a
                credential. Without a body, or without a `version`, it opens the content that is live now, also when another is by then.
                """)
            .Takes("file_id").Takes(LinkTarget, ApiExamples.LinkTarget).BodyMayBeAbsent()
            .Answers(200, "The link.", "Cache-Control").Json(Link, ApiExamples.Link)
            .Fails(ApiErrors.OfCreateLink),
        "ReadLink" => operation
            .Says("""
                The bytes, as the file itself gives them. No credential is asked for. A link that has expired, that is not as it was given, or whose content is gone
                is `404`, with the same answer.
                """)
            .Takes("file_id", Grant, "inline").Takes(ApiFields.Ranges).Takes(ApiFields.ReadPreconditions)
            .Answers(200, "The whole content.", ApiOperations.ReadHeaders).Bytes()
            .Answers(206, "The range that was asked for.", [.. ApiOperations.ReadHeaders, "Content-Range"]).Bytes()
            .Answers(304, "The client has this content already.", "ETag", "Last-Modified", "Cache-Control")
            .Fails(ApiErrors.OfReadLink),
        "ListAudit" => operation
            .Says("""
                Changes and refusals of all owners, newest first; `Link` with `rel="next"` leads on. Kept where the service is configured to, for the time that it
                is configured for; elsewhere there are none. An event appears within a second or so.
                """)
            .Takes(AuditLimit, AuditCursor)
            .Answers(200, "A page of events.", "Link", "Cache-Control").JsonList(AuditEvent, ApiExamples.Audit)
            .Fails(ApiErrors.OfListAudit),
        _ => null,
    };
}
