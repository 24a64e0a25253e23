using System.Net;
using System.Net.Sockets;
using FileDrop.Client;

namespace FileDrop.Cli;

/// <summary>A failure of the tool, with its exit code and a sentence for a person.</summary>
internal sealed class ToolException(ExitCode code, string sentence) : Exception(sentence)
{
    /// <summary>The exit code.</summary>
    public ExitCode Code { get; } = code;

    /// <summary>Explains a failure; null if it is a bug, which should not be hidden.</summary>
    /// <param name="failure">Any failure of a command.</param>
    /// <param name="address">The service's address; null if no service takes part.</param>
    /// <param name="cancellation">Ctrl+C and SIGTERM. Afterwards every failure is theirs: a connection that is torn down fails in many ways.</param>
    public static ToolException? Explain(Exception failure, Uri? address, CancellationToken cancellation)
    {
        var known = Explain(failure, address);
        return known is not null && cancellation.IsCancellationRequested ? new ToolException(ExitCode.Canceled, "Canceled.") : known;
    }

    /// <summary>The exit code of several items, some of which failed: that of all failures, if they have the same. After Ctrl+C it is that of Ctrl+C.</summary>
    public static ExitCode Sum(IEnumerable<ExitCode> codes, CancellationToken cancellation)
    {
        var failures = codes.Where(code => code != ExitCode.Done).Distinct().ToList();
        return failures switch
        {
            [] => ExitCode.Done,
            _ when cancellation.IsCancellationRequested => ExitCode.Canceled,
            [var one] => one,
            _ => ExitCode.Failed,
        };
    }

    private static ToolException? Explain(Exception failure, Uri? address) => failure switch
    {
        ToolException known => known,
        OperationCanceledException { InnerException: TimeoutException } => new ToolException(ExitCode.Network, $"{address} did not answer in time."),
        OperationCanceledException => new ToolException(ExitCode.Canceled, "Canceled."),
        FileDropException refusal => new ToolException(CodeOf(refusal), SentenceOf(refusal)),
        HttpRequestException or SocketException => new ToolException(ExitCode.Network, $"{address} cannot be reached: {Cause(failure)}"),
        FileNotFoundException or DirectoryNotFoundException => new ToolException(ExitCode.NotFound, failure.Message),
        IOException or UnauthorizedAccessException => new ToolException(ExitCode.Failed, failure.Message),
        _ => null,
    };

    private static ExitCode CodeOf(FileDropException refusal) => refusal.Status switch
    {
        HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.MisdirectedRequest => ExitCode.Refused,
        HttpStatusCode.NotFound or HttpStatusCode.Gone => ExitCode.NotFound,
        HttpStatusCode.Conflict or HttpStatusCode.PreconditionFailed or HttpStatusCode.Locked => ExitCode.Conflict,
        _ when refusal.IsTransient => ExitCode.Network,
        _ => ExitCode.Failed,
    };

    private static string SentenceOf(FileDropException refusal) => refusal switch
    {
        { Status: HttpStatusCode.Unauthorized } => $"{refusal.Detail} 'filedrop login' stores a key.",
        { Status: HttpStatusCode.InternalServerError, TraceId: { } trace } => $"{refusal.Detail} (trace {trace})",
        { Detail.Length: > 0 } => refusal.Detail,
        _ => refusal.Message,
    };

    private static string Cause(Exception failure)
    {
        while (failure.InnerException is { } inner)
            failure = inner;
        return failure.Message.EndsWith('.') ? failure.Message : $"{failure.Message}.";
    }
}
