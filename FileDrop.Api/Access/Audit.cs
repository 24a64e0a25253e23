using System.Buffers.Binary;
using System.Diagnostics;
using FileDrop.Api.Catalog;

namespace FileDrop.Api.Access;

/// <summary>The audit log: one event for every change and for every refusal, with neither secrets nor content.</summary>
/// <remarks>
/// Appends to an upload are events when they complete it, or are refused. What others only read is none: the traces have it.
/// </remarks>
internal sealed partial class Audit(ILogger<Audit> log, AuditTrail trail, TimeProvider time)
{
    /// <summary>For a change that was cut off by its client before it was answered: nginx's name for it.</summary>
    private const int ClientClosedRequest = 499;

    private const int MaxPathLength = 256, MaxMethodLength = 16;

    /// <summary>Bits of an event's id in which those of one millisecond are counted.</summary>
    private const int CounterBits = 12;

    private const string LinkPath = "/links";

    private static readonly string[] RouteIds = ["file_id", "upload_id", "key_id"];

    /// <summary>Refusals whatever the method: who are you, you may not, not here, not so often.</summary>
    private static readonly int[] Refusals =
    [
        StatusCodes.Status401Unauthorized, StatusCodes.Status403Forbidden, StatusCodes.Status421MisdirectedRequest,
        StatusCodes.Status429TooManyRequests,
    ];

    /// <summary>The time and the number of the last id.</summary>
    private long _last;

    /// <summary>Says what a request is about, where its route does not.</summary>
    public static void Concerns(HttpContext context, string subject) => context.Items[typeof(Audit)] = subject;

    /// <summary>Around everything that answers.</summary>
    public async Task ObserveAsync(HttpContext context, RequestDelegate next)
    {
        await next(context);
        var (request, response) = (context.Request, context.Response);
        var isCutOff = context.RequestAborted.IsCancellationRequested && !response.HasStarted;
        var status = isCutOff ? ClientClosedRequest : response.StatusCode;
        var isChange = !HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method) && !HttpMethods.IsOptions(request.Method);
        var isRefused = status >= StatusCodes.Status400BadRequest;
        if (isRefused ? !isChange && !IsRefusal(context, status) : !isChange || IsPiece(context))
            return;

        var isKnown = context.User.Identity?.IsAuthenticated == true;
        var at = DateTimeOffset.FromUnixTimeMilliseconds(time.GetUtcNow().ToUnixTimeMilliseconds());
        var path = request.Path.ToUriComponent();
        var one = new AuditEvent(
            NextId(at),
            at,
            context.GetEndpoint()?.Metadata.GetMetadata<IEndpointNameMetadata>()?.EndpointName ?? "none",
            isKnown ? UnicodeText.Escape(Caller.Name(context)) : "nobody",
            isKnown ? Owner(context) : null,
            Subject(context),
            Cut(request.Method, MaxMethodLength),
            Cut(path, MaxPathLength),
            status,
            isCutOff ? "cut_off" : isRefused ? context.Items[typeof(ApiProblem)] as string ?? "refused" : "done",
            context.Connection.RemoteIpAddress?.ToString() ?? "",
            Activity.Current?.TraceId.ToHexString() ?? context.TraceIdentifier);
        LogEvent(isRefused ? LogLevel.Warning : LogLevel.Information,
            one.Operation, one.Subject, one.Result, one.Status, one.Caller, one.Owner, one.Address, one.Method, one.Path, one.TraceId);
        trail.Add(one);
    }

    /// <summary>The owner, escaped; null: the query names one that is no owner's name, for which the request was refused.</summary>
    private static string? Owner(HttpContext context) =>
        Caller.Owner(context) is var owner && (ApiKeys.IsOwner(owner) || !context.Request.Query.ContainsKey(Caller.OwnerParameter))
            ? UnicodeText.Escape(owner) : null;

    /// <summary>Escaped, and at most so many characters long.</summary>
    private static string Cut(string text, int length) => UnicodeText.Escape(text.Length > length ? text[..length] : text);

    private static bool IsRefusal(HttpContext context, int status) => Refusals.Contains(status)
        || (status == StatusCodes.Status404NotFound && context.Request.Path.StartsWithSegments(LinkPath, StringComparison.OrdinalIgnoreCase));

    /// <summary>An append after which its upload is not complete.</summary>
    private static bool IsPiece(HttpContext context) => HttpMethods.IsPatch(context.Request.Method)
        && context.Response.StatusCode != StatusCodes.Status201Created && context.Response.Headers.ContentLocation.Count == 0;

    /// <summary>Greater than all before, so that the events of one replica are listed as they happened (RFC 9562, section 6.2, method 1).</summary>
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
        // What was made has its address in the answer; its id is the address's end.
        return context.Response.StatusCode == StatusCodes.Status201Created && context.Response.Headers.Location is [{ } location]
            ? location.Split('?')[0].Split('/')[^1] : null;
    }

    [LoggerMessage(EventId = 1, EventName = "Audit",
        Message = "{Operation} {Subject}: {Result} ({Status}), by {Caller} for {Owner} from {Address}: {Method} {Path}, trace {TraceId}")]
    private partial void LogEvent(
        LogLevel level, string operation, string? subject, string result, int status, string caller, string? owner, string address, string method,
        string path, string traceId);
}
