using System.Text.Json;
using System.Text.Json.Nodes;
using FileDrop.Api.Access;
using FileDrop.Api.Contents;
using FileDrop.Api.Http;
using FileDrop.Api.OpenApi;
using FileDrop.Api.Settings;

namespace FileDrop.Api.Links;

/// <summary>
/// Links that open one content of one file for a few minutes. They are for elements that cannot send a credential: an <c>img</c>, a <c>video</c>, a
/// download.
/// </summary>
internal static class LinkEndpoints
{
    private const string Path = "/links", Example = $"{Path}/{ApiExamples.FileId}?{LinkWords.ExampleQuery}";

    private static readonly ApiSchema Link = new("Link", _ => Shape.Object("A link to one content of one file.",
        ("url", Shape.Text("Relative to the service. Everyone who has it can read the content.", Example)),
        ("expires_at", Shape.Stamp("The time at which the link expires."))))
    {
        Example = new LinkJson(Example, ApiExamples.Created.AddMinutes(5)),
    };

    private static readonly ApiSchema Target = new("LinkTarget", _ => Shape.Options("The content that the link opens. An unknown member is an error.",
        ("version", Shape.Integer("A version at which content was committed. Default: that of the live content.", 1, example: 1))))
    {
        Example = new JsonObject { ["version"] = 1 },
    };

    public static void MapLinks(this IEndpointRouteBuilder app)
    {
        app.MapPost("/files/{file_id}/link", CreateAsync).WithTags("Files")
            .WithName("CreateLink").WithSummary("Create a link to a file's content").WithDescription("""
                The link reads one content of the file for a few minutes, without a credential. Use it for an `img`, a `video` or a long download, which
                cannot send one.

                Without a body or a `version`, the link opens the content that is live now. Later updates do not change that.
                """)
            .Takes(FileWords.FileId).TakesJson(Target, required: false).Needs(Scope.Read)
            .Answers(200, "The link.", ApiBody.Json(Link), CommonHeaders.CacheControl)
            .Fails(ApiProblem.VersionNotFound);

        app.MapGet($"{Path}/{{file_id}}", ReadAsync).WithTags("Files").AllowAnonymous()
            .WithName("ReadLink").WithSummary("Read a file by a link").WithDescription("""
                Returns the bytes as the file itself does, without a credential. A link that has expired, was altered or lost its content is `404`, always
                with the same answer.
                """)
            .Takes([
                FileWords.FileId with { Failures = [ApiProblem.LinkNotFound] }, LinkWords.GrantParameter, FileWords.Inline,
                .. FileWords.Ranges, .. FileWords.ReadPreconditions,
            ])
            .AnswersBytes("The client has this content already.");
    }

    private static async Task<IResult> CreateAsync(
        HttpContext context, FileStore files, LinkKeys keys, FileDropOptions options, string file_id)
    {
        var owner = Caller.Owner(context);
        if (!Parameters.TryReadId(file_id, out var id) || await files.FindAsync(owner, id, context.RequestAborted) is not { } file)
            return ApiProblem.FileNotFound;
        var version = await FileRequest.ReadJsonIfAnyAsync(context.Request, options, ReadVersion, absent: null);
        if (version is { } wanted && await files.FindVersionAsync(owner, id, wanted, context.RequestAborted) is null)
            return ApiProblem.VersionNotFound;
        var (grant, expiresAt) = await keys.IssueAsync(owner, id, version ?? file.Content.Version, context.RequestAborted);
        context.Response.Headers.CacheControl = "no-store";
        return new JsonAnswer<LinkJson>(new LinkJson($"{context.Request.PathBase}{Path}/{id}?{LinkWords.Grant}={grant}", expiresAt), ApiJson.Instance.LinkJson);
    }

    private static async Task<IResult> ReadAsync(HttpContext context, FileDownload download, LinkKeys keys, string file_id)
    {
        if (!Parameters.TryReadId(file_id, out var id)
            || context.Request.Query[LinkWords.Grant] is not [{ } text]
            || await keys.VerifyAsync(text, id, context.RequestAborted) is not { } grant)
            return ApiProblem.LinkNotFound;
        var answer = await download.SendAsync(context, grant.Owner, id, grant.Version);
        return answer is ApiProblem { Status: StatusCodes.Status404NotFound } ? ApiProblem.LinkNotFound : answer;
    }

    /// <summary>Reads a link's body. Returns null if it names no version.</summary>
    /// <exception cref="ProblemException">The body is refused.</exception>
    internal static long? ReadVersion(JsonElement json)
    {
        long? version = null;
        if (json.ValueKind != JsonValueKind.Object)
            throw new ProblemException(ApiProblem.InvalidRequest("The body is a JSON object."));
        foreach (var member in json.EnumerateObject())
        {
            if (member is not { Name: "version", Value.ValueKind: JsonValueKind.Number } || !member.Value.TryGetInt64(out var number) || number < 1)
                throw new ProblemException(ApiProblem.InvalidRequest("The one member is version, a whole number from 1."));
            version = number;
        }
        return version;
    }
}
