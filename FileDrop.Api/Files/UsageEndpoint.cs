using System.Text.Json.Serialization;
using FileDrop.Api.Access;
using FileDrop.Api.Catalog;
using FileDrop.Api.OpenApi;

namespace FileDrop.Api.Files;

/// <summary>What the caller has stored, and may store.</summary>
/// <param name="BytesUsed">In the contents of files, live and in the trash, with their versions.</param>
/// <param name="BytesReserved">For what is being uploaded; counts against the limit until it is stored, or given up.</param>
/// <param name="BytesLimit">Null: none.</param>
/// <param name="FilesUsed">Live and in the trash.</param>
/// <param name="FilesLimit">Null: none.</param>
/// <param name="AsOf">When the numbers were true, where they take long to add up and nothing limits them; null: now.</param>
public sealed record UsageJson(
    long BytesUsed, long BytesReserved, long? BytesLimit, long FilesUsed, long? FilesLimit,
    [property: JsonConverter(typeof(MillisecondTimeConverter))] DateTimeOffset? AsOf = null);

/// <summary><c>GET /usage</c>.</summary>
internal static class UsageEndpoint
{
    private static readonly ApiSchema Usage = new("Usage", _ => Shape.Object("The caller's usage and quota.",
        ("bytes_used", Shape.Whole("In the contents of files, live and in the trash, with their versions.", 0, example: 48213)),
        ("bytes_reserved", Shape.Whole("For uploads in progress. They count against the limit until they are stored or given up.", 0, example: 0)),
        ("bytes_limit", Shape.Whole("The limit of used and reserved bytes together; null: none.", 0).OrNull()),
        ("files_used", Shape.Whole("Live and in the trash.", 0, example: 1)),
        ("files_limit", Shape.Whole("The limit of files; null: none.", 0).OrNull()),
        ("as_of", Shape.Stamp("The time at which the numbers were true, if they take long to add up and have no limits; null: now.").OrNull())))
    {
        Example = new UsageJson(48213, 0, 10_737_418_240, 1, null),
    };

    public static void MapUsage(this IEndpointRouteBuilder app) => app.MapGroup("/usage").WithTags("Files").MapGet("/", ReadAsync)
        .WithName("ReadUsage").WithSummary("Read your usage and quota")
        .WithDescription("Returns the caller's bytes and files, and the quota. A write beyond the quota is refused with `507` `quota_exceeded`.")
        .Needs(Scope.Read)
        .Answers(200, "The usage and the quota.", ApiBody.Json(Usage), CommonHeaders.CacheControl);

    private static async Task<IResult> ReadAsync(HttpContext context, IFileCatalog catalog, FileDropOptions options)
    {
        var owner = Caller.Owner(context);
        var (usage, quota) = (await catalog.FindUsageAsync(owner, context.RequestAborted), options.Quotas.Of(owner));
        context.Response.Headers.CacheControl = "private, no-cache";
        return new JsonAnswer<UsageJson>(
            new UsageJson(usage.Bytes, usage.BytesReserved, quota.Bytes, usage.Files, quota.Files, usage.AsOf), ApiJson.Instance.UsageJson);
    }
}
