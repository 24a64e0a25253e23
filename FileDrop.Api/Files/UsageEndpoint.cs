using FileDrop.Api.Access;
using FileDrop.Api.Contents;

namespace FileDrop.Api.Files;

/// <summary>How much an owner has stored and may store.</summary>
/// <param name="BytesUsed">Bytes of all contents of live files and of files in the trash, with their versions.</param>
/// <param name="BytesReserved">Bytes of uploads in progress. They count against the limit until they are stored or given up.</param>
/// <param name="BytesLimit">Null: no limit.</param>
/// <param name="FilesUsed">Live files and files in the trash.</param>
/// <param name="FilesLimit">Null: no limit.</param>
public sealed record UsageJson(long BytesUsed, long BytesReserved, long? BytesLimit, long FilesUsed, long? FilesLimit);

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
            new UsageJson(usage.Bytes, usage.BytesReserved, quota.Bytes, usage.Files, quota.Files), ApiJson.Instance.UsageJson);
    }
}
