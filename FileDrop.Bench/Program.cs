using System.Runtime.InteropServices;
using FileDrop.Bench.Compare;

namespace FileDrop.Bench;

/// <summary>The bench could not run; the message gives the reason and the remedy.</summary>
internal sealed class BenchException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>Measures the service. The exit code is 0 if all limits hold, 1 if one does not, and 2 if the bench could not run.</summary>
internal static class Program
{
    /// <summary>No command takes longer on a machine that can meet its limits.</summary>
    private static readonly TimeSpan LongestRun = TimeSpan.FromHours(2);

    public static async Task<int> Main(string[] args)
    {
        using var stop = new CancellationTokenSource(LongestRun);
        // When told to end, the bench first removes its processes, files, database and bucket.
        using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        try
        {
            var options = BenchOptions.Parse(args);
            Func<BenchOptions, CancellationToken, Task<bool>> run = options.Command switch
            {
                "compare" => CompareBench.RunAsync,
                "memory" => MemoryBench.RunAsync,
                "list" => ListBench.RunAsync,
                "folder" => FolderBench.RunAsync,
                "dav" => DavBench.RunAsync,
                "start" => StartBench.RunAsync,
                "transfer" => TransferBench.RunAsync,
                "resumable" => ResumableBench.RunAsync,
                _ => throw new BenchException(BenchOptions.Usage),
            };
            return await run(options, stop.Token) ? 0 : 1;
        }
        catch (BenchException failure)
        {
            await Console.Error.WriteLineAsync(failure.Message);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            await Console.Error.WriteLineAsync("Interrupted, or ended after two hours.");
        }
        catch (Exception failure)
        {
            await Console.Error.WriteLineAsync($"The bench could not run. {failure}");
        }
        return 2;

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stop.Cancel();
        }
    }
}
