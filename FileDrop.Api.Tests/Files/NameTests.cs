using System.Net;
using Xunit;

namespace FileDrop.Api.Tests.Files;

[ClusterAtNight]
public abstract class NameTests(Pair pair)
{
    [Theory]
    [InlineData("report.pdf", "report.pdf")]
    [InlineData("dir/sub/report.pdf", "report.pdf")]
    [InlineData("C:\\Users\\me\\report.pdf", "report.pdf")]
    [InlineData("/etc/passwd", "passwd")]
    [InlineData("../../../etc/passwd", "passwd")]
    [InlineData("..\\..\\boot.ini", "boot.ini")]
    [InlineData("a\\b/c\\d", "d")]
    [InlineData("...", "...")]
    [InlineData(".hidden", ".hidden")]
    [InlineData(" a b ", " a b ")]
    [InlineData("a'b;c=\"d\"&e%.txt", "a'b;c=\"d\"&e%.txt")]
    [InlineData("CON", "CON")]
    [InlineData("$where", "$where")]
    [InlineData("Żółć 灯泡.pdf", "Żółć 灯泡.pdf")]
    [InlineData("e\u0301.txt", "\u00e9.txt")]
    [InlineData("\u212b", "\u00c5")]
    [InlineData("\u1112\u1161\u11ab", "\ud55c")]
    [InlineData("a\u202eb\u200fc", "a\u202eb\u200fc")]
    [InlineData("a\u200db\ufeffc\u00ad", "a\u200db\ufeffc\u00ad")]
    [InlineData("👩\u200d👩\u200d👧 \U0001F1E9\U0001F1EA", "👩\u200d👩\u200d👧 \U0001F1E9\U0001F1EA")]
    [InlineData("\ufffe\uffff", "\ufffe\uffff")]
    public async Task A_name_is_the_last_segment_of_what_was_sent_in_NFC(string sent, string kept)
    {
        var file = await pair.Http.UploadAsync([1], sent);
        Assert.Equal(kept, file.Name());
        Assert.Equal(kept, (await pair.Http.MetadataAsync(file.Id())).Name());
    }

    [Theory]
    [InlineData("%2F")]
    [InlineData("dir%2F")]
    [InlineData("dir%5C")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("a%2F..")]
    [InlineData("a%5C.")]
    [InlineData("a%00b")]
    [InlineData("%00")]
    [InlineData("a%0Ab")]
    [InlineData("a%0Db")]
    [InlineData("a%09b")]
    [InlineData("a%1Bb")]
    [InlineData("a%7Fb")]
    [InlineData("a%C2%85b")]
    [InlineData("a%C2%9Fb")]
    public async Task A_name_that_breaks_a_rule_is_refused_and_nothing_is_stored(string encoded)
    {
        await pair.LeavesNothingAsync(async () =>
        {
            using var response = await pair.Http.PostAsync($"/files/upload?file_name={encoded}", new ByteArrayContent([1]));
            await response.RefusedAsync(400, "invalid_name");
        });
        await pair.LeavesNothingAsync(async () =>
        {
            var name = Uri.UnescapeDataString(encoded);
            using var response = await pair.Http.PostAsync("/files/upload", new FormBody().File().Text("file_name", name).Content());
            await response.RefusedAsync(400, "invalid_name");
        });
    }

    [Theory]
    [InlineData("a", 255, 201)]
    [InlineData("a", 256, 400)]
    [InlineData("a", 300, 400)]
    [InlineData("灯", 85, 201)]
    [InlineData("灯", 86, 400)]
    [InlineData("😀", 63, 201)]
    [InlineData("😀", 64, 400)]
    [InlineData("e\u0301", 127, 201)]
    [InlineData("e\u0301", 128, 400)]
    public async Task A_name_has_at_most_255_bytes_after_normalisation(string character, int count, int status)
    {
        var name = string.Concat(Enumerable.Repeat(character, count));
        using var response = await pair.Http.PostAsync("/files/upload", new FormBody().File().Text("file_name", name).Content());
        Assert.Equal(status, (int)response.StatusCode);
        if (status == 201)
            Assert.Equal(name.Normalize(), (await response.JsonAsync()).Name());
        else
            Assert.Equal("invalid_name", await response.CodeAsync());
    }

