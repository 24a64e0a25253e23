namespace FileDrop.Api.Catalog;

/// <summary>The audit log where it is kept for a time. Every call throws <see cref="StorageException"/> when the catalog does not answer.</summary>
public interface IAuditCatalog
{
    /// <summary>Entries that <see cref="ListAuditAsync"/> gives at most.</summary>
    const int MaxListed = 1000;

    /// <summary>Adds events; those that are there already stay as they are.</summary>
    /// <param name="events">What happened.</param>
    /// <param name="retention">How long after they happened they are kept at least, where the catalog forgets by itself.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    Task AddAuditAsync(IReadOnlyList<AuditEvent> events, TimeSpan retention, CancellationToken cancellation);

    /// <summary>Events, the newest first.</summary>
    /// <param name="before">Begin behind this one; null begins at the newest.</param>
    /// <param name="limit">At most so many, 1 to <see cref="MaxListed"/>.</param>
    /// <param name="cancellation">Ends the reading.</param>
    Task<IReadOnlyList<AuditEvent>> ListAuditAsync(Guid? before, int limit, CancellationToken cancellation);

    /// <summary>Removes events that are older, where the catalog does not do so by itself.</summary>
    Task ForgetAuditAsync(DateTimeOffset before, CancellationToken cancellation);
}

/// <summary>One change, or one refusal.</summary>
/// <param name="Id">A UUIDv7 of <paramref name="At"/>.</param>
/// <param name="At">When it was answered, to the millisecond.</param>
/// <param name="Operation">What was asked for, as the OpenAPI document names it; <c>none</c> where the path has no operation.</param>
/// <param name="Caller">Who asked: a key's id and name, or a subject; <c>nobody</c> where nobody was known.</param>
/// <param name="Owner">Whose files it was about; null where nobody was known.</param>
/// <param name="Subject">The id of the file, upload or key; null where there is none.</param>
/// <param name="Method">The HTTP method.</param>
/// <param name="Path">Percent-encoded, without the query, cut to 256 characters.</param>
/// <param name="Status">The HTTP status; 499: the client went away before there was one.</param>
/// <param name="Result"><c>done</c>, or the error's code.</param>
/// <param name="Address">The client's, as the nearest trusted proxy saw it.</param>
/// <param name="TraceId">Finds the request in log and traces.</param>
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
