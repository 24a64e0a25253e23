using System.Net;
using System.Text;
using System.Text.Json;
using Xunit;

namespace FileDrop.Api.Tests.Files;

/// <summary>
/// Concurrent changes of one file. A client that expects 100-continue gets it when the service begins to read its body: after every early check, and before the
/// commit.
/// </summary>
public abstract class ContendedUpdateTests(Pair pair)
{
    public static TheoryData<string, string> Bodies => new()
    {
        { "", "text/plain" }, { "/content", "application/json" }, { "", FormBody.Type },
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task A_failed_If_Match_is_refused_before_the_body_is_requested(string path, string type)
    {
        var file = await FileAsync();
        await pair.LeavesNothingAsync(async () =>
        {
            using var wire = await Wire.ConnectAsync(pair.Service);
            await HeadAsync(wire, file, path, type, 1_000_000, "If-Match: \"other\"");
            var answer = await wire.ReadAnswerAsync();
            Assert.Equal(412, answer.Status);
            Assert.Equal("precondition_failed", answer.Code());
        });
    }

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task A_failed_If_Match_is_also_refused_without_100_continue(string path, string type)
    {
        var file = await FileAsync();
        await pair.LeavesNothingAsync(async () =>
        {
            using var body = new ByteArrayContent(new byte[20 * 1024 * 1024]);
            body.Headers.TryAddWithoutValidation("Content-Type", type);
            using var response = await pair.Http.SendAsync(HttpMethod.Put, $"/files/{file.Id()}{path}", body, ("If-Match", "\"other\""));
            await response.RefusedAsync(412, "precondition_failed");
        });
    }

    [Theory]
    [ClusterAtNight]
    [InlineData("POST /files/upload", "Content-Range: bytes 0-1/2", 400)]
    [InlineData("POST /files/upload", "Content-Encoding: gzip", 415)]
    [InlineData("POST /files/upload?file_name=..", "X: y", 400)]
    [InlineData("POST /files/upload", "Content-Type: rubbish", 400)]
    [InlineData("POST /files/upload", "Content-Type: multipart/form-data", 400)]
    [InlineData("POST /files/upload", "Content-Digest: sha-256=rubbish", 400)]
    [InlineData("POST /files/upload", "Origin: https://elsewhere.example", 403)]
    [InlineData("PUT /files/00000000-0000-7000-8000-000000000000", "X: y", 404)]
    [InlineData("PUT /files/00000000-0000-7000-8000-000000000000", "Content-Type: application/json", 404)]
    [InlineData("PUT /files/00000000-0000-7000-8000-000000000000/content", "X: y", 404)]
    [InlineData("POST /elsewhere", "X: y", 404)]
    public async Task A_request_with_a_bad_head_is_refused_before_the_body_is_requested(string line, string field, int status) =>
        await pair.LeavesNothingAsync(async () =>
        {
            using var wire = await Wire.ConnectAsync(pair.Service);
            await wire.SendHeadAsync(line, field, "Content-Length: 1000000", "Expect: 100-continue");
            var answer = await wire.ReadAnswerAsync();
            Assert.Equal(status, answer.Status);
            Assert.NotNull(answer.Code());
        });

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task If_Match_is_checked_again_after_the_body(string path, string type)
    {
        var file = await FileAsync();
        var (body, tag) = (Body(type, "mine"), await pair.Http.TagAsync(file.Id()));
        using var wire = await Wire.ConnectAsync(pair.Service);
        await BeginAsync(wire, file, path, type, body.Length, $"If-Match: {tag}");
        using var other = await pair.Http.PutJsonAsync(file.Id(), "{\"tags\": {\"theirs\": \"1\"}}");
        await other.SucceededAsync();
        await pair.LeavesNothingAsync(async () =>
        {
            await wire.SendAsync(body);
            var answer = await wire.ReadAnswerAsync();
            Assert.Equal(412, answer.Status);
            Assert.Equal("precondition_failed", answer.Code());
        });
        Assert.Equal("old", await pair.Http.GetStringAsync($"/files/{file.Id()}"));
        Assert.Equal(["theirs"], (await pair.Http.MetadataAsync(file.Id())).Tags().Keys);
    }

    [Fact]
    public async Task If_Match_of_metadata_is_checked_again_after_the_body()
    {
        var file = await FileAsync();
        const string Json = "{\"file_name\": \"mine\"}";
        using var wire = await Wire.ConnectAsync(pair.Service);
        await BeginAsync(wire, file, "", "application/json", Json.Length, $"If-Match: {await pair.Http.TagAsync(file.Id())}");
        using var other = await pair.Http.SendAsync(HttpMethod.Put, $"/files/{file.Id()}", new StringContent("theirs"));
        await other.SucceededAsync();
        await wire.SendAsync(Json);
        Assert.Equal(412, (await wire.ReadAnswerAsync()).Status);
        Assert.Equal("a.txt", (await pair.Http.MetadataAsync(file.Id())).Name());
    }

    [Theory]
    [InlineData("/content", "text/plain", "X: y")]
    [InlineData("/content", "text/plain", "If-Match: *")]
    [InlineData("", FormBody.Type, "X: y")]
    [InlineData("", "application/json", "X: y")]
    public async Task A_file_deleted_while_its_new_content_comes_stays_deleted(string path, string type, string field)
    {
        var file = await FileAsync();
        var body = type == "application/json" ? "{\"file_name\": \"mine\"}"u8.ToArray() : Body(type, "mine");
        using var wire = await Wire.ConnectAsync(pair.Service);
        await BeginAsync(wire, file, path, type, body.Length, field);
        using var deletion = await pair.Http.DeleteAsync($"/files/{file.Id()}");
        Assert.Equal(HttpStatusCode.OK, deletion.StatusCode);
        await pair.LeavesNothingAsync(async () =>
        {
            await wire.SendAsync(body);
            var answer = await wire.ReadAnswerAsync();
            Assert.Equal(404, answer.Status);
            Assert.Equal("file_not_found", answer.Code());
        });
        using var read = await pair.Http.GetAsync($"/files/{file.Id()}");
        await read.RefusedAsync(404, "file_not_found");
        await Service.UntilAsync("no blob of the file is left", async () =>
            !(await pair.Stores.BlobKeysAsync()).Any(key => key.Contains(file.Id().Replace("-", "", StringComparison.Ordinal), StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Without_If_Match_the_last_writer_to_finish_wins_and_both_contents_are_versions(bool firstEndsFirst)
    {
        var file = await FileAsync();
        using var one = await Wire.ConnectAsync(pair.Service);
        using var two = await Wire.ConnectAsync(pair.Service);
        await BeginAsync(one, file, "/content", "text/plain", 3);
        await BeginAsync(two, file, "/content", "text/plain", 3);
        var (winner, loser) = firstEndsFirst ? (two, one) : (one, two);
        await winner.SendAsync("wi");
        await loser.SendAsync("los");
        var lost = await loser.ReadAnswerAsync();
        Assert.Equal((200, 2), (lost.Status, lost.Json().GetProperty("file").Version()));
        Assert.Equal("los", await pair.Http.GetStringAsync($"/files/{file.Id()}"));
        await winner.SendAsync("n");
        var won = await winner.ReadAnswerAsync();
        Assert.Equal((200, 3), (won.Status, won.Json().GetProperty("file").Version()));
        Assert.Equal("win", await pair.Http.GetStringAsync($"/files/{file.Id()}"));
    }

    [Fact]
    public async Task Content_written_during_a_rename_keeps_the_new_name()
    {
        var file = await FileAsync();
        using var wire = await Wire.ConnectAsync(pair.Service);
        await BeginAsync(wire, file, "/content", "text/plain", 3);
        using var rename = await pair.Http.PutJsonAsync(file.Id(), "{\"file_name\": \"b.txt\"}");
        await rename.SucceededAsync();
        await wire.SendAsync("new");
        var now = (await wire.ReadAnswerAsync()).Json().GetProperty("file");
        Assert.Equal(("b.txt", 3), (now.Name(), now.Version()));
        Assert.Equal("new", await pair.Http.GetStringAsync($"/files/{file.Id()}"));
    }

    [Fact]
    public async Task Exactly_one_of_many_changes_with_the_same_If_Match_wins()
    {
        var file = await FileAsync();
        var tag = await pair.Http.TagAsync(file.Id());
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(async number =>
        {
            using var response = await (number % 2 == 0
                ? pair.Http.PutJsonAsync(file.Id(), $"{{\"file_name\": \"{number}\"}}", ("If-Match", tag))
                : pair.Http.SendAsync(HttpMethod.Put, $"/files/{file.Id()}/content", new StringContent($"{number}"), ("If-Match", tag)));
            return response.StatusCode;
        }));
        Assert.Equal(1, answers.Count(status => status == HttpStatusCode.OK));
        Assert.Equal(7, answers.Count(status => status == HttpStatusCode.PreconditionFailed));
        Assert.Equal(2, (await pair.Http.MetadataAsync(file.Id())).Version());
    }

    private static byte[] Body(string type, string content) =>
        type == FormBody.Type ? new FormBody().File(content).ToArray() : Encoding.UTF8.GetBytes(content);

    private static Task HeadAsync(Wire wire, JsonElement file, string path, string type, int length, params string[] fields) =>
        wire.SendHeadAsync($"PUT /files/{file.Id()}{path}",
            [$"Content-Type: {type}", $"Content-Length: {length}", "Expect: 100-continue", .. fields]);

    private static async Task BeginAsync(Wire wire, JsonElement file, string path, string type, int length, params string[] fields)
    {
        await HeadAsync(wire, file, path, type, length, fields);
        Assert.Equal(100, (await wire.ReadAnswerAsync()).Status);
    }

    private async Task<JsonElement> FileAsync() => await pair.Http.UploadAsync("old"u8.ToArray(), "a.txt");
}

public sealed class ContendedUpdateOnEmbeddedTests(EmbeddedPair pair) : ContendedUpdateTests(pair), IClassFixture<EmbeddedPair>;

public sealed class ContendedUpdateOnClusterTests(ClusterPair pair) : ContendedUpdateTests(pair), IClassFixture<ClusterPair>;
