using System.Globalization;
using FileDrop.Api.Access;
using FileDrop.Api.Catalog;
using FileDrop.Api.Http;
using FileDrop.Api.OpenApi;
using FileDrop.Api.Settings;

namespace FileDrop.Api.Keys;

/// <summary>The catalog's audit log, for admins.</summary>
internal static class AuditEndpoints
{
    private const int UsualLimit = 100;

    private static readonly ApiSchema Event = new("AuditEvent", _ => Shape.Object("One change or one refusal.",
        ("event_id", Shape.Id()),
        ("at", Shape.Stamp("The time of the answer.")),
        ("operation", Shape.Text("The operation's id in this document; `none` for an unknown path.", "DeleteFile")),
        ("subject", Shape.Text("The id of the file, folder, upload or key, as it was sent. Absent if the request has none.", ApiExamples.FileId)),
        ("result", Shape.Text("`done`, an error's code, or `cut_off` if the client went away before the answer.", "done")),
        ("status", Shape.Integer("The HTTP status; 499 for `cut_off`.", 100, 599, 200)),
        ("caller", Shape.Text("A key's id and name, or a subject; `nobody` for an unknown caller.", $"key {KeyDescription.ExampleKeyId}")),
        ("owner", Shape.Text("The owner of the files. Absent for an unknown caller.", Caller.Anonymous)),
        ("address", Shape.Text("The client's address.", "192.0.2.7")),
        ("method", Shape.Text("The HTTP method.", "DELETE")),
        ("path", Shape.Text("The path, percent-encoded, without the query.", $"/files/{ApiExamples.FileId}")),
        ("trace_id", Shape.Text("The id of the request in the log and in traces.", ApiExamples.TraceId))).Without("subject", "owner"))
    {
        Example = new AuditJson(Guid.Parse("019ab3c2-7c1e-7d44-9a51-0c5f3f9b8a11"), ApiExamples.Created, "DeleteFile", ApiExamples.FileId, "done", 200,
            $"key {KeyDescription.ExampleKeyId} (nightly backup)", Caller.Anonymous, "192.0.2.7", "DELETE", $"/files/{ApiExamples.FileId}", ApiExamples.TraceId),
    };

    private static readonly ApiParameter Cursor = ApiParameter.Query("cursor", "The position from the previous page's `Link`.", Shape.Text()) with
    {
        Key = "audit_cursor",
        Failures = [ApiProblem.InvalidCursor("This cursor was not issued by this list.")],
    };

    public static void MapAudit(this IEndpointRouteBuilder app) => app.MapGet("/admin/audit", ListAsync).WithTags("Access")
        .WithName("ListAudit").WithSummary("Read the audit log").WithDescription("""
            Returns changes and refusals of all owners, newest first. `Link` with `rel="next"` leads to the next page. An event appears within about a
            second.

            The service keeps events if it is configured to, for the configured time. Otherwise the list is empty.
            """)
        .Takes(ApiParameter.Limit(IAuditCatalog.MaxListed, UsualLimit) with { Key = "audit_limit" }, Cursor).Needs(Scope.Admin)
        .Answers(200, "A page of events.", ApiBody.List(Event, IAuditCatalog.MaxListed), CommonHeaders.Link, CommonHeaders.CacheControl);

    private static async Task<IResult> ListAsync(HttpContext context, IAuditCatalog catalog)
    {
        var query = context.Request.Query;
        if (!ListParameters.AreUnderstoodByAudit(query, out var problem))
            return problem;
        var limit = UsualLimit;
        if (query.TryGetValue("limit", out var asked)
            && !(asked is [{ } number] && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out limit)
                && limit is >= 1 and <= IAuditCatalog.MaxListed))
            return ApiProblem.InvalidRequest($"limit must be a whole number from 1 to {IAuditCatalog.MaxListed}.");
        Guid? before = null;
        if (query.TryGetValue("cursor", out var cursor))
        {
            if (cursor is not [{ } text] || !Parameters.TryReadId(text, out var id))
                return ApiProblem.InvalidCursor("This cursor was not issued by this list.");
            before = id;
        }
        var events = await catalog.ListAuditAsync(before, limit, context.RequestAborted);
        if (events.Count == limit)
            context.Response.Headers.Link = string.Create(CultureInfo.InvariantCulture, $"</admin/audit?limit={limit}&cursor={events[^1].Id}>; rel=\"next\"");
        context.Response.Headers.CacheControl = "no-store";
        return new JsonAnswer<AuditJson[]>([.. events.Select(AuditJson.Of)], ApiJson.Instance.AuditJsonArray);
    }
}
