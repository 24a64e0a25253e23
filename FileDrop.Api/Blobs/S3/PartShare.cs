namespace FileDrop.Api.Blobs.S3;

/// <summary>The memory that one owner holds of <see cref="PartMemory"/>, and the owner's waiting parts; changed under its lock.</summary>
/// <param name="name">The owner.</param>
internal sealed class PartShare(string name)
{
    public string Name { get; } = name;

    public LinkedList<PartWaiter> Waiting { get; } = new();

    /// <summary>The number of parts that are not released.</summary>
    public int Parts { get; set; }

    /// <summary>The memory they hold, in units.</summary>
    public long Held { get; set; }
}

/// <summary>A part that waits for memory.</summary>
/// <param name="Part">The part.</param>
/// <param name="Units">The number of units that it waits for.</param>
internal sealed record PartWaiter(PartBuffer Part, int Units)
{
    public TaskCompletionSource Granted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
