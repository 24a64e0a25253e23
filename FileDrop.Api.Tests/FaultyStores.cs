namespace FileDrop.Api.Tests;

/// <summary>How a store call fails.</summary>
public enum Fault
{
    /// <summary>Before anything happened.</summary>
    Before,

    /// <summary>After it happened: the answer is lost.</summary>
    After,
}

/// <summary>
/// Stores whose calls fail when the test says so: each call goes to the real store, but the named one throws before it is
/// made, or after it was.
/// </summary>
public sealed class FaultyStores : StoreCalls
{
    private string? _method;
    private Fault _fault;
    private int _left;

    /// <summary>How often the fault has happened.</summary>
    public int Happened { get; private set; }

    /// <summary>From now on the named method (<c>IBlobStore.WriteAsync</c>) fails, so many times.</summary>
    public void Break(string method, Fault fault, int times = 1) => (_method, _fault, _left, Happened) = (method, fault, times, 0);

    public void Heal() => _method = null;

    protected override void Before(string method, object?[] arguments) => Strike(method, Fault.Before);

    protected override void After(string method) => Strike(method, Fault.After);

    private void Strike(string method, Fault fault)
    {
        if (_method != method || _fault != fault || Interlocked.Decrement(ref _left) < 0)
            return;
        Happened++;
        throw new StorageException(StorageFailure.Unavailable, $"A test's fault, {(fault == Fault.Before ? "before" : "after")} the call.");
    }
}
