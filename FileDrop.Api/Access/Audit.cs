using System.Buffers.Binary;
using System.Diagnostics;
using FileDrop.Api.Catalog;
using FileDrop.Api.Http;
using FileDrop.Api.Text;

namespace FileDrop.Api.Access;

/// <summary>The audit log: one event for every change and for every refusal, with neither secrets nor content.</summary>
/// <remarks>An append to an upload is an event only if it completes the upload or is refused. Reads are not events; the traces have them.</remarks>
internal sealed partial class Audit(ILogger<Audit> log, AuditTrail trail, TimeProvider time)
{
    /// <summary>The status for a change whose client disconnected before the answer; nginx uses the same number.</summary>
    private const int ClientClosedRequest = 499;

    private const int MaxPathLength = 256, MaxMethodLength = 16;

    /// <summary>The bits of an event's id that count the events of one millisecond.</summary>
    private const int CounterBits = 12;

    private const string LinkPath = "/links";

    private static readonly string[] RouteIds = ["file_id", "folder_id", "share_id", "upload_id", "key_id"];

    /// <summary>Refusals that are events for every method, reads included.</summary>
    private static readonly int[] Refusals =
    [
        StatusCodes.Status401Unauthorized, StatusCodes.Status403Forbidden, StatusCodes.Status421MisdirectedRequest,
        StatusCodes.Status429TooManyRequests,
    ];

    /// <summary>The time and the counter of the last id.</summary>
    private long _last;

    /// <summary>Names the subject of a request whose route has no id.</summary>
    public static void Concerns(HttpContext context, string subject) => context.Items[typeof(Audit)] = subject;

    /// <summary>Wraps every request, and records its outcome.</summary>
    public async Task ObserveAsync(HttpContext context, RequestDelegate next)
    {
        await next(context);
        var (request, response) = (context.Request, context.Response);
        var isCutOff = context.RequestAborted.IsCancellationRequested && !response.HasStarted;
        var status = isCutOff ? ClientClosedRequest : response.StatusCode;
        var isChange = !HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method) && !HttpMethods.IsOptions(request.Method)
            && !DavAddress.IsSearch(request.Method);
        var isRefused = status >= StatusCodes.Status400BadRequest;
        if (isRefused ? !isChange && !IsRefusal(context, status) : !isChange || IsPiece(context))
            return;

        Record(
            context, context.GetEndpoint()?.Metadata.GetMetadata<IEndpointNameMetadata>()?.EndpointName ?? "none", Subject(context), status,
            isCutOff ? "cut_off" : isRefused ? context.Items[typeof(ApiProblem)] as string ?? "refused" : "done");
    }

    /// <summary>Records an event of a request. A request that does several things records each of them.</summary>
    /// <param name="context">The request.</param>
    /// <param name="operation">The operation's name.</param>
    /// <param name="subject">The file, folder, upload or key; null if unknown.</param>
    /// <param name="status">The HTTP status.</param>
    /// <param name="result"><c>done</c>, or the code of the refusal.</param>
    public void Record(HttpContext context, string operation, string? subject, int status, string result)
    {
        var request = context.Request;
        var isKnown = context.User.Identity?.IsAuthenticated == true;
        var at = WholeMilliseconds.Floor(time.GetUtcNow());
        var path = LoggedPath.Of(request.Path);
        var one = new AuditEvent(
            NextId(at),
            at,
            operation,
            isKnown ? UnicodeText.Escape(Caller.Name(context)) : "nobody",
            isKnown ? Owner(context) : null,
            subject,
            Cut(request.Method, MaxMethodLength),
            Cut(path, MaxPathLength),
            status,
            result,
            context.Connection.RemoteIpAddress?.ToString() ?? "",
            Activity.Current?.TraceId.ToHexString() ?? context.TraceIdentifier);
        LogEvent(status >= StatusCodes.Status400BadRequest ? LogLevel.Warning : LogLevel.Information,
            one.Operation, one.Subject, one.Result, one.Status, one.Caller, one.Owner, one.Address, one.Method, one.Path, one.TraceId);
        trail.Add(one);
    }

    /// <summary>The owner, escaped; null if the query's owner is malformed, in which case the request was refused.</summary>
    private static string? Owner(HttpContext context) =>
        Caller.Owner(context) is var owner && (ApiKeys.IsOwner(owner) || !context.Request.Query.ContainsKey(Caller.OwnerParameter))
            ? UnicodeText.Escape(owner) : null;

    /// <summary>Cuts a text to at most <paramref name="length"/> characters, then escapes it.</summary>
    private static string Cut(string text, int length) => UnicodeText.Escape(text.Length > length ? text[..length] : text);

    private static bool IsRefusal(HttpContext context, int status) => Refusals.Contains(status)
        || (status == StatusCodes.Status404NotFound
            && (context.Request.Path.StartsWithSegments(LinkPath, StringComparison.OrdinalIgnoreCase) || LoggedPath.IsOfShare(context.Request.Path)));

    /// <summary>Whether the request was an append that did not complete its upload.</summary>
    private static bool IsPiece(HttpContext context) => PartialContent.IsAppend(context)
        && context.Response.StatusCode != StatusCodes.Status201Created && context.Response.Headers.ContentLocation.Count == 0;

    /// <summary>Returns an id greater than all before, so that a list shows one replica's events in their order (RFC 9562, section 6.2, method 1).</summary>
    private Guid NextId(DateTimeOffset at)
    {
        long last, next;
        do
        {
            last = Volatile.Read(ref _last);
            next = Math.Max(at.ToUnixTimeMilliseconds() << CounterBits, last + 1);
        }
        while (Interlocked.CompareExchange(ref _last, next, last) != last);
        Span<byte> bytes = stackalloc byte[16];
        Guid.CreateVersion7(DateTimeOffset.FromUnixTimeMilliseconds(next >> CounterBits)).TryWriteBytes(bytes, bigEndian: true, out _);
        BinaryPrimitives.WriteUInt16BigEndian(bytes[6..], (ushort)(0x7000 | (next & ((1 << CounterBits) - 1))));
        return new Guid(bytes, bigEndian: true);
    }

    private static string? Subject(HttpContext context)
    {
        if (context.Items[typeof(Audit)] is string said)
            return said;
        foreach (var name in RouteIds)
        {
            if (context.Request.RouteValues[name] is string id)
                return id.Length > MaxPathLength ? null : Uri.EscapeDataString(id);
        }
        // The answer's Location ends with the id of the created resource.
        return context.Response.StatusCode == StatusCodes.Status201Created && context.Response.Headers.Location is [{ } location]
            ? location.Split('?')[0].Split('/')[^1] : null;
    }

    [LoggerMessage(EventId = 1, EventName = "Audit",
        Message = "{Operation} {Subject}: {Result} ({Status}), by {Caller} for {Owner} from {Address}: {Method} {Path}, trace {TraceId}")]
    private partial void LogEvent(
        LogLevel level, string operation, string? subject, string result, int status, string caller, string? owner, string address, string method,
        string path, string traceId);
}