    [Theory]
    [InlineData("filename=\"plain.txt\"", "plain.txt")]
    [InlineData("filename=plain.txt", "plain.txt")]
    [InlineData("filename=\"Żółć 灯泡.txt\"", "Żółć 灯泡.txt")]
    [InlineData("filename=\"plain.txt\"; filename*=UTF-8''%C5%BB%C3%B3%C5%82%C4%87.txt", "Żółć.txt")]
    [InlineData("filename*=utf-8'pl'%C5%BB.txt; filename=\"plain.txt\"", "Ż.txt")]
    [InlineData("filename*=UTF-8''%E7.txt; filename=\"plain.txt\"", "plain.txt")]
    [InlineData("filename=\"a%22b%22.txt\"", "a\"b\".txt")]
    [InlineData("filename=\"a%20b%2Fc%41.txt\"", "a%20b%2Fc%41.txt")]
    [InlineData("filename=\"a\\\"b.txt\"", "a\"b.txt")]
    [InlineData("filename=\"a;b=c.txt\"", "a;b=c.txt")]
    [InlineData("filename=\"C:\\dir\\a.txt\"", "a.txt")]
    [InlineData("filename=\"../../a.txt\"", "a.txt")]
    public async Task The_name_of_a_part_is_read_as_clients_write_it(string parameters, string name)
    {
        var form = new FormBody().Part("abc", $"Content-Disposition: form-data; name=\"x\"; {parameters}");
        Assert.Equal(name, (await pair.Http.UploadFormAsync(form)).Name());
    }

    [Theory]
    [InlineData("a%0Ab.txt")]
    [InlineData("a%0D%0Ab.txt")]
    [InlineData("a%0d.txt")]
    [InlineData("..")]
    [InlineData("dir/")]
    public async Task The_name_of_a_part_obeys_the_rules(string name) => await pair.LeavesNothingAsync(async () =>
    {
        using var response = await pair.Http.PostAsync("/files/upload", new FormBody().File("abc", name).Content());
        await response.RefusedAsync(400, "invalid_name");
    });

    [Fact]
    public async Task The_text_part_gives_the_name_whether_it_comes_before_or_after_the_file()
    {
        Assert.Equal("b.txt", (await pair.Http.UploadFormAsync(new FormBody().Text("file_name", "b.txt").File())).Name());
        Assert.Equal("b.txt", (await pair.Http.UploadFormAsync(new FormBody().File().Text("file_name", "b.txt"))).Name());
        Assert.Equal("b.txt", (await pair.Http.UploadFormAsync(new FormBody().File("abc", "..").Text("file_name", "dir/b.txt"))).Name());
    }

    [Fact]
    public async Task A_repeated_text_part_of_a_name_is_refused() => await pair.LeavesNothingAsync(async () =>
    {
        using var response = await pair.Http.PostAsync("/files/upload", new FormBody().Text("file_name", "a").File().Text("file_name", "b").Content());
        await response.RefusedAsync(400, "invalid_request");
    });

    [Fact]
    public async Task A_text_part_of_a_name_that_is_not_UTF_8_is_refused() => await pair.LeavesNothingAsync(async () =>
    {
        using var response = await pair.Http.PostAsync(
            "/files/upload", new FormBody().File().Part([0xff, 0xfe], "Content-Disposition: form-data; name=\"file_name\"").Content());
        await response.RefusedAsync(400, "invalid_request");
    });

    [Fact]
    public async Task The_query_does_not_name_the_file_of_a_form() =>
        Assert.Equal("a.txt", await NameAsync("/files/upload?file_name=q.txt", new FormBody().File().Content()));

