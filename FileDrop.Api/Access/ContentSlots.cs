using System.Globalization;
using System.Threading.RateLimiting;
using FileDrop.Api.Http;
using FileDrop.Api.Settings;

namespace FileDrop.Api.Access;

/// <summary>Limits the requests of one owner that bring or copy content at the same time, on this replica.</summary>
/// <remarks>
/// Appends to the same upload count as one request. The newer of two replaces the older, and a client that reconnects must not wait until its dead connection
/// ends.
/// </remarks>
internal sealed class ContentSlots(FileDropOptions options) : IDisposable
{
    private const string Policy = "uploads";

    private static readonly HashSet<string> Operations = new(StringComparer.Ordinal)
    {
        "UploadFile", "UpdateFile", "UpdateContent", "CopyFile", "DavPut", "DavCopy", "CreateUpload", "AppendToUpload", "AppendToUploadResource",
    };

    private readonly PartitionedRateLimiter<string> _owners = PartitionedRateLimiter.Create<string, string>(owner =>
        RateLimitPartition.GetConcurrencyLimiter(owner, _ => new ConcurrencyLimiterOptions { PermitLimit = options.Limits.UploadsPerOwner ?? int.MaxValue }));

    private readonly Dictionary<(string Owner, Guid Upload), Slot> _appends = [];
    private readonly Lock _lock = new();

    public void Use(IApplicationBuilder app)
    {
        if (options.Limits.UploadsPerOwner is { } limit)
            app.Use((context, next) => CountAsync(context, next, limit));
    }

    public void Dispose() => _owners.Dispose();

    private async Task CountAsync(HttpContext context, RequestDelegate next, int limit)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<IEndpointNameMetadata>() is not { } operation || !Operations.Contains(operation.EndpointName))
        {
            await next(context);
            return;
        }
        var owner = Caller.Owner(context);
        var quota = string.Create(CultureInfo.InvariantCulture, $"q={limit};qu=\"concurrent-requests\"");
        // The endpoint refuses a malformed upload id; until then the request takes its own slot.
        var upload = context.Request.RouteValues["upload_id"] is string text && Parameters.TryReadId(text, out var id) ? id : Guid.NewGuid();
        if (!TryEnter((owner, upload)))
        {
            Limits.Write(context, Policy, quota, left: 0, seconds: 1);
            await ApiProblem.TooManyRequests(1, Policy).ExecuteAsync(context);
            return;
        }
        try
        {
            Limits.Write(context, Policy, quota, _owners.GetStatistics(owner)?.CurrentAvailablePermits ?? limit);
            await next(context);
        }
        finally
        {
            Leave((owner, upload));
        }
    }

    private bool TryEnter((string Owner, Guid Upload) key)
    {
        lock (_lock)
        {
            if (_appends.TryGetValue(key, out var slot))
            {
                slot.Requests++;
                return true;
            }
            var lease = _owners.AttemptAcquire(key.Owner);
            if (!lease.IsAcquired)
            {
                lease.Dispose();
                return false;
            }
            _appends.Add(key, new Slot(lease) { Requests = 1 });
            return true;
        }
    }

    private void Leave((string Owner, Guid Upload) key)
    {
        lock (_lock)
        {
            if (_appends.TryGetValue(key, out var slot) && --slot.Requests == 0)
            {
                _appends.Remove(key);
                slot.Lease.Dispose();
            }
        }
    }

    private sealed record Slot(RateLimitLease Lease)
    {
        public int Requests { get; set; }
    }
}
