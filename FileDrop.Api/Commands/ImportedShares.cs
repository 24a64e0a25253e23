using FileDrop.Api.Catalog;

namespace FileDrop.Api.Commands;

/// <summary>The shares of a backup during its import. Their links keep working: the keys that make their tokens come along.</summary>
/// <remarks>Existing shares stay as they are. A key can be added only under a new number, so nothing changes for the links that exist here.</remarks>
internal sealed class ImportedShares(IShareCatalog catalog, Action<string> complain)
{
    private IReadOnlyList<ShareKey> _keys = [];

    /// <summary>The number of shares that are new here.</summary>
    public long Imported { get; private set; }

    /// <summary>The number of shares that existed here and stayed unchanged.</summary>
    public long Present { get; private set; }

    /// <summary>The number of shares that could not be imported.</summary>
    public long Failed { get; private set; }

    /// <summary>Takes a share of the backup.</summary>
    /// <param name="id">The share's id.</param>
    /// <param name="document">The share; null if it cannot be read.</param>
    /// <param name="problem">The reason to refuse it, or null.</param>
    /// <param name="cancellation">Ends the import.</param>
    public async Task TakeAsync(Guid id, BackedUpShare? document, string? problem, CancellationToken cancellation)
    {
        if (document is null || problem is not null)
        {
            Failed++;
            complain($"Share {id} was not imported: its document in the backup cannot be used, because {problem}.");
        }
        else if (await catalog.AddShareAsync(document.ToShare(await FindOrAddKeyAsync(document.Secret, cancellation)), cancellation))
        {
            Imported++;
        }
        else
        {
            Present++;
        }
    }

    private async Task<long> FindOrAddKeyAsync(byte[] secret, CancellationToken cancellation)
    {
        while (true)
        {
            if (Find() is { } known)
                return known.Number;
            _keys = await catalog.ListShareKeysAsync(cancellation);
            if (Find() is null)
                await catalog.AddShareKeyAsync(new ShareKey(_keys.Count == 0 ? 1 : _keys[^1].Number + 1, secret), cancellation);
        }

        ShareKey? Find() => _keys.FirstOrDefault(key => key.Secret.Span.SequenceEqual(secret));
    }
}
