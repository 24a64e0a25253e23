using System.Net;
using Xunit;

namespace FileDrop.Api.Tests.Files;

/// <summary>Uploads that are repeated with the same idempotency key. Each test has its own names and keys.</summary>
public abstract class IdempotencyTests(Pair pair)
{
    private readonly string _mine = $"key-{Guid.NewGuid():N}";

    private HttpClient Http => pair.Http;

    private KeyedRequest Upload => new(_mine) { Name = $"{_mine}.txt" };

    [Theory]
    [InlineData(null)]
    [InlineData("""{"project":"apollo","a":"b"}""")]
    public async Task A_repeated_upload_gets_the_first_answer_and_stores_nothing(string? tags)
    {
        var blobs = (await pair.Stores.BlobKeysAsync()).Count;
        var upload = Upload with { Tags = tags };
        var first = await Http.StoreAsync(upload);
        Assert.Equal($"/files/{first.Id}", first.Location);
        for (var i = 0; i < 3; i++)
            Assert.Equal(first, await Http.StoreAsync(upload));
        Assert.Equal([first.Id], await Http.NamedAsync(_mine));
        Assert.Equal(blobs + 1, (await pair.Stores.BlobKeysAsync()).Count);
    }

    [Fact]
    public async Task Uploads_without_a_key_or_with_another_key_are_all_stored()
    {
        var first = await Http.StoreAsync(Upload);
        var second = await Http.StoreAsync(Upload with { Key = _mine.ToUpperInvariant() });
        var third = await Http.UploadAsync("the bytes"u8.ToArray(), Upload.Name, "text/plain");
        Assert.Equal(3, new[] { first.Id, second.Id, third.Id() }.Distinct().Count());
        Assert.Equal(3, (await Http.NamedAsync(_mine)).Count);
    }

    [Fact]
    [ClusterAtNight]
    public async Task A_key_with_quotes_equals_the_same_key_without()
    {
        var first = await Http.StoreAsync(Upload);
        Assert.Equal(first, await Http.StoreAsync(Upload with { Key = $"\"{_mine}\"" }));
        Assert.Equal(first, await Http.StoreAsync(Upload with { Key = $"  {_mine} " }));
        var odd = await Http.StoreAsync(Upload with { Key = $"{_mine} a\\b\"c" });
        Assert.NotEqual(first.Id, odd.Id);
        Assert.Equal(odd, await Http.StoreAsync(Upload with { Key = $"\"{_mine} a\\\\b\\\"c\"" }));
    }

    [Fact]
    public async Task A_repeat_may_differ_in_the_order_of_tags_and_in_the_way_of_sending()
    {
        var first = await Http.StoreAsync(Upload with { Tags = """{"a":"1","b":"2"}""" });
        Assert.Equal(first, await Http.StoreAsync(Upload with { Tags = """{"b":"2","a":"1"}""" }));
        var plain = await Http.StoreAsync(Upload with { Key = $"{_mine}-2" });
        Assert.Equal(plain, await Http.StoreAsync(Upload with { Key = $"{_mine}-2", Tags = "{}" }));
    }

