namespace FileDrop.Api.Http;

/// <summary>Recognises pieces of a file that are sent to an address for whole files. Stored, a piece would pass for the whole.</summary>
internal static class PartialContent
{
    /// <summary>The paths that speak tus.</summary>
    public const string TusPath = "/uploads";

    /// <summary>The media type of bytes that are appended by tus.</summary>
    public const string TusType = "application/offset+octet-stream";

    /// <summary>Whether the body is bytes to append by tus.</summary>
    public static bool IsTus(HttpRequest request) =>
        string.Equals(request.ContentType?.Split(';', 2)[0].Trim(), TusType, StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether the request appends to a resumable upload. Files and folders are changed by PATCH, too.</summary>
    public static bool IsAppend(HttpContext context) =>
        HttpMethods.IsPatch(context.Request.Method) && context.GetEndpoint() is not null && context.Request.RouteValues.ContainsKey("upload_id");

    /// <summary>The reason to refuse a request as a piece of a file, or null if it is not a piece.</summary>
    public static ApiProblem? Refuse(HttpRequest request)
    {
        var fields = request.Headers;
        // The field of the draft's first versions. Phones send it as ?0 with every whole file.
        if (Item(fields["Upload-Incomplete"].ToString()) is not ("" or "?0"))
            return ApiProblem.InvalidRequest(
                "Upload-Incomplete belongs to a draft that is not spoken here. Send the whole file, or begin an upload by POST /files/upload with Upload-Complete: ?0.");
        // A POST that creates an upload resource does not come here.
        if (!HttpMethods.IsPost(request.Method) && DraftFields.ReadBoolean(request, "Upload-Complete") == false)
            return ApiProblem.InvalidRequest("Only POST /files/upload begins an upload in pieces. Send the whole content here.");
        if (Item(fields["Upload-Offset"].ToString()) is not ("" or "0"))
            return ApiProblem.InvalidRequest("Append by PATCH, at the address that the upload's creation gave. Send the whole content here.");
        if (fields[TusFields.Resumable].ToString().Length > 0)
            return ApiProblem.InvalidRequest($"tus is spoken at {TusPath}. Send the whole content here.");
        return DraftFields.IsPartialUpload(request) || IsTus(request)
            ? ApiProblem.UnsupportedMediaType("This is the type of a piece of an upload. Append it by PATCH, at the address that the upload's creation gave.")
            : null;
    }

    /// <summary>A structured field's item without its parameters.</summary>
    private static string Item(string field) => field.Split(';', 2)[0].Trim();
}
