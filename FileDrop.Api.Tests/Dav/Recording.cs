namespace FileDrop.Api.Tests.Dav;

/// <summary>A request of a recording.</summary>
/// <param name="Status">The status with which the client goes on.</param>
/// <param name="Method">The method.</param>
/// <param name="Path">The path below the folder of the recording. <c>{lock}</c> in a field stands for the token of the last lock.</param>
/// <param name="Body">The body; null for none.</param>
/// <param name="Fields">The fields that matter to the service.</param>
public sealed record Sent(int Status, string Method, string Path, string? Body = null, params (string Name, string Value)[] Fields)
{
    /// <summary>Whether the client sends the body in chunks, without its length.</summary>
    public bool IsChunked { get; init; }

    /// <summary>Words that the answer must have.</summary>
    public string[] Says { get; init; } = [];
}

/// <summary>The requests that a client sends for one action of its user.</summary>
/// <param name="Client">The client's <c>User-Agent</c>.</param>
/// <param name="Action">The action.</param>
public sealed record Recording(string Client, string Action)
{
    /// <summary>Files that are there before, and their contents.</summary>
    public (string Path, string Content)[] Before { get; init; } = [];

    /// <summary>The requests, in their order.</summary>
    public required Sent[] Requests { get; init; }

    /// <summary>Contents afterwards; null if the path must be free.</summary>
    public (string Path, string? Content)[] After { get; init; } = [];

    /// <summary>A file that must keep its id, so that its shares and versions stay.</summary>
    public string? Keeps { get; init; }

    /// <summary>The number of versions of the first file of <see cref="After"/>.</summary>
    public int Versions { get; init; } = 1;

    /// <summary>Names that the trash must have afterwards.</summary>
    public string[] Trash { get; init; } = [];

    public override string ToString() => $"{Client.Split('/')[0]}: {Action}";
}
