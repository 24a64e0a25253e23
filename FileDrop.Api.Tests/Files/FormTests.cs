using System.Globalization;
using System.Net;
using System.Text;
using Xunit;

namespace FileDrop.Api.Tests.Files;

[ClusterAtNight]
public abstract class FormTests(Pair pair)
{
    private const string NoFile = "Content-Disposition: form-data; name=\"file\"; filename=\"\"";

    [Theory]
    [InlineData("file")]
    [InlineData("upload")]
    [InlineData("file_name")]
    [InlineData("tags")]
    [InlineData("")]
    public async Task The_file_is_the_part_with_a_filename_whatever_its_field(string field)
    {
        var form = new FormBody().Text("other", "ignored").Part("abc", $"Content-Disposition: form-data; name=\"{field}\"; filename=\"a.txt\"");
        var file = await pair.Http.UploadFormAsync(form.Text("another", "ignored"));
        Assert.Equal(("a.txt", 0), (file.Name(), file.Tags().Count));
        Assert.Equal("abc", await pair.Http.GetStringAsync($"/files/{file.Id()}"));
    }

    [Fact]
    public async Task A_part_with_a_filename_and_no_field_name_is_the_file() =>
        await pair.Http.UploadFormAsync(new FormBody().Part("abc", "Content-Disposition: form-data; filename=\"a.txt\""));

    [Fact]
    public async Task An_empty_file_field_counts_as_missing()
    {
        var file = await pair.Http.UploadFormAsync(new FormBody().Part("", NoFile).File("abc").Part("", NoFile, "Content-Type: application/octet-stream"));
        Assert.Equal("a.txt", file.Name());
    }

    [Fact]
    public async Task A_file_without_a_name_is_untitled()
    {
        var file = await pair.Http.UploadFormAsync(new FormBody().Part("abc", NoFile));
        Assert.Equal("untitled", file.Name());
        Assert.Equal("abc", await pair.Http.GetStringAsync($"/files/{file.Id()}"));
    }

    [Fact]
    public async Task Text_before_the_first_and_after_the_last_boundary_is_ignored()
    {
        var form = new FormBody().Append("a preamble\r\n").File("abc").End().Append($"--{FormBody.Boundary}\r\nan epilogue");
        Assert.Equal("abc", await pair.Http.GetStringAsync($"/files/{(await pair.Http.UploadFormAsync(form)).Id()}"));
    }

    [Fact]
    public async Task A_form_of_HttpClients_is_read()
    {
        using var form = new MultipartFormDataContent { { new StringContent("{\"a\": \"b\"}"), "tags" }, { new ByteArrayContent([1, 2]), "file", "Żółć 灯泡.txt" } };
        using var response = await pair.Http.PostAsync("/files/upload", form);
        var file = await response.SucceededAsync(HttpStatusCode.Created);
        Assert.Equal(("Żółć 灯泡.txt", "b"), (file.Name(), file.Tags()["a"]));
        Assert.Equal([1, 2], await pair.Http.GetByteArrayAsync($"/files/{file.Id()}"));
    }

    [Fact]
    public async Task A_form_without_a_file_is_refused() => await pair.LeavesNothingAsync(async () =>
    {
        foreach (var form in new[] { new FormBody(), new FormBody().Text("file", "abc").Text("file_name", "a"), new FormBody().Part("", NoFile) })
        {
            using var response = await pair.Http.PostAsync("/files/upload", form.Content());
            await response.RefusedAsync(400, "file_missing");
        }
    });

    [Fact]
    public async Task A_form_with_two_files_is_refused_whatever_is_between_them()
    {
        var file = await pair.Http.UploadAsync([1], "a");
        await pair.LeavesNothingAsync(async () =>
        {
            foreach (var form in new[]
            {
                new FormBody().File().File(),
                new FormBody().Text("file_name", "a").File().Text("tags", "{}").File("def", "b.txt"),
                new FormBody().File("").File(""),
                new FormBody().Part("abc", NoFile).File(),
                new FormBody().File().Part("abc", NoFile),
            })
            {
                using var upload = await pair.Http.PostAsync("/files/upload", form.Content());
                await upload.RefusedAsync(400, "too_many_files");
                using var update = await pair.Http.SendAsync(HttpMethod.Put, $"/files/{file.Id()}", form.Content());
                await update.RefusedAsync(400, "too_many_files");
            }
        });
    }

