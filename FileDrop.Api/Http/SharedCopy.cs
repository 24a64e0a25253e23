using FileDrop.Api.Contents;

namespace FileDrop.Api.Http;

/// <summary>Copies bytes into an answer, under the terms of a share if it belongs to one.</summary>
internal static class SharedCopy
{
    /// <summary>Copies.</summary>
    /// <param name="context">The request.</param>
    /// <param name="transfer">The share's transfer; null if the answer belongs to no share.</param>
    /// <param name="copy">Copies all bytes.</param>
    public static async Task RunAsync(HttpContext context, SharedTransfer? transfer, Func<Stream, CancellationToken, Task> copy)
    {
        if (transfer is null)
        {
            await copy(context.Response.Body, context.RequestAborted);
            return;
        }
        try
        {
            await copy(transfer.Over(context.Response.Body), transfer.Token);
            transfer.Complete();
        }
        catch (OperationCanceledException) when (transfer.IsRevoked)
        {
            // A clean end would make a part look like the whole.
            context.Abort();
        }
    }
}
