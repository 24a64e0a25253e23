using System.Text.RegularExpressions;

namespace FileDrop.Api.Storage;

/// <summary>The kind of a store's failure.</summary>
public enum StorageFailure
{
    /// <summary>The store did not answer in time; trying again later may help. The contract's <c>storage_unavailable</c>.</summary>
    Unavailable,

    /// <summary>The store is full. The contract's <c>insufficient_storage</c>.</summary>
    Full,
}

/// <summary>The catalog or the blob store failed instead of answering. The change may have happened or not; only a later read tells.</summary>
/// <param name="failure">The kind of failure, for the client.</param>
/// <param name="message">A message for the log, which is never sent to a client.</param>
/// <param name="inner">The driver's own exception.</param>
public sealed partial class StorageException(StorageFailure failure, string message, Exception? inner = null) : Exception(message, inner)
{
    private const int LongestReason = 200;

    /// <summary>The kind of failure, for the client.</summary>
    public StorageFailure Failure { get; } = failure;

    /// <summary>The reason, in one line.</summary>
    /// <remarks>MongoDB's driver writes its whole view of the cluster into a message, including the stack trace of the cause.</remarks>
    public string Reason
    {
        get
        {
            var first = Message.AsSpan(0, Message.AsSpan().IndexOfAny('\r', '\n') is >= 0 and var end ? end : Message.Length);
            var view = first.IndexOf(" using CompositeServerSelector", StringComparison.Ordinal);
            var reason = (view < 0 ? first : first[..view]).ToString();
            reason = reason.Length <= LongestReason ? reason : $"{reason[..LongestReason]}…";
            return reason.Contains(Cause, StringComparison.Ordinal) ? reason : $"{reason.TrimEnd('.')}: {Cause}.";
        }
    }

    /// <summary>The root cause, which is the same text for all calls that failed for the same reason.</summary>
    public string Cause => Causes().Matches(Message) is { Count: > 0 } causes ? causes[^1].Groups["text"].Value.TrimEnd('.')
        : GetBaseException().Message.Split('\n', 2)[0].Trim().TrimEnd('.');

    [GeneratedRegex(@"---> [\w.]+Exception( \(\w+\))?: (?<text>[^\r\n]{1,200})", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Causes();
}
