using System.Globalization;
using FileDrop.Api.Catalog;
using FileDrop.Api.Http;
using Microsoft.Extensions.Primitives;

namespace FileDrop.Api.Changes;

/// <summary>The query of a request for changes.</summary>
/// <param name="Cursor">The cursor; null begins at the oldest change that is kept.</param>
/// <param name="Limit">The most changes to look at.</param>
/// <param name="Timeout">How long to wait for a change.</param>
internal readonly record struct ChangeRequest(string? Cursor, int Limit, TimeSpan Timeout)
{
    /// <summary>The longest time, and the usual one, to wait for a change, in seconds. Many proxies cut an idle request off after 100 or 120 seconds.</summary>
    public const int MaxTimeout = 90, UsualTimeout = 30;

    private const string EventStream = "text/event-stream";

    /// <exception cref="ProblemException">A parameter is malformed.</exception>
    public static ChangeRequest Read(HttpRequest request)
    {
        var query = request.Query;
        return new ChangeRequest(ListRequest.Cursor(query), ListRequest.Limit(query, IChangeCatalog.MaxListed), TimeSpan.FromSeconds(Seconds(query["timeout"])));
    }

    /// <summary>Whether the client wants a stream of events.</summary>
    public static bool IsForStream(HttpRequest request) =>
        request.GetTypedHeaders().Accept.Any(type => type.MediaType.Equals(EventStream, StringComparison.OrdinalIgnoreCase));

    /// <summary>The cursor of a stream: a client that connects again repeats the address, and says in a field where it was.</summary>
    public string? StreamCursor(HttpRequest request) => request.Headers["Last-Event-ID"] is [{ Length: > 0 } last] ? last : Cursor;

    private static int Seconds(StringValues timeout) => timeout switch
    {
        [] => UsualTimeout,
        [var text] when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds is >= 1 and <= MaxTimeout => seconds,
        _ => throw new ProblemException(ApiProblem.InvalidRequest(
            string.Create(CultureInfo.InvariantCulture, $"timeout is a whole number of seconds from 1 to {MaxTimeout}."))),
    };
}
