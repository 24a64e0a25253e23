using System.Globalization;
using System.Net;
using System.Text;
using FileDrop.Api.Tests.Files;
using Xunit;

namespace FileDrop.Api.Tests.Attacks;

/// <summary>Forms that never end, or whose framing is meant to fill memory.</summary>
public abstract class FormAttackTests(Pair pair)
{
    private const string Part = $"--{FormBody.Boundary}\r\n";
    private const string File = Part + "Content-Disposition: form-data; name=\"f\"; filename=\"a\"\r\n\r\nabc\r\n";

    /// <summary>The beginning of a form, the part that repeats forever, and the status of the refusal.</summary>
    public static TheoryData<string, string, int> Endless { get; } = new()
    {
        { Part + "X-Endless: ", "x", 400 },
        { Part, "X-Endless: x\r\n", 400 },
        { Part + "X-Folded: x\r\n", " x\r\n", 400 },
        { "", "no boundary\r\n", 400 },
        { "", "x", 400 },
        { Part + "Content-Disposition: form-data; name=\"other\"\r\n\r\n", "x", 400 },
        { Part + "Content-Disposition: form-data; name=\"tags\"\r\n\r\n", "x", 400 },
        { "", Part + "Content-Disposition: form-data; name=\"other\"\r\n\r\nx\r\n", 400 },
        { File + $"--{FormBody.Boundary}--\r\n", "epilogue\r\n", 400 },
        { File + Part + "Content-Disposition: form-data; name=\"other\"\r\n\r\n", "x", 400 },
        { $"--{FormBody.Boundary}", " ", 400 },
        { Part + "Content-Disposition: form-data; name=\"f\"; filename=\"a\"\r\n\r\n", "x", 413 },
    };

    [Theory, MemberData(nameof(Endless))]
    public async Task A_form_that_never_ends_is_refused(string begin, string repeated, int status)
    {
        var file = await pair.Http.UploadAsync([1], "a");
        await pair.LeavesNothingAsync(async () =>
        {
            foreach (var line in new[] { "POST /files/upload", $"PUT /files/{file.Id()}" })
                Assert.Equal(status, (await FloodAsync(pair.Service.Address, line, begin, repeated, 16 << 20))?.Status);
        });
    }

    [Fact]
    public async Task An_endless_repeat_with_the_digest_of_the_first_upload_is_refused()
    {
        string[] keyed = [$"Idempotency-Key: {Guid.NewGuid()}"];
        var file = $"{Part}Content-Disposition: form-data; name=\"f\"; filename=\"a\"\r\nContent-Digest: {Requests.Digest("abc")}\r\n\r\n";
        using (var wire = await Wire.ConnectAsync(pair.Service))
        {
            var form = $"{file}abc\r\n--{FormBody.Boundary}--\r\n";
            await wire.SendHeadAsync("POST /files/upload", [$"Content-Type: {FormBody.Type}", $"Content-Length: {form.Length}", .. keyed]);
            await wire.SendAsync(form);
            Assert.Equal(201, (await wire.ReadAnswerAsync()).Status);
        }
        Assert.Equal(413, (await FloodAsync(pair.Service.Address, "POST /files/upload", file, "x", 16 << 20, keyed))?.Status);
    }

    [Fact]
    public async Task A_form_may_have_less_than_8_MiB_in_other_parts()
    {
        var form = new FormBody().Text("other", new string('x', 4_000_000)).File("abc").Text("more", new string('y', 4_000_000));
        using var answer = await pair.Http.SendChunkedAsync(HttpMethod.Post, "/files/upload", form.Content());
        var file = await answer.SucceededAsync(HttpStatusCode.Created);
        Assert.Equal("abc", await pair.Http.GetStringAsync($"/files/{file.Id()}"));
    }

    /// <summary>Sends an endless form until it is answered.</summary>
    /// <returns>The answer; null if the connection was closed instead.</returns>
    internal static async Task<WireAnswer?> FloodAsync(Uri address, string line, string begin, string repeated, int most, params string[] fields)
    {
        using var wire = await Wire.ConnectAsync(address);
        await wire.SendHeadAsync(line, [$"Content-Type: {FormBody.Type}", "Transfer-Encoding: chunked", .. fields]);
        await wire.SendAsync(Chunk(begin));
        var piece = Encoding.ASCII.GetBytes(Chunk(string.Concat(Enumerable.Repeat(repeated, (64 * 1024 / repeated.Length) + 1))));
        var answer = wire.ReadAsync();
        try
        {
            for (var sent = 0; sent < most && !answer.IsCompleted; sent += piece.Length)
                await wire.SendAsync(piece);
        }
        catch (System.Net.Sockets.SocketException)
        {
            // The service has closed the connection; its answer may have come before.
        }
        return await answer.WaitAsync(TimeSpan.FromSeconds(20));
    }

    private static string Chunk(string bytes) =>
        bytes.Length == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"{bytes.Length:x}\r\n{bytes}\r\n");

    internal static (string Key, string Value)[] Settings => [("FileDrop:MaxFileSize", $"{2 << 20}")];
}

public sealed class SmallFilesPair : EmbeddedPair
{
    protected override (string Key, string Value)[] Settings => FormAttackTests.Settings;
}

public sealed class FormAttackOnEmbeddedTests(SmallFilesPair pair) : FormAttackTests(pair), IClassFixture<SmallFilesPair>;

public sealed class SmallFilesClusterPair : ClusterPair
{
    protected override (string Key, string Value)[] Settings => FormAttackTests.Settings;
}

[ClusterAtNight]
public sealed class FormAttackOnClusterTests(SmallFilesClusterPair pair) : FormAttackTests(pair), IClassFixture<SmallFilesClusterPair>;

/// <summary>Attacks on the memory of a process.</summary>
public sealed class MemoryAttackTests
{
    [Fact]
    public async Task Part_headers_without_an_end_take_no_memory()
    {
        const int Connections = 4, Size = 50 << 20;
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The process's memory is read from /proc.");
        await using var stores = new EmbeddedStores();
        await using var service = await ServiceProcess.StartAsync(stores);
        var warm = new FormBody().File();
        await service.Http.UploadFormAsync(warm);
        var before = await service.PeakMemoryAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, Connections).Select(_ => FormAttackTests.FloodAsync(
            service.Address, "POST /files/upload", $"--{FormBody.Boundary}\r\nX-Endless: ", "x", Size)));
        var grown = await service.PeakMemoryAsync() - before;
        // The server reads up to 1 MiB ahead on each connection.
        Assert.True(grown < 40, $"the process grew by {grown} MiB, from {before} MiB");
        Assert.All(answers, answer => Assert.Equal(400, answer?.Status));
        using var alive = await service.Http.GetAsync("/health");
        Assert.Equal(HttpStatusCode.OK, alive.StatusCode);
    }
}
