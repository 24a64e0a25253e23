namespace FileDrop.Api.Http;

/// <summary>Answers with a page of a list.</summary>
internal static class ListAnswers
{
    /// <summary>Sends the page, or 304 if the client has it already. The link to the next page is already in the response.</summary>
    /// <param name="context">The request.</param>
    /// <param name="entries">The page's entries, as <see cref="Preconditions"/> makes a tag of it.</param>
    /// <param name="body">Makes the body.</param>
    public static IResult Page(HttpContext context, IEnumerable<(Guid Id, long Version, long More)> entries, Func<IResult> body)
    {
        var response = context.Response;
        response.Headers.CacheControl = "private, no-cache";
        var tag = Preconditions.EntityTag(entries, response.Headers.Link.ToString());
        response.GetTypedHeaders().ETag = tag;
        return Preconditions.IsKnown(context.Request, tag) ? TypedResults.StatusCode(StatusCodes.Status304NotModified) : body();
    }
}
