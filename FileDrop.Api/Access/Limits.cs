using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Threading.RateLimiting;
using FileDrop.Api.Http;
using FileDrop.Api.Settings;
using Microsoft.AspNetCore.RateLimiting;

namespace FileDrop.Api.Access;

/// <summary>
/// Limits the requests of a caller and of an address, by buckets that hold a minute's worth and fill evenly. Each replica counts for itself, so that no request
/// waits for another machine.
/// </summary>
/// <remarks>
/// Appends to a resumable upload are not counted, because a client that sends many pieces must not shut itself out. Refused appends have their own bucket;
/// otherwise a client could send them without end. Requests without a valid credential also share one bucket, whatever their method, to limit guessing of keys.
/// </remarks>
internal sealed class Limits : IDisposable
{
    private const int Window = 60;

    private readonly Policy? _caller, _address;

    public Limits(FileDropOptions options)
    {
        if (options.Limits.RequestsPerCaller is { } caller)
            _caller = new Policy("caller", caller, context => context.User.Identity?.IsAuthenticated == true ? Caller.Partition(context) : null);
        if (options.Limits.RequestsPerAddress is { } address)
            _address = new Policy("address", address, context => Network(context.Connection.RemoteIpAddress));
    }

    /// <summary>Applies the limit on addresses; runs before authentication.</summary>
    public void UseOfAddress(IApplicationBuilder app) => _address?.Use(app);

    /// <summary>Applies the limit on callers; runs after authentication.</summary>
    public void UseOfCaller(IApplicationBuilder app) => _caller?.Use(app);

    public void Dispose()
    {
        _caller?.Dispose();
        _address?.Dispose();
    }

    /// <summary>Writes the limit and its remaining requests (draft-ietf-httpapi-ratelimit-headers-10).</summary>
    internal static void Write(HttpContext context, string policy, string quota, long left, long? seconds = null) => context.Response.OnStarting(() =>
    {
        var headers = context.Response.Headers;
        headers.Append("RateLimit-Policy", $"\"{policy}\";{quota}");
        headers.Append("RateLimit", string.Create(CultureInfo.InvariantCulture, $"\"{policy}\";r={left}{(seconds is null ? "" : $";t={seconds}")}"));
        return Task.CompletedTask;
    });

    /// <summary>Names the bucket of an address. For IPv6 it is that of the /64 network, since a client usually controls all of it.</summary>
    internal static string Network(IPAddress? address) => address switch
    {
        null => "none",
        { IsIPv4MappedToIPv6: true } => address.MapToIPv4().ToString(),
        { AddressFamily: AddressFamily.InterNetworkV6 } => Convert.ToHexString(address.GetAddressBytes().AsSpan(0, 8)),
        _ => address.ToString(),
    };

    /// <summary>One limit, with its buckets.</summary>
    private sealed class Policy : IDisposable
    {
        private readonly string _name;
        private readonly int _quota;
        private readonly Func<HttpContext, string?> _counted;
        private readonly PartitionedRateLimiter<HttpContext> _requests, _refusedAppends, _guesses;

        /// <param name="name">The name in response headers.</param>
        /// <param name="quota">Requests per minute.</param>
        /// <param name="partition">Names the bucket that counts a request; null if none does.</param>
        public Policy(string name, int quota, Func<HttpContext, string?> partition)
        {
            (_name, _quota) = (name, quota);
            _counted = context =>
                Transport.IsProbe(context.Request) || PartialContent.IsAppend(context) || IsOfDrive(context) ? null : partition(context);
            _requests = Limiter(_counted);
            _refusedAppends = Limiter(partition);
            _guesses = Limiter(context => Transport.IsProbe(context.Request) ? null : partition(context));
        }

        public void Use(IApplicationBuilder app)
        {
            app.Use(CountRefusalAsync);
            app.UseRateLimiter(new RateLimiterOptions
            {
                GlobalLimiter = _requests,
                OnRejected = async (rejected, _) => await RefuseAsync(rejected.HttpContext, rejected.Lease),
            });
            app.Use((context, next) =>
            {
                // Uncounted requests have a limiter too, whose remaining count would exceed the header's range.
                if (_counted(context) is not null && _requests.GetStatistics(context) is { } left)
                    Write(context, _name, Quota, left.CurrentAvailablePermits);
                return next(context);
            });
        }

        public void Dispose()
        {
            _requests.Dispose();
            _refusedAppends.Dispose();
            _guesses.Dispose();
        }

        /// <summary>
        /// Whether a caller uses a drive, whose single actions are many requests: a limit would make files seem broken. Wrong credentials are counted as guesses.
        /// </summary>
        private static bool IsOfDrive(HttpContext context) => DavAddress.IsOf(context.Request)
            && (context.User.Identity?.IsAuthenticated == true || context.Request.Headers.Authorization.Count > 0);

        private string Quota => string.Create(CultureInfo.InvariantCulture, $"q={_quota};w={Window}");

        private async Task CountRefusalAsync(HttpContext context, RequestDelegate next)
        {
            if (await IsUsedUpAsync(_guesses, context) || (PartialContent.IsAppend(context) && await IsUsedUpAsync(_refusedAppends, context)))
                return;
            // Count before the answer is sent, so that the client's next request already meets the new count.
            context.Response.OnStarting(() =>
            {
                if (context.Response.StatusCode == StatusCodes.Status401Unauthorized)
                    _guesses.AttemptAcquire(context).Dispose();
                else if (PartialContent.IsAppend(context) && context.Response.StatusCode >= StatusCodes.Status400BadRequest)
                    _refusedAppends.AttemptAcquire(context).Dispose();
                return Task.CompletedTask;
            });
            await next(context);
        }

        /// <summary>Refuses a request if its bucket is empty.</summary>
        private async Task<bool> IsUsedUpAsync(PartitionedRateLimiter<HttpContext> bucket, HttpContext context)
        {
            // Test for one whole permit: acquiring zero permits would succeed as soon as any fraction has come back.
            if (bucket.GetStatistics(context) is not { CurrentAvailablePermits: < 1 })
                return false;
            using var lease = bucket.AttemptAcquire(context);
            if (!lease.IsAcquired)
                await RefuseAsync(context, lease);
            return !lease.IsAcquired;
        }

        private Task RefuseAsync(HttpContext context, RateLimitLease lease)
        {
            var wait = lease.TryGetMetadata(MetadataName.RetryAfter, out var after) ? after : TimeSpan.FromSeconds(1);
            var seconds = Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds));
            Write(context, _name, Quota, left: 0, seconds);
            return ApiProblem.TooManyRequests(seconds, _name).ExecuteAsync(context);
        }

        private PartitionedRateLimiter<HttpContext> Limiter(Func<HttpContext, string?> partition)
        {
            // Each step adds a whole number of requests and lasts exactly as long as that number needs.
            var step = Math.Max(1, _quota / Window);
            var bucket = new TokenBucketRateLimiterOptions
            {
                TokenLimit = _quota,
                TokensPerPeriod = step,
                ReplenishmentPeriod = TimeSpan.FromSeconds((double)step * Window / _quota),
                QueueLimit = 0,
                AutoReplenishment = true,
            };
            return PartitionedRateLimiter.Create<HttpContext, string>(context => partition(context) is { } one
                ? RateLimitPartition.GetTokenBucketLimiter(one, _ => bucket)
                : RateLimitPartition.GetNoLimiter(""));
        }
    }
}
