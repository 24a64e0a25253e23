namespace FileDrop.Api.Catalog;

/// <summary>Whole documents of all owners, for the check, the scrub, a backup and the sweeper; see <see cref="ICatalog"/>.</summary>
public interface IDocumentCatalog
{
    /// <summary>Documents in the order of their ids, which is roughly that of their creation.</summary>
    /// <param name="after">Begin behind this id; null begins at the first.</param>
    /// <param name="limit">The most documents to give: 1 to 1,000.</param>
    /// <param name="cancellation">Ends the reading.</param>
    Task<IReadOnlyList<CatalogDocument>> ScanAsync(Guid? after, int limit, CancellationToken cancellation);

    /// <summary>The documents with these ids; ids without a document are left out.</summary>
    Task<IReadOnlyList<CatalogDocument>> FindDocumentsAsync(IReadOnlyCollection<Guid> ids, CancellationToken cancellation);

    /// <summary>
    /// Inserts a file as another catalog had it, live or in the trash, with its contents, versions and times. Returns false if some owner's
    /// document already has this id; that document stays as it is.
    /// </summary>
    /// <param name="document">Has a file, whose blobs are already in the store. Its intents and garbage are ignored.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    Task<bool> ImportAsync(CatalogDocument document, CancellationToken cancellation);

    /// <summary>Compares the recorded usage of each owner with the sum over the documents, beside a running service.</summary>
    /// <param name="repair">Whether to record the sum.</param>
    /// <param name="cancellation">Ends the comparison.</param>
    Task<IReadOnlyList<UsageDifference>> CheckUsageAsync(bool repair, CancellationToken cancellation);
}
