using System.Net;
using System.Text;
using System.Text.Json;
using FileDrop.Api.Tests.Access;
using FileDrop.Api.Tests.Files;
using FileDrop.Api.Tests.Uploads;
using Xunit;

namespace FileDrop.Api.Tests.Attacks;

/// <summary>Attempts to store data that no quota counts.</summary>
public abstract class QuotaBypassTests(Pair pair)
{
    private static readonly (string, string?) Partial = ("Upload-Concat", "partial");

    private TusClient Tus => new(pair.Http);

    [Fact]
    public async Task Open_uploads_and_partials_of_an_owner_are_limited_and_give_their_place_back()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(
            stores, ("FileDrop:Limits:OpenUploadsPerOwner", "4"), ("FileDrop:Quota:Files", "100"), ("FileDrop:Uploads:Expiry", "00:01:00"));
        var tus = new TusClient(service.Http);
        var uploads = new List<string> { await tus.PartialAsync([1]), await tus.PartialAsync([2], ("Upload-Metadata", TusClient.Metadata(("filename", "a")))) };
        uploads.Add(await tus.CreateAsync(2));
        uploads.Add(await tus.CreateAsync(null));
        foreach (var field in new[] { Partial, ("X-Other", "1") })
        {
            using var refused = await tus.PostAsync(("Upload-Length", "1"), field);
            await refused.RefusedAsync(507, "quota_exceeded");
            using var draft = await service.Http.SendAsync(HttpMethod.Post, "/files/upload", new ByteArrayContent([1]), ("Upload-Complete", "?0"));
            await draft.RefusedAsync(507, "quota_exceeded");
        }
        // An upload in one request is not an open upload, and a completed upload no longer counts.
        await service.Http.UploadAsync([1], "a");
        await tus.AppendAsync(uploads[2], 0, [1, 2]);
        uploads[2] = await tus.CreateAsync(1, Partial);
        using (var ended = await tus.DeleteAsync(uploads[0]))
            Assert.Equal(HttpStatusCode.NoContent, ended.StatusCode);
        await tus.CreateAsync(1);
        using var last = await tus.PostAsync(("Upload-Length", "1"));
        await last.RefusedAsync(507, "quota_exceeded");
        Assert.Equal(2, (await service.Http.UsageAsync()).FilesUsed);
    }

    [Fact]
    public async Task Metadata_of_an_upload_is_bounded_and_32_legal_tags_fit()
    {
        var tags = Enumerable.Range(0, 32).ToDictionary(i => $"{i:00}{new string('k', 62)}", _ => new string('v', 256));
        var metadata = TusClient.Metadata(("filename", "a"), ("tags", JsonSerializer.Serialize(tags)));
        Assert.InRange(metadata.Length, 13_900, 16_384);
        var file = await Tus.FileAsync(await Tus.CreateAsync(0, ("Upload-Metadata", metadata)));
        Assert.Equal(tags, file.Tags());

        await pair.LeavesNothingAsync(async () =>
        {
            foreach (var (size, concat) in new[] { (16_385, "other"), (4_097, "partial") })
            {
                using var refused = await Tus.PostAsync(
                    ("Upload-Length", "1"), ("Upload-Concat", concat == "partial" ? concat : null), ("Upload-Metadata", Padded(size)));
                await refused.RefusedAsync(400, "invalid_request");
            }
        });
        foreach (var (size, concat) in new[] { (16_384, (string?)null), (4_096, "partial") })
        {
            var upload = await Tus.CreateAsync(1, ("Upload-Concat", concat), ("Upload-Metadata", Padded(size)));
            using var ended = await Tus.DeleteAsync(upload);
            Assert.Equal(HttpStatusCode.NoContent, ended.StatusCode);
        }
    }

    [Fact]
    public async Task New_idempotency_keys_of_an_owner_are_limited_and_old_ones_are_answered()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, ("FileDrop:Limits:IdempotencyKeysPerOwner", "3"));
        for (var i = 0; i < 3; i++)
        {
            var file = await SendAsync(i, 201);
            using var deleted = await service.Http.DeleteAsync($"/files/{file}");
            Assert.Equal(HttpStatusCode.OK, deleted.StatusCode);
        }
        await SendAsync(3, 429);
        await SendAsync(2, 201);
        await service.Http.UploadAsync([1], "without a key");

        async Task<string> SendAsync(int key, int status)
        {
            using var answer = await service.Http.SendAsync(HttpMethod.Post, "/files/upload", new ByteArrayContent([1]), ("Idempotency-Key", $"{key}"));
            Assert.Equal(status, (int)answer.StatusCode);
            return status == 201 ? (await answer.JsonAsync()).Id() : "";
        }
    }

    /// <summary>Makes a value of exactly this length.</summary>
    private static string Padded(int size)
    {
        var key = new string('k', 1 + ((size - 2) % 4));
        return $"{key} {Convert.ToBase64String(Encoding.ASCII.GetBytes(new string('x', (size - key.Length - 1) / 4 * 3)))}";
    }
}

public sealed class QuotaBypassOnEmbeddedTests(EmbeddedPair pair) : QuotaBypassTests(pair), IClassFixture<EmbeddedPair>;

public sealed class QuotaBypassOnClusterTests(ClusterPair pair) : QuotaBypassTests(pair), IClassFixture<ClusterPair>;
