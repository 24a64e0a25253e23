using FileDrop.Api.Access;
using FileDrop.Api.Catalog;
using FileDrop.Api.Contents;
using FileDrop.Api.Http;
using FileDrop.Api.OpenApi;
using FileDrop.Api.Settings;

namespace FileDrop.Api.Shares;

/// <summary>Shares, for the owners of the files.</summary>
internal static class ShareEndpoints
{
    private static ApiProblem NeedsRead { get; } = ApiProblem.Forbidden("To share a file or folder, this request also requires the scope read.");

    private static ApiProblem NeedsWrite { get; } = ApiProblem.Forbidden("To let others drop files into a folder, this request also requires the scope write.");

    public static void MapShares(this IEndpointRouteBuilder app)
    {
        var shares = app.MapGroup("/shares").WithTags("Shares");
        shares.MapPost("/", CreateAsync)
            .WithName("CreateShare").WithSummary("Share files or folders by a link").WithDescription("""
                Makes a link for people without an account. It follows the files by their ids: a new name or version changes nothing, and in the trash they
                are not served. `mode` says what the link allows; `upload` lets others drop files into a folder without seeing it.

                Requires `read`, too, or `write` for the mode `upload`.
                """)
            .TakesJson(ShareDescription.NewShare).Needs(Scope.Share)
            .Answers(201, "The share.", ApiBody.Json(ShareDescription.Shown), CommonHeaders.CacheControl, CommonHeaders.Location)
            .Leads(201, "share_id", "$response.body#/share_id", "ReadShare", "UpdateShare", "DeleteShare")
            .Fails(ApiProblem.FileNotFound, ApiProblem.VersionNotFound, NeedsRead, ApiProblem.QuotaExceeded);

        shares.MapGet("/", ListAsync)
            .WithName("ListShares").WithSummary("List shares").WithDescription("""
                Returns the newest shares first, one page at a time. `Link` with `rel="next"` leads to the next page.
                """)
            .Takes(ApiParameter.Limit(IShareCatalog.MaxListed, IShareCatalog.MaxListed), ShareDescription.Before).Needs(Scope.Share)
            .Answers(200, "A page of shares.", ApiBody.List(ShareDescription.Shown, IShareCatalog.MaxListed), CommonHeaders.Link, CommonHeaders.CacheControl);

        shares.MapGet("/{share_id}", ReadAsync)
            .WithName("ReadShare").WithSummary("Read a share").WithDescription("Returns the share with its link, its state and its counts.")
            .Takes(ShareDescription.ShareId).Needs(Scope.Share)
            .Answers(200, "The share.", ApiBody.Json(ShareDescription.Shown), CommonHeaders.CacheControl);

        shares.MapPatch("/{share_id}", UpdateAsync)
            .WithName("UpdateShare").WithSummary("Change a share")
            .WithDescription("Changes the members that are there. The change holds at once and everywhere; a download that it forbids ends within seconds.")
            .Takes(ShareDescription.ShareId).TakesJson(ShareDescription.Change).Needs(Scope.Share)
            .Answers(200, "The share after the change.", ApiBody.Json(ShareDescription.Shown), CommonHeaders.CacheControl)
            .Fails(ApiProblem.VersionNotFound);

        shares.MapDelete("/{share_id}", DeleteAsync)
            .WithName("DeleteShare").WithSummary("End a share")
            .WithDescription("The link does not work any more, at once and everywhere. Running downloads end within seconds.")
            .Takes(ShareDescription.ShareId).Needs(Scope.Share)
            .Answers(200, "The share has ended.", ApiBody.Json(ShareDescription.Deleted));

        shares.MapGet("/{share_id}/qr", ReadQrAsync)
            .WithName("ReadShareCode").WithSummary("Read the QR code of a share")
            .WithDescription("Returns a picture of the link with the address of this request's host. The service makes it itself.")
            .Takes(ShareDescription.ShareId).Needs(Scope.Share)
            .Answers(200, "The QR code, black on white.", new ApiBody("image/svg+xml", _ => Shape.Text("An SVG picture.")), CommonHeaders.CacheControl);
    }

