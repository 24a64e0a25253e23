using FileDrop.Api.Storage;

namespace FileDrop.Api.Catalog;

/// <summary>The audit log in the catalog, kept for a limited time. Every call throws <see cref="StorageException"/> if the catalog does not answer.</summary>
public interface IAuditCatalog
{
    /// <summary>The most entries that <see cref="ListAuditAsync"/> returns.</summary>
    const int MaxListed = 1000;

    /// <summary>Adds events; existing ones stay unchanged.</summary>
    /// <param name="events">The events.</param>
    /// <param name="retention">The least time after the events for which a catalog that forgets by itself keeps them.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    Task AddAuditAsync(IReadOnlyList<AuditEvent> events, TimeSpan retention, CancellationToken cancellation);

    /// <summary>Returns events, the newest first.</summary>
    /// <param name="before">The event after which the list begins; null for the newest.</param>
    /// <param name="limit">The maximum number of events, 1 to <see cref="MaxListed"/>.</param>
    /// <param name="cancellation">Ends the reading.</param>
    Task<IReadOnlyList<AuditEvent>> ListAuditAsync(Guid? before, int limit, CancellationToken cancellation);

    /// <summary>Removes older events, if the catalog does not do so by itself.</summary>
    Task ForgetAuditAsync(DateTimeOffset before, CancellationToken cancellation);
}

/// <summary>One change or refusal.</summary>
/// <param name="Id">A UUIDv7 of <paramref name="At"/>.</param>
/// <param name="At">The time of the answer, to the millisecond.</param>
/// <param name="Operation">The operation's name in the OpenAPI document; <c>none</c> if the path has no operation.</param>
/// <param name="Caller">The caller's key (id and name) or token's subject; <c>nobody</c> if unknown.</param>
/// <param name="Owner">The owner of the files; null if the caller is unknown.</param>
/// <param name="Subject">The id of the file, upload or key; null if there is none.</param>
/// <param name="Method">The HTTP method.</param>
/// <param name="Path">Percent-encoded, without the query, cut to 256 characters.</param>
/// <param name="Status">The HTTP status; 499 if the client disconnected before the answer.</param>
/// <param name="Result"><c>done</c>, or the error's code.</param>
/// <param name="Address">The client's address, as the nearest trusted proxy saw it.</param>
/// <param name="TraceId">The id of the request in log and traces.</param>
public sealed record AuditEvent(
    Guid Id,
    DateTimeOffset At,
    string Operation,
    string Caller,
    string? Owner,
    string? Subject,
    string Method,
    string Path,
    int Status,
    string Result,
    string Address,
    string TraceId);
