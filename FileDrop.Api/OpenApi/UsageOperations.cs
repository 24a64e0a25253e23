namespace FileDrop.Api.OpenApi;

/// <summary>What the caller has stored: what the operation gives.</summary>
internal static class UsageOperations
{
    public static ApiOperation? Of(string? id, ApiOperation operation) => id is not "ReadUsage" ? null : operation
        .Says("Bytes and files of the caller, and the quota. A write that the quota leaves no room for is refused with `507` `quota_exceeded`.")
        .Answers(200, "What is stored, and may be.", ["Cache-Control", "X-Content-Type-Options"]).Json(ApiSchemas.Usage, ApiExamples.Usage)
        .Fails(ApiErrors.OfUsage);
}
