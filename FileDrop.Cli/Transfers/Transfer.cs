using System.Text.Json.Nodes;
using FileDrop.Client;

namespace FileDrop.Cli.Transfers;

/// <summary>One file to send or to fetch.</summary>
/// <param name="Name">The name in progress and failures.</param>
/// <param name="Size">The bytes; null if unknown.</param>
/// <param name="Act">Does it.</param>
internal sealed record Transfer(string Name, long? Size, Func<IProgress<TransferProgress>, CancellationToken, Task<Transferred>> Act)
{
    /// <summary>Whether standard output has its bytes, and nothing else may go there.</summary>
    public bool IsSilent { get; init; }
}

/// <summary>The result of one transfer.</summary>
/// <param name="Json">For programs.</param>
/// <param name="Line">For a person.</param>
/// <param name="Bytes">The bytes of the file; null if it was there already.</param>
internal sealed record Transferred(JsonObject Json, string Line, long? Bytes);
