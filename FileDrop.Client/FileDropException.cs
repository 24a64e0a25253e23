using System.Net;

namespace FileDrop.Client;

/// <summary>The service has refused a request, or its answer is not right.</summary>
public sealed class FileDropException : Exception
{
    /// <summary>The code of a download or an upload whose bytes are not those of the other side.</summary>
    public const string DigestMismatch = "digest_mismatch";

    /// <summary>The code of an answer that is not the service's.</summary>
    public const string UnknownAnswer = "unknown_answer";

    public FileDropException()
        : this(UnknownAnswer, "The service gave no reason.")
    {
    }

    public FileDropException(string message)
        : this(UnknownAnswer, message)
    {
    }

    /// <summary>Makes an exception about an answer that was not refused.</summary>
    /// <param name="code">The stable code.</param>
    /// <param name="detail">The cause and the remedy.</param>
    public FileDropException(string code, string detail)
        : base($"{detail} ({code})") => (Code, Detail) = (code, detail);

    public FileDropException(string message, Exception innerException)
        : base(message, innerException) => Code = UnknownAnswer;

    /// <param name="status">The HTTP status.</param>
    /// <param name="code">The stable code.</param>
    /// <param name="detail">The cause and the remedy.</param>
    public FileDropException(HttpStatusCode status, string code, string detail)
        : base($"{detail} ({code})") => (Status, Code, Detail) = (status, code, detail);

    /// <summary>The HTTP status of the refusal; null if there was none.</summary>
    public HttpStatusCode? Status { get; }

    /// <summary>The stable code, such as <c>file_not_found</c>.</summary>
    public string Code { get; }

    /// <summary>The cause and the remedy.</summary>
    public string Detail { get; } = "";

    /// <summary>The id by which the service's log and traces know the request; null if there is none.</summary>
    public string? TraceId { get; init; }

    /// <summary>How long to wait before the next try; null if the service does not say.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Whether the same request may succeed a little later.</summary>
    public bool IsTransient => Status is HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable or HttpStatusCode.Locked
        or HttpStatusCode.BadGateway or HttpStatusCode.GatewayTimeout || Code is "request_in_progress";
}
