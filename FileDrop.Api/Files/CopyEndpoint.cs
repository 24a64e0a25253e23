using System.Text.Json;
using System.Text.Json.Nodes;
using FileDrop.Api.Access;
using FileDrop.Api.Catalog;
using FileDrop.Api.Contents;
using FileDrop.Api.Http;
using FileDrop.Api.OpenApi;
using FileDrop.Api.Settings;

namespace FileDrop.Api.Files;

/// <summary>Copies of files. The content does not pass through the client.</summary>
internal static class CopyEndpoint
{
    private static readonly ApiSchema Body = new("FileCopy", document => Shape.Options(
        "The properties in which the copy differs from its source. An unknown member is an error.",
        ("file_name", FileWords.Name("The copy's name. Default: the source's.")),
        ("tags", FileWords.Tags.In(document))))
    {
        Example = new JsonObject { ["file_name"] = "copy of report.pdf" },
    };

    public static void MapCopy(this IEndpointRouteBuilder app) => app.MapPost("/files/{file_id}/copy", CopyAsync).WithTags("Files")
        .WithName("CopyFile").WithSummary("Copy a file").WithDescription("""
            Makes a new file with the live content, type, name and tags of this one. The body can give another name or other tags. Earlier
            versions are not copied. Later changes of one of the two files leave the other one unchanged.

            The preconditions apply to the source. If it changes while it is copied, the copy gets the content from before or after the change.
            """)
        .Takes([FileWords.FileId, .. FileWords.Preconditions]).TakesJson(Body, required: false).Needs(Scope.Read | Scope.Write)
        .Answers(201, "The copy is stored.", ApiBody.Json(FileWords.File), [.. CommonHeaders.Validators, CommonHeaders.Location])
        .Leads(201, "file_id", "$response.body#/file_id", "ReadFile", "ReadMetadata", "UpdateFile", "DeleteFile")
        .Fails(ApiProblem.QuotaExceeded, CommonErrors.InvalidName, CommonErrors.InvalidTags);

    private static async Task<IResult> CopyAsync(
        HttpContext context, FileStore files, FileWrites writes, FileMetrics metrics, FileDropOptions options, string file_id)
    {
        var request = context.Request;
        if (!Preconditions.TryRead(request, out var preconditions, out var problem))
            return problem;
        if (!Parameters.TryReadId(file_id, out var id)
            || await files.FindAsync(Caller.Owner(context), id, context.RequestAborted) is not { } source)
            return ApiProblem.FileNotFound;
        if (!MayCopy(source))
            return ApiProblem.PreconditionFailed;
        var properties = await FileRequest.ReadJsonIfAnyAsync(request, options, ReadBody, CopyProperties.OfSource);
        using var transfer = metrics.Begin(upload: true);
        var result = await writes.CopyAsync(source, properties, MayCopy, context.RequestAborted);
        if (result is not { Outcome: ChangeOutcome.Done, File: { } copy })
            return Problems.Of(result.Outcome);
        transfer.Moved(copy.Content.Size);
        // The path names the source already.
        Audit.Concerns(context, $"{copy.Id}");
        return FileAnswers.Created(context, copy);

        bool MayCopy(CatalogFile file) => preconditions.Check(file) == PreconditionState.Met;
    }

    /// <summary>Reads a request's body.</summary>
    /// <exception cref="ProblemException">The body is refused.</exception>
    internal static CopyProperties ReadBody(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object)
            throw Refused("The body is a JSON object.");
        var properties = CopyProperties.OfSource;
        foreach (var member in json.EnumerateObject())
        {
            properties = member switch
            {
                { Name: "file_name", Value.ValueKind: JsonValueKind.String } =>
                    properties with { Name = FileRequest.ReadName(member.Value) },
                { Name: "tags" } => properties with { Tags = FileRequest.ReadTags(member.Value) },
                _ => throw Refused("The members are file_name, a string, and tags, an object of strings; there are no others."),
            };
        }
        return properties;
    }

    private static ProblemException Refused(string detail) => new(ApiProblem.InvalidRequest(detail));
}
