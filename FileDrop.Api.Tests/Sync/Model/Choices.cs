namespace FileDrop.Api.Tests.Sync.Model;

/// <summary>Decisions of a random run, one a byte, so that a failing run can be made shorter.</summary>
internal sealed class Choices(byte[] bytes)
{
    private int _next;

    public bool AreLeft => _next < bytes.Length;

    /// <summary>A number from 0 to below a limit; 0 once there are no bytes.</summary>
    public int Below(int limit) => AreLeft ? bytes[_next++] % limit : 0;

    public T OneOf<T>(IReadOnlyList<T> items) => items[Below(items.Count)];
}
