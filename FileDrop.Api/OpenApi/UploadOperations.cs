using Microsoft.OpenApi;

namespace FileDrop.Api.OpenApi;

/// <summary>Resumable uploads: what each operation takes and gives, and its fields.</summary>
internal static class UploadOperations
{
    public const string Uploads = "Uploads";

    private static readonly string[] Tus = ["Tus-Resumable"];
    private static readonly string[] TusState = [.. Tus, "Upload-Offset", "Upload-Expires", "Content-Location"];
    private static readonly string[] DraftState = ["Upload-Offset", "Upload-Complete", "Upload-Limit"];

    public static ApiOperation? Of(string? id, ApiOperation operation) => id switch
    {
        "DescribeUploads" or "DescribeUpload" => (id is "DescribeUpload" ? operation.Takes("upload_id") : operation)
            .Says("The version of tus that is spoken, its extensions, the largest upload and the checksums.")
            .Answers(204, "What this server can do.", [.. Tus, "Tus-Version", "Tus-Extension", "Tus-Max-Size", "Tus-Checksum-Algorithm"])
            .Fails(ApiErrors.OfProbe),
        "CreateUpload" => operation
            .Says("""
                Begins an upload as in tus 1.0.0, with all or a part of its bytes if there is a body. With `Upload-Concat: final;…` it makes a
                file of partial uploads. The upload's id becomes the `file_id`: `Content-Location` says so as soon as the file is there.
                """)
            .Takes("Tus-Resumable", "Upload-Length", "Upload-Defer-Length", "Upload-Metadata", "Upload-Concat", "Upload-Checksum")
            .Appends("application/offset+octet-stream", required: false)
            .Answers(201, "The upload is begun, or complete.", [.. TusState, "Location"])
            .Fails(ApiErrors.OfCreateUpload),
        "ReadUpload" => operation
            .Says("The offset at which to go on. A request that appends to the upload at the moment is asked to end first.")
            .Takes("upload_id", "Tus-Resumable")
            .Answers(200, "The upload.", [.. TusState, "Upload-Length", "Upload-Defer-Length", "Upload-Metadata", "Upload-Concat", "Cache-Control"])
            .Fails(ApiErrors.OfReadUpload),
        "AppendToUpload" => operation
            .Says("Appends bytes at the upload's offset. What arrives is kept even if the connection breaks, unless there is a checksum.")
            .Takes("upload_id", "Tus-Resumable", "Upload-Offset", "Upload-Length", "Upload-Checksum")
            .Appends("application/offset+octet-stream", required: true)
            .Answers(204, "The bytes are stored.", TusState)
            .Fails(ApiErrors.OfAppend),
        "EndUpload" => operation
            .Says("Ends an upload and deletes what it has stored. A file that it has become stays: `410`.")
            .Takes("upload_id", "Tus-Resumable")
            .Answers(204, "The upload is gone.", Tus)
            .Fails(ApiErrors.OfEndUpload),
        "DescribeUploadLimits" => operation
            .Says("Says that `POST /files/upload` can be resumed, and the limits (draft-ietf-httpbis-resumable-upload, section \"Limits\").")
            .Answers(204, "The limits.", "Upload-Limit")
            .Fails(ApiErrors.OfProbe),
        "ReadUploadResource" => operation
            .Says("The offset at which to go on, and whether the upload is complete.")
            .Takes("upload_id")
            .Answers(204, "The upload.", [.. DraftState, "Upload-Length", "Cache-Control"])
            .Fails(ApiErrors.OfReadDraft),
        "AppendToUploadResource" => operation
            .Says("Appends bytes at the upload's offset; with `Upload-Complete: ?1` they are the last ones, and the answer is that of an ordinary upload.")
            .Takes("upload_id", "Upload-Offset", "Upload-Complete", "Upload-Length", "Content-Digest")
            .Appends("application/partial-upload", required: true)
            .Answers(201, "The file is stored.", [.. DraftState, "ETag", "Last-Modified", "Location", "X-Content-Type-Options"])
            .Json(ApiSchemas.File, ApiExamples.File)
            .Answers(204, "The bytes are stored.", DraftState)
            .Fails(ApiErrors.OfAppendDraft),
        "EndUploadResource" => operation
            .Says("Cancels an upload and deletes what it has stored. A file that it has become stays: `410`.")
            .Takes("upload_id")
            .Answers(204, "The upload is gone.")
            .Fails(ApiErrors.OfEndDraft),
        _ => null,
    };

