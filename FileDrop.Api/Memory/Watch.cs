namespace FileDrop.Api.Memory;

/// <summary>Looks at something again and again while there is anything to look at, and costs nothing otherwise.</summary>
/// <param name="interval">The time between two looks.</param>
/// <param name="look">Looks, and returns whether another look is needed.</param>
internal sealed class Watch(TimeSpan interval, Func<bool> look)
{
    private int _isRunning;

    /// <summary>Starts the watch if it does not run. Call this after the change that needs looking at.</summary>
    public void Start()
    {
        if (Volatile.Read(ref _isRunning) != 0 || Interlocked.Exchange(ref _isRunning, 1) != 0)
            return;
        // Do not capture the first caller's ExecutionContext.
        using (ExecutionContext.SuppressFlow())
            _ = RunAsync();
    }

    private async Task RunAsync()
    {
        do
        {
            do
                await Task.Delay(interval);
            while (look());
            Interlocked.Exchange(ref _isRunning, 0);
        }
        // A change between the last look and the line above found the watch running and did not start it.
        while (look() && Interlocked.Exchange(ref _isRunning, 1) == 0);
    }
}
