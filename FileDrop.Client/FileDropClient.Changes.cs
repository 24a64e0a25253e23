using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace FileDrop.Client;

// The feed of changes.
public sealed partial class FileDropClient
{
    /// <summary>A stream without a sign of life for this long is dead; the service gives one every 15 seconds.</summary>
    private static readonly TimeSpan s_silence = TimeSpan.FromSeconds(40);

    /// <summary>Takes a cursor that begins now. To keep a copy, take it first, then list everything, then follow.</summary>
    public async Task<string> GetCursorAsync(CancellationToken cancellation = default) => (await ReadChangesAsync("latest", cancellation: cancellation)).Cursor;

    /// <summary>Reads a page of changes.</summary>
    /// <param name="cursor">The cursor; null begins with the oldest change that is kept.</param>
    /// <param name="limit">The most changes: 1 to 1,000.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="FileDropException">With the code <c>cursor_expired</c>: take a new cursor, and list everything again.</exception>
    public Task<ChangePage> ReadChangesAsync(string? cursor, int limit = 1_000, CancellationToken cancellation = default) =>
        GetAsync(Query("/changes", ("cursor", cursor), ("limit", Number(limit))), ClientJson.Instance.ChangePage, cancellation);

    /// <summary>Waits for a change behind a cursor.</summary>
    /// <param name="cursor">The cursor.</param>
    /// <param name="timeout">How long to wait: 1 to 90 seconds. Then the page is empty.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <inheritdoc cref="ReadChangesAsync" path="/exception"/>
    public async Task<ChangePage> WaitForChangesAsync(string cursor, TimeSpan timeout, CancellationToken cancellation = default)
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Get, Query("/changes/wait", ("cursor", cursor), ("timeout", Number(Math.Clamp((long)Math.Ceiling(timeout.TotalSeconds), 1, 90)))));
        using var response = await SendAsync(_transfers, request, cancellation);
        return await ReadAsync(response, ClientJson.Instance.ChangePage, cancellation);
    }

    /// <summary>Follows the feed without end. It connects again after a broken connection, and goes on behind the last change.</summary>
    /// <param name="cursor">The cursor; null begins with the oldest change that is kept.</param>
    /// <param name="cancellation">Ends the following.</param>
    /// <returns>The changes, each with the cursor behind it. Store it once the change is applied.</returns>
    /// <inheritdoc cref="ReadChangesAsync" path="/exception"/>
    public async IAsyncEnumerable<DropChange> FollowAsync(string? cursor, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        for (var tries = 0; ;)
        {
            await using var events = ReadEventsAsync(cursor, cancellation).GetAsyncEnumerator(cancellation);
            Exception? failure = null;
            while (failure is null)
            {
                try
                {
                    if (!await events.MoveNextAsync())
                        failure = new IOException("The stream has ended.");
                }
                catch (Exception broken) when (IsBroken(broken, cancellation))
                {
                    failure = broken;
                }
                if (failure is not null)
                    break;
                (cursor, tries) = (events.Current.Cursor ?? cursor, 0);
                if (events.Current.Change is { } change)
                    yield return change;
            }
            await PauseAsync(tries++, failure, cancellation);
        }
    }

    /// <summary>Reads one stream of server-sent events to its end. An event without a change tells where the stream is.</summary>
    private async IAsyncEnumerable<(DropChange? Change, string? Cursor)> ReadEventsAsync(string? cursor, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        silence.CancelAfter(s_silence);
        using var request = new HttpRequestMessage(HttpMethod.Get, Query("/changes", ("cursor", cursor)));
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
        using var response = await SendAsync(_transfers, request, silence.Token);
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(silence.Token));
        var (id, data) = (cursor, "");
        while (await lines.ReadLineAsync(silence.Token) is { } line)
        {
            silence.CancelAfter(s_silence);
            if (line.Length == 0)
            {
                yield return (data.Length == 0 ? null : Read(data), id);
                data = "";
            }
            else if (line.StartsWith("id: ", StringComparison.Ordinal))
            {
                id = line[4..];
            }
            else if (line.StartsWith("data: ", StringComparison.Ordinal))
            {
                data = line[6..];
            }
        }

        DropChange? Read(string json) => JsonSerializer.Deserialize(json, ClientJson.Instance.DropChange) is { } change ? change with { Cursor = id } : null;
    }
}
