using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Xunit;

namespace FileDrop.Api.Tests;

/// <summary>A bare connection to the service, for bytes that HttpClient would not send, or not at that moment.</summary>
internal sealed class Wire : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Socket _socket;
    private readonly BufferedStream _answers;

    private Wire(Socket socket, Uri address)
    {
        (_socket, Address) = (socket, address);
        _answers = new BufferedStream(new NetworkStream(socket, ownsSocket: false));
    }

    public Uri Address { get; }

    public static Task<Wire> ConnectAsync(Service service) => ConnectAsync(service.Address);

    public static async Task<Wire> ConnectAsync(Uri address)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(address.Host, address.Port);
        return new Wire(socket, address);
    }

    /// <summary>Sends the head of a request to the service's own name; fields are separated by line feeds.</summary>
    public Task SendHeadAsync(string requestLine, params string[] fields) =>
        SendAsync(string.Join("\r\n", [$"{requestLine} HTTP/1.1", $"Host: {Address.Authority}", .. fields, "", ""]));

    public Task SendAsync(string text) => SendAsync(Encoding.UTF8.GetBytes(text));

    public async Task SendAsync(byte[] bytes)
    {
        using var limit = new CancellationTokenSource(Patience);
        for (var sent = 0; sent < bytes.Length;)
            sent += await _socket.SendAsync(bytes.AsMemory(sent), limit.Token);
    }

    /// <summary>Ends sending, but still reads.</summary>
    public void EndSending() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>Resets the connection.</summary>
    public void Reset()
    {
        _socket.LingerState = new LingerOption(enable: true, seconds: 0);
        _socket.Close();
    }

    /// <summary>Reads the next answer, even an interim one; null if the service closed the connection instead.</summary>
    public async Task<WireAnswer?> ReadAsync(bool ofHead = false)
    {
        using var limit = new CancellationTokenSource(Patience);
        try
        {
            if (await ReadLineAsync(limit.Token) is not { } status)
                return null;
            var fields = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
            while (await ReadLineAsync(limit.Token) is { Length: > 0 } line)
                fields[line[..line.IndexOf(':', StringComparison.Ordinal)]] = line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
            var body = new byte[!ofHead && fields.TryGetValue("Content-Length", out var length) ? int.Parse(length, CultureInfo.InvariantCulture) : 0];
            await _answers.ReadExactlyAsync(body, limit.Token);
            return new WireAnswer(int.Parse(status.Split(' ')[1], CultureInfo.InvariantCulture), fields, Encoding.UTF8.GetString(body));
        }
        catch (IOException reset) when (reset.InnerException is SocketException)
        {
            return null;
        }
    }

    /// <summary>Reads the next answer.</summary>
    public async Task<WireAnswer> ReadAnswerAsync() =>
        await ReadAsync() ?? throw new InvalidOperationException("The service closed the connection without an answer.");

    /// <summary>Reads the answer to a HEAD request, which has the length of a body but no body.</summary>
    public async Task<WireAnswer> ReadHeadAsync() =>
        await ReadAsync(ofHead: true) ?? throw new InvalidOperationException("The service closed the connection without an answer.");

    public void Dispose()
    {
        _answers.Dispose();
        _socket.Dispose();
    }

    private async Task<string?> ReadLineAsync(CancellationToken cancellation)
    {
        var (line, one) = (new List<byte>(), new byte[1]);
        while (await _answers.ReadAsync(one, cancellation) == 1)
        {
            if (one[0] == '\n')
                return Encoding.Latin1.GetString([.. line]).TrimEnd('\r');
            line.Add(one[0]);
        }
        return null;
    }
}

/// <summary>One answer as received.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Fields">The header fields.</param>
/// <param name="Body">The body, with the length in Content-Length.</param>
internal sealed record WireAnswer(int Status, IReadOnlyDictionary<string, string> Fields, string Body)
{
    /// <summary>The code of an error in the contract's form.</summary>
    public string? Code()
    {
        Assert.Equal("application/problem+json", Fields["Content-Type"]);
        var problem = Json();
        Assert.Equal(Status, problem.GetProperty("status").GetInt32());
        return problem.GetProperty("code").GetString();
    }

    public JsonElement Json() => JsonDocument.Parse(Body).RootElement.Clone();
}
