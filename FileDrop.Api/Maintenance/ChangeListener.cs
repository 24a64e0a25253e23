using FileDrop.Api.Catalog;

namespace FileDrop.Api.Maintenance;

/// <summary>A request that listens to an owner's feed.</summary>
/// <remarks>Take <see cref="News"/>, then read. If there was nothing, await the news: it comes after every change that the read did not see.</remarks>
internal sealed class ChangeListener(ChangeListener.Feed feed, Action<ChangeListener.Feed> leave) : IDisposable
{
    private int _isDisposed;

    /// <summary>Completes when there may be changes that a read begun before now has not seen.</summary>
    public Task News => feed.News;

    /// <summary>Reads a page. Listeners that want the same page at the same time share one read.</summary>
    /// <inheritdoc cref="IChangeCatalog.ReadAsync"/>
    public Task<ChangePage?> ReadAsync(long after, int limit, CancellationToken cancellation) => feed.ReadAsync(after, limit).WaitAsync(cancellation);

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
            leave(feed);
    }

    /// <summary>One owner's feed, while somebody listens to it.</summary>
    internal sealed class Feed(IChangeCatalog catalog, string owner)
    {
        private readonly Lock _lock = new();
        private TaskCompletionSource _news = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private (long After, int Limit, Task<ChangePage?> Page)? _read;
        private long _last;

        public string Owner => owner;

        /// <summary>Guarded by the lock of <see cref="ChangeListeners"/>.</summary>
        public int Listeners { get; set; }

        /// <summary>The greatest number that a listener has seen.</summary>
        public long Last => Volatile.Read(ref _last);

        public Task News
        {
            get
            {
                lock (_lock)
                    return _news.Task;
            }
        }

        public void Wake()
        {
            TaskCompletionSource news;
            lock (_lock)
            {
                (news, _news) = (_news, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
                // A read that has begun may not see the news.
                _read = null;
            }
            news.SetResult();
        }

        public Task<ChangePage?> ReadAsync(long after, int limit)
        {
            lock (_lock)
            {
                if (_read is { } read && read.After == after && read.Limit == limit && !read.Page.IsFaulted)
                    return read.Page;
                // The read serves others too, so it must not carry on the first caller's context.
                using (ExecutionContext.SuppressFlow())
                {
                    var page = Task.Run(() => SeeAsync(after, limit));
                    _read = (after, limit, page);
                    return page;
                }
            }
        }

        private async Task<ChangePage?> SeeAsync(long after, int limit)
        {
            var page = await catalog.ReadAsync(owner, after, limit, CancellationToken.None);
            bool isNews;
            lock (_lock)
            {
                isNews = page?.Last > _last;
                if (page is not null && isNews)
                    _last = page.Last;
            }
            // The next look asks only for what is beyond this number, so all others must read up to it now.
            if (isNews)
                Wake();
            return page;
        }
    }
}
