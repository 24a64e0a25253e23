using Microsoft.OpenApi;

namespace FileDrop.Api.OpenApi;

/// <summary>What each operation takes and gives. Summaries stand at the routes.</summary>
internal static class ApiOperations
{
    public const string Files = "Files";
    public const string Versions = "Versions";
    public const string Trash = "Trash";
    public const string Operations = "Operations";

    private static readonly string[] Validators = ["ETag", "Last-Modified"];
    private static readonly string[] JsonHeaders = ["X-Content-Type-Options"];
    public static readonly string[] ReadHeaders =
    [
        .. Validators, "Accept-Ranges", "Content-Length", "Content-Disposition", "Repr-Digest", "Cache-Control", "X-Content-Type-Options",
        "Content-Security-Policy",
    ];

    private static readonly string[] ProbeHeaders = ["Cache-Control", "Expires", "Pragma"];

    /// <summary>Completes what the framework found out of the routes.</summary>
    public static void Describe(OpenApiDocument document)
    {
        var errors = new ErrorResponses(document);
        AddProbe(document, errors, "/health", "Ready to serve", "Whether the catalog and the blob store answer.", mayFail: true);
        AddProbe(document, errors, "/alive", "Alive", "Whether the process runs, whatever its stores do.", mayFail: false);
        foreach (var item in document.Paths.Values)
        {
            foreach (var (method, operation) in item.Operations ?? [])
            {
                if (Of(operation.OperationId, new ApiOperation(document, errors)) is { } description)
                {
                    description.WriteTo(operation, head: method == HttpMethod.Head);
                    AccessOperations.Complete(operation, document);
                }
            }
        }
    }

    private static ApiOperation? Of(string? id, ApiOperation operation)
    {
        return id switch
        {
            "UploadFile" => operation
                .Says("""
                    A form carries exactly one file: the part with a filename, whatever its field name. Text parts `file_name` and `tags` may stand
                    before or after it. Any other body is the file itself. The content is streamed, and the file is there once `201` is answered,
                    not before. `Content-Range` is refused with `400`, a `Content-Encoding` other than `identity` with `415`. With
                    `Upload-Complete: ?0` the body is the beginning of an upload that is resumed at the `Location` of the answer.
                    """)
                .Takes("file_name", "Content-Disposition", "Idempotency-Key", "Upload-Complete", "Upload-Length").Takes(ApiFields.Digests)
                .Form(ApiSchemas.UploadForm).Raw()
                .Answers(201, "The file is stored.", [.. Validators, "Location", .. JsonHeaders]).Json(ApiSchemas.File, ApiExamples.File)
                .Links("file_id", "$response.body#/file_id", "ReadFile", "ReadMetadata", "UpdateFile", "DeleteFile")
                .Fails(ApiErrors.OfUpload),
            "ListFiles" => operation
                .Says("""
                    Newest first, a page at a time; `Link` with `rel="next"` leads on, and the walk ends where there is none. A walk by
                    `created_at` never repeats a file, and never misses one that existed throughout. With filters a page may be short, even
                    empty, and still have a next one. Names by which other services count pages (`offset`, `page` …), and names that differ from one
                    of these parameters by two letters at most, are `400`. All other parameters are ignored.
                    """)
                .Takes(ApiFields.Paging).Takes("sort").Takes(ApiFields.Filters).Takes("If-None-Match")
                .Answers(200, "A page of files.", ["ETag", "Link", "Cache-Control", .. JsonHeaders]).JsonList(ApiSchemas.File, ApiExamples.List)
                .Answers(304, "The client has this page already.", ["ETag", "Link", "Cache-Control"])
                .Fails(ApiErrors.OfList),
            "ReadFile" => operation
                .Says("The bytes, whole or one range of them. HEAD answers what GET would without Range, without the bytes.")
                .Takes("file_id", ApiFields.OldVersion, "inline").Takes(ApiFields.Ranges).Takes(ApiFields.ReadPreconditions)
                .Answers(200, "The whole file.", ReadHeaders).Bytes()
                .Answers(206, "The range that was asked for.", [.. ReadHeaders, "Content-Range"]).Bytes()
                .Answers(304, "The client has this version already.", [.. Validators, "Cache-Control"])
                .Fails(ApiErrors.OfRead),
            "ReadMetadata" => operation
                .Says("The file object, with the same ETag as the file itself.")
                .Takes("file_id").Takes(ApiFields.ReadPreconditions)
                .Answers(200, "The file object.", [.. Validators, "Cache-Control", .. JsonHeaders]).Json(ApiSchemas.File, ApiExamples.File)
                .Answers(304, "The client has this version already.", [.. Validators, "Cache-Control"])
                .Fails(ApiErrors.OfMetadata),
            "UpdateFile" => operation
                .Says("""
                    A form changes what it carries: content, `file_name`, `tags`. JSON changes only metadata; `tags` replaces all tags. Any other
                    body is the new content, except `application/x-www-form-urlencoded`, which is `415`: curl sends it by default, also with JSON.
                    Without a `file_name` the name stays. To store JSON or such a form as content, use `/content`.
                    """)
                .Takes("file_id").Takes(ApiFields.Preconditions).Takes(ApiFields.Digests)
                .Form(ApiSchemas.UpdateForm).Change().Raw()
                .Answers(200, "The file as the update left it.", [.. Validators, .. JsonHeaders]).Json(ApiSchemas.FileUpdated, ApiExamples.Updated)
                .Fails(ApiErrors.OfUpdate),
            "UpdateContent" => operation
                .Says("The body is the new content, whatever its type: JSON and forms too. Name and tags stay.")
                .Takes("file_id").Takes(ApiFields.Preconditions).Takes(ApiFields.Digests)
                .Raw()
                .Answers(200, "The file as the update left it.", [.. Validators, .. JsonHeaders]).Json(ApiSchemas.FileUpdated, ApiExamples.Updated)
                .Fails(ApiErrors.OfContent),
            "DeleteFile" => operation
                .Says("The file is gone from every read at once, and can be restored from the trash for its time there.")
                .Takes("file_id", "permanent").Takes(ApiFields.Preconditions)
                .Answers(200, "The file is gone.", JsonHeaders).Json(ApiSchemas.FileDeleted, ApiExamples.Deleted)
                .Fails(ApiErrors.OfDelete),
            _ => OfKept(id, operation) ?? UploadOperations.Of(id, operation) ?? AccessOperations.Of(id, operation)
                ?? UsageOperations.Of(id, operation) ?? GuardOperations.Of(id, operation),
        };
    }

