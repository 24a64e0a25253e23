using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using FileDrop.Api.Access;
using FileDrop.Api.Catalog;
using FileDrop.Api.Http;
using FileDrop.Api.Maintenance;
using FileDrop.Api.Storage;

namespace FileDrop.Api.Changes;

/// <summary>Sends a feed as server-sent events (HTML, section 9.2) until the client goes away or the stream must end.</summary>
/// <remarks>The id of an event is the cursor behind its change, so a client that connects again goes on there.</remarks>
internal sealed class ChangeStream(StoreStarter starter, TimeProvider time)
{
    /// <summary>The time between two signs of life. Proxies close connections that are idle for a minute, and clients notice that one is dead.</summary>
    private static readonly TimeSpan s_heartbeat = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan s_retry = TimeSpan.FromSeconds(1);

    /// <summary>The most changes that are read at once.</summary>
    private const int Page = 200;

    private static readonly byte[] s_signOfLife = ":\n\n"u8.ToArray();

    /// <summary>The events of pages that streams of one owner share. A thousand streams write the same bytes.</summary>
    private readonly ConditionalWeakTable<ChangePage, byte[]> _events = [];

    /// <param name="context">The request.</param>
    /// <param name="cursors">The cursors of the feed.</param>
    /// <param name="listener">The listener to the feed.</param>
    /// <param name="after">The number to go on after.</param>
    /// <param name="stream">The stream's life.</param>
    /// <exception cref="ProblemException">The cursor has expired, and nothing was sent.</exception>
    public async Task SendAsync(HttpContext context, ChangeCursor cursors, ChangeListener listener, long after, OpenStream stream)
    {
        var news = listener.News;
        var page = await listener.ReadAsync(after, Page, stream.Ended) ?? throw new ProblemException(ApiProblem.CursorExpired);
        var response = context.Response;
        response.ContentType = "text/event-stream";
        response.Headers.CacheControl = "no-store";
        // nginx passes each event on at once.
        response.Headers["X-Accel-Buffering"] = "no";
        if (!HttpMethods.IsGet(context.Request.Method))
            return;
        await SendAsync(response, Encoding.UTF8.GetBytes($"retry: 2000\nid: {cursors.Write(after)}\n\n"), stream.Ended);
        while (!stream.Ended.IsCancellationRequested)
        {
            if (page is { Changes.Count: > 0 } changed)
            {
                await SendAsync(response, _events.GetValue(changed, one => Write(cursors, one)), stream.Ended);
                after = changed.Last;
            }
            if (page is { HasMore: false })
            {
                await news.WaitAsync(s_heartbeat, time, stream.Ended).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (!news.IsCompleted && !stream.Ended.IsCancellationRequested)
                    await SendAsync(response, s_signOfLife, stream.Ended);
            }
            news = listener.News;
            page = await TryReadAsync(listener, after, stream.Ended);
            // The client was so slow that the changes have been forgotten. It is told so when it connects again.
            if (page is { Last: < 0 })
                return;
        }
    }

    private static async Task SendAsync(HttpResponse response, byte[] text, CancellationToken cancellation)
    {
        await response.Body.WriteAsync(text, cancellation);
        await response.Body.FlushAsync(cancellation);
    }

    /// <summary>Reads a page. Returns null while the store does not answer; the stream stays open.</summary>
    private async Task<ChangePage?> TryReadAsync(ChangeListener listener, long after, CancellationToken cancellation)
    {
        try
        {
            return await listener.ReadAsync(after, Page, cancellation) ?? new ChangePage([], -1, HasMore: false);
        }
        catch (StorageException failure)
        {
            starter.Report(failure);
            await Task.Delay(s_retry, time, cancellation);
            return null;
        }
    }

    private static byte[] Write(ChangeCursor cursors, ChangePage page)
    {
        var (text, type) = (new ArrayBufferWriter<byte>(), ApiJson.Instance.ChangeJson);
        foreach (var change in page.Changes)
        {
            Encoding.UTF8.GetBytes($"id: {cursors.Write(change.Mark.Number)}\nevent: change\ndata: ", text);
            using (var writer = new Utf8JsonWriter(text, new JsonWriterOptions { Encoder = type.Options.Encoder, SkipValidation = true }))
                JsonSerializer.Serialize(writer, ChangeJson.Of(change), type);
            text.Write("\n\n"u8);
        }
        return text.WrittenSpan.ToArray();
    }
}