    public static IEnumerable<(string Name, OpenApiHeader Header)> ResponseHeaders()
    {
        yield return ("Tus-Resumable", ApiFields.Header("The version of tus that is spoken.", "1.0.0"));
        yield return ("Tus-Version", ApiFields.Header("The versions of tus that are spoken.", "1.0.0"));
        yield return ("Tus-Extension", ApiFields.Header("tus's extensions.", "creation,expiration,checksum,termination,concatenation"));
        yield return ("Tus-Max-Size", ApiFields.Header("The largest upload, in bytes.", "5497558138880"));
        yield return ("Tus-Checksum-Algorithm", ApiFields.Header("The algorithms of Upload-Checksum.", "sha1,sha256"));
        yield return ("Upload-Offset", ApiFields.Header("Bytes that are stored.", "1048576"));
        yield return ("Upload-Length", ApiFields.Header("Bytes in the whole, once they are known.", "5242880", required: false));
        yield return ("Upload-Defer-Length", ApiFields.Header("The length is not known yet.", "1", required: false));
        yield return ("Upload-Expires", ApiFields.Header("When an upload that is not complete is given up.", ApiExamples.LastModified, required: false));
        yield return ("Upload-Metadata", ApiFields.Header("As it was sent.", "filename cmVwb3J0LnBkZg==", required: false));
        yield return ("Upload-Concat", ApiFields.Header("As it was sent.", "partial", required: false));
        yield return ("Content-Location", ApiFields.Header("The file that the upload has become.", $"/files/{ApiExamples.FileId}", required: false));
        yield return ("Upload-Complete", ApiFields.Header("`?1`: the upload has become a file; `?0`: it has not.", "?0"));
        yield return ("Upload-Limit", ApiFields.Header("The largest upload, in bytes, and how many seconds an upload waits for its next byte.",
            "max-size=5497558138880, max-age=86399"));
    }

    public static IEnumerable<OpenApiParameter> Parameters()
    {
        yield return ApiFields.In(ParameterLocation.Path, "upload_id", "The upload. Whatever is no well-formed id names no upload: `404`.", ApiSchemas.Id());
        var version = ApiFields.Field("Tus-Resumable", "The version of tus; another one, or none: `412`.", "1.0.0");
        version.Required = true;
        yield return version;
        yield return ApiFields.Field("Upload-Length", "Bytes in the whole. At a creation either this or Upload-Defer-Length; a length that was said stays.", "5242880");
        yield return ApiFields.Field("Upload-Defer-Length", "`1`: the length is said later.", "1");
        yield return ApiFields.Field("Upload-Metadata", "`filename`, `filetype` and `tags` (a JSON object of strings), each value in base64.", "filename cmVwb3J0LnBkZg==");
        yield return ApiFields.Field("Upload-Concat", "`partial`, or `final;` and the URLs of partial uploads, separated by spaces.", "partial");
        yield return ApiFields.Field("Upload-Checksum", "`sha1` or `sha256` of this request's bytes, in base64; also as a trailer.", "sha1 qvTGHdzF6KLavt4PO0gs2a6pQ00=");
        yield return ApiFields.Field("Upload-Offset", "Where the bytes belong: the upload's offset, or `409`.", "0");
        yield return ApiFields.Field("Upload-Complete",
            "`?1`: these are the last bytes. `?0`: others follow; on `POST /files/upload` that makes an upload resource (draft-ietf-httpbis-resumable-upload).", "?0");
    }
}