    [Theory]
    [InlineData("multipart/form-data")]
    [InlineData("multipart/form-data; boundary=")]
    [InlineData("multipart/form-data; boundary=\"\"")]
    [InlineData("multipart/form-data; boundary=x1234567890123456789012345678901234567890123456789012345678901234567890")]
    [InlineData("multipart/form-data; boundary=another")]
    [InlineData("Multipart/Form-Data; charset=utf-8")]
    public async Task A_form_without_its_boundary_is_refused(string type) => await pair.LeavesNothingAsync(async () =>
    {
        using var response = await pair.Http.PostAsync("/files/upload", new FormBody().File().Content(type));
        await response.RefusedAsync(400, "invalid_request");
    });

    [Fact]
    public async Task A_form_that_is_cut_off_anywhere_is_refused()
    {
        var file = await pair.Http.UploadAsync([1], "a");
        var whole = new FormBody().Text("file_name", "b").File(new string('x', 50), "a.txt", "Content-Type: text/plain").Text("tags", "{}").ToArray();
        // The line end after the last boundary is optional.
        var lengths = Enumerable.Range(0, whole.Length - 3).Where(length => length % 7 == 0 || length > whole.Length - 8).ToList();
        await pair.LeavesNothingAsync(async () =>
        {
            foreach (var length in lengths)
            {
                foreach (var (method, path) in new[] { (HttpMethod.Post, "/files/upload"), (HttpMethod.Put, $"/files/{file.Id()}") })
                {
                    using var body = new ByteArrayContent(whole[..length]);
                    body.Headers.TryAddWithoutValidation("Content-Type", FormBody.Type);
                    using var response = await pair.Http.SendAsync(method, path, body);
                    Assert.True(response.StatusCode == HttpStatusCode.BadRequest, $"{length}: {response.StatusCode}");
                    Assert.Equal("invalid_request", await response.CodeAsync());
                }
            }
        });
    }

    [Fact]
    public async Task A_large_file_that_is_cut_off_in_a_form_is_refused() => await pair.LeavesNothingAsync(async () =>
    {
        using var response = await pair.Http.PostAsync("/files/upload", new FormBody().File(new string('x', 9 * 1024 * 1024)).Unfinished());
        await response.RefusedAsync(400, "invalid_request");
    });

    [Theory]
    [InlineData("Content-Type: text/plain")]
    [InlineData("Content-Disposition: attachment; filename=\"a\"")]
    [InlineData("Content-Disposition: form-data; name=\"file\"; filename=\"a")]
    [InlineData("Content-Disposition: ;filename=\"a\"")]
    [InlineData("Content-Disposition: form-data; name=\"file\"; filename=\"a\" b")]
    [InlineData("Content-Disposition: form-data; name")]
    [InlineData("No header at all")]
    [InlineData("")]
    public async Task A_part_with_a_malformed_header_is_refused(string header) => await pair.LeavesNothingAsync(async () =>
    {
        foreach (var form in new[] { new FormBody().Part("abc", header).File(), new FormBody().File().Part("abc", header) })
        {
            using var response = await pair.Http.PostAsync("/files/upload", form.Content());
            await response.RefusedAsync(400, "invalid_request");
        }
    });