    private static async Task<IResult> CreateAsync(HttpContext context, ShareStore shares, FileDropOptions options, TimeProvider time)
    {
        if (!FileRequest.IsJson(context.Request))
            return FileRequest.NotJson;
        var wanted = await FileRequest.ReadJsonAsync(context.Request, options, json => ShareBody.ReadNew(json, time.GetUtcNow()));
        if (wanted.Mode == ShareMode.Upload && !Caller.Has(context, Scope.Write))
            return NeedsWrite;
        if (wanted.Mode != ShareMode.Upload && !Caller.Has(context, Scope.Read))
            return NeedsRead;
        var share = await shares.CreateAsync(Caller.Owner(context), wanted, (Caller.Name(context), Caller.Key(context)), context.RequestAborted);
        context.Response.Headers.Location = Caller.Follow(context.Request, $"/shares/{share.Share.Id}");
        return Show(context, share, StatusCodes.Status201Created);
    }

    private static async Task<IResult> ListAsync(HttpContext context, ShareStore shares)
    {
        var query = context.Request.Query;
        var limit = ListRequest.Limit(query, IShareCatalog.MaxListed);
        Guid? before = null;
        if (query.TryGetValue("before", out var last))
            before = last is [{ } id] && Parameters.TryReadId(id, out var known) ? known : throw new ProblemException(ApiProblem.InvalidRequest("before is the id of a share."));
        var (page, next) = await shares.ListAsync(Caller.Owner(context), before, limit, context.RequestAborted);
        context.Response.Headers.CacheControl = "no-store";
        if (next is not null)
            context.Response.Headers.Link = ListRequest.NextLink("/shares", query, $"{next}", "before");
        return new JsonAnswer<ShareJson[]>([.. page.Select(share => ShareJson.Of(share, context.Request.PathBase))], ApiJson.Instance.ShareJsonArray);
    }

    private static async Task<IResult> ReadAsync(HttpContext context, ShareStore shares, string share_id) =>
        Parameters.TryReadId(share_id, out var id) && await shares.FindAsync(Caller.Owner(context), id, context.RequestAborted) is { } share
            ? Show(context, share)
            : ApiProblem.ShareNotFound;

    private static async Task<IResult> UpdateAsync(HttpContext context, ShareStore shares, FileDropOptions options, TimeProvider time, string share_id)
    {
        if (!FileRequest.IsJson(context.Request))
            return FileRequest.NotJson;
        var change = await FileRequest.ReadJsonAsync(context.Request, options, json => ShareBody.ReadChange(json, time.GetUtcNow()));
        return Parameters.TryReadId(share_id, out var id) && await shares.ChangeAsync(Caller.Owner(context), id, change, context.RequestAborted) is { } share
            ? Show(context, share)
            : ApiProblem.ShareNotFound;
    }

    private static async Task<IResult> DeleteAsync(HttpContext context, ShareStore shares, string share_id) =>
        Parameters.TryReadId(share_id, out var id) && await shares.DeleteAsync(Caller.Owner(context), id, context.RequestAborted)
            ? new JsonAnswer<ShareDeletedJson>(new ShareDeletedJson("The link does not work any more.", id), ApiJson.Instance.ShareDeletedJson)
            : ApiProblem.ShareNotFound;

    private static async Task<IResult> ReadQrAsync(HttpContext context, ShareStore shares, string share_id)
    {
        if (!Parameters.TryReadId(share_id, out var id) || await shares.FindAsync(Caller.Owner(context), id, context.RequestAborted) is not { } share)
            return ApiProblem.ShareNotFound;
        var request = context.Request;
        context.Response.Headers.CacheControl = "no-store";
        return TypedResults.Text(
            QrPicture.Of($"{request.Scheme}://{request.Host}{request.PathBase}{LoggedPath.Shares}/{share.Token}"), "image/svg+xml", System.Text.Encoding.UTF8);
    }

    private static JsonAnswer<ShareJson> Show(HttpContext context, OwnedShare share, int status = StatusCodes.Status200OK)
    {
        context.Response.Headers.CacheControl = "no-store";
        return new JsonAnswer<ShareJson>(ShareJson.Of(share, context.Request.PathBase), ApiJson.Instance.ShareJson, status);
    }
}
