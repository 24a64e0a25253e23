using System.Net;

namespace FileDrop.Api.Tests;

/// <summary>A request's body that stops in the middle until the test lets it continue.</summary>
public sealed class GatedContent(byte[] content, int stopAt) : HttpContent
{
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when the first part is sent and the rest waits.</summary>
    public Task Stopped => _stopped.Task;

    /// <summary>Sends the rest.</summary>
    public void Open() => _open.TrySetResult();

    /// <summary>Breaks the body here, like a client that disconnects.</summary>
    public void Break() => _open.TrySetException(new IOException("The client went away."));

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        await stream.WriteAsync(content.AsMemory(0, stopAt));
        await stream.FlushAsync();
        _stopped.TrySetResult();
        await _open.Task;
        await stream.WriteAsync(content.AsMemory(stopAt));
    }

    protected override bool TryComputeLength(out long length)
    {
        length = content.Length;
        return true;
    }
}
