namespace FileDrop.Api.Blobs.S3;

/// <summary>What one owner holds of <see cref="PartMemory"/>, and the parts of theirs that wait; changed under its lock.</summary>
/// <param name="name">The owner.</param>
internal sealed class PartShare(string name)
{
    public string Name { get; } = name;

    public LinkedList<PartWaiter> Waiting { get; } = new();

    /// <summary>Parts that are not released.</summary>
    public int Parts { get; set; }

    /// <summary>In units.</summary>
    public long Held { get; set; }
}

/// <summary>A part that waits for memory.</summary>
/// <param name="Part">The part.</param>
/// <param name="Units">How much it waits for.</param>
internal sealed record PartWaiter(PartBuffer Part, int Units)
{
    public TaskCompletionSource Granted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
