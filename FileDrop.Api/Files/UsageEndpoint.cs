using System.Text.Json.Serialization;
using FileDrop.Api.Access;
using FileDrop.Api.Contents;
using FileDrop.Api.Http;

namespace FileDrop.Api.Files;

/// <summary>How much an owner has stored and may store.</summary>
/// <param name="BytesUsed">Bytes of all contents of live files and of files in the trash, with their versions.</param>
/// <param name="BytesReserved">Bytes of uploads in progress. They count against the limit until they are stored or given up.</param>
/// <param name="BytesLimit">Null: no limit.</param>
/// <param name="FilesUsed">Live files and files in the trash.</param>
/// <param name="FilesLimit">Null: no limit.</param>
/// <param name="AsOf">The time of the numbers, if adding them up takes long and there is no limit; null: now.</param>
public sealed record UsageJson(
    long BytesUsed, long BytesReserved, long? BytesLimit, long FilesUsed, long? FilesLimit,
    [property: JsonConverter(typeof(MillisecondTimeConverter))] DateTimeOffset? AsOf = null);

/// <summary><c>GET /usage</c>.</summary>
internal static class UsageEndpoint
{
    public static void MapUsage(this IEndpointRouteBuilder app) =>
        app.MapGroup("/usage").WithTags("Files").MapGet("/", ReadAsync).Needs(Scope.Read).WithName("ReadUsage").WithSummary("What you have stored, and may store");

    private static async Task<IResult> ReadAsync(HttpContext context, FileStore files, FileDropOptions options)
    {
        var owner = Caller.Owner(context);
        var (usage, quota) = (await files.FindUsageAsync(owner, context.RequestAborted), options.Quotas.Of(owner));
        context.Response.Headers.CacheControl = "private, no-cache";
        return new JsonAnswer<UsageJson>(
            new UsageJson(usage.Bytes, usage.BytesReserved, quota.Bytes, usage.Files, quota.Files, usage.AsOf), ApiJson.Instance.UsageJson);
    }
}
