using System.Net;
using System.Net.Sockets;

namespace FileDrop.Api.Tests;

/// <summary>A proxy between the service and a store. It can be down, swallow all or some bytes, and cut connections at any byte.</summary>
public sealed class TcpProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _ended = new();
    private readonly Lock _counting = new();
    private readonly List<TcpClient> _open = [];
    private readonly Uri _target;
    private readonly Task _accepting;
    private volatile State _state;
    private (Way Way, long Left)? _cut;
    private long _sent;

    public TcpProxy(Uri target, State state = State.Up)
    {
        (_target, _state) = (target, state);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public enum State
    {
        Up,

        /// <summary>New connections are closed at once, and open ones are reset.</summary>
        Down,

        /// <summary>Connections stay open, but no byte passes.</summary>
        BlackHole,

        /// <summary>Requests arrive and are done, but no answer comes back.</summary>
        Mute,

        /// <summary>All bytes pass, in small pieces with pauses.</summary>
        Trickle,
    }

    public enum Way
    {
        ToServer,
        ToClient,
    }

    /// <summary>The bytes that have passed to the server.</summary>
    public long Sent => Interlocked.Read(ref _sent);

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Whether a requested cut has not happened yet.</summary>
    public bool CutIsToCome
    {
        get
        {
            lock (_counting)
                return _cut is not null;
        }
    }

    public void Become(State state)
    {
        _state = state;
        if (state == State.Down)
            CloseAll();
    }

    /// <summary>Passes this many more bytes in one direction, over all connections, then resets all of them once.</summary>
    public void CutAfter(Way way, long bytes)
    {
        lock (_counting)
            _cut = (way, bytes);
    }

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        Become(State.Down);
        _listener.Dispose();
        await _accepting;
        _ended.Dispose();
    }

    private void CloseAll()
    {
        lock (_open)
        {
            foreach (var client in _open)
            {
                try
                {
                    // Reset instead of closing, so that bytes in transit may be lost.
                    client.LingerState = new LingerOption(true, 0);
                }
                catch (Exception gone) when (gone is SocketException or ObjectDisposedException or NullReferenceException)
                {
                    // The connection has already closed.
                }
                client.Close();
            }
            _open.Clear();
        }
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = ServeAsync(await _listener.AcceptTcpClientAsync(_ended.Token));
        }
        catch (Exception ended) when (ended is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var _ = client;
        using var server = new TcpClient();
        try
        {
            if (_state == State.Down)
                return;
            lock (_open)
                _open.AddRange(client, server);
            await server.ConnectAsync(_target.Host, _target.Port, _ended.Token);
            await Task.WhenAny(PumpAsync(client, server, Way.ToServer), PumpAsync(server, client, Way.ToClient));
        }
        catch (Exception ended) when (IsEnd(ended))
        {
            // Either side has closed.
        }
    }

    private async Task PumpAsync(TcpClient from, TcpClient to, Way way)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (true)
            {
                _ = await from.GetStream().ReadAsync(Memory<byte>.Empty, _ended.Token);
                while (_state == State.BlackHole || (_state == State.Mute && way == Way.ToClient))
                    await Task.Delay(20, _ended.Token);
                // A reset by the sender discards bytes that have not arrived; a normal close does not.
                if (from.Client.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error) is not 0)
                    return;
                if (await from.GetStream().ReadAsync(buffer, _ended.Token) is not (> 0 and var read))
                    return;
                var whole = Take(way, read, out var allowed);
                if (way == Way.ToServer)
                    Interlocked.Add(ref _sent, allowed);
                await PassAsync(to.GetStream(), buffer.AsMemory(0, allowed));
                if (!whole)
                    CloseAll();
            }
        }
        catch (Exception ended) when (IsEnd(ended))
        {
            // Either side has closed.
        }
    }

    private async Task PassAsync(NetworkStream to, ReadOnlyMemory<byte> bytes)
    {
        const int Drop = 2 * 1024;
        while (_state == State.Trickle && bytes.Length > Drop)
        {
            await to.WriteAsync(bytes[..Drop], _ended.Token);
            bytes = bytes[Drop..];
            await Task.Delay(5, _ended.Token);
        }
        await to.WriteAsync(bytes, _ended.Token);
    }

    /// <summary>Counts bytes. False if the cut comes here, after the allowed number of them.</summary>
    private bool Take(Way way, int count, out int allowed)
    {
        allowed = count;
        lock (_counting)
        {
            if (_cut is not { } cut || cut.Way != way)
                return true;
            _cut = (way, cut.Left - count);
            if (cut.Left >= count)
                return true;
            allowed = (int)cut.Left;
            _cut = null;
            return false;
        }
    }

    private static bool IsEnd(Exception ended) =>
        ended is IOException or SocketException or OperationCanceledException or ObjectDisposedException or InvalidOperationException;
}
