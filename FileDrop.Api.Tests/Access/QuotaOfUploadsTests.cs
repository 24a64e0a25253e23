using System.Globalization;
using System.Net;
using FileDrop.Api.Tests.Files;
using Xunit;

namespace FileDrop.Api.Tests.Access;

/// <summary>A resumable upload reserves its bytes at the start or as it grows, and releases them when it ends.</summary>
public abstract class QuotaOfUploadsTests(Pair pair)
{
    private const int MiB = 1 << 20;

    [Fact]
    public async Task The_whole_length_is_reserved_at_the_creation_and_used_at_the_end()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, ("FileDrop:Quota:Bytes", $"{3 * MiB}"), ("FileDrop:Quota:Files", "2"));
        var http = service.Http;
        var upload = await BeginAsync(http, 2 * MiB);
        Assert.Equal((0, 2 * MiB, 0), await StateAsync(http));
        using (var refused = await TusAsync(http, HttpMethod.Post, "/uploads", null, ("Upload-Length", $"{MiB + 1}")))
            await refused.RefusedAsync(507, "quota_exceeded");
        var given = await BeginAsync(http, MiB);
        using (var third = await TusAsync(http, HttpMethod.Post, "/uploads", null, ("Upload-Length", "0")))
            await third.RefusedAsync(507, "quota_exceeded");
        await AppendAsync(http, given, 0, 1000, 204);
        using (var ended = await TusAsync(http, HttpMethod.Delete, given, null))
            Assert.Equal(HttpStatusCode.NoContent, ended.StatusCode);
        Assert.Equal((0, 2 * MiB, 0), await StateAsync(http));

        await AppendAsync(http, upload, 0, MiB, 204);
        Assert.Equal((0, 2 * MiB, 0), await StateAsync(http));
        await AppendAsync(http, upload, MiB, MiB, 204);
        await http.UsesAsync(2 * MiB, 1);
        await Invariants.NothingElseIsLeftAsync(stores, upload.Split('/')[^1]);
    }

    [Fact]
    public async Task A_deferred_length_is_reserved_once_known_and_a_refusal_leaves_the_upload_unchanged()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, ("FileDrop:Quota:Bytes", $"{3 * MiB}"));
        var http = service.Http;
        var upload = await BeginAsync(http, null);
        await AppendAsync(http, upload, 0, MiB, 204);
        Assert.Equal((0, MiB, 0), await StateAsync(http));
        await AppendAsync(http, upload, MiB, (2 * MiB) + 1, 507);
        await AppendAsync(http, upload, MiB, MiB, 507, ("Upload-Length", $"{(3 * MiB) + 1}"));
        await AppendAsync(http, upload, MiB, MiB, 204, ("Upload-Length", $"{3 * MiB}"));
        Assert.Equal((0, 3 * MiB, 0), await StateAsync(http));
        await AppendAsync(http, upload, 2 * MiB, MiB, 204);
        await http.UsesAsync(3 * MiB, 1);
    }

    [Fact]
    public async Task Concurrent_creations_of_uploads_fill_the_quota_exactly()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, ("FileDrop:Quota:Bytes", $"{(5 * MiB) + 1}"));
        var answers = await Task.WhenAll(Enumerable.Range(0, 64).Select(
            _ => TusAsync(service.Http, HttpMethod.Post, "/uploads", null, ("Upload-Length", $"{MiB}"))));
        Assert.Equal(5, answers.Count(answer => answer.StatusCode == HttpStatusCode.Created));
        Assert.Equal(59, answers.Count(answer => answer.StatusCode == HttpStatusCode.InsufficientStorage));
        Assert.Equal((0, 5 * MiB, 0), await StateAsync(service.Http));
    }

    [Fact]
    public async Task A_partial_upload_counts_while_it_exists_but_not_as_a_file()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, ("FileDrop:Quota:Bytes", $"{2 * MiB}"), ("FileDrop:Quota:Files", "1"));
        var http = service.Http;
        var partial = ("Upload-Concat", "partial");
        var parts = new[] { await BeginAsync(http, MiB / 2, partial), await BeginAsync(http, MiB / 2, partial) };
        foreach (var part in parts)
            await AppendAsync(http, part, 0, MiB / 2, 204);
        Assert.Equal((0, MiB, 0), await StateAsync(http));
        using (var joined = await TusAsync(http, HttpMethod.Post, "/uploads", null, ("Upload-Concat", $"final;{string.Join(' ', parts)}")))
            Assert.Equal(HttpStatusCode.Created, joined.StatusCode);
        Assert.Equal((MiB, MiB, 1), await StateAsync(http));
        foreach (var part in parts)
            (await TusAsync(http, HttpMethod.Delete, part, null)).Dispose();
        await http.UsesAsync(MiB, 1);
    }

    [Fact]
    public async Task An_expired_upload_releases_its_reservation()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, ("FileDrop:Quota:Bytes", $"{MiB}"), ("FileDrop:Uploads:Expiry", "00:00:01"));
        await BeginAsync(service.Http, MiB);
        await service.Http.UsesAsync(0, 0);
        Assert.NotNull(await service.Http.TryUploadAsync(MiB));
    }

    [Fact]
    public async Task A_draft_upload_beyond_the_quota_is_refused_at_its_creation_or_at_the_append_that_exceeds_it()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, ("FileDrop:Quota:Bytes", $"{2 * MiB}"));
        var http = service.Http;
        using (var refused = await http.SendAsync(HttpMethod.Post, "/files/upload", new ByteArrayContent(new byte[10]),
            ("Upload-Complete", "?0"), ("Upload-Length", $"{(2 * MiB) + 1}")))
            await refused.RefusedAsync(507, "quota_exceeded");
        await http.UsesAsync(0, 0);
        using var created = await http.SendAsync(HttpMethod.Post, "/files/upload", new ByteArrayContent(new byte[MiB]), ("Upload-Complete", "?0"));
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        var at = created.Headers.Location?.ToString() ?? "";
        using (var refused = await PatchAsync(MiB + 1))
        {
            Assert.Equal("?0", refused.Headers.GetValues("Upload-Complete").Single());
            await refused.RefusedAsync(507, "quota_exceeded");
        }
        using (var complete = await PatchAsync(MiB))
            await complete.SucceededAsync(HttpStatusCode.Created);
        await http.UsesAsync(2 * MiB, 1);

        Task<HttpResponseMessage> PatchAsync(int size) => http.SendAsync(HttpMethod.Patch, at, new ByteArrayContent(new byte[size]),
            ("Upload-Complete", "?1"), ("Upload-Offset", $"{MiB}"), ("Content-Type", "application/partial-upload"));
    }

    private static async Task<(long Used, long Reserved, long Files)> StateAsync(HttpClient http)
    {
        var usage = await http.UsageAsync();
        return (usage.BytesUsed, usage.BytesReserved, usage.FilesUsed);
    }

    private static async Task<string> BeginAsync(HttpClient http, int? length, params (string, string)[] fields)
    {
        using var created = await TusAsync(http, HttpMethod.Post, "/uploads", null, [
            length is { } known ? ("Upload-Length", known.ToString(CultureInfo.InvariantCulture)) : ("Upload-Defer-Length", "1"), .. fields]);
        Assert.True(created.StatusCode == HttpStatusCode.Created, await created.Content.ReadAsStringAsync());
        return created.Headers.Location?.ToString() ?? "";
    }

    private static async Task AppendAsync(HttpClient http, string upload, int offset, int size, int status, params (string, string)[] fields)
    {
        using var answer = await TusAsync(http, HttpMethod.Patch, upload, new ByteArrayContent(new byte[size]),
            [("Upload-Offset", $"{offset}"), ("Content-Type", "application/offset+octet-stream"), .. fields]);
        Assert.True((int)answer.StatusCode == status, $"{answer.StatusCode}: {await answer.Content.ReadAsStringAsync()}");
        if (status == 507)
            Assert.Equal("quota_exceeded", await answer.CodeAsync());
    }

    private static Task<HttpResponseMessage> TusAsync(
        HttpClient http, HttpMethod method, string path, HttpContent? body, params (string, string)[] fields) =>
        http.SendAsync(method, path, body, [("Tus-Resumable", "1.0.0"), .. fields]);
}

public sealed class QuotaOfUploadsOnEmbeddedTests(EmbeddedPair pair) : QuotaOfUploadsTests(pair), IClassFixture<EmbeddedPair>;

public sealed class QuotaOfUploadsOnClusterTests(ClusterPair pair) : QuotaOfUploadsTests(pair), IClassFixture<ClusterPair>;
