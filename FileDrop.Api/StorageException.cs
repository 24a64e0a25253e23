using System.Text.RegularExpressions;

namespace FileDrop.Api;

/// <summary>Why a store could not do its work.</summary>
public enum StorageFailure
{
    /// <summary>It did not answer, or not in time; trying again later may help. The contract's <c>storage_unavailable</c>.</summary>
    Unavailable,

    /// <summary>It has no room left. The contract's <c>insufficient_storage</c>.</summary>
    Full,
}

/// <summary>
/// The catalog or the blob store failed, as opposed to having answered. What was asked for may have happened or not:
/// only a later read tells.
/// </summary>
/// <param name="failure">What kind of failure a client is told about.</param>
/// <param name="message">For the log; never sent to a client.</param>
/// <param name="inner">The driver's own exception.</param>
public sealed partial class StorageException(StorageFailure failure, string message, Exception? inner = null) : Exception(message, inner)
{
    private const int LongestReason = 200;

    /// <summary>What kind of failure a client is told about.</summary>
    public StorageFailure Failure { get; } = failure;

    /// <summary>What went wrong, in one line.</summary>
    /// <remarks>MongoDB's driver puts its whole view of the cluster into a message, with the stack trace of the cause in it.</remarks>
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

    /// <summary>What was at the root of it: the same for every call that the same thing has made fail.</summary>
    public string Cause => Causes().Matches(Message) is { Count: > 0 } causes ? causes[^1].Groups["text"].Value.TrimEnd('.')
        : GetBaseException().Message.Split('\n', 2)[0].Trim().TrimEnd('.');

    [GeneratedRegex(@"---> [\w.]+Exception( \(\w+\))?: (?<text>[^\r\n]{1,200})", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Causes();
}
