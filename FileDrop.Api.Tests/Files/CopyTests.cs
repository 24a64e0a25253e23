using System.Net;
using System.Text;
using FileDrop.Api.Tests.Access;
using FileDrop.Api.Tests.Maintenance;
using Xunit;

namespace FileDrop.Api.Tests.Files;

/// <summary>Copies of files, made on the server.</summary>
public abstract class CopyTests(Pair pair)
{
    /// <summary>On SQLite and disk the small content is a row, and the large one a file.</summary>
    /// <summary>The larger one is a file of its own on the embedded store.</summary>
    private const int Small = 1_000, Large = (1 << 20) + 1;

    private static readonly (string, string) Quick = ("FileDrop:LateWrites", "00:00:00.5");

    [Theory]
    [InlineData(0)]
    [InlineData(Small)]
    [InlineData(Large)]
    [InlineData((9 << 20) + 1)]
    public async Task A_copy_is_a_new_file_with_the_content_type_name_and_tags_of_its_source(int size)
    {
        var content = Requests.Bytes(size);
        var id = (await pair.Http.UploadAsync(content, "a.txt", "text/x-a")).Id();
        using var tagged = await pair.Http.PutJsonAsync(id, """{"tags":{"k":"v","ż":""}}""");
        await tagged.SucceededAsync();
        var source = await pair.Http.MetadataAsync(id);

        using var answer = await CopyAsync(pair.Http, id);
        var copy = await answer.SucceededAsync(HttpStatusCode.Created);
        Assert.NotEqual(id, copy.Id());
        Assert.Equal(("a.txt", "text/x-a", 1), (copy.Name(), copy.Text("file_type"), copy.Version()));
        Assert.Equal(size, copy.GetProperty("file_size").GetInt32());
        Assert.Equal(source.Tags(), copy.Tags());
        Assert.Equal(source.Text("sha256"), copy.Text("sha256"));
        Assert.Equal(copy.Text("created_at"), copy.Text("updated_at"));
        Assert.True(string.CompareOrdinal(copy.Text("created_at"), source.Text("updated_at")) >= 0, "a copy is created when it is made");
        Assert.Equal($"/files/{copy.Id()}", answer.Headers.Location?.OriginalString);
        Assert.Equal(await pair.Http.TagAsync(copy.Id()), answer.Headers.ETag?.ToString());
        Assert.Equal(copy.GetRawText(), (await pair.Http.MetadataAsync(copy.Id())).GetRawText());
        Assert.Equal(content, await pair.Http.GetByteArrayAsync($"/files/{copy.Id()}"));
        Assert.Equal(source.GetRawText(), (await pair.Http.MetadataAsync(id)).GetRawText());
    }

    [Fact]
    public async Task A_copy_takes_the_name_and_the_tags_of_its_request()
    {
        var id = (await pair.Http.UploadAsync(Requests.Bytes(Small), "a.txt")).Id();
        using var tagged = await pair.Http.PutJsonAsync(id, """{"tags":{"k":"v"}}""");
        await tagged.SucceededAsync();
        foreach (var (body, name, tags) in new (string, string, Dictionary<string, string>)[]
        {
            ("{}", "a.txt", new() { ["k"] = "v" }),
            ("""{"file_name":"e\u0301.txt"}""", "\u00e9.txt", new() { ["k"] = "v" }),
            ("""{"tags":{}}""", "a.txt", []),
            ("""{"tags":{"x":"y"},"file_name":"b"}""", "b", new() { ["x"] = "y" }),
        })
        {
            using var answer = await CopyAsync(pair.Http, id, body);
            var copy = await answer.SucceededAsync(HttpStatusCode.Created);
            Assert.Equal(name, copy.Name());
            Assert.Equal(tags, copy.Tags());
        }
    }

