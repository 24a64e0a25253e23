using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using FileDrop.Api.Access;
using FileDrop.Api.Contents;
using FileDrop.Api.Http;
using FileDrop.Api.OpenApi;
using FileDrop.Api.Settings;
using FileDrop.Api.Text;

namespace FileDrop.Api.Links;

/// <summary>Links to one zip archive of several files and folders. The link itself names them, so nothing is stored.</summary>
internal static class ZipLinks
{
    /// <summary>The most files and folders that a link names, so that it stays shorter than a request line may be.</summary>
    private const int MaxIds = 200;

    private const string Path = "/zip", FileName = "FileDrop", Example = $"{Path}/AZqzwnwefUSaUQxfP5uKEA?{LinkWords.ExampleQuery}";

    private static readonly ApiSchema Link = new("ZipLink", _ => Shape.Object("A link to a zip archive.",
        ("url", Shape.Text("Relative to the service. Everyone who has it can read the archive.", Example)),
        ("expires_at", Shape.Stamp("The time at which the link expires. A download that has begun goes on."))))
    {
        Example = new LinkJson(Example, ApiExamples.Created.AddMinutes(5)),
    };

    private static readonly ApiSchema Target = new("ZipTarget", _ => Shape.Object("What the archive holds. An unknown member is an error.",
        ("ids", Shape.List(Shape.Id(), MaxIds, "The files and folders, folders with everything in them."))))
    {
        Example = new JsonObject { ["ids"] = new JsonArray(ApiExamples.FileId, ApiExamples.FolderId) },
    };

    private static readonly ApiParameter Ids =
        ApiParameter.Path("ids", "The files and folders, as the link has them. A link that was altered is `404`.", Shape.Text()) with { Failures = [ApiProblem.LinkNotFound] };

    public static void MapZipLinks(this IEndpointRouteBuilder app)
    {
        app.MapPost(Path, CreateAsync).WithTags("Folders")
            .WithName("CreateZipLink").WithSummary("Create a link to a zip archive").WithDescription("""
                The link downloads files and folders as one zip archive for a few minutes, without a credential, so that a browser can save it as a file.
                """)
            .TakesJson(Target).Needs(Scope.Read)
            .Answers(200, "The link.", ApiBody.Json(Link), CommonHeaders.CacheControl)
            .Fails(ApiProblem.FileNotFound, ApiProblem.TooManyEntries);

        app.MapGet($"{Path}/{{ids}}", ReadAsync).WithTags("Folders").AllowAnonymous()
            .WithName("ReadZip").WithSummary("Download a zip archive by a link").WithDescription("""
                Returns the archive as `GET /folders/{folder_id}/zip` does, without a credential. A link that has expired, was altered or lost one of its files is
                `404`, always with the same answer.
                """)
            .Takes([Ids, LinkWords.GrantParameter, .. FileWords.Ranges, .. FileWords.TagPreconditions])
            .AnswersBytes("The client has this archive already.")
            .Fails(ApiProblem.TooManyEntries);
    }

    private static async Task<IResult> CreateAsync(HttpContext context, Archives archives, LinkKeys keys, FileDropOptions options)
    {
        var ids = await FileRequest.ReadJsonAsync(context.Request, options, ReadIds);
        var owner = Caller.Owner(context);
        // Laid out once now, so that a selection that cannot be an archive is refused before the browser leaves for it.
        if (await archives.OfAsync(owner, ids, skipsMissing: false, context.RequestAborted) is null)
            return ApiProblem.FileNotFound;
        var (grant, expiresAt) = await keys.IssueAsync(owner, DigestOf(ids), version: 0, context.RequestAborted);
        context.Response.Headers.CacheControl = "no-store";
        return new JsonAnswer<LinkJson>(
            new LinkJson($"{context.Request.PathBase}{Path}/{Base64Url.EncodeToString(Bytes(ids))}?{LinkWords.Grant}={grant}", expiresAt), ApiJson.Instance.LinkJson);
    }

    private static async Task<IResult> ReadAsync(
        HttpContext context, Archives archives, FolderStore folders, ArchiveDownload download, LinkKeys keys, string ids)
    {
        if (!Base64UrlText.TryDecode(ids, out var bytes) || bytes.Length is 0 || bytes.Length % 16 != 0
            || context.Request.Query[LinkWords.Grant] is not [{ } text])
            return ApiProblem.LinkNotFound;
        List<Guid> named = [.. bytes.Chunk(16).Select(each => new Guid(each, bigEndian: true))];
        if (await keys.VerifyAsync(text, DigestOf(named), context.RequestAborted) is not { Version: 0 } grant
            || await archives.OfAsync(grant.Owner, named, skipsMissing: false, context.RequestAborted) is not { } archive)
            return ApiProblem.LinkNotFound;
        // One folder gives the archive its name, as when it is downloaded without a link.
        var folder = named is [var only] ? await folders.FindAsync(grant.Owner, only, context.RequestAborted) : null;
        return await download.SendAsync(context, archive, folder is { Name.Length: > 0 } ? folder.Name : FileName);
    }

    /// <summary>Reads the body of a request for a link.</summary>
    /// <exception cref="ProblemException">The body is refused.</exception>
    internal static IReadOnlyList<Guid> ReadIds(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object || json.EnumerateObject().ToList() is not [{ Name: "ids", Value.ValueKind: JsonValueKind.Array } ids]
            || ids.Value.GetArrayLength() is 0 or > MaxIds)
            throw Refused();
        return [.. ids.Value.EnumerateArray().Select(id => id.ValueKind != JsonValueKind.String ? throw Refused()
            : Parameters.TryReadFolder(id.GetString() ?? "", out var known) ? known
            : throw new ProblemException(ApiProblem.FileNotFound))];
    }

    private static ProblemException Refused() => new(ApiProblem.InvalidRequest($"The one member is ids, an array of 1 to {MaxIds} ids of files and folders."));

    /// <summary>Stands for the files and folders in the grant's signature.</summary>
    private static Guid DigestOf(IReadOnlyList<Guid> ids) => new(SHA256.HashData(Bytes(ids)).AsSpan(0, 16), bigEndian: true);

    private static byte[] Bytes(IReadOnlyList<Guid> ids) => [.. ids.SelectMany(id => id.ToByteArray(bigEndian: true))];
}
