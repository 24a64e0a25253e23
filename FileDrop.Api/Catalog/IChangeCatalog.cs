using FileDrop.Api.Storage;

namespace FileDrop.Api.Catalog;

/// <summary>Each owner's feed: the order in which files and folders changed; see <see cref="ICatalog"/>.</summary>
/// <remarks>
/// A change gets the next number of its owner's feed. A reader that goes on after the last number it has seen misses the last state of nothing. It may meet
/// a change twice, and it always meets the file or folder as it is now.
/// </remarks>
public interface IChangeCatalog
{
    /// <summary>The most changes that a page has.</summary>
    const int MaxListed = 1_000;

    /// <summary>Calls back with the owner whenever this process has put changes into a feed. <see cref="FindLaterAsync"/> finds those of other processes.</summary>
    void WhenSaid(Action<string> tell);

    /// <summary>The id of this catalog's feeds. Another catalog, also a restored one, has another id, so numbers of the two are never mixed up.</summary>
    Task<Guid> FindFeedAsync(CancellationToken cancellation);

    /// <summary>The number of an owner's last change; 0 if there is none.</summary>
    Task<long> FindLastAsync(string owner, CancellationToken cancellation);

    /// <summary>Reads changes of one owner.</summary>
    /// <param name="owner">The owner.</param>
    /// <param name="after">Begin behind this number; null begins at the oldest change that is kept.</param>
    /// <param name="limit">The most changes to look at: 1 to <see cref="MaxListed"/>. An entry that changed several times is on the page once.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <returns>The page; null if changes behind the number are no longer kept, or the number lies ahead of the feed.</returns>
    Task<ChangePage?> ReadAsync(string owner, long? after, int limit, CancellationToken cancellation);

    /// <summary>Returns the owners whose feeds go beyond these numbers, by one query for all of them.</summary>
    Task<IReadOnlyList<string>> FindLaterAsync(IReadOnlyDictionary<string, long> lasts, CancellationToken cancellation);

    /// <summary>Forgets changes that are older than the retention. The last one of each owner stays, because the next number depends on it.</summary>
    Task ForgetAsync(TimeSpan retention, CancellationToken cancellation);
}

/// <summary>Puts marked changes into the feeds, on engines that cannot number a change in its own transaction; see <see cref="IChangeCatalog"/>.</summary>
public interface ISequencer
{
    /// <summary>Calls back with the owner whenever this process has marked a change.</summary>
    void WhenMarked(Action<string> tell);

    /// <summary>Numbers all marked changes of all owners. Any number of processes may do so at once, and each may end at any step.</summary>
    /// <exception cref="StorageException">The catalog does not answer. Marks that are left are found the next time.</exception>
    Task SayAsync(CancellationToken cancellation);

    /// <summary>Numbers all marked changes of one owner.</summary>
    /// <inheritdoc cref="SayAsync(CancellationToken)"/>
    Task SayAsync(string owner, CancellationToken cancellation);
}

/// <summary>A page of a feed.</summary>
/// <param name="Changes">The changes, in order.</param>
/// <param name="Last">The number to go on after.</param>
/// <param name="HasMore">Whether there are more changes already.</param>
public sealed record ChangePage(IReadOnlyList<Change> Changes, long Last, bool HasMore);

/// <summary>A change.</summary>
/// <param name="Mark">Its number, and the file or folder.</param>
/// <param name="Entry">The file or folder as it is now; null if it is not live, whether it is in the trash or gone for good.</param>
public sealed record Change(ChangeMark Mark, FolderEntry? Entry);

/// <summary>The record of a change: it tells which entry changed, and not how.</summary>
/// <param name="Number">The number in the owner's feed. The first one is 1, and there are no gaps.</param>
/// <param name="Kind">The kind of the entry.</param>
/// <param name="Id">The entry.</param>
public readonly record struct ChangeMark(long Number, EntryKind Kind, Guid Id);
