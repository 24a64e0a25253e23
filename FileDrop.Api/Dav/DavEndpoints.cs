using FileDrop.Api.Access;
using FileDrop.Api.Http;
using FileDrop.Api.Settings;
using Microsoft.AspNetCore.Http.Features;

namespace FileDrop.Api.Dav;

/// <summary>WebDAV (RFC 4918, classes 1, 2 and 3) at <c>/dav/</c>, over folders.</summary>
/// <remarks>Its methods are no operations of the OpenAPI document, which knows only HTTP's own. <c>docs/webdav.md</c> describes them.</remarks>
internal static class DavEndpoints
{
    private const string Methods = "OPTIONS, GET, HEAD, PUT, DELETE, PROPFIND, PROPPATCH, MKCOL, COPY, MOVE, LOCK, UNLOCK";

    public static void AddDav(this IServiceCollection services)
    {
        services.AddSingleton<DavResources>();
        services.AddSingleton<DavRequests>();
        services.AddSingleton<FindDoor>();
        services.AddSingleton<ContentDoor>();
        services.AddSingleton<TreeDoor>();
        services.AddSingleton<LockDoor>();
    }

    public static void MapDav(this IEndpointRouteBuilder app)
    {
        var dav = app.MapGroup($"/{DavAddress.Route}/{{**path}}").ExcludeFromDescription().AddEndpointFilter(NameOperation);
        dav.MapMethods("", [HttpMethods.Options], Describe).AllowAnonymous().WithName("DavOptions");
        dav.MapGet("", (HttpContext context, ContentDoor door) => door.ReadAsync(context)).Needs(Scope.Read).WithName("DavGet");
        dav.MapPut("", (HttpContext context, ContentDoor door) => door.WriteAsync(context)).Needs(Scope.Write).WithName("DavPut");
        dav.MapDelete("", (HttpContext context, TreeDoor door) => door.DeleteAsync(context)).Needs(Scope.Delete).WithName("DavDelete");
        dav.MapMethods("", [DavAddress.Search], (HttpContext context, FindDoor door) => door.FindAsync(context)).Needs(Scope.Read).WithName("DavFind");
        dav.MapMethods("", ["PROPPATCH"], (HttpContext context, FindDoor door) => door.ChangeAsync(context)).Needs(Scope.Write).WithName("DavChangeProperties");
        dav.MapMethods("", ["MKCOL"], (HttpContext context, TreeDoor door) => door.MakeFolderAsync(context)).Needs(Scope.Write).WithName("DavMakeFolder");
        dav.MapMethods("", ["COPY"], (HttpContext context, TreeDoor door) => door.CopyAsync(context)).Needs(Scope.Read | Scope.Write).WithName("DavCopy");
        dav.MapMethods("", ["MOVE"], (HttpContext context, TreeDoor door) => door.MoveAsync(context)).Needs(Scope.Write).WithName("DavMove");
        dav.MapMethods("", ["LOCK"], (HttpContext context, LockDoor door) => door.LockAsync(context)).Needs(Scope.Write).WithName("DavLock");
        dav.MapMethods("", ["UNLOCK"], (HttpContext context, LockDoor door) => door.UnlockAsync(context)).Needs(Scope.Write).WithName("DavUnlock");
    }

    /// <summary>Gives the metrics of a request the name of its operation, because the framework has one name for all methods that it does not know.</summary>
    private static ValueTask<object?> NameOperation(EndpointFilterInvocationContext invocation, EndpointFilterDelegate next)
    {
        var context = invocation.HttpContext;
        if (context.Features.Get<IHttpMetricsTagsFeature>() is { } metrics
            && context.GetEndpoint()?.Metadata.GetMetadata<IEndpointNameMetadata>() is { EndpointName: var name })
            metrics.Tags.Add(new KeyValuePair<string, object?>("filedrop.operation", name));
        return next(invocation);
    }

    private static IResult Describe(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers["DAV"] = "1, 2, 3";
        headers.Allow = Methods;
        headers.AcceptRanges = "bytes";
        // Windows looks for this before it tries WebDAV.
        headers["MS-Author-Via"] = "DAV";
        context.Response.ContentLength = 0;
        return TypedResults.Ok();
    }
}
