namespace FileDrop.Api.Tests.Access;

/// <summary>A clock that can be moved forward; its timers are not affected.</summary>
internal sealed class ShiftedTime : TimeProvider
{
    public TimeSpan Shift { get; set; }

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Shift;
}
