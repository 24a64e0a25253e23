using System.Net;
using System.Net.Sockets;

namespace FileDrop.Api.Tests;

/// <summary>Stands between the service and a store, and can be down, or swallow everything.</summary>
public sealed class TcpProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _ended = new();
    private readonly List<TcpClient> _open = [];
    private readonly Uri _target;
    private readonly Task _accepting;
    private volatile State _state;

    public TcpProxy(Uri target, State state = State.Up)
    {
        (_target, _state) = (target, state);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public enum State
    {
        Up,

        /// <summary>Connections are closed as soon as they are made, and those that were open are reset.</summary>
        Down,

        /// <summary>Connections stay open, and nothing comes through.</summary>
        BlackHole,
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public void Become(State state)
    {
        _state = state;
        if (state != State.Down)
            return;
        lock (_open)
        {
            foreach (var client in _open)
                client.Close();
            _open.Clear();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        Become(State.Down);
        _listener.Dispose();
        await _accepting;
        _ended.Dispose();
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
            await Task.WhenAny(PumpAsync(client, server), PumpAsync(server, client));
        }
        catch (Exception ended) when (ended is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // Either side has closed.
        }
    }

    private async Task PumpAsync(TcpClient from, TcpClient to)
    {
        var buffer = new byte[64 * 1024];
        while (await from.GetStream().ReadAsync(buffer, _ended.Token) is var read and > 0)
        {
            while (_state == State.BlackHole)
                await Task.Delay(20, _ended.Token);
            await to.GetStream().WriteAsync(buffer.AsMemory(0, read), _ended.Token);
        }
    }
}
