using System.Diagnostics;
using FileDrop.Client;

namespace FileDrop.Cli.Transfers;

/// <summary>Does many transfers at once, with progress, and sums them up.</summary>
internal sealed class TransferRun(Session session, string verb)
{
    private long _files;
    private long _bytes;
    private long _unchanged;

    /// <summary>Does all transfers. The failure of one does not stop the others, except one that would stop all.</summary>
    /// <param name="transfers">The transfers.</param>
    /// <param name="parallel">How many at once.</param>
    /// <param name="cancellation">Ends them.</param>
    /// <returns>The exit code of all failures.</returns>
    public async Task<ExitCode> RunAsync(IReadOnlyList<Transfer> transfers, int parallel, CancellationToken cancellation)
    {
        var began = Stopwatch.GetTimestamp();
        var code = session.Output.ShowsProgress && transfers.Count > 0
            ? await ProgressScreen.ShowAsync(session.Output.Screen, transfers, screen => RunAsync(transfers, parallel, screen, cancellation))
            : await RunAsync(transfers, parallel, screen: null, cancellation);
        if (session.Output.IsForPerson)
            session.Output.Note(Summary(Stopwatch.GetElapsedTime(began)));
        return code;
    }

    private async Task<ExitCode> RunAsync(IReadOnlyList<Transfer> transfers, int parallel, ProgressScreen? screen, CancellationToken cancellation)
    {
        var codes = new ExitCode[transfers.Count];
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        try
        {
            await Parallel.ForEachAsync(
                Enumerable.Range(0, transfers.Count), new ParallelOptions { MaxDegreeOfParallelism = parallel, CancellationToken = stop.Token },
                async (at, token) =>
                {
                    using var row = screen?.Begin(transfers[at]);
                    try
                    {
                        Say(await transfers[at].Act(row ?? (IProgress<TransferProgress>)NoProgress.Instance, token), isSeen: transfers[at].IsSilent || (screen is not null && session.Output.IsForPerson));
                    }
                    catch (Exception failure) when (!stop.IsCancellationRequested && ToolException.Explain(failure, session.Address, cancellation) is { } known)
                    {
                        codes[at] = known.Code;
                        session.Output.Error($"{transfers[at].Name}: {known.Message}");
                        if (known.Code is ExitCode.Network or ExitCode.Refused)
                            await stop.CancelAsync();
                    }
                });
        }
        catch (Exception ended) when (!cancellation.IsCancellationRequested && stop.IsCancellationRequested && ToolException.Explain(ended, session.Address, cancellation) is not null)
        {
            // One failure stopped all. It was said.
        }
        return ToolException.Sum(codes, cancellation);
    }

    private void Say(Transferred result, bool isSeen)
    {
        Interlocked.Increment(ref result.Bytes is null ? ref _unchanged : ref _files);
        Interlocked.Add(ref _bytes, result.Bytes ?? 0);
        // A person has seen the bars, and gets a summary.
        if (!isSeen)
            session.Output.Done(result.Json, result.Line);
    }

    private string Summary(TimeSpan took)
    {
        var rate = took.TotalSeconds > 0 ? _bytes / took.TotalSeconds : 0;
        var done = $"{verb} {Words.Count(_files, "file")}, {Words.Size(_bytes)} in {took.TotalSeconds:0.0} s ({Words.Size(rate)}/s)";
        return _unchanged == 0 ? $"{done}." : $"{done}. {Words.Count(_unchanged, "file")} {(_unchanged == 1 ? "was" : "were")} there already.";
    }

    private sealed class NoProgress : IProgress<TransferProgress>
    {
        public static NoProgress Instance { get; } = new();

        public void Report(TransferProgress value)
        {
            // Nobody watches.
        }
    }
}