    [Fact]
    public async Task A_repeat_gets_the_first_answer_even_after_a_change_or_a_deletion_of_the_file()
    {
        var first = await Http.StoreAsync(Upload);
        using (var renamed = await Http.PutAsync($"/files/{first.Id}", new StringContent(
            $$"""{"tags":{"x":"y"},"file_name":"{{_mine}} renamed"}""", System.Text.Encoding.UTF8, "application/json")))
            Assert.Equal(HttpStatusCode.OK, renamed.StatusCode);
        Assert.Equal(first, await Http.StoreAsync(Upload));
        for (var i = 0; i < 2; i++)
        {
            using var replaced = await Http.PutAsync($"/files/{first.Id}/content", new ByteArrayContent([1, 2, (byte)i]));
            Assert.Equal(HttpStatusCode.OK, replaced.StatusCode);
        }
        Assert.Equal(first, await Http.StoreAsync(Upload));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await Http.SendAsync(Upload with { Text = "\u0001\u0002\u0001" })).Status);
        using (var deleted = await Http.DeleteAsync($"/files/{first.Id}"))
            Assert.Equal(HttpStatusCode.OK, deleted.StatusCode);
        Assert.Equal(first, await Http.StoreAsync(Upload));

        await Service.UntilAsync("the file's contents are swept", async () =>
            !(await pair.Stores.BlobKeysAsync()).Any(key => key.Contains(first.Id, StringComparison.Ordinal)
                || key.Contains(first.Id.Replace("-", "", StringComparison.Ordinal), StringComparison.Ordinal)));
        Assert.Equal(first, await Http.StoreAsync(Upload));
        Assert.Empty(await Http.NamedAsync(_mine));
    }

    [Fact]
    public async Task Another_name_type_tag_or_byte_under_the_same_key_is_refused_and_stores_nothing()
    {
        var upload = Upload with { Tags = """{"a":"1"}""" };
        var first = await Http.StoreAsync(upload);
        var blobs = (await pair.Stores.BlobKeysAsync()).Count;
        foreach (var (what, other) in new (string, KeyedRequest)[]
        {
            ("name", upload with { Name = $"{_mine}.TXT" }),
            ("type", upload with { Type = "text/html" }),
            ("tags", upload with { Tags = """{"a":"2"}""" }),
            ("tags", upload with { Tags = """{"a":"1","b":"2"}""" }),
            ("tags", upload with { Tags = "{}" }),
            ("tags", upload with { Tags = null }),
            ("content", upload with { Text = "the byteS" }),
            ("content", upload with { Text = "" }),
            ("content", upload with { Text = "the bytes and more" }),
        })
        {
            var answer = await Http.SendAsync(other);
            Assert.Equal((HttpStatusCode.UnprocessableEntity, "idempotency_key_reused"), (answer.Status, answer.Code));
            Assert.Contains($"another {what};", answer.Body, StringComparison.Ordinal);
        }
        Assert.Equal(first, await Http.StoreAsync(upload));
        Assert.Equal([first.Id], await Http.NamedAsync(_mine));
        Assert.Equal(blobs, (await pair.Stores.BlobKeysAsync()).Count);
    }

    [Fact]
    public async Task A_repeat_with_a_matching_digest_is_answered_before_its_body()
    {
        var upload = Upload with { Text = new string('x', 1_000_000) };
        upload = upload with { Digest = KeyedRequest.DigestOf(upload.Text) };
        var first = await Http.StoreAsync(upload with { Digest = null });
        foreach (var sent in new[] { 0, 1, 500_000 })
        {
            using var wire = await Wire.ConnectAsync(pair.Service.Address);
            await wire.SendAsync(upload.OnTheWire(sent));
            var answer = await wire.ReadAnswerAsync();
            Assert.Equal((201, first.Body), (answer.Status, answer.Body));
            Assert.Equal((first.Location, first.ETag), (answer.Fields["Location"], answer.Fields["ETag"]));
        }
        foreach (var other in new[] { upload with { Name = "other" }, upload with { Type = "text/html" } })
        {
            using var wire = await Wire.ConnectAsync(pair.Service.Address);
            await wire.SendAsync(other.OnTheWire(1));
            Assert.Equal(422, (await wire.ReadAnswerAsync()).Status);
        }
    }

    [Fact]
    public async Task A_wrong_digest_is_refused_in_the_first_upload_and_in_a_repeat()
    {
        var wrong = Upload with { Digest = KeyedRequest.DigestOf("other bytes") };
        Assert.Equal((HttpStatusCode.BadRequest, "digest_mismatch"), await StatusAsync(wrong));
        var first = await Http.StoreAsync(Upload with { Digest = KeyedRequest.DigestOf(Upload.Text) });
        Assert.Equal((HttpStatusCode.BadRequest, "digest_mismatch"), await StatusAsync(wrong));
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "idempotency_key_reused"),
            await StatusAsync(Upload with { Text = "other bytes", Digest = KeyedRequest.DigestOf("other bytes") }));
        Assert.Equal(first, await Http.StoreAsync(Upload));
        Assert.Equal([first.Id], await Http.NamedAsync(_mine));
    }

    [Fact]
    public async Task The_digest_on_the_part_of_a_form_covers_the_file()
    {
        var upload = Upload with { Tags = """{"a":"1"}""", Digest = KeyedRequest.DigestOf(Upload.Text) };
        var first = await Http.StoreAsync(upload);
        Assert.Equal(first, await Http.StoreAsync(upload));
        Assert.Equal(first, await Http.StoreAsync(upload with { Digest = null }));
        Assert.Equal((HttpStatusCode.BadRequest, "digest_mismatch"),
            await StatusAsync(upload with { Digest = KeyedRequest.DigestOf("other bytes") }));
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "idempotency_key_reused"), await StatusAsync(upload with { Tags = "{}" }));
        Assert.Equal([first.Id], await Http.NamedAsync(_mine));
    }

    [Fact]
    public async Task Tags_after_the_file_belong_to_the_upload_and_are_checked_in_a_repeat_too()
    {
        var first = await Http.StoreAsync(Upload with { Tags = """{"a":"1"}""" });
        Assert.Contains("""{"a":"1"}""", first.Body, StringComparison.Ordinal);
        Assert.Equal((HttpStatusCode.BadRequest, "invalid_tags"), await StatusAsync(Upload with { Tags = "[]" }));
        Assert.Equal(first, await Http.StoreAsync(Upload with { Tags = """{"a":"1"}""" }));
    }

    [Fact]
    [ClusterAtNight]
    public async Task A_key_has_1_to_255_characters()
    {
        foreach (var length in new[] { 1, 254, 255 })
        {
            // Only this test uses a key of one character, because such a key cannot be unique.
            var key = length == 1 ? "!" : _mine.PadRight(length, '~');
            var first = await Http.StoreAsync(Upload with { Key = key });
            Assert.Equal(first, await Http.StoreAsync(Upload with { Key = $"\"{key}\"" }));
        }
        foreach (var key in new[] { "\"\"", _mine.PadRight(256, '~'), $"\"{_mine.PadRight(256, '~')}\"" })
            Assert.Equal((HttpStatusCode.BadRequest, "invalid_request"), await StatusAsync(Upload with { Key = key }));
        Assert.Equal(3, (await Http.NamedAsync(_mine)).Count);
    }

    [Theory]
    [ClusterAtNight]
    [InlineData("Idempotency-Key: żółw\r\n")]
    [InlineData("Idempotency-Key: a\tb\r\n")]
    [InlineData("Idempotency-Key: a\r\nIdempotency-Key: b\r\n")]
    [InlineData("Idempotency-Key: a\r\nIdempotency-Key: a\r\n")]
    public async Task A_key_that_is_not_one_field_of_printable_ASCII_is_refused(string fields)
    {
        using var wire = await Wire.ConnectAsync(pair.Service.Address);
        await wire.SendAsync($"POST /files/upload?file_name={_mine} HTTP/1.1\r\nHost: localhost\r\n{fields}Content-Length: 1\r\n\r\nx");
        var answer = await wire.ReadAnswerAsync();
        Assert.Equal(400, answer.Status);
        Assert.Equal("invalid_request", answer.Json().GetProperty("code").GetString());
        Assert.Empty(await Http.NamedAsync(_mine));
    }

    private async Task<(HttpStatusCode Status, string? Code)> StatusAsync(KeyedRequest upload)
    {
        var answer = await Http.SendAsync(upload);
        return (answer.Status, answer.Code);
    }
}

public sealed class IdempotencyOnEmbeddedTests(EmbeddedPair pair) : IdempotencyTests(pair), IClassFixture<EmbeddedPair>;

public sealed class IdempotencyOnClusterTests(ClusterPair pair) : IdempotencyTests(pair), IClassFixture<ClusterPair>;