    [Theory]
    [InlineData("/files/upload", "attachment; filename*=UTF-8''%C5%BB%20a.txt", "Ż a.txt")]
    [InlineData("/files/upload", "attachment; filename=\"p.txt\"; filename*=UTF-8''e.txt", "e.txt")]
    [InlineData("/files/upload", "attachment; filename=\"a%22b.txt\"", "a%22b.txt")]
    [InlineData("/files/upload", "attachment; filename=\"C:\\dir\\a.txt\"", "a.txt")]
    [InlineData("/files/upload?file_name=q.txt", "attachment; filename*=UTF-8''e.txt", "q.txt")]
    [InlineData("/files/upload", "attachment", "untitled")]
    public async Task The_query_names_a_raw_body_and_otherwise_Content_Disposition_does(string path, string disposition, string name) =>
        Assert.Equal(name, await NameAsync(path, new ByteArrayContent([1]), ("Content-Disposition", disposition)));

    [Fact]
    public async Task Content_Disposition_is_read_as_UTF8()
    {
        using var wire = await Wire.ConnectAsync(pair.Service);
        await wire.SendHeadAsync("POST /files/upload", "Content-Disposition: attachment; filename=\"Żółć 灯泡.txt\"", "Content-Length: 0");
        Assert.Equal("Żółć 灯泡.txt", (await wire.ReadAnswerAsync()).Json().Name());
    }

    [Fact]
    public async Task A_raw_body_without_a_name_is_untitled() =>
        Assert.Equal("untitled", await NameAsync("/files/upload", new ByteArrayContent([1])));

    [Theory]
    [InlineData("/files/upload?file_name=a&file_name=b", "attachment", "invalid_request")]
    [InlineData("/files/upload", "attachment; filename=\"a", "invalid_request")]
    [InlineData("/files/upload", "attachment; filename*=UTF-8''%00", "invalid_name")]
    [InlineData("/files/upload", "attachment; filename*=UTF-8''..", "invalid_name")]
    public async Task A_raw_body_with_a_bad_name_is_refused(string path, string disposition, string code) => await pair.LeavesNothingAsync(async () =>
    {
        using var response = await pair.Http.SendAsync(HttpMethod.Post, path, new ByteArrayContent([1]), ("Content-Disposition", disposition));
        await response.RefusedAsync(400, code);
    });

    [Theory]
    [InlineData("\\ud800")]
    [InlineData("\\udc00")]
    [InlineData("a\\ud83d")]
    [InlineData("\\ude00\\ud83d")]
    [InlineData("a\\u0000b")]
    [InlineData("a\\nb")]
    [InlineData("\\u0085")]
    [InlineData("..")]
    [InlineData("a\\/..")]
    [InlineData("")]
    public async Task A_new_name_in_JSON_obeys_the_rules(string escaped)
    {
        var file = await pair.Http.UploadAsync([1], "a");
        await pair.LeavesNothingAsync(async () =>
        {
            using var response = await pair.Http.PutJsonAsync(file.Id(), $"{{\"file_name\": \"{escaped}\"}}");
            await response.RefusedAsync(400, "invalid_name");
        });
    }

    [Fact]
    public async Task A_surrogate_pair_in_JSON_counts_as_one_character()
    {
        var file = await pair.Http.UploadAsync([1], "a");
        using var response = await pair.Http.PutJsonAsync(file.Id(), "{\"file_name\": \"dir/\\ud83d\\ude00e\\u0301\"}");
        Assert.Equal("😀\u00e9", (await response.SucceededAsync()).GetProperty("file").Name());
    }

    private async Task<string> NameAsync(string path, HttpContent body, params (string Name, string Value)[] fields)
    {
        using var response = await pair.Http.SendAsync(HttpMethod.Post, path, body, fields);
        return (await response.SucceededAsync(HttpStatusCode.Created)).Name();
    }
}

public sealed class NameOnEmbeddedTests(EmbeddedPair pair) : NameTests(pair), IClassFixture<EmbeddedPair>;

public sealed class NameOnClusterTests(ClusterPair pair) : NameTests(pair), IClassFixture<ClusterPair>;
