using FileDrop.Api.Access;
using FileDrop.Api.Catalog;
using FileDrop.Api.Http;
using FileDrop.Api.Maintenance;
using FileDrop.Api.OpenApi;
using FileDrop.Api.Settings;

namespace FileDrop.Api.Changes;

/// <summary>The feed of changes: a page of it, a request that waits for the next one, and a stream.</summary>
internal static class ChangeEndpoints
{
    public static void MapChanges(this IEndpointRouteBuilder app)
    {
        var changes = app.MapGroup("/changes").WithTags("Changes");
        changes.MapGet("/", ListAsync).Compressed()
            .WithName("ListChanges").WithSummary("List changes, or follow them").WithDescription("""
                Returns the files and folders that were created, changed, moved, deleted or restored since a cursor, in one order. Each is shown as it is
                now: an entry that changed several times may come once. An entry that is not live any more is `{"seq", "kind", "id", "gone": true}`, whether it
                is in the trash or gone for good. A change may come twice, but the last state of an entry is never missed.

                To get a copy and keep it true, take `cursor=latest` first, then list all files and folders, then go on from the cursor. After
                `410` `cursor_expired`, do so again.

                With `Accept: text/event-stream` the answer is a stream of server-sent events that does not end: each change is an event `change`, whose `id`
                is the cursor behind it. A client that connects again sends the last `id` as `Last-Event-ID`. A line that begins with a colon comes every 15
                seconds. The stream ends within two seconds when the credential is revoked, and at once when the service stops.
                """)
            .Takes(ChangeDescription.Limit, ChangeDescription.Cursor, ChangeDescription.LastEventId).Needs(Scope.Read)
            .Answers(200, "A page of changes, or the stream.", ApiBody.Json(ChangeDescription.Changes) with { Other = ChangeDescription.Stream },
                CommonHeaders.CacheControl, ChangeDescription.NoBuffering)
            .Fails(ApiProblem.CursorExpired, ApiProblem.TooManyRequests(1, "streams"));

        changes.MapGet("/wait", WaitAsync).Compressed()
            .WithName("WaitForChanges").WithSummary("Wait for a change").WithDescription("""
                Answers as `GET /changes`, but not before there is a change behind the cursor or the time is over. Then the page is empty, and its cursor is
                where to go on. HEAD does not wait.
                """)
            .Takes(ChangeDescription.Limit, ChangeDescription.Cursor, ChangeDescription.Timeout).Needs(Scope.Read)
            .Answers(200, "A page of changes; empty if there was none in time.", ApiBody.Json(ChangeDescription.Changes), CommonHeaders.CacheControl)
            .Fails(ApiProblem.CursorExpired, ApiProblem.TooManyRequests(1, "streams"));
    }

    private static async Task<IResult> ListAsync(
        HttpContext context, IChangeCatalog changes, ChangeListeners listeners, OpenStreams streams, ChangeStream events)
    {
        var (request, owner) = (ChangeRequest.Read(context.Request), Caller.Owner(context));
        var isStream = ChangeRequest.IsForStream(context.Request);
        context.Response.Headers.Vary = "Accept";
        var (cursors, after) = await ChangeCursor.ReadAsync(
            changes, owner, isStream ? request.StreamCursor(context.Request) : request.Cursor, context.RequestAborted);
        if (!isStream)
            return Answer(context, cursors, await changes.ReadAsync(owner, after, request.Limit, context.RequestAborted));
        using var stream = streams.Open(context);
        using var listener = listeners.Listen(owner);
        try
        {
            await events.SendAsync(context, cursors, listener, after ?? await FindOldestAsync(changes, owner, context.RequestAborted), stream);
        }
        catch (OperationCanceledException) when (stream.Ended.IsCancellationRequested)
        {
            // A stream has no other end.
        }
        return TypedResults.Empty;
    }

    private static async Task<IResult> WaitAsync(
        HttpContext context, IChangeCatalog changes, ChangeListeners listeners, OpenStreams streams, TimeProvider time)
    {
        var (request, owner, began) = (ChangeRequest.Read(context.Request), Caller.Owner(context), time.GetTimestamp());
        var (cursors, from) = await ChangeCursor.ReadAsync(changes, owner, request.Cursor, context.RequestAborted);
        var after = from ?? await FindOldestAsync(changes, owner, context.RequestAborted);
        using var stream = streams.Open(context);
        using var listener = listeners.Listen(owner);
        while (true)
        {
            var news = listener.News;
            var page = await listener.ReadAsync(after, request.Limit, context.RequestAborted);
            var left = request.Timeout - time.GetElapsedTime(began);
            if (page is not { Changes.Count: 0 } || HttpMethods.IsHead(context.Request.Method) || left <= TimeSpan.Zero || stream.Ended.IsCancellationRequested)
                return stream.IsRevoked ? ApiProblem.Unauthenticated : Answer(context, cursors, page);
            await news.WaitAsync(left, time, stream.Ended).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static async Task<long> FindOldestAsync(IChangeCatalog changes, string owner, CancellationToken cancellation) =>
        await changes.ReadAsync(owner, after: null, limit: 1, cancellation) is { Changes: [var oldest, ..] } ? oldest.Mark.Number - 1 : 0;

    private static IResult Answer(HttpContext context, ChangeCursor cursors, ChangePage? page)
    {
        if (page is null)
            return ApiProblem.CursorExpired;
        context.Response.Headers.CacheControl = "no-store";
        return new JsonAnswer<ChangesJson>(
            new ChangesJson([.. page.Changes.Select(ChangeJson.Of)], cursors.Write(page.Last), page.HasMore), ApiJson.Instance.ChangesJson);
    }
}
