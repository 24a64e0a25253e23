using System.Net;
using FileDrop.Api.Tests.Access;
using FileDrop.Api.Tests.Uploads;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace FileDrop.Api.Tests.Attacks;

/// <summary>Odd texts as a credential, a name or a field, which once made the service fail.</summary>
public abstract class CredentialTests(Pair pair)
{
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    [Fact]
    public async Task A_credential_that_no_decoder_takes_is_refused_and_one_event_each()
    {
        using var log = new LogLines();
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(
            stores, services => services.AddSingleton<ILoggerProvider>(log), AccessWords.AdminSetting, ("Logging:LogLevel:Default", "Information"));
        using var admin = service.AsAdmin();
        var (key, _) = await admin.MakeKeyAsync(new { name = "real" });
        var started = log.All.Count;
        var before = log.All.Count(line => line.Event == "Audit");
        var (last, wrong) = (Alphabet.IndexOf(key[^1], StringComparison.Ordinal), new List<string>());
        // 43 digits hold 258 bits, of which the last two are unused. Three of the four texts with the same 256 bits are therefore not the key.
        for (var bits = 0; bits < 4; bits++)
        {
            if ((last & ~3 | bits) != last)
                wrong.Add($"{key[..^1]}{Alphabet[last & ~3 | bits]}");
        }
        Assert.Equal(3, wrong.Count);
        foreach (var filler in new[] { "!", "/", "+", "=", " ", "ż", "\u0001", "\u2028", "🎉" })
            wrong.Add($"fd_0123456789abcdef_{string.Concat(Enumerable.Repeat(filler, 43))}");
        wrong.AddRange([$"fd_0123456789abcdef_{new string('A', 42)}", $"fd_0123456789abcdef_{new string('A', 44)}", $"fd_0123456789abcdef_{new string('A', 5000)}"]);
        foreach (var text in wrong)
        {
            using var wire = await Wire.ConnectAsync(service);
            await wire.SendHeadAsync("GET /files", $"Authorization: Bearer {text}");
            var answer = await wire.ReadAnswerAsync();
            Assert.Equal((401, "unauthenticated"), (answer.Status, answer.Code()));
        }
        Assert.DoesNotContain(log.All.Skip(started), line => line.Level >= LogLevel.Error);
        // An event is written only after its answer was sent.
        await Service.UntilAsync("each has its event", () => Task.FromResult(log.All.Count(line => line.Event == "Audit") == before + wrong.Count));
        using var real = service.As(key);
        Assert.Equal(HttpStatusCode.OK, await real.StatusAsync("/files"));
    }

    [Theory]
    [InlineData("%EF%BF%BE")]
    [InlineData("a%EF%BF%BEe%CC%81")]
    [InlineData("%E9")]
    [InlineData("%ED%A0%80")]
    [InlineData("e%CC%81")]
    [InlineData("%00")]
    [InlineData("")]
    public async Task A_malformed_owner_is_refused_and_never_makes_the_service_fail(string owner)
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, AccessWords.AdminSetting);
        using var admin = service.AsAdmin();
        using var response = await admin.GetAsync($"/files?owner={owner}");
        // U+FFFE is a character like any other; the other texts are not names.
        Assert.Equal(owner is "%EF%BF%BE" ? HttpStatusCode.OK : HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Theory]
    [InlineData("filename YQ==,a\u0001b")]
    [InlineData("a\u007fb YQ==")]
    [InlineData("a\u001b[31m YQ==")]
    [InlineData("a\tb")]
    public async Task Metadata_that_no_answer_could_repeat_is_refused_when_the_upload_is_made(string metadata)
    {
        foreach (var concat in new[] { "Upload-Concat: partial", "X: y", "Upload-Concat: partial\u0001" })
        {
            using var wire = await Wire.ConnectAsync(pair.Service);
            await wire.SendHeadAsync("POST /uploads", "Tus-Resumable: 1.0.0", "Upload-Length: 3", $"Upload-Metadata: {metadata}", concat);
            var answer = await wire.ReadAnswerAsync();
            Assert.Equal((400, "invalid_request"), (answer.Status, answer.Code()));
        }
    }

    [Fact]
    public async Task An_upload_of_an_earlier_release_with_such_metadata_can_be_read()
    {
        var uploads = pair.Service.Services.GetRequiredService<FileDrop.Api.Contents.UploadStore>();
        var plan = new FileDrop.Api.Catalog.ResumablePlan("a", "text/plain", FileDrop.Api.Contents.FileTags.None, Metadata: "a\u0001b", Concat: "partial");
        var upload = await uploads.CreateAsync("local", plan, 3, CancellationToken.None);
        using var head = await new TusClient(pair.Http).HeadAsync($"/uploads/{upload.Id}");
        Assert.Equal(HttpStatusCode.OK, head.StatusCode);
        Assert.Equal(("0", null, "partial"), (head.Field("Upload-Offset"), head.Field("Upload-Metadata"), head.Field("Upload-Concat")));
    }
}

public sealed class CredentialOnEmbeddedTests(EmbeddedPair pair) : CredentialTests(pair), IClassFixture<EmbeddedPair>;

public sealed class CredentialOnClusterTests(ClusterPair pair) : CredentialTests(pair), IClassFixture<ClusterPair>;