    [Fact]
    public async Task A_form_beyond_its_limits_is_refused() => await pair.LeavesNothingAsync(async () =>
    {
        var parts = new FormBody();
        for (var part = 0; part < 200; part++)
            parts.Text("other", part.ToString(CultureInfo.InvariantCulture));
        foreach (var (what, form) in new (string, FormBody)[]
        {
            ("part headers of 100 KB in one line", new FormBody().File("abc", "a", $"X: {new string('x', 100_000)}")),
            ("part headers of 100 KB without an end", new FormBody().Append($"--{FormBody.Boundary}\r\n{new string('x', 100_000)}")),
            ("a filename of 100 KB", new FormBody().File("abc", new string('x', 100_000))),
            ("a thousand headers", new FormBody().File("abc", "a", [.. Enumerable.Range(0, 1000).Select(line => $"X{line}: y")])),
            ("a name of 200 KB", new FormBody().File().Text("file_name", new string('x', 200_000))),
            ("tags of 200 KB", new FormBody().File().Text("tags", $"{{\"a\": \"{new string('x', 200_000)}\"}}")),
            ("a preamble of 100 KB", new FormBody().Append($"{new string('x', 100_000)}\r\n").File()),
            ("an epilogue of 1 MB", new FormBody().File().End().Append(new string('x', 1_000_000))),
            ("200 parts", parts.File()),
        })
        {
            using var response = await pair.Http.PostAsync("/files/upload", form.Content());
            Assert.True(response.StatusCode == HttpStatusCode.BadRequest, $"{what}: {response.StatusCode}");
            Assert.Equal("invalid_request", await response.CodeAsync());
        }
    });

    [Fact]
    public async Task A_large_unknown_part_is_ignored()
    {
        var form = new FormBody().Text("other", new string('x', 3_000_000)).File("abc").Text("other", new string('x', 3_000_000));
        var file = await pair.Http.UploadFormAsync(form);
        Assert.Equal("abc", await pair.Http.GetStringAsync($"/files/{file.Id()}"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_form_with_bytes_changed_lost_or_doubled_is_taken_or_refused_and_never_a_failure(int seed)
    {
        var random = new Random(seed);
        var whole = new FormBody().Text("file_name", "b.txt").File("abc\r\n--def", "a.txt", "Content-Type: text/plain").Text("tags", "{\"a\": \"b\"}").ToArray();
        for (var round = 0; round < 150; round++)
        {
            var bytes = whole.ToList();
            for (var change = random.Next(1, 4); change > 0; change--)
            {
                var at = random.Next(bytes.Count);
                switch (random.Next(4))
                {
                    case 0:
                        bytes[at] = (byte)random.Next(256);
                        break;
                    case 1:
                        bytes[at] ^= (byte)(1 << random.Next(8));
                        break;
                    case 2:
                        bytes.RemoveRange(at, Math.Min(random.Next(1, 20), bytes.Count - at));
                        break;
                    default:
                        bytes.InsertRange(at, bytes.GetRange(at, Math.Min(random.Next(1, 20), bytes.Count - at)));
                        break;
                }
            }
            using var body = new ByteArrayContent([.. bytes]);
            body.Headers.TryAddWithoutValidation("Content-Type", FormBody.Type);
            using var response = await pair.Http.PostAsync("/files/upload", body);
            if (response.StatusCode == HttpStatusCode.Created)
                continue;
            Assert.True(response.StatusCode == HttpStatusCode.BadRequest, $"{response.StatusCode} in round {round}: {Encoding.Latin1.GetString([.. bytes])}");
            await response.CodeAsync();
        }
    }

    [Fact]
    public async Task Garbage_in_place_of_a_form_is_refused() => await pair.LeavesNothingAsync(async () =>
    {
        foreach (var bytes in new[] { [], Requests.Bytes(10_000), Encoding.UTF8.GetBytes(new string('-', 10_000)), new byte[100_000] })
        {
            using var body = new ByteArrayContent(bytes);
            body.Headers.TryAddWithoutValidation("Content-Type", FormBody.Type);
            using var response = await pair.Http.PostAsync("/files/upload", body);
            await response.RefusedAsync(400, "invalid_request");
        }
    });
}

public sealed class FormOnEmbeddedTests(EmbeddedPair pair) : FormTests(pair), IClassFixture<EmbeddedPair>;

public sealed class FormOnClusterTests(ClusterPair pair) : FormTests(pair), IClassFixture<ClusterPair>;
