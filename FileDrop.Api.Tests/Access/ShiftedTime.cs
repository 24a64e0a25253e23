namespace FileDrop.Api.Tests.Access;

/// <summary>A clock that can be put forward, with timers that run as ever.</summary>
internal sealed class ShiftedTime : TimeProvider
{
    public TimeSpan Shift { get; set; }

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Shift;
}