    private static ApiOperation? OfKept(string? id, ApiOperation operation) => id switch
    {
        "ListVersions" => operation
            .Says("The contents that the file keeps, newest first, the live one among them.")
            .Takes("file_id")
            .Answers(200, "The contents.", ["Cache-Control", .. JsonHeaders]).JsonList(ApiSchemas.Version, ApiExamples.Versions)
            .Fails(ApiErrors.OfVersions),
        "RestoreVersion" => operation
            .Says("Makes an earlier content the live one, under a new version. No bytes are copied, and the earlier version stays.")
            .Takes("file_id", "version").Takes(ApiFields.Preconditions)
            .Answers(200, "The file with the old content.", [.. Validators, .. JsonHeaders]).Json(ApiSchemas.FileUpdated, ApiExamples.VersionRestored)
            .Fails(ApiErrors.OfRestoreVersion),
        "DeleteVersion" => operation
            .Says("Drops an earlier content; the live one is refused.")
            .Takes("file_id", "version").Takes(ApiFields.Preconditions)
            .Answers(200, "The version is gone.", JsonHeaders).Json(ApiSchemas.VersionDeleted, ApiExamples.VersionDeleted)
            .Fails(ApiErrors.OfDeleteVersion),
        "ListTrash" => operation
            .Says("Deleted files that can be restored, as `GET /files` lists the live ones; what was deleted last comes first.")
            .Takes(ApiFields.Paging).Takes(ApiFields.TrashSort).Takes(ApiFields.Filters).Takes("If-None-Match")
            .Answers(200, "A page of files.", ["ETag", "Link", "Cache-Control", .. JsonHeaders]).JsonList(ApiSchemas.TrashedFile, ApiExamples.Trash)
            .Answers(304, "The client has this page already.", ["ETag", "Link", "Cache-Control"])
            .Fails(ApiErrors.OfList),
        "RestoreFile" => operation
            .Says("Takes a file out of the trash, as it was: name, tags, versions, ETag.")
            .Takes("file_id")
            .Answers(200, "The file is live again.", [.. Validators, .. JsonHeaders]).Json(ApiSchemas.FileUpdated, ApiExamples.Restored)
            .Fails(ApiErrors.OfTrashed),
        "PurgeFile" => operation
            .Says("Deletes a file in the trash for good.")
            .Takes("file_id")
            .Answers(200, "The file is gone.", JsonHeaders).Json(ApiSchemas.FileDeleted, ApiExamples.Deleted)
            .Fails(ApiErrors.OfTrashed),
        "EmptyTrash" => operation
            .Says("Deletes all that is in the trash for good.")
            .Answers(200, "The trash is empty.", JsonHeaders).Json(ApiSchemas.TrashEmptied, ApiExamples.TrashEmptied)
            .Fails(ApiErrors.OfEmptyTrash),
        _ => null,
    };

    /// <summary>The health endpoints, which the framework tells its document nothing of.</summary>
    private static void AddProbe(OpenApiDocument document, ErrorResponses errors, string path, string summary, string says, bool mayFail)
    {
        var operation = new OpenApiOperation
        {
            OperationId = mayFail ? "ReadHealth" : "ReadAlive",
            Summary = summary,
            Security = AccessOperations.Nobody(),
            Tags = new HashSet<OpenApiTagReference> { new(Operations, document) },
        };
        var description = new ApiOperation(document, errors).Says(says).Answers(200, "Yes.", ProbeHeaders).Json(ApiSchemas.Health, ApiExamples.Health("healthy"));
        if (mayFail)
            description = description.Answers(503, "No.", ProbeHeaders).Json(ApiSchemas.Health, ApiExamples.Health("unhealthy"));
        description.Fails(ApiErrors.OfProbe).WriteTo(operation, head: false);
        var item = new OpenApiPathItem();
        item.AddOperation(HttpMethod.Get, operation);
        document.Paths.Add(path, item);
    }
}
