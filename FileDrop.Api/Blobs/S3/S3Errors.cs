using System.Net;
using System.Text;
using Amazon.Runtime;
using Amazon.S3;
using FileDrop.Api.Storage;

namespace FileDrop.Api.Blobs.S3;

/// <summary>Translates the errors of S3 servers into failures of the store.</summary>
internal static class S3Errors
{
    private const int LongestError = 16 * 1024;

    /// <summary>Whether the object does not exist. The answer to a HEAD has no body, and so no code.</summary>
    public static bool IsNoSuchKey(AmazonS3Exception e) =>
        e.StatusCode == HttpStatusCode.NotFound && e.ErrorCode is not ("NoSuchBucket" or "NoSuchUpload");

    /// <summary>Whether the multipart upload does not exist. After an abort Ceph says that the key does not exist.</summary>
    public static bool IsNoSuchUpload(AmazonS3Exception e) =>
        e.StatusCode == HttpStatusCode.NotFound && e.ErrorCode is not "NoSuchBucket";

    /// <summary>Whether the server does not know the operation, and so will not know it the next time.</summary>
    public static bool IsUnknownOperation(AmazonS3Exception e) =>
        e.StatusCode is HttpStatusCode.NotImplemented or HttpStatusCode.MethodNotAllowed
        || e.ErrorCode is "NotImplemented" or "MethodNotAllowed";

    private const string TimeTooSkewed = "RequestTimeTooSkewed";

    /// <summary>Makes a refusal that a wrong clock caused; the clock is corrected by now.</summary>
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

    /// <summary>Makes a store's exception of a call's.</summary>
    /// <param name="what">The call, for the log.</param>
    /// <param name="e">The exception of the SDK or HttpClient.</param>
    public static StorageException Translate(string what, Exception e) => e switch
    {
        StorageException storage => storage,
        AmazonS3Exception s3 when IsFull(s3) => new(StorageFailure.Full, $"S3 has no room for {what}: {s3.ErrorCode} ({(int)s3.StatusCode}).", e),
        AmazonServiceException s3 => new(StorageFailure.Unavailable, $"S3 refused {what}: {s3.ErrorCode} ({(int)s3.StatusCode}) {s3.Message}", e),
        OperationCanceledException => new(StorageFailure.Unavailable, $"S3 did not go on with {what}.", e),
        _ => new(StorageFailure.Unavailable, $"S3 failed: {what}: {e.Message}", e),
    };

    /// <summary>Reads an error answer into the exception that the SDK throws for such answers.</summary>
    public static async Task<AmazonS3Exception> ReadAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        var buffer = new byte[LongestError];
        await using var body = await response.Content.ReadAsStreamAsync(cancellation);
        var text = Encoding.UTF8.GetString(buffer, 0, await body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellation));
        return new AmazonS3Exception(
            Element(text, "Message") ?? response.ReasonPhrase ?? "no reason given", ErrorType.Unknown,
            Element(text, "Code") ?? "no code", Element(text, "RequestId") ?? "", response.StatusCode);
    }

    // EntityTooLarge: the limit of the server's operator is reached, since FileDrop's parts keep to S3's limits.
    private static bool IsFull(AmazonS3Exception e) =>
        e.StatusCode == HttpStatusCode.InsufficientStorage
        || e.ErrorCode is "XMinioStorageFull" or "XMinioAdminBucketQuotaExceeded" or "QuotaExceeded" or "InsufficientStorage" or "EntityTooLarge";

    /// <remarks>Not a parser: an error may be cut off, or may be a proxy's page and no XML.</remarks>
    private static string? Element(string xml, string name)
    {
        var start = xml.IndexOf($"<{name}>", StringComparison.Ordinal) + name.Length + 2;
        var end = xml.IndexOf($"</{name}>", StringComparison.Ordinal);
        return start >= name.Length + 2 && end >= start ? xml[start..end] : null;
    }
}
