namespace FileDrop.Api.Uploads;

/// <summary>Pieces of a file that come to an address which takes whole files: stored, a piece would pass for the whole.</summary>
internal static class PartialContent
{
    /// <summary>Why a request that brings a file's content is refused as a piece of it; null: it is none.</summary>
    public static ApiProblem? Refuse(HttpRequest request)
    {
        var fields = request.Headers;
        // The draft's first versions said "incomplete". Phones send ?0 with every whole file.
        if (Item(fields["Upload-Incomplete"].ToString()) is not ("" or "?0"))
            return ApiProblem.InvalidRequest(
                "Upload-Incomplete belongs to a draft that is not spoken here. Send the whole file, or begin an upload by POST /files/upload with Upload-Complete: ?0.");
        // The creation of an upload resource is a POST, and has its own endpoint by then.
        if (!HttpMethods.IsPost(request.Method) && DraftFields.ReadBoolean(request, "Upload-Complete") == false)
            return ApiProblem.InvalidRequest("Only POST /files/upload begins an upload in pieces. Send the whole content here.");
        if (Item(fields["Upload-Offset"].ToString()) is not ("" or "0"))
            return ApiProblem.InvalidRequest("Append by PATCH, at the address that the upload's creation gave. Send the whole content here.");
        if (fields["Tus-Resumable"].ToString().Length > 0)
            return ApiProblem.InvalidRequest($"tus is spoken at {TusEndpoints.Path}. Send the whole content here.");
        return DraftFields.IsPartialUpload(request) || TusRequest.HasContentType(request)
            ? ApiProblem.UnsupportedMediaType("This is the type of a piece of an upload. Append it by PATCH, at the address that the upload's creation gave.")
            : null;
    }

    /// <summary>A structured field's item without its parameters.</summary>
    private static string Item(string field) => field.Split(';', 2)[0].Trim();
}
