using System.Net;
using System.Text;
using FileDrop.Api.Tests.Files;
using FileDrop.Api.Tests.Uploads;
using Xunit;

namespace FileDrop.Api.Tests.Attacks;

/// <summary>Uploads to S3 that occupy memory for their parts and then send almost nothing.</summary>
public sealed class HeldUploadTests
{
    private const int MiB = 1 << 20, Size = 12 * MiB, Sent = (8 * MiB) - 100_000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData("length")]
    [InlineData("chunks")]
    [InlineData("form")]
    [InlineData("tus")]
    public async Task Senders_who_hold_all_memory_hold_up_nobody_and_their_uploads_become_whole(string kind)
    {
        await using var stores = await ClusterStores.MakeAsync();
        // The memory has room for two parts of 8 MiB.
        await using var service = await Service.StartAsync(stores, ("ConnectionStrings:storage", $"{stores.S3};PartMemory=20"));
        var content = Requests.Bytes(Size);
        var senders = new List<(Wire Wire, int Sent)>();
        var sending = new List<Task>();
        for (var i = 0; i < 4; i++)
        {
            // Send until a few bytes before the part is full. One sender fills it exactly, where one more byte decides between PUT and multipart.
            var wire = await Wire.ConnectAsync(service);
            await BeginAsync(service, wire, kind);
            senders.Add((wire, i == 0 ? 8 * MiB : Sent));
            sending.Add(SendAsync(wire, kind, content[..senders[i].Sent]));
        }
        // The service does not read from senders that have no memory yet.
        await Task.WhenAny(Task.WhenAll(sending), Task.Delay(TimeSpan.FromSeconds(1)));

        using (var small = new CancellationTokenSource(Patience))
        using (var answer = await service.Http.PostAsync("/files/upload", new ByteArrayContent(new byte[100_000]), small.Token))
            await answer.SucceededAsync(HttpStatusCode.Created);
        using (var large = new CancellationTokenSource(Patience))
        using (var answer = await service.Http.PostAsync("/files/upload", new ByteArrayContent(content), large.Token))
            await answer.SucceededAsync(HttpStatusCode.Created);

        await Task.WhenAll(sending);
        await Task.WhenAll(senders.Select(async sender =>
        {
            await SendAsync(sender.Wire, kind, content[sender.Sent..]);
            await sender.Wire.SendAsync(kind switch { "chunks" => "0\r\n\r\n", "form" => "\r\n--b--\r\n", _ => "" });
            var answer = await sender.Wire.ReadAnswerAsync();
            Assert.True(answer.Status is 201 or 204, $"{answer.Status} {answer.Body}");
            sender.Wire.Dispose();
        }));
        var files = await Invariants.EveryFileIsWholeAsync(service.Http);
        Assert.Equal(6, files.Count);
        Assert.Equal(5, files.Count(file => file.GetProperty("sha256").GetString() == Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(content))));
    }

    private static async Task BeginAsync(Service service, Wire wire, string kind)
    {
        switch (kind)
        {
            case "tus":
                var upload = await new TusClient(service.Http).CreateAsync(Size);
                await wire.SendHeadAsync($"PATCH {upload}", "Tus-Resumable: 1.0.0", "Upload-Offset: 0",
                    $"Content-Type: {TusClient.ContentType}", $"Content-Length: {Size}");
                break;
            case "form":
                const string Head = "--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a\"\r\n\r\n";
                await wire.SendHeadAsync("POST /files/upload", "Content-Type: multipart/form-data; boundary=b",
                    $"Content-Length: {Head.Length + Size + "\r\n--b--\r\n".Length}");
                await wire.SendAsync(Head);
                break;
            default:
                await wire.SendHeadAsync("POST /files/upload", kind == "chunks" ? "Transfer-Encoding: chunked" : $"Content-Length: {Size}");
                break;
        }
    }

    private static Task SendAsync(Wire wire, string kind, byte[] content) => wire.SendAsync(kind == "chunks"
        ? [.. Encoding.ASCII.GetBytes($"{content.Length:x}\r\n"), .. content, .. "\r\n"u8]
        : content);
}

/// <summary>Clients that begin fast and then send hardly a byte, independent of the store.</summary>
public sealed class TricklingTests(TricklePair pair) : IClassFixture<TricklePair>
{
    [Theory]
    [InlineData("POST /files/upload")]
    [InlineData("PATCH /uploads")]
    public async Task A_client_below_240_bytes_a_second_is_given_up_however_much_it_has_sent(string line)
    {
        using var wire = await BeginAsync(line);
        await wire.SendAsync(new byte[1 << 20]);
        var answer = wire.ReadAsync();
        while (!answer.IsCompleted)
        {
            await wire.SendAsync("x");
            await Task.WhenAny(answer, Task.Delay(100));
        }
        Assert.Equal(408, (await answer)?.Status);
    }

    [Fact]
    public async Task A_slow_client_above_it_is_welcome()
    {
        using var wire = await BeginAsync("POST /files/upload");
        await wire.SendAsync(new byte[(4 << 20) - (25 * 60)]);
        for (var i = 0; i < 25; i++)
        {
            await wire.SendAsync(new byte[60]);
            await Task.Delay(100);
        }
        Assert.Equal(201, (await wire.ReadAnswerAsync()).Status);
    }

    private async Task<Wire> BeginAsync(string line)
    {
        var wire = await Wire.ConnectAsync(pair.Service);
        string[] fields = ["Content-Length: 4194304"];
        if (line.StartsWith("PATCH", StringComparison.Ordinal))
        {
            line = $"PATCH {await new TusClient(pair.Http).CreateAsync(4 << 20)}";
            fields = [.. fields, "Tus-Resumable: 1.0.0", "Upload-Offset: 0", $"Content-Type: {TusClient.ContentType}"];
        }
        await wire.SendHeadAsync(line, fields);
        return wire;
    }
}

public sealed class TricklePair : EmbeddedPair
{
    protected override (string Key, string Value)[] Settings => [("FileDrop:UploadPatience", "00:00:01")];
}