    [Theory]
    [InlineData(Small)]
    [InlineData(Large)]
    public async Task A_copy_has_no_history_and_lives_on_when_its_source_is_gone(int size)
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores);
        var id = (await service.Http.UploadAsync([1], "a")).Id();
        using var replaced = await service.Http.PutAsync($"/files/{id}/content", new ByteArrayContent(Requests.Bytes(size)));
        await replaced.SucceededAsync();
        using var answer = await CopyAsync(service.Http, id);
        var copy = (await answer.SucceededAsync(HttpStatusCode.Created)).Id();
        using var versions = await service.Http.GetAsync($"/files/{copy}/versions");
        Assert.Equal(1, (await versions.SucceededAsync()).GetArrayLength());
        await Invariants.NothingElseIsLeftAsync(stores, new Dictionary<string, int> { [id] = 2, [copy] = 1 });

        using var deleted = await service.Http.DeleteAsync($"/files/{id}?permanent=true");
        await deleted.SucceededAsync();
        await Invariants.NothingElseIsLeftAsync(stores, copy);
        Assert.Equal(Requests.Bytes(size), await service.Http.GetByteArrayAsync($"/files/{copy}"));
        using var again = await CopyAsync(service.Http, copy);
        var second = (await again.SucceededAsync(HttpStatusCode.Created)).Id();
        using var gone = await service.Http.DeleteAsync($"/files/{copy}?permanent=true");
        await gone.SucceededAsync();
        await Invariants.NothingElseIsLeftAsync(stores, second);
        Assert.Single(await Invariants.EveryFileIsWholeAsync(service.Http));
    }

    [Theory]
    [InlineData("[]", "invalid_request")]
    [InlineData("{", "invalid_request")]
    [InlineData("""{"file_name":"a","file_name":"b"}""", "invalid_request")]
    [InlineData("""{"file_name":null}""", "invalid_request")]
    [InlineData("""{"filename":"a"}""", "invalid_request")]
    [InlineData("""{"file_name":""}""", "invalid_name")]
    [InlineData("""{"file_name":".."}""", "invalid_name")]
    [InlineData("""{"tags":[]}""", "invalid_tags")]
    [InlineData("""{"tags":{"a:b":"c"}}""", "invalid_tags")]
    public async Task A_body_that_breaks_a_rule_is_refused_and_leaves_nothing(string body, string code)
    {
        var id = (await pair.Http.UploadAsync(Requests.Bytes(Small), "a.txt")).Id();
        await pair.LeavesNothingAsync(async () =>
        {
            using var answer = await CopyAsync(pair.Http, id, body);
            await answer.RefusedAsync(400, code);
        });
    }

    [Fact]
    public async Task A_body_of_another_type_is_refused()
    {
        var id = (await pair.Http.UploadAsync(Requests.Bytes(Small), "a.txt")).Id();
        using var answer = await pair.Http.PostAsync($"/files/{id}/copy", new StringContent("{}", Encoding.UTF8, "text/plain"));
        await answer.RefusedAsync(415, "unsupported_media_type");
        Assert.Equal("application/json", answer.Headers.GetValues("Accept").Single());
    }

    [Fact]
    public async Task Preconditions_apply_to_the_source()
    {
        var id = (await pair.Http.UploadAsync(Requests.Bytes(Small), "a.txt")).Id();
        var tag = await pair.Http.TagAsync(id);
        foreach (var (field, value) in new[]
        {
            ("If-Match", "\"other\""), ("If-None-Match", "*"), ("If-None-Match", tag), ("If-Unmodified-Since", "Mon, 23 Nov 2020 08:25:25 GMT"),
        })
        {
            using var refused = await CopyAsync(pair.Http, id, null, (field, value));
            await refused.RefusedAsync(412, "precondition_failed");
        }
        foreach (var (field, value) in new[] { ("If-Match", tag), ("If-Match", "*"), ("If-None-Match", "\"other\"") })
        {
            using var copied = await CopyAsync(pair.Http, id, null, (field, value));
            await copied.SucceededAsync(HttpStatusCode.Created);
        }
        using var malformed = await CopyAsync(pair.Http, id, null, ("If-Match", "unquoted"));
        await malformed.RefusedAsync(400, "invalid_request");
    }

    [Fact]
    public async Task A_file_that_does_not_exist_or_is_in_the_trash_cannot_be_copied()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, ("FileDrop:Trash:Retention", "1.00:00:00"));
        var id = (await service.Http.UploadAsync(Requests.Bytes(Large), "a.txt")).Id();
        using var deleted = await service.Http.DeleteAsync($"/files/{id}");
        await deleted.SucceededAsync();
        foreach (var missing in new[] { id, $"{Guid.CreateVersion7()}", "unknown" })
        {
            using var answer = await CopyAsync(service.Http, missing);
            await answer.RefusedAsync(404, "file_not_found");
        }
        await Invariants.NothingElseIsLeftAsync(stores, id);
    }

    [Theory]
    [InlineData(Small)]
    [InlineData(Large)]
    public async Task A_copy_counts_against_the_quota_and_one_that_exceeds_it_leaves_nothing(int size)
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(
            stores, Quick, ("FileDrop:Quota:Bytes", $"{(3 * size) - 1}"), ("FileDrop:Quota:Files", "100"));
        var id = await service.Http.TryUploadAsync(size) ?? "";
        using var first = await CopyAsync(service.Http, id);
        var copy = (await first.SucceededAsync(HttpStatusCode.Created)).Id();
        await service.Http.UsesAsync(2 * size, 2);
        using var second = await CopyAsync(service.Http, id);
        await second.RefusedAsync(507, "quota_exceeded");
        await service.Http.UsesAsync(2 * size, 2);
        await Invariants.NothingElseIsLeftAsync(stores, id, copy);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_content_that_was_found_is_copied_although_the_file_is_changed_meanwhile(bool isDeleted)
    {
        await using var stores = await pair.MakeStoresAsync();
        var meanwhile = new Meanwhile();
        await using var service = await Service.StartAsync(
            stores, meanwhile.Wrap, ("FileDrop:ReadersGrace", "00:10:00"), ("FileDrop:Versions:Keep", "0"));
        var content = Requests.Bytes(Large);
        var id = (await service.Http.UploadAsync(content, "a")).Id();
        meanwhile.BeforeCopying = async () =>
        {
            using var changed = isDeleted ? await service.Http.DeleteAsync($"/files/{id}")
                : await service.Http.PutAsync($"/files/{id}/content", new ByteArrayContent([1]));
            await changed.SucceededAsync();
        };
        using var answer = await CopyAsync(service.Http, id);
        var copy = await answer.SucceededAsync(HttpStatusCode.Created);
        Assert.Equal(content, await service.Http.GetByteArrayAsync($"/files/{copy.Id()}"));
        Assert.Equal(isDeleted ? 1 : 2, (await Invariants.EveryFileIsWholeAsync(service.Http)).Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task If_the_content_that_was_found_is_gone_the_new_one_is_copied_unless_a_precondition_forbids_it(bool isConditional)
    {
        await using var stores = await pair.MakeStoresAsync();
        var meanwhile = new Meanwhile();
        await using var service = await Service.StartAsync(stores, meanwhile.Wrap, Quick, ("FileDrop:Versions:Keep", "0"));
        var id = (await service.Http.UploadAsync(Requests.Bytes(Large), "a")).Id();
        var before = await stores.BlobKeysAsync();
        var content = Requests.Bytes(Large + 1);
        meanwhile.BeforeCopying = async () =>
        {
            using var changed = await service.Http.PutAsync($"/files/{id}/content", new ByteArrayContent(content));
            await changed.SucceededAsync();
            await Service.UntilAsync("the former content is gone", async () => !(await stores.BlobKeysAsync()).Intersect(before).Any());
        };
        (string, string)[] fields = isConditional ? [("If-Match", await service.Http.TagAsync(id))] : [];
        using var answer = await CopyAsync(service.Http, id, null, fields);
        if (isConditional)
        {
            await answer.RefusedAsync(412, "precondition_failed");
            await Invariants.NothingElseIsLeftAsync(stores, id);
            return;
        }
        var copy = await answer.SucceededAsync(HttpStatusCode.Created);
        Assert.Equal(content, await service.Http.GetByteArrayAsync($"/files/{copy.Id()}"));
        await Invariants.NothingElseIsLeftAsync(stores, id, copy.Id());
        Assert.Equal(2, (await Invariants.EveryFileIsWholeAsync(service.Http)).Count);
    }

    [Fact]
    public async Task If_the_file_is_deleted_and_its_content_is_gone_nothing_is_copied()
    {
        await using var stores = await pair.MakeStoresAsync();
        var meanwhile = new Meanwhile();
        await using var service = await Service.StartAsync(stores, meanwhile.Wrap, Quick);
        var id = (await service.Http.UploadAsync(Requests.Bytes(Large), "a")).Id();
        meanwhile.BeforeCopying = async () =>
        {
            using var deleted = await service.Http.DeleteAsync($"/files/{id}");
            await deleted.SucceededAsync();
            await Invariants.NothingElseIsLeftAsync(stores);
        };
        using var answer = await CopyAsync(service.Http, id);
        await answer.RefusedAsync(404, "file_not_found");
        await Invariants.NothingElseIsLeftAsync(stores);
    }

    [Theory]
    [InlineData(Small, false)]
    [InlineData(Large, false)]
    [InlineData(Small, true)]
    [InlineData(Large, true)]
    public async Task A_source_whose_content_is_missing_or_has_another_size_is_reported_as_damaged(int size, bool isShortened)
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, Quick);
        var id = (await service.Http.UploadAsync(Requests.Bytes(size), "a")).Id();
        if (isShortened)
            await Damage.ShortenAsync(stores, id);
        else
            await Damage.RemoveAsync(service, id, stores);
        using var answer = await CopyAsync(service.Http, id);
        await answer.RefusedAsync(500, "internal_error");
        Assert.Contains("\"integrity\":\"degraded\"", await service.Http.GetStringAsync("/health"), StringComparison.Ordinal);
        Assert.Single((await (await service.Http.GetAsync("/files")).JsonAsync()).EnumerateArray());
    }

    [Fact]
    public async Task A_copy_under_way_lives_for_many_leases_and_counts_as_an_upload()
    {
        await using var stores = await pair.MakeStoresAsync();
        var meanwhile = new Meanwhile();
        await using var service = await Service.StartAsync(
            stores, meanwhile.Wrap, ("FileDrop:Lease", "00:00:01"), ("FileDrop:LateWrites", "00:00:00"), ("FileDrop:Limits:UploadsPerOwner", "1"));
        var content = Requests.Bytes(Large);
        var id = (await service.Http.UploadAsync(content, "a")).Id();
        meanwhile.BeforeCopying = async () =>
        {
            using var refused = await service.Http.PostAsync("/files/upload", new ByteArrayContent([1]));
            await refused.RefusedAsync(429, "too_many_requests");
            // Four terms of the lease, in which the sweeper looks forty times.
            await Task.Delay(TimeSpan.FromSeconds(4));
        };
        using var answer = await CopyAsync(service.Http, id);
        var copy = await answer.SucceededAsync(HttpStatusCode.Created);
        Assert.Equal(content, await service.Http.GetByteArrayAsync($"/files/{copy.Id()}"));
        await Invariants.NothingElseIsLeftAsync(stores, id, copy.Id());
    }

    private static Task<HttpResponseMessage> CopyAsync(HttpClient http, string id, string? body = null, params (string Name, string Value)[] fields) =>
        http.SendAsync(HttpMethod.Post, $"/files/{id}/copy", body is null ? null : new StringContent(body, Encoding.UTF8, "application/json"), fields);

    /// <summary>Does something else when a copy is about to begin, once.</summary>
    private sealed class Meanwhile : StoreCalls
    {
        private Func<Task>? _next;

        public Func<Task>? BeforeCopying
        {
            set => _next = value;
        }

        protected override void Before(string method, object?[] arguments)
        {
            if (method == "IBlobStore.CopyAsync" && Interlocked.Exchange(ref _next, null) is { } next)
                Task.Run(next).GetAwaiter().GetResult();
        }

        protected override void After(string method)
        {
        }
    }
}

public sealed class CopyOnEmbeddedTests(EmbeddedPair pair) : CopyTests(pair), IClassFixture<EmbeddedPair>;

public sealed class CopyOnClusterTests(ClusterPair pair) : CopyTests(pair), IClassFixture<ClusterPair>;
