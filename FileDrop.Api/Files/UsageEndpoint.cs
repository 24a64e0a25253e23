using System.Text.Json.Serialization;
using FileDrop.Api.Access;
using FileDrop.Api.Catalog;

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
    public static void MapUsage(this IEndpointRouteBuilder app) =>
        app.MapGroup("/usage").WithTags("Files").MapGet("/", ReadAsync).Needs(Scope.Read).WithName("ReadUsage").WithSummary("What you have stored, and may store");

    private static async Task<IResult> ReadAsync(HttpContext context, IFileCatalog catalog, FileDropOptions options)
    {
        var owner = Caller.Owner(context);
        var (usage, quota) = (await catalog.FindUsageAsync(owner, context.RequestAborted), options.Quotas.Of(owner));
        context.Response.Headers.CacheControl = "private, no-cache";
        return new JsonAnswer<UsageJson>(
            new UsageJson(usage.Bytes, usage.BytesReserved, quota.Bytes, usage.Files, quota.Files, usage.AsOf), ApiJson.Instance.UsageJson);
    }
}
