using System.Diagnostics;

namespace FileDrop.Cli.Syncing;

/// <summary>Waits for changes on either side: for local ones by the system's events, for the service's by its feed.</summary>
internal sealed class Watcher : IDisposable
{
    /// <summary>Without events, everything is looked at this often.</summary>
    private static readonly TimeSpan s_blind = TimeSpan.FromMinutes(1);

    /// <summary>Even with events, everything is looked at this often: the system may lose one.</summary>
    private static readonly TimeSpan s_usual = TimeSpan.FromMinutes(15);

    /// <summary>After a local change, this long without another one.</summary>
    private static readonly TimeSpan s_calm = TimeSpan.FromMilliseconds(400);

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly RemoteTree _tree;
    private readonly Action<string> _note;
    private readonly SemaphoreSlim _changed = new(0, 1);
    private readonly FileSystemWatcher? _events;
    private long _last;
    private volatile bool _isBlind;

    /// <param name="top">The full path of the local folder.</param>
    /// <param name="tree">The service's tree.</param>
    /// <param name="note">Is told of limits.</param>
    public Watcher(string top, RemoteTree tree, Action<string> note)
    {
        (_tree, _note) = (tree, note);
        try
        {
            _events = new FileSystemWatcher(top)
            {
                IncludeSubdirectories = true,
                InternalBufferSize = 64 << 10,
                NotifyFilter = NotifyFilters.FileName | NotifyFilters.DirectoryName | NotifyFilters.Size | NotifyFilters.LastWrite,
            };
            _events.Changed += (_, change) => See(change.FullPath);
            _events.Created += (_, change) => See(change.FullPath);
            _events.Deleted += (_, change) => See(change.FullPath);
            _events.Renamed += (_, change) => See(change.FullPath);
            _events.Error += (_, error) => Fail(error.GetException());
            _events.EnableRaisingEvents = true;
        }
        catch (Exception failure) when (failure is IOException or ArgumentException)
        {
            Fail(failure);
        }
    }

    /// <summary>Waits until a sync may have something to do.</summary>
    /// <param name="spent">How long the last sync took. Many changes in a row must not keep the processor busy.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    public async Task WaitAsync(TimeSpan spent, CancellationToken cancellation)
    {
        await Task.Delay(TimeSpan.FromTicks(Math.Min(spent.Ticks * 4, TimeSpan.FromMinutes(1).Ticks)), cancellation);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        ended.CancelAfter(_isBlind ? s_blind : s_usual);
        var local = _changed.WaitAsync(ended.Token);
        var remote = WaitForServiceAsync(ended.Token);
        await Task.WhenAny(local, remote);
        var wasLocal = local.IsCompletedSuccessfully;
        await ended.CancelAsync();
        await EndAsync(local);
        var failure = await EndAsync(remote);
        cancellation.ThrowIfCancellationRequested();
        if (failure is not null && !wasLocal)
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
        while (wasLocal && Stopwatch.GetElapsedTime(Interlocked.Read(ref _last)) is var calm && calm < s_calm)
            await Task.Delay(s_calm - calm, cancellation);
    }

    public void Dispose()
    {
        _events?.Dispose();
        _changed.Dispose();
    }

    private async Task WaitForServiceAsync(CancellationToken cancellation)
    {
        while (!await _tree.WaitAsync(s_patience, cancellation))
        {
            // The service answers without changes when its time is over.
        }
    }

    private static async Task<Exception?> EndAsync(Task task)
    {
        try
        {
            await task;
            return null;
        }
        catch (OperationCanceledException)
        {
            return null;
        }
        catch (Exception failure)
        {
            return failure;
        }
    }

    private void See(string path)
    {
        if (IgnoreRules.IsJunk(Path.GetFileName(path)) || path.Contains($"{Path.DirectorySeparatorChar}{SyncNames.Trash}{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            return;
        Interlocked.Exchange(ref _last, Stopwatch.GetTimestamp());
        Wake();
    }

    private void Fail(Exception failure)
    {
        // A full queue has only lost events, which the next look makes up for; a missing watch loses them from now on.
        if (failure is InternalBufferOverflowException)
        {
            _note("More changed at once than the system could tell, so everything is looked at.");
        }
        else if (!_isBlind)
        {
            _isBlind = true;
            _note($"Not every folder can be watched ({failure.Message.TrimEnd('.')}), so all are looked at each minute. "
                + "On Linux, raise fs.inotify.max_user_watches above the number of folders, or fs.inotify.max_user_instances.");
        }
        Wake();
    }

    private void Wake()
    {
        try
        {
            if (_changed.CurrentCount == 0)
                _changed.Release();
        }
        catch (Exception raced) when (raced is SemaphoreFullException or ObjectDisposedException)
        {
            // Another event has woken it, or it has ended.
        }
    }
}
