using FileDrop.Api.Access;
using FileDrop.Api.Catalog;
using FileDrop.Api.Contents;
using FileDrop.Api.Http;
using FileDrop.Api.OpenApi;
using FileDrop.Api.Settings;

namespace FileDrop.Api.Files;

/// <summary>The contents that a file keeps: lists, restores and deletes them. <see cref="FileDownload"/> sends their bytes.</summary>
internal static class VersionEndpoints
{
    public static void MapVersions(this IEndpointRouteBuilder app)
    {
        var versions = app.MapGroup("/files/{file_id}/versions").WithTags("Versions");
        versions.MapGet("/", ListAsync).Compressed()
            .WithName("ListVersions").WithSummary("List the versions of a file")
            .WithDescription("Returns the contents that the file keeps, newest first. The live one is among them.")
            .Takes(FileWords.FileId).Needs(Scope.Read)
            .Answers(200, "The contents.", ApiBody.List(FileDescription.FileVersion, ListRequest.MaxLimit), CommonHeaders.CacheControl);

        versions.MapPost("/{version}/restore", RestoreAsync)
            .WithName("RestoreVersion").WithSummary("Restore a version")
            .WithDescription("Makes an earlier content the live one, as a new version. No bytes are copied, and the earlier version stays.")
            .Takes([FileWords.FileId, FileDescription.Version, .. FileWords.Preconditions]).Needs(Scope.Write)
            .Answers(200, "The file with the earlier content.", ApiBody.Json(FileDescription.VersionRestored), CommonHeaders.Validators);

        versions.MapDelete("/{version}", DeleteAsync)
            .WithName("DeleteVersion").WithSummary("Delete a version")
            .WithDescription("Deletes an earlier content. The live content is refused with `409`.")
            .Takes([FileWords.FileId, FileDescription.Version, .. FileWords.Preconditions]).Needs(Scope.Delete)
            .Answers(200, "The version is deleted.", ApiBody.Json(FileDescription.VersionDeleted))
            .Fails(ApiProblem.VersionIsLive);
    }

    private static async Task<IResult> ListAsync(HttpContext context, FileStore files, string file_id)
    {
        if (!Parameters.TryReadId(file_id, out var id)
            || await files.FindHistoryAsync(Caller.Owner(context), id, context.RequestAborted) is not { } history)
            return ApiProblem.FileNotFound;
        context.Response.Headers.CacheControl = "private, no-cache";
        return new JsonAnswer<VersionJson[]>([.. history.Contents.Select(VersionJson.Of)], ApiJson.Instance.VersionJsonArray);
    }

    private static Task<IResult> RestoreAsync(HttpContext context, FileStore files, string file_id, string version) =>
        ChangeAsync(context, files, file_id, version, files.RestoreVersionAsync, (_, number, file) => file is null
            ? ApiProblem.FileNotFound
            : FileAnswers.Updated(context, file, $"Version {number} of '{file.Name}' was restored as version {file.Version}."));

    private static Task<IResult> DeleteAsync(HttpContext context, FileStore files, string file_id, string version) =>
        ChangeAsync(context, files, file_id, version, files.DeleteVersionAsync, (id, number, _) => new JsonAnswer<VersionDeletedJson>(
            new VersionDeletedJson($"Version {number} was deleted.", id, number), ApiJson.Instance.VersionDeletedJson));

    private static async Task<IResult> ChangeAsync(
        HttpContext context, FileStore files, string file_id, string version,
        Func<string, Guid, long, long?, CancellationToken, Task<ChangeResult>> change, Func<Guid, long, CatalogFile?, IResult> done)
    {
        if (!Preconditions.TryRead(context.Request, out var preconditions, out var problem))
            return problem;
        var owner = Caller.Owner(context);
        if (!Parameters.TryReadId(file_id, out var id) || await files.FindForChangeAsync(owner, id, context.RequestAborted) is not { } file)
            return ApiProblem.FileNotFound;
        if (preconditions.Check(file) != PreconditionState.Met)
            return ApiProblem.PreconditionFailed;
        if (!Parameters.TryReadVersion(version, out var number))
            return ApiProblem.VersionNotFound;
        var result = await change(owner, id, number, preconditions.CommitVersion(file), context.RequestAborted);
        return result.Outcome == ChangeOutcome.Done ? done(id, number, result.File) : Problems.Of(result.Outcome);
    }
}
