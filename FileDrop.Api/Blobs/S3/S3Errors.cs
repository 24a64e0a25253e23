using System.Net;
using System.Text;
using Amazon.Runtime;
using Amazon.S3;

namespace FileDrop.Api.Blobs.S3;

/// <summary>What the answers of S3 servers mean to us.</summary>
internal static class S3Errors
{
    private const int LongestError = 16 * 1024;

    /// <summary>There is no such object. A HEAD has no body, and so no code.</summary>
    public static bool IsNoSuchKey(AmazonS3Exception e) =>
        e.StatusCode == HttpStatusCode.NotFound && e.ErrorCode is not ("NoSuchBucket" or "NoSuchUpload");

    /// <summary>There is no such multipart upload: Ceph says after an abort that there is no such key.</summary>
    public static bool IsNoSuchUpload(AmazonS3Exception e) =>
        e.StatusCode == HttpStatusCode.NotFound && e.ErrorCode is not "NoSuchBucket";

    private const string TimeTooSkewed = "RequestTimeTooSkewed";

    /// <summary>A refusal that came of a wrong clock, which is right now.</summary>
    public static AmazonS3Exception WrongTime(AmazonS3Exception e) =>
        new(e.Message, e, e.ErrorType, TimeTooSkewed, e.RequestId, e.StatusCode);

    /// <summary>Whether the same request may succeed in a moment.</summary>
    public static bool IsPassing(Exception e) => e switch
    {
        AmazonS3Exception s3 => !IsFull(s3)
            && (s3.StatusCode is HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout
                or (>= HttpStatusCode.InternalServerError and not HttpStatusCode.NotImplemented)
                || s3.ErrorCode is "SlowDown" or "RequestTimeout" or TimeTooSkewed),
        HttpRequestException or IOException => true,
        _ => false,
    };

    /// <summary>Makes an exception of what went wrong in a call.</summary>
    /// <param name="what">The call, for the log.</param>
    /// <param name="e">What the SDK or HttpClient threw.</param>
    public static StorageException Translate(string what, Exception e) => e switch
    {
        StorageException storage => storage,
        AmazonS3Exception s3 when IsFull(s3) => new(StorageFailure.Full, $"S3 has no room for {what}: {s3.ErrorCode} ({(int)s3.StatusCode}).", e),
        AmazonServiceException s3 => new(StorageFailure.Unavailable, $"S3 refused {what}: {s3.ErrorCode} ({(int)s3.StatusCode}) {s3.Message}", e),
        OperationCanceledException => new(StorageFailure.Unavailable, $"S3 stood still at {what}.", e),
        _ => new(StorageFailure.Unavailable, $"S3 failed at {what}: {e.Message}", e),
    };

    /// <summary>Reads an answer that is no success, in the form that the SDK gives to such answers.</summary>
    public static async Task<AmazonS3Exception> ReadAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        var buffer = new byte[LongestError];
        await using var body = await response.Content.ReadAsStreamAsync(cancellation);
        var text = Encoding.UTF8.GetString(buffer, 0, await body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellation));
        return new AmazonS3Exception(
            Element(text, "Message") ?? response.ReasonPhrase ?? "no reason given", ErrorType.Unknown,
            Element(text, "Code") ?? "no code", Element(text, "RequestId") ?? "", response.StatusCode);
    }

    // EntityTooLarge: a server's way to say that a limit set by its operator is reached; our parts are within S3's.
    private static bool IsFull(AmazonS3Exception e) =>
        e.StatusCode == HttpStatusCode.InsufficientStorage
        || e.ErrorCode is "XMinioStorageFull" or "XMinioAdminBucketQuotaExceeded" or "QuotaExceeded" or "InsufficientStorage" or "EntityTooLarge";

    private static string? Element(string xml, string name)
    {
        var start = xml.IndexOf($"<{name}>", StringComparison.Ordinal) + name.Length + 2;
        var end = xml.IndexOf($"</{name}>", StringComparison.Ordinal);
        return start >= name.Length + 2 && end >= start ? xml[start..end] : null;
    }
}
