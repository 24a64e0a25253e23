using System.Runtime.ExceptionServices;

namespace FileDrop.Api.Catalog.Mongo;

/// <summary>A change that waits for its document's turn, and then its outcome.</summary>
/// <param name="cancellation">Ends the waiting of the change's caller.</param>
internal abstract class MongoChange(CancellationToken cancellation)
{
    private Exception? _failure;

    /// <summary>Operations opened in the owner's document for the change's intents.</summary>
    public HashSet<Guid> Opened { get; } = [];

    public CancellationToken Cancellation => cancellation;

    /// <summary>Whether the last decision changes the document.</summary>
    public bool IsAccepted { get; protected set; }

    /// <summary>Whether the outcome is final.</summary>
    public bool IsDone { get; private set; }

    /// <summary>Runs the rule, and drops its former decision. An exception of the rule becomes the change's answer.</summary>
    public (FileDocument? Next, bool Removes) Decide(FileDocument? document, DateTimeOffset now)
    {
        (_failure, IsAccepted) = (null, false);
        // The caller is gone, so do not make the change.
        if (cancellation.IsCancellationRequested)
        {
            Refuse(new OperationCanceledException(cancellation));
            return default;
        }
        try
        {
            var decision = Ask(document, now);
            IsAccepted = decision.Next is not null;
            return decision;
        }
        catch (Exception refusal)
        {
            Refuse(refusal);
            return default;
        }
    }

    /// <summary>Makes this exception the change's answer.</summary>
    public void Refuse(Exception refusal) => (_failure, IsAccepted) = (refusal, false);

    public void Complete() => IsDone = true;

    /// <summary>Ends the change with a failure, after which it may have happened or not.</summary>
    public void Fail(Exception failure)
    {
        _failure = failure;
        Complete();
    }

    protected abstract (FileDocument? Next, bool Removes) Ask(FileDocument? document, DateTimeOffset now);

    protected void ThrowFailure()
    {
        if (_failure is not null)
            ExceptionDispatchInfo.Throw(_failure);
    }
}

/// <inheritdoc cref="MongoChange"/>
/// <param name="decide">The rule.</param>
/// <param name="cancellation">Ends the waiting of the change's caller.</param>
internal sealed class MongoChange<T>(Func<FileDocument?, DateTimeOffset, Decision<T>> decide, CancellationToken cancellation) : MongoChange(cancellation)
{
    private Decision<T> _decision;

    /// <summary>The answer of the decision that was saved, or that changes nothing.</summary>
    public T Answer()
    {
        ThrowFailure();
        return _decision.Answer;
    }

    protected override (FileDocument? Next, bool Removes) Ask(FileDocument? document, DateTimeOffset now)
    {
        _decision = decide(document, now);
        return (_decision.Next, _decision.Removes);
    }
}
