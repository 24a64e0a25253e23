using System.Text.Json.Nodes;
using FileDrop.Api.Access;
using FileDrop.Api.Catalog;
using FileDrop.Api.Contents;
using FileDrop.Api.Http;
using FileDrop.Api.OpenApi;
using FileDrop.Api.Settings;

namespace FileDrop.Api.Folders;

/// <summary><c>POST /batch</c>: many operations in one request, one after the other.</summary>
internal sealed class BatchEndpoint(FileStore files, FolderStore folders, FileWrites writes, Audit audit)
{
    private static readonly ApiSchema Operations = new("Batch", document =>
    {
        var operation = Shape.Options("One operation.",
            ("op", Shape.Choice("move", "copy", "delete", "restore", "tag")),
            ("id", Shape.Id()),
            ("kind", Shape.Choice("file", "folder")),
            ("version", Shape.Integer("Do it only if this is still the version.", 1)),
            ("folder_id", FolderWords.Id("The folder to move, copy or restore to, or `root`.")),
            ("file_name", FileWords.Name("The new name.")),
            ("tags", FileWords.Tags.In(document)),
            ("on_conflict", FolderWords.OnConflict("as in the operation of its own.")),
            ("permanent", Shape.Flag()));
        return Shape.List(operation, BatchOperation.Most, $"1 to {BatchOperation.Most} operations.");
    })
    {
        Example = new JsonArray(
            new JsonObject { ["op"] = "move", ["id"] = $"{FileWords.Example.FileId}", ["folder_id"] = ApiExamples.FolderId },
            new JsonObject { ["op"] = "delete", ["id"] = ApiExamples.FolderId, ["kind"] = "folder" }),
    };

    private static readonly ApiSchema Result = new("BatchResult", document => Shape.Options("The result of one operation.",
        ("id", Shape.Id().OrNull()),
        ("status", Shape.Integer("The HTTP status that the operation would have had alone.", 200, example: 200)),
        ("code", Shape.Text("The code of its problem; absent if it is done.", "name_taken")),
        ("file", FileWords.File.In(document)),
        ("folder", FolderWords.Folder.In(document))))
    {
        Example = new BatchResultJson(FileWords.Example.FileId, 200, File: FileWords.Example),
    };

    public static void Map(IEndpointRouteBuilder app) => app.MapGroup("/batch").WithTags("Folders")
        .MapPost("/", (BatchEndpoint batch, FileDropOptions options, HttpContext context) => batch.RunAsync(context, options)).Compressed()
        .WithName("RunBatch").WithSummary("Do many operations in one request").WithDescription($"""
            Does up to {BatchOperation.Most} operations one after the other, each as the request of its own would: under its own scope and condition, whole or not
            at all. The answer has a result for each, in their order. A malformed body is `400`, and nothing is done.
            """)
        .TakesJson(Operations).Needs(Scope.Read)
        .Answers(200, "The results.", ApiBody.List(Result, BatchOperation.Most));

    private async Task<IResult> RunAsync(HttpContext context, FileDropOptions options)
    {
        var operations = await FileRequest.ReadJsonAsync(context.Request, options, BatchOperation.ReadAll);
        Audit.Concerns(context, $"{operations.Count} operations");
        var results = new BatchResultJson[operations.Count];
        for (var i = 0; i < operations.Count; i++)
        {
            var operation = operations[i];
            results[i] = await DoAsync(context, operation);
            audit.Record(context, $"{operation.Verb}{operation.Kind}", $"{operation.Id}", results[i].Status, results[i].Code ?? "done");
        }
        return new JsonAnswer<BatchResultJson[]>(results, ApiJson.Instance.BatchResultJsonArray);
    }

    private async Task<BatchResultJson> DoAsync(HttpContext context, BatchOperation operation)
    {
        var scope = operation.Verb switch
        {
            BatchVerb.Copy => Scope.Read | Scope.Write,
            BatchVerb.Delete => Scope.Delete,
            _ => Scope.Write,
        };
        if (!Caller.Has(context, scope))
            return Refused(operation, ApiProblem.Forbidden(""));
        var (owner, cancellation) = (Caller.Owner(context), context.RequestAborted);
        try
        {
            return operation.Kind == EntryKind.File ? await OfFileAsync(owner, operation, cancellation) : await OfFolderAsync(owner, operation, cancellation);
        }
        catch (QuotaExceededException)
        {
            return Refused(operation, ApiProblem.QuotaExceeded);
        }
        catch (Exception failure) when (Problems.Of(failure) is { } problem)
        {
            return Refused(operation, problem);
        }
    }

    private async Task<BatchResultJson> OfFileAsync(string owner, BatchOperation operation, CancellationToken cancellation)
    {
        var (id, body, ifVersion) = (operation.Id, operation.Body, operation.IfVersion);
        var result = operation.Verb switch
        {
            BatchVerb.Move => await files.ChangeAsync(owner, id, (body with { Tags = null }).ToChange(ifVersion), cancellation),
            BatchVerb.Tag => await files.ChangeAsync(owner, id, new MetadataChange(null, body.Tags, ifVersion), cancellation),
            BatchVerb.Delete => await files.DeleteAsync(owner, id, ifVersion, operation.Permanent, cancellation),
            BatchVerb.Restore => await files.RestoreAsync(owner, id, body.Folder, body.OnConflict, cancellation),
            _ => await CopyAsync(owner, operation, cancellation),
        };
        return result.Outcome == ChangeOutcome.Done
            ? new BatchResultJson(id, operation.Verb == BatchVerb.Copy ? 201 : 200, File: result.File is { } file ? FileJson.Of(file) : null)
            : Refused(operation, Problems.Of(result.Outcome));
    }

    private async Task<ChangeResult> CopyAsync(string owner, BatchOperation operation, CancellationToken cancellation)
    {
        if (await files.FindAsync(owner, operation.Id, cancellation) is not { } source)
            return new ChangeResult(ChangeOutcome.NotFound);
        return MayCopy(source)
            ? await writes.CopyAsync(source, operation.Body.ToCopy(), MayCopy, cancellation)
            : new ChangeResult(ChangeOutcome.VersionMismatch);

        bool MayCopy(CatalogFile file) => operation.IfVersion is not { } wanted || wanted == file.Version;
    }

    private async Task<BatchResultJson> OfFolderAsync(string owner, BatchOperation operation, CancellationToken cancellation)
    {
        var (id, body) = (operation.Id, operation.Body);
        if (id == Place.Root)
            return Refused(operation, ApiProblem.InvalidRequest(""));
        var result = operation.Verb switch
        {
            BatchVerb.Move => await folders.ChangeAsync(owner, id, new FolderChange(body.Name, body.Folder, body.OnConflict, operation.IfVersion), cancellation),
            BatchVerb.Delete => await folders.DeleteAsync(owner, id, operation.IfVersion, operation.Permanent, cancellation),
            _ => await folders.RestoreAsync(owner, id, body.Folder, body.OnConflict, cancellation),
        };
        return result.Outcome == ChangeOutcome.Done
            ? new BatchResultJson(id, 200, Folder: operation.Verb != BatchVerb.Delete && result.Folder is { } folder ? FolderJson.Of(folder) : null)
            : Refused(operation, Problems.Of(result.Outcome));
    }

    private static BatchResultJson Refused(BatchOperation operation, ApiProblem problem) =>
        new(operation.Id == Guid.Empty ? null : operation.Id, problem.Status, problem.Code);
}
