using FileDrop.Client;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace FileDrop.Cli.Transfers;

/// <summary>Draws transfers under way on a terminal: a row for each, and one for all together, with rate and time left.</summary>
internal sealed class ProgressScreen
{
    /// <summary>The width in columns from which there is room for bars.</summary>
    private const int WideFrom = 72;

    private readonly ProgressContext _context;
    private readonly ProgressTask? _total;
    private readonly int _nameWidth;
    private long _left;

    private ProgressScreen(ProgressContext context, int width, IReadOnlyList<Transfer> transfers)
    {
        (_context, _nameWidth, _left) = (context, NameWidth(width), transfers.Count);
        var sum = transfers.Sum(transfer => transfer.Size ?? 0);
        if (transfers.Count > 1)
            _total = context.AddTask(Fit(Words.Count(transfers.Count, "file")), new ProgressTaskSettings { MaxValue = Math.Max(1, sum) });
    }

    /// <summary>Draws while some work is done, and clears the rows behind it.</summary>
    public static Task<ExitCode> ShowAsync(IAnsiConsole console, IReadOnlyList<Transfer> transfers, Func<ProgressScreen, Task<ExitCode>> work)
    {
        var width = console.Profile.Width;
        ProgressColumn name = new TaskDescriptionColumn { Alignment = Justify.Left };
        ProgressColumn speed = new SpeedColumn(), left = new RemainingTimeColumn(), percentage = new PercentageColumn();
        return console.Progress().AutoClear(true).ExcludeVerticalPadding()
            .Columns(width < WideFrom ? [name, percentage, speed, left] : [name, new ProgressBarColumn { Width = null }, percentage, speed, left])
            .StartAsync(context => work(new ProgressScreen(context, width, transfers)));
    }

    /// <summary>Begins the row of one transfer, which ends when it is disposed.</summary>
    public Row Begin(Transfer transfer) => new(this, transfer);

    private static int NameWidth(int width) => width < WideFrom ? Math.Max(6, width - 27) : Math.Min(32, width - 52);

    /// <summary>Cuts a name in the middle, since its end tells more than that.</summary>
    private string Fit(string name)
    {
        var head = (_nameWidth - 1) / 2;
        var fit = name.Length <= _nameWidth ? name.PadRight(_nameWidth) : $"{name[..head]}…{name[^(_nameWidth - 1 - head)..]}";
        return Markup.Escape(string.Concat(fit.Select(each => char.IsControl(each) ? '?' : each)));
    }

    /// <summary>The row of one transfer.</summary>
    internal sealed class Row : IProgress<TransferProgress>, IDisposable
    {
        /// <summary>The time between two drawn values, in milliseconds.</summary>
        private const long Pause = 100;

        private readonly ProgressScreen _screen;
        private readonly Transfer _transfer;
        private readonly ProgressTask _task;
        private long _reported;
        private long _nextAt;

        internal Row(ProgressScreen screen, Transfer transfer)
        {
            (_screen, _transfer) = (screen, transfer);
            var settings = new ProgressTaskSettings { AutoStart = false, MaxValue = Math.Max(1, transfer.Size ?? 1) };
            var name = screen.Fit(transfer.Name);
            _task = screen._total is { } total ? screen._context.AddTaskBefore(name, settings, total) : screen._context.AddTask(name, settings);
            _task.IsIndeterminate = transfer.Size is null;
        }

        public void Report(TransferProgress value)
        {
            var now = Environment.TickCount64;
            if (now < _nextAt)
                return;
            (_nextAt, var before) = (now + Pause, _reported);
            _reported = value.Bytes;
            if (_task.IsIndeterminate)
                _task.MaxValue = Math.Max(1, value.Bytes + 1);
            _task.Value = value.Bytes;
            if (!_task.IsStarted)
            {
                // Bytes that an earlier run has brought say nothing about the rate.
                _task.StartTask();
                if (_screen._total is { } all)
                    all.MaxValue = Math.Max(1, all.MaxValue - value.Bytes);
            }
            else
            {
                _screen._total?.Increment(value.Bytes - before);
            }
        }

        public void Dispose()
        {
            _task.StopTask();
            _screen._context.RemoveTask(_task);
            if (_screen._total is not { } total)
                return;
            total.Increment(Math.Max(0, (_transfer.Size ?? 0) - _reported));
            total.Description = _screen.Fit($"{Words.Count(Interlocked.Decrement(ref _screen._left), "file")} left");
        }
    }

    /// <summary>The rate in the units of everything else.</summary>
    private sealed class SpeedColumn : ProgressColumn
    {
        public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime) =>
            new Text(task.Speed is { } speed ? $"{Words.Size(speed)}/s" : "").RightJustified();

        public override int? GetColumnWidth(RenderOptions options) => 10;
    }
}
