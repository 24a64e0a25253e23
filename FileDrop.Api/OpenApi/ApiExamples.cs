namespace FileDrop.Api.OpenApi;

/// <summary>One file through the whole document, so that its examples fit together.</summary>
internal static class ApiExamples
{
    public const string FileId = "019ab3c2-7c1e-7d44-9a51-0c5f3f9b8a10";
    public const string FolderId = "019ab3c2-6a10-7c02-8e11-5d2f7c1b9a33";
    public const string Sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    public const string Digest = "sha-256=:n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=:";
    public const string ETag = "\"1-9f86d081884c7d65\"";
    public const string LastModified = "Mon, 23 Nov 2026 08:25:25 GMT";
    public const string Time = "2026-11-23T08:25:25.123Z";
    public const string TraceId = "0af7651916cd43dd8448eb211c80319c";

    /// <summary><see cref="Time"/>, at which the file was stored.</summary>
    public static readonly DateTimeOffset Created = new(2026, 11, 23, 8, 25, 25, 123, TimeSpan.Zero);
}
