using System.Globalization;
using System.Text.Json.Serialization;
using FileDrop.Api.Catalog;
using FileDrop.Api.Http;

namespace FileDrop.Api.Access;

/// <summary>The audit log as the catalog has it, for admins.</summary>
internal static class AuditEndpoints
{
    private const int UsualLimit = 100;

    public static void MapAudit(this IEndpointRouteBuilder app) =>
        app.MapGet("/admin/audit", ListAsync).WithTags("Access").Needs(Scope.Admin).WithName("ListAudit").WithSummary("Read the audit log");

    private static async Task<IResult> ListAsync(HttpContext context, IAuditCatalog catalog)
    {
        var query = context.Request.Query;
        if (!ListParameters.AreUnderstoodByAudit(query, out var problem))
            return problem;
        var limit = UsualLimit;
        if (query.TryGetValue("limit", out var asked)
            && !(asked is [{ } number] && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out limit)
                && limit is >= 1 and <= IAuditCatalog.MaxListed))
            return ApiProblem.InvalidRequest($"limit is a whole number from 1 to {IAuditCatalog.MaxListed}.");
        Guid? before = null;
        if (query.TryGetValue("cursor", out var cursor))
        {
            if (cursor is not [{ } text] || !Parameters.TryReadId(text, out var id))
                return ApiProblem.InvalidCursor("This is no cursor that the list gave.");
            before = id;
        }
        var events = await catalog.ListAuditAsync(before, limit, context.RequestAborted);
        if (events.Count == limit)
            context.Response.Headers.Link = string.Create(CultureInfo.InvariantCulture, $"</admin/audit?limit={limit}&cursor={events[^1].Id}>; rel=\"next\"");
        context.Response.Headers.CacheControl = "no-store";
        return new JsonAnswer<AuditJson[]>([.. events.Select(AuditJson.Of)], ApiJson.Instance.AuditJsonArray);
    }
}

/// <summary>One change, or one refusal, as <see cref="AuditEvent"/> has it.</summary>
public sealed record AuditJson(
    Guid EventId,
    [property: JsonConverter(typeof(MillisecondTimeConverter))] DateTimeOffset At,
    string Operation,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Subject,
    string Result,
    int Status,
    string Caller,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Owner,
    string Address,
    string Method,
    string Path,
    string TraceId)
{
    internal static AuditJson Of(AuditEvent one) => new(
        one.Id, one.At, one.Operation, one.Subject, one.Result, one.Status, one.Caller, one.Owner, one.Address, one.Method, one.Path, one.TraceId);
}
