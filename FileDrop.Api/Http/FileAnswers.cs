using FileDrop.Api.Catalog;

namespace FileDrop.Api.Http;

/// <summary>Answers that show a file.</summary>
internal static class FileAnswers
{
    /// <summary>Writes the fields that tell a client which state of the file it sees.</summary>
    public static void WriteValidators(HttpResponse response, CatalogFile file)
    {
        var headers = response.GetTypedHeaders();
        headers.ETag = Preconditions.EntityTag(file);
        headers.LastModified = Preconditions.LastModified(file);
    }

    /// <summary>Answers with a file that was just created.</summary>
    public static IResult Created(HttpContext context, CatalogFile file)
    {
        WriteValidators(context.Response, file);
        context.Response.Headers.Location = Caller.Follow(context.Request, $"/files/{file.Id}");
        return new JsonAnswer<FileJson>(FileJson.Of(file), ApiJson.Instance.FileJson, StatusCodes.Status201Created);
    }

    /// <summary>Answers with the file as a change left it.</summary>
    public static IResult Updated(HttpContext context, CatalogFile file, string message)
    {
        WriteValidators(context.Response, file);
        return new JsonAnswer<FileUpdatedJson>(new FileUpdatedJson(message, FileJson.Of(file)), ApiJson.Instance.FileUpdatedJson);
    }
}
