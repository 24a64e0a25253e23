using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Xunit;

namespace FileDrop.Api.Tests.Files;

/// <summary>What came back over a <see cref="Wire"/>.</summary>
internal sealed record WireAnswer(int Status, IReadOnlyDictionary<string, string> Headers, string Body)
{
    public JsonElement Json => JsonDocument.Parse(Body).RootElement;
}

/// <summary>A connection on which a request is sent in pieces, when and as far as a test likes.</summary>
internal sealed class Wire : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TcpClient _client;
    private readonly NetworkStream _stream;

    private Wire(TcpClient client) => (_client, _stream) = (client, client.GetStream());

    public static async Task<Wire> ConnectAsync(Uri address)
    {
        var client = new TcpClient { NoDelay = true };
        await client.ConnectAsync(address.Host, address.Port);
        return new Wire(client);
    }

    public Task SendAsync(string text) => SendAsync(Encoding.UTF8.GetBytes(text));

    public async Task SendAsync(byte[] bytes) => await _stream.WriteAsync(bytes);

    /// <summary>Waits for 100 Continue: the service has decided to take the request, and asks for its body.</summary>
    public async Task ReadContinueAsync()
    {
        using var limit = new CancellationTokenSource(Patience);
        Assert.Equal(["HTTP/1.1 100 Continue"], await ReadHeadAsync(limit.Token));
    }

    /// <summary>Reads one answer that has a Content-Length.</summary>
    public async Task<WireAnswer> ReadAsync()
    {
        using var limit = new CancellationTokenSource(Patience);
        var lines = await ReadHeadAsync(limit.Token);
        var headers = lines.Skip(1).Select(line => line.Split(": ", 2))
            .ToDictionary(field => field[0], field => field.Length > 1 ? field[1] : "", StringComparer.OrdinalIgnoreCase);
        var body = new byte[int.Parse(headers["Content-Length"], System.Globalization.CultureInfo.InvariantCulture)];
        await _stream.ReadExactlyAsync(body, limit.Token);
        return new WireAnswer(
            int.Parse(lines[0].Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture), headers, Encoding.UTF8.GetString(body));
    }

    /// <summary>Cuts the connection off, as a client does that dies.</summary>
    public void Reset()
    {
        _client.LingerState = new LingerOption(true, 0);
        _client.Close();
    }

    public ValueTask DisposeAsync()
    {
        _client.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<string[]> ReadHeadAsync(CancellationToken cancellation)
    {
        var head = new List<byte>();
        var one = new byte[1];
        while (head is not [.., (byte)'\r', (byte)'\n', (byte)'\r', (byte)'\n'])
        {
            await _stream.ReadExactlyAsync(one, cancellation);
            head.Add(one[0]);
        }
        return Encoding.UTF8.GetString([.. head]).Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
    }
}
