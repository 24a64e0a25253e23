using FileDrop.Api.OpenApi;

namespace FileDrop.Api.Links;

/// <summary>The query of a link, and the words for it.</summary>
/// <remarks>The secret is in the query, which neither the log nor the traces show.</remarks>
internal static class LinkWords
{
    /// <summary>The query's field with the grant.</summary>
    public const string Grant = "grant";

    /// <summary>The query of a link in the document's examples.</summary>
    public const string ExampleQuery = $"{Grant}=AAAAAAAAAAEAAAGasL3qqw…";

    public static readonly ApiParameter GrantParameter =
        ApiParameter.Query(Grant, "The signed part of the link; keep it secret. A missing or wrong one is `404`.", Shape.Text());
}
