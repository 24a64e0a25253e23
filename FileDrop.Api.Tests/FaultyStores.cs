using FileDrop.Api.Storage;

namespace FileDrop.Api.Tests;

/// <summary>The moment at which a store call fails.</summary>
public enum Fault
{
    /// <summary>The call fails before it has any effect.</summary>
    Before,

    /// <summary>The call fails after its effect, so only the answer is lost.</summary>
    After,
}

/// <summary>Stores whose calls fail on demand. Each call goes to the real store, but the named one throws before or after it.</summary>
public sealed class FaultyStores : StoreCalls
{
    private string? _method;
    private Fault _fault;
    private int _left;

    /// <summary>The number of faults so far.</summary>
    public int Happened { get; private set; }

    /// <summary>Makes the named method (<c>IBlobStore.WriteAsync</c>) fail this many times.</summary>
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
