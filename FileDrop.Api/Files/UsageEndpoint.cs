using FileDrop.Api.Access;
using FileDrop.Api.Contents;
using FileDrop.Api.Http;
using FileDrop.Api.OpenApi;
using FileDrop.Api.Settings;

namespace FileDrop.Api.Files;

/// <summary><c>GET /usage</c>.</summary>
internal static class UsageEndpoint
{
    private static readonly ApiSchema Usage = new("Usage", _ => Shape.Object("The caller's usage and quota.",
        ("bytes_used", Shape.Integer("In the contents of files, live and in the trash, with their versions.", 0, example: 48213)),
        ("bytes_reserved", Shape.Integer("For uploads in progress. They count against the limit until they are stored or given up.", 0, example: 0)),
        ("bytes_limit", Shape.Integer("The limit of used and reserved bytes together; null: none.", 0).OrNull()),
        ("files_used", Shape.Integer("Live and in the trash.", 0, example: 1)),
        ("files_limit", Shape.Integer("The limit of files; null: none.", 0).OrNull()),
        ("as_of", Shape.Stamp("The time at which the numbers were true, if they take long to add up and have no limits; null: now.").OrNull())))
    {
        Example = new UsageJson(48213, 0, 10_737_418_240, 1, null),
    };

    public static void MapUsage(this IEndpointRouteBuilder app) => app.MapGroup("/usage").WithTags("Files").MapGet("/", ReadAsync)
        .WithName("ReadUsage").WithSummary("Read your usage and quota")
        .WithDescription("Returns the caller's bytes and files, and the quota. A write beyond the quota is refused with `507` `quota_exceeded`.")
        .Needs(Scope.Read)
        .Answers(200, "The usage and the quota.", ApiBody.Json(Usage), CommonHeaders.CacheControl);

    private static async Task<IResult> ReadAsync(HttpContext context, FileStore files, FileDropOptions options)
    {
        var owner = Caller.Owner(context);
        var (usage, quota) = (await files.FindUsageAsync(owner, context.RequestAborted), options.Quotas.Of(owner));
        context.Response.Headers.CacheControl = "private, no-cache";
        return new JsonAnswer<UsageJson>(
            new UsageJson(usage.Bytes, usage.BytesReserved, quota.Bytes, usage.Files, quota.Files, usage.AsOf), ApiJson.Instance.UsageJson);
    }
}
