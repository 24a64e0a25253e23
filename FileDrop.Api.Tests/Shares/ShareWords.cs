using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using FileDrop.Api.Tests.Access;
using FileDrop.Api.Tests.Files;

namespace FileDrop.Api.Tests.Shares;

/// <summary>Helpers for tests of shares.</summary>
internal static class ShareWords
{
    public const string Password = "correct horse battery";

    /// <summary>Makes a share, which must succeed.</summary>
    public static async Task<JsonElement> ShareAsync(this HttpClient http, object wanted)
    {
        using var response = await http.PostAsync("/shares", AccessWords.Json(wanted));
        return await response.SucceededAsync(HttpStatusCode.Created);
    }

    /// <summary>Makes a share of some files or folders, and returns its link.</summary>
    public static async Task<string> LinkAsync(this HttpClient http, params string[] ids) => (await http.ShareAsync(new { ids })).Text("url");

    public static Task<HttpResponseMessage> PatchShareAsync(this HttpClient http, JsonElement share, object change) =>
        http.PatchAsync($"/shares/{share.Text("share_id")}", AccessWords.Json(change));

    /// <summary>A visitor without any credential, and without cookies unless a test sends them.</summary>
    public static HttpClient Visitor(this Service service) => new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, MaxConnectionsPerServer = 256 })
    {
        BaseAddress = service.Address,
        Timeout = TimeSpan.FromMinutes(1),
    };

    /// <summary>A visitor from another address of this machine, which has no failures of others.</summary>
    /// <param name="service">The service.</param>
    /// <param name="number">The number of the address.</param>
    /// <param name="receiveBuffer">Bytes that the system keeps for a slow reader; null for the usual number.</param>
    public static HttpClient VisitorFrom(this Service service, int number, int? receiveBuffer = null) => VisitorFrom(service.Address, number, receiveBuffer);

    /// <inheritdoc cref="VisitorFrom(Service, int, int?)"/>
    public static HttpClient VisitorFrom(Uri service, int number, int? receiveBuffer = null) => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        MaxConnectionsPerServer = 64,
        ConnectCallback = async (context, cancellation) =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            if (receiveBuffer is { } bytes)
                socket.ReceiveBufferSize = bytes;
            socket.Bind(new IPEndPoint(new IPAddress([127, 0, 1, (byte)number]), 0));
            await socket.ConnectAsync(context.DnsEndPoint, cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        },
    })
    {
        BaseAddress = service,
    };

    public static Task<HttpResponseMessage> PageAsync(this HttpClient http, string path, params (string Name, string Value)[] fields) =>
        http.SendAsync(HttpMethod.Get, path, null, [("Accept", "text/html"), .. fields]);

    /// <summary>Some link that no service has made.</summary>
    public static string MadeUpLink() => $"/s/{System.Buffers.Text.Base64Url.EncodeToString(System.Security.Cryptography.RandomNumberGenerator.GetBytes(16))}";

    public static string Basic(string password) => $"Basic {Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes($":{password}"))}";

    /// <summary>The cookies that an answer sets, as a client sends them.</summary>
    public static string Cookies(this HttpResponseMessage response) =>
        string.Join("; ", response.Headers.TryGetValues("Set-Cookie", out var set) ? set.Select(cookie => cookie.Split(';')[0]) : []);

    public static async Task<JsonElement> ReadShareAsync(this HttpClient http, JsonElement share)
    {
        using var response = await http.GetAsync($"/shares/{share.Text("share_id")}");
        return await response.SucceededAsync();
    }
}
