namespace FileDrop.Cli.Files;

/// <summary>Does something to many items. The failure of one does not stop the others, except one that would stop all.</summary>
internal static class Each
{
    private const int AtOnce = 4;

    /// <summary>Does it to all items, four at a time.</summary>
    /// <param name="session">Says failures.</param>
    /// <param name="items">The items.</param>
    /// <param name="name">An item's name in a failure.</param>
    /// <param name="act">Does it.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The exit code of all failures.</returns>
    public static async Task<ExitCode> DoAsync<T>(
        Session session, IReadOnlyList<T> items, Func<T, string> name, Func<T, CancellationToken, Task> act, CancellationToken cancellation)
    {
        var codes = new ExitCode[items.Count];
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        try
        {
            await Parallel.ForEachAsync(
                Enumerable.Range(0, items.Count), new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = stop.Token },
                async (at, token) =>
                {
                    try
                    {
                        await act(items[at], token);
                    }
                    catch (Exception failure) when (!stop.IsCancellationRequested && ToolException.Explain(failure, session.Address, cancellation) is { } known)
                    {
                        codes[at] = known.Code;
                        session.Output.Error(known.Message.Contains(name(items[at]), StringComparison.Ordinal) ? known.Message : $"{name(items[at])}: {known.Message}");
                        if (known.Code is ExitCode.Network or ExitCode.Refused)
                            await stop.CancelAsync();
                    }
                });
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            // One failure stopped all. It was said.
        }
        return ToolException.Sum(codes, cancellation);
    }
}
