using System.Net;
using System.Text;
using FileDrop.Api.Tests.Files;
using Xunit;

namespace FileDrop.Api.Tests.Uploads;

/// <summary>Resumable Uploads for HTTP: the promises of draft-ietf-httpbis-resumable-upload to a client.</summary>
public abstract class DraftTests(Pair pair)
{
    private const string Problems = "https://iana.org/assignments/http-problem-types#";

    private static readonly byte[] s_hello = Encoding.ASCII.GetBytes("hello, world");

    private HttpClient Http => pair.Http;

    [Fact]
    public async Task OPTIONS_tells_the_limits_before_anything_is_created()
    {
        using var response = await Http.SendAsync(HttpMethod.Options, "/files/upload", null);
        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        Assert.StartsWith("max-size=", response.Field("Upload-Limit"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_creation_that_is_not_complete_makes_an_upload_resource_with_what_it_brought()
    {
        using var response = await CreateAsync(s_hello[..5], ("Upload-Length", "12"));
        Assert.Equal(("?0", "5"), (response.Field("Upload-Complete"), response.Field("Upload-Offset")));
        Assert.Matches("^max-size=[0-9]+, max-age=[0-9]+$", response.Field("Upload-Limit") ?? "");
        var upload = Location(response);
        using var head = await Http.SendAsync(HttpMethod.Head, upload, null);
        Assert.Equal((HttpStatusCode.NoContent, "5", "?0", "12", "no-store"), (head.StatusCode, head.Field("Upload-Offset"),
            head.Field("Upload-Complete"), head.Field("Upload-Length"), head.Field("Cache-Control")));
        using var get = await Http.GetAsync(upload);
        Assert.Equal("5", get.Field("Upload-Offset"));
    }

    [Fact]
    public async Task An_empty_creation_tells_the_resource_and_the_appends_make_the_file()
    {
        using var created = await CreateAsync([]);
        var upload = Location(created);
        using var first = await AppendAsync(upload, 0, s_hello[..7], complete: false);
        Assert.Equal((HttpStatusCode.NoContent, "?0", "7"), (first.StatusCode, first.Field("Upload-Complete"), first.Field("Upload-Offset")));
        using var last = await AppendAsync(upload, 7, s_hello[7..], complete: true);
        var file = await last.SucceededAsync(HttpStatusCode.Created);
        Assert.Equal(("?1", $"/files/{file.Id()}"), (last.Field("Upload-Complete"), last.Field("Location")));
        Assert.Equal(("notes.txt", "text/plain", "hello, world"), (file.Name(), file.Text("file_type"), await Http.GetStringAsync($"/files/{file.Id()}")));
        Assert.Equal(file.ToString(), (await Http.MetadataAsync(file.Id())).ToString());
    }

    [Fact]
    public async Task Only_the_request_that_says_so_completes_an_upload_whatever_its_length()
    {
        using var created = await CreateAsync(s_hello, ("Upload-Length", "12"));
        var upload = Location(created);
        using var head = await Http.SendAsync(HttpMethod.Head, upload, null);
        Assert.Equal(("?0", "12"), (head.Field("Upload-Complete"), head.Field("Upload-Offset")));
        Assert.DoesNotContain(TusClient.Id(upload), await Http.GetStringAsync("/files"), StringComparison.Ordinal);
        using var last = await AppendAsync(upload, 12, [], complete: true);
        await last.SucceededAsync(HttpStatusCode.Created);
    }

    [Fact]
    public async Task A_completed_upload_says_so_and_gives_its_last_answer_again()
    {
        using var created = await CreateAsync(s_hello);
        var upload = Location(created);
        using var last = await AppendAsync(upload, 12, [], complete: true);
        using var again = await AppendAsync(upload, 12, [], complete: true);
        Assert.Equal((await last.SucceededAsync(HttpStatusCode.Created)).ToString(), (await again.SucceededAsync(HttpStatusCode.Created)).ToString());
        using var head = await Http.SendAsync(HttpMethod.Head, upload, null);
        Assert.Equal(("?1", "12", "12"), (head.Field("Upload-Complete"), head.Field("Upload-Offset"), head.Field("Upload-Length")));
        using var more = await AppendAsync(upload, 12, [1], complete: true);
        await more.RefusedAsync(400, "invalid_request");
        Assert.Equal("?0", more.Field("Upload-Complete"));
    }

    [Fact]
    public async Task A_request_with_the_whole_is_an_ordinary_upload_that_says_that_it_is_complete()
    {
        using var response = await Http.SendAsync(HttpMethod.Post, "/files/upload?file_name=a.txt", new ByteArrayContent(s_hello), ("Upload-Complete", "?1"), ("Upload-Length", "12"));
        var file = await response.SucceededAsync(HttpStatusCode.Created);
        Assert.Equal(("?1", $"/files/{file.Id()}"), (response.Field("Upload-Complete"), response.Field("Location")));
    }

    [Theory]
    [InlineData("1")]
    [InlineData("true")]
    [InlineData("?2")]
    public async Task A_malformed_Upload_Complete_is_as_good_as_none(string field)
    {
        using var response = await Http.SendAsync(HttpMethod.Post, "/files/upload?file_name=a.txt", new ByteArrayContent(s_hello), ("Upload-Complete", field));
        await response.SucceededAsync(HttpStatusCode.Created);
        Assert.Null(response.Field("Upload-Complete"));
    }

    [Fact]
    public async Task An_append_at_another_offset_is_409_with_the_right_one()
    {
        using var created = await CreateAsync(s_hello[..5]);
        var upload = Location(created);
        foreach (var offset in new[] { 0, 6 })
        {
            using var response = await AppendAsync(upload, offset, [1], complete: false);
            Assert.Equal((HttpStatusCode.Conflict, "?0", "5"), (response.StatusCode, response.Field("Upload-Complete"), response.Field("Upload-Offset")));
            var problem = await response.JsonAsync();
            Assert.Equal((Problems + "mismatching-upload-offset", 5, offset),
                (problem.Text("type"), problem.GetProperty("expected-offset").GetInt32(), problem.GetProperty("provided-offset").GetInt32()));
        }
    }

    [Fact]
    public async Task An_append_without_its_fields_or_of_another_type_is_refused()
    {
        using var created = await CreateAsync(s_hello[..5]);
        var upload = Location(created);
        foreach (var fields in new (string, string)[][] { [("Upload-Offset", "5")], [("Upload-Complete", "?1")], [("Upload-Offset", "-5"), ("Upload-Complete", "?1")] })
        {
            using var missing = await Http.SendAsync(HttpMethod.Patch, upload, Body([1]), fields);
            await missing.RefusedAsync(400, "invalid_request");
        }
        using var other = await Http.SendAsync(
            HttpMethod.Patch, upload, new ByteArrayContent([1]), ("Upload-Offset", "5"), ("Upload-Complete", "?1"), ("Content-Type", "text/plain"));
        await other.RefusedAsync(415, "unsupported_media_type");
        Assert.Equal("application/partial-upload", other.Field("Accept-Patch"));
        using var still = await AppendAsync(upload, 5, s_hello[5..], complete: true);
        await still.SucceededAsync(HttpStatusCode.Created);
    }

    [Fact]
    public async Task Lengths_that_contradict_each_other_are_400()
    {
        using var ordinary = await Http.SendAsync(HttpMethod.Post, "/files/upload", new ByteArrayContent(s_hello), ("Upload-Complete", "?1"), ("Upload-Length", "13"));
        await InconsistentAsync(ordinary);
        using var created = await CreateAsync(s_hello[..5], ("Upload-Length", "12"));
        var upload = Location(created);
        using var other = await AppendAsync(upload, 5, [1], complete: false, ("Upload-Length", "13"));
        await InconsistentAsync(other);
        using var shorter = await AppendAsync(upload, 5, [1], complete: true);
        await InconsistentAsync(shorter);
        using var right = await AppendAsync(upload, 5, s_hello[5..], complete: true);
        await right.SucceededAsync(HttpStatusCode.Created);

        static async Task InconsistentAsync(HttpResponseMessage response)
        {
            Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
            var problem = await response.JsonAsync();
            Assert.Equal(("inconsistent_length", Problems + "inconsistent-upload-length"), (problem.Text("code"), problem.Text("type")));
        }
    }

    [Fact]
    public async Task An_upload_that_goes_on_after_its_length_is_invalid_from_then_on() => await pair.LeavesNothingAsync(async () =>
    {
        using var created = await CreateAsync(s_hello[..5], ("Upload-Length", "6"));
        var upload = Location(created);
        using var response = await AppendAsync(upload, 5, [1, 2], complete: false);
        await response.RefusedAsync(413, "file_too_large");
        using var head = await Http.GetAsync(upload);
        await head.RefusedAsync(404, "upload_not_found");
    });

    [Fact]
    public async Task A_form_cannot_be_resumed() => await pair.LeavesNothingAsync(async () =>
    {
        using var response = await Http.SendAsync(HttpMethod.Post, "/files/upload", new FormBody().File().Content(), ("Upload-Complete", "?0"));
        await response.RefusedAsync(415, "unsupported_media_type");
    });

    [Fact]
    public async Task DELETE_cancels_an_upload_and_leaves_a_file_alone()
    {
        await pair.LeavesNothingAsync(async () =>
        {
            using var created = await CreateAsync(s_hello);
            using var cancelled = await Http.DeleteAsync(Location(created));
            Assert.Equal(HttpStatusCode.NoContent, cancelled.StatusCode);
            using var gone = await Http.DeleteAsync(Location(created));
            await gone.RefusedAsync(404, "upload_not_found");
        });
        using var other = await CreateAsync(s_hello);
        using var last = await AppendAsync(Location(other), 12, [], complete: true);
        var file = await last.SucceededAsync(HttpStatusCode.Created);
        using var refused = await Http.DeleteAsync(Location(other));
        await refused.RefusedAsync(410, "upload_complete");
        await Http.MetadataAsync(file.Id());
    }

    [Fact]
    public async Task A_content_digest_guards_one_request()
    {
        using var created = await CreateAsync([]);
        var upload = Location(created);
        using var wrong = await AppendAsync(upload, 0, s_hello, complete: true, ("Content-Digest", Requests.Digest("other")));
        await wrong.RefusedAsync(400, "digest_mismatch");
        Assert.Equal("?0", wrong.Field("Upload-Complete"));
        using var right = await AppendAsync(upload, 0, s_hello, complete: true, ("Content-Digest", Requests.Digest(s_hello)));
        await right.SucceededAsync(HttpStatusCode.Created);
    }

    [Fact]
    public async Task A_representation_digest_guards_the_whole()
    {
        await pair.LeavesNothingAsync(async () =>
        {
            using var created = await CreateAsync(s_hello[..5], ("Repr-Digest", Requests.Digest("hello, there")));
            using var last = await AppendAsync(Location(created), 5, s_hello[5..], complete: true);
            await last.RefusedAsync(400, "digest_mismatch");
            Assert.Equal("?1", last.Field("Upload-Complete"));
            using var gone = await Http.GetAsync(Location(created));
            await gone.RefusedAsync(404, "upload_not_found");
        });
        using var other = await CreateAsync(s_hello[..5], ("Repr-Digest", Requests.Digest(s_hello)));
        using var right = await AppendAsync(Location(other), 5, s_hello[5..], complete: true);
        await right.SucceededAsync(HttpStatusCode.Created);
    }

    private static string Location(HttpResponseMessage response)
    {
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        var upload = response.Field("Location") ?? "";
        Assert.StartsWith("/files/upload/", upload, StringComparison.Ordinal);
        return upload;
    }

    private static ByteArrayContent Body(byte[] bytes)
    {
        var body = new ByteArrayContent(bytes);
        body.Headers.ContentType = new("application/partial-upload");
        return body;
    }

    private Task<HttpResponseMessage> CreateAsync(byte[] content, params (string Name, string Value)[] fields) => Http.SendAsync(
        HttpMethod.Post, "/files/upload", new ByteArrayContent(content),
        [("Upload-Complete", "?0"), ("Content-Type", "text/plain"), ("Content-Disposition", "inline; filename=\"notes.txt\""), .. fields]);

    private Task<HttpResponseMessage> AppendAsync(string upload, long offset, byte[] content, bool complete, params (string Name, string Value)[] fields) =>
        Http.SendAsync(HttpMethod.Patch, upload, Body(content),
            [("Upload-Offset", TusClient.Text(offset)), ("Upload-Complete", complete ? "?1" : "?0"), .. fields]);
}

public sealed class DraftOnEmbeddedTests(EmbeddedPair pair) : DraftTests(pair), IClassFixture<EmbeddedPair>;

public sealed class DraftOnClusterTests(ClusterPair pair) : DraftTests(pair), IClassFixture<ClusterPair>;
