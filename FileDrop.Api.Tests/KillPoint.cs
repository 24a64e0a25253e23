using System.Diagnostics;
using FileDrop.Api.Catalog;
using FileDrop.Api.Memory;
using FileDrop.Api.Tests.Folders;
using Microsoft.Extensions.DependencyInjection;

namespace FileDrop.Api.Tests;

/// <summary>The moment of a call.</summary>
public enum KillMoment
{
    /// <summary>Before the call has any effect.</summary>
    Before,

    /// <summary>When the call has read half of the content to write.</summary>
    Middle,

    /// <summary>When the call is complete but has not returned.</summary>
    After,
}

/// <summary>A point of the write protocol at which the service's process dies.</summary>
/// <param name="Method">A store's method, such as <c>IBlobStore.WriteAsync</c>.</param>
/// <param name="Moment">The moment of the call.</param>
/// <param name="Time">The occurrence of this moment: 1 is the first.</param>
public sealed record KillPoint(string Method, KillMoment Moment, int Time)
{
    /// <summary>The environment variable with a process's point.</summary>
    public const string Variable = "FILEDROP_TEST_KILL_POINT";

    public static KillPoint Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Split(' ') is [var method, var moment, var time]
            ? new KillPoint(method, Enum.Parse<KillMoment>(moment), int.Parse(time, System.Globalization.CultureInfo.InvariantCulture))
            : throw new FormatException($"'{text}' is not a kill point.");
    }

    public override string ToString() => $"{Method} {Moment} {Time}";
}

/// <summary>Kills its own process, as by kill -9, at a point.</summary>
internal sealed class Killer(KillPoint point) : StoreCalls
{
    private int _times;

    /// <summary>Wraps the stores of a service, and the steps of the folders' protocol below them.</summary>
    public void WrapAll(IServiceCollection services)
    {
        Wrap(services);
        var engine = services.Last(service => service.ServiceType == typeof(IFolderEngine)).ImplementationFactory
            ?? throw new InvalidOperationException("The engine is registered by a factory.");
        services.AddSingleton<IFolderEngine>(provider => new WatchedEngine((IFolderEngine)engine(provider), step => Before(step, []), After));
    }

    protected override void Before(string method, object?[] arguments)
    {
        if (method != point.Method)
            return;
        if (point.Moment == KillMoment.Before)
            Reached();
        else if (point.Moment == KillMoment.Middle && arguments is [_, _, Stream content, var length, ..])
            arguments[2] = new HalfReadStream(content, Math.Max(1, (length as long? ?? 0) / 2), Reached);
    }

    protected override void After(string method)
    {
        if (method == point.Method && point.Moment == KillMoment.After)
            Reached();
    }

    private void Reached()
    {
        if (Interlocked.Increment(ref _times) != point.Time)
            return;
        using var self = Process.GetCurrentProcess();
        self.Kill();
        // Wait for the signal, so that nothing more of this call happens.
        Thread.Sleep(Timeout.Infinite);
    }

    /// <summary>A content that reports a read beyond its first half.</summary>
    private sealed class HalfReadStream(Stream content, long half, Action reached) : ForwardStream
    {
        private long _read;
        private bool _told;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_read >= half && !_told)
            {
                _told = true;
                reached();
            }
            var read = await content.ReadAsync(buffer, cancellationToken);
            _read += read;
            return read;
        }
    }
}
