using System.Net;
using System.Text;
using System.Text.Json;
using FileDrop.Api.Catalog;
using FileDrop.Api.Tests.Files;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace FileDrop.Api.Tests.Access;

public abstract class KeyTests(Pair pair)
{
    private static readonly string[] WriteAndRead = ["write", "read"];

    [Fact]
    public async Task A_key_is_shown_once_and_opens_its_owners_files_as_a_bearer_token_or_as_a_password()
    {
        using var admin = pair.Service.AsAdmin();
        using var response = await admin.PostAsync(
            "/admin/keys", AccessWords.Json(new { name = "Sicherung 灯", owner = "carol", scopes = WriteAndRead }));
        Assert.Equal("no-store", response.Headers.CacheControl?.ToString());
        var made = await response.SucceededAsync(HttpStatusCode.Created);
        var (key, kept) = (made.Text("api_key"), made.GetProperty("key"));
        Assert.StartsWith($"fd_{kept.Text("key_id")}_", key, StringComparison.Ordinal);
        Assert.Equal(
            ("Sicherung 灯", "carol", """["read","write"]"""),
            (kept.Text("name"), kept.Text("owner"), kept.GetProperty("scopes").ToString()));

        using var carol = pair.Service.As(key);
        var file = (await carol.UploadAsync([1], "a")).Id();
        foreach (var user in new[] { "", "any", "a:b" })
        {
            var basic = $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user.Split(':')[0]}:{key}"))}";
            using var read = await pair.Http.SendAsync(HttpMethod.Get, $"/files/{file}", null, ("Authorization", basic));
            Assert.Equal(HttpStatusCode.OK, read.StatusCode);
        }
        using var delete = await carol.DeleteAsync($"/files/{file}");
        await delete.RefusedAsync(403, "forbidden");
        using var lower = await pair.Http.SendAsync(HttpMethod.Get, $"/files/{file}", null, ("Authorization", $"bearer {key}"));
        Assert.Equal(HttpStatusCode.OK, lower.StatusCode);

        // Neither the list nor the store has the secret.
        var secret = key.Split('_', 3)[2];
        var list = await admin.GetStringAsync("/admin/keys");
        Assert.Contains(kept.Text("key_id"), list, StringComparison.Ordinal);
        Assert.DoesNotContain(secret, list, StringComparison.Ordinal);
        var stored = await pair.Service.Services.GetRequiredService<IKeyCatalog>().FindApiKeyAsync(kept.Text("key_id"), default);
        Assert.NotNull(stored);
        Assert.Equal(32, stored.SecretHash.Length);
        Assert.DoesNotContain(secret, JsonSerializer.Serialize(stored with { SecretHash = default }), StringComparison.Ordinal);
        if (pair.Stores is EmbeddedStores embedded)
        {
            foreach (var path in Directory.EnumerateFiles(embedded.Directory, "catalog.db*"))
                Assert.DoesNotContain(secret, Encoding.Latin1.GetString(await ReadSharedAsync(path)), StringComparison.Ordinal);
        }
    }

    [Theory]
    [ClusterAtNight]
    [InlineData("""{"scopes":[]}""")]
    [InlineData("""{"scopes":["read","root"]}""")]
    [InlineData("""{"scopes":["Read"]}""")]
    [InlineData("""{"scopes":"read"}""")]
    [InlineData("""{"scopes":[1]}""")]
    [InlineData("""{"owner":""}""")]
    [InlineData("""{"owner":" "}""")]
    [InlineData("""{"owner":"a\u0000b"}""")]
    [InlineData("""{"owner":null}""")]
    [InlineData("""{"name":"a\nb"}""")]
    [InlineData("""{"name":1}""")]
    [InlineData("""{"expires_at":"2020-01-01T00:00:00Z"}""")]
    [InlineData("""{"expires_at":"tomorrow"}""")]
    [InlineData("""{"expires_at":253402300800000}""")]
    [InlineData("""{"secret":"x"}""")]
    [InlineData("""{"owner":"a","owner":"b"}""")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("")]
    [InlineData("{")]
    public async Task Malformed_settings_of_a_key_are_refused(string body)
    {
        using var admin = pair.Service.AsAdmin();
        var before = await KeyCountAsync(admin);
        using var response = await admin.PostAsync("/admin/keys", new StringContent(body, Encoding.UTF8, "application/json"));
        await response.RefusedAsync(400, "invalid_request");
        using var form = await admin.PostAsync("/admin/keys", new StringContent("{}"));
        await form.RefusedAsync(415, "unsupported_media_type");
        Assert.Equal(before, await KeyCountAsync(admin));
    }

    [Fact]
    public async Task An_expired_key_is_refused_from_that_moment_on()
    {
        using var admin = pair.Service.AsAdmin();
        var (key, _) = await admin.MakeKeyAsync(new { expires_at = DateTimeOffset.UtcNow.AddSeconds(3) });
        using var http = pair.Service.As(key);
        Assert.Equal(HttpStatusCode.OK, await http.StatusAsync("/files"));
        await Service.UntilAsync("the key has expired", async () => await http.StatusAsync("/files") == HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task The_last_use_is_noted_and_no_more_than_once_a_minute()
    {
        using var admin = pair.Service.AsAdmin();
        var (key, id) = await admin.MakeKeyAsync(new { name = "used" });
        using var http = pair.Service.As(key);
        var began = DateTimeOffset.UtcNow.AddSeconds(-1);
        Assert.Equal(HttpStatusCode.OK, await http.StatusAsync("/files"));
        var used = "";
        await Service.UntilAsync("the use is noted", async () =>
        {
            if ((await FindAsync(admin, id)).TryGetProperty("last_used_at", out var at))
                used = at.GetString() ?? "";
            return used.Length > 0;
        });
        Assert.InRange(DateTimeOffset.Parse(used, System.Globalization.CultureInfo.InvariantCulture), began, DateTimeOffset.UtcNow.AddSeconds(1));
        var until = DateTime.UtcNow.AddSeconds(3);
        while (DateTime.UtcNow < until)
            await http.StatusAsync("/files");
        Assert.Equal(used, (await FindAsync(admin, id)).Text("last_used_at"));
    }

    [Fact]
    public async Task A_revoked_key_is_refused_at_once_where_it_was_revoked_and_stays_in_the_list()
    {
        using var admin = pair.Service.AsAdmin();
        var (key, id) = await admin.MakeKeyAsync(new { owner = "dave" });
        using var dave = pair.Service.As(key);
        Assert.Equal(HttpStatusCode.OK, await dave.StatusAsync("/files"));
        using (var revoked = await admin.DeleteAsync($"/admin/keys/{id}"))
            Assert.Equal(id, (await revoked.SucceededAsync()).Text("key_id"));
        using (var refused = await dave.GetAsync("/files"))
            await refused.UnauthenticatedAsync();
        Assert.True((await FindAsync(admin, id)).TryGetProperty("revoked_at", out _));
        foreach (var gone in new[] { id, "0000000000000000", "x", Uri.EscapeDataString("../keys") })
        {
            using var again = await admin.DeleteAsync($"/admin/keys/{gone}");
            await again.RefusedAsync(404, "key_not_found");
        }
    }

    [Fact]
    public async Task The_list_can_be_one_owners()
    {
        using var admin = pair.Service.AsAdmin();
        var (_, id) = await admin.MakeKeyAsync(new { owner = "erin#1" });
        using var list = await admin.GetAsync("/admin/keys?owner=erin%231");
        Assert.Equal([id], (await list.SucceededAsync()).EnumerateArray().Select(key => key.Text("key_id")));
    }

    [Fact]
    [ClusterAtNight]
    public async Task Keys_are_made_listed_and_revoked_by_commands_beside_a_running_service()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores);
        // Until the first key exists, callers on this machine may do everything. The first key then owns their files.
        var file = (await service.Http.UploadAsync([1], "before")).Id();
        var (exit, output) = await ServiceProcess.CommandAsync(stores, "keys", "create", "--name", "first");
        Assert.True(exit == 0, output);
        var first = output.Split('\n')[0];
        await Service.UntilAsync("the service is closed", async () => await service.Http.StatusAsync("/files") == HttpStatusCode.Unauthorized);
        using var admin = service.As(first);
        Assert.Equal([1], await admin.GetByteArrayAsync($"/files/{file}"));
        Assert.Equal("""["read","write","delete","share","admin"]""", (await ListAsync(admin)).Single().GetProperty("scopes").ToString());

        (exit, output) = await ServiceProcess.CommandAsync(stores, "keys", "create", "--owner", "frank", "--days", "30");
        Assert.True(exit == 0, output);
        var second = output.Split('\n')[0];
        using var frank = service.As(second);
        Assert.Equal("[]\n", await frank.GetStringAsync("/files"));
        Assert.Equal(HttpStatusCode.Forbidden, await frank.StatusAsync("/admin/keys"));
        (exit, output) = await ServiceProcess.CommandAsync(stores, "keys", "list");
        Assert.True(exit == 0, output);
        Assert.Contains("first", output, StringComparison.Ordinal);
        Assert.Contains("owner frank  read,write,delete,share", output, StringComparison.Ordinal);
        Assert.DoesNotContain(second.Split('_', 3)[2], output, StringComparison.Ordinal);

        (exit, output) = await ServiceProcess.CommandAsync(stores, "keys", "revoke", second.Split('_')[1]);
        Assert.True(exit == 0, output);
        await Service.UntilAsync("the revocation holds", async () => await frank.StatusAsync("/files") == HttpStatusCode.Unauthorized, 5);
        (exit, output) = await ServiceProcess.CommandAsync(stores, "keys", "revoke", second.Split('_')[1]);
        Assert.True(exit == 1, output);

        // The revocation of the last key does not open the service.
        (exit, output) = await ServiceProcess.CommandAsync(stores, "keys", "revoke", first.Split('_')[1]);
        Assert.True(exit == 0, output);
        await Service.UntilAsync("the revocation holds", async () => await admin.StatusAsync("/files") == HttpStatusCode.Unauthorized, 5);
        Assert.Equal(HttpStatusCode.Unauthorized, await service.Http.StatusAsync("/files"));
    }

    [Theory]
    [ClusterAtNight]
    [InlineData("keys")]
    [InlineData("keys", "create", "--name")]
    [InlineData("keys", "create", "--color", "red")]
    [InlineData("keys", "create", "--days", "1", "--days", "2")]
    [InlineData("keys", "revoke")]
    public async Task A_mistyped_keys_command_shows_the_usage(params string[] arguments)
    {
        await using var stores = new EmbeddedStores();
        var (exit, output) = await ServiceProcess.CommandAsync(stores, arguments);
        Assert.Equal(2, exit);
        Assert.Contains("keys create", output, StringComparison.Ordinal);
    }

    protected static async Task<List<JsonElement>> ListAsync(HttpClient admin)
    {
        using var list = await admin.GetAsync("/admin/keys");
        return [.. (await list.SucceededAsync()).EnumerateArray()];
    }

    private static async Task<JsonElement> FindAsync(HttpClient admin, string id) => (await ListAsync(admin)).Single(key => key.Text("key_id") == id);

    private static async Task<int> KeyCountAsync(HttpClient admin) => (await ListAsync(admin)).Count;

    private static async Task<byte[]> ReadSharedAsync(string path)
    {
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var bytes = new MemoryStream();
        await file.CopyToAsync(bytes);
        return bytes.ToArray();
    }
}

public sealed class KeyOnEmbeddedTests(GuardedEmbeddedPair pair) : KeyTests(pair), IClassFixture<GuardedEmbeddedPair>;

public sealed class KeyOnClusterTests(GuardedClusterPair pair) : KeyTests(pair), IClassFixture<GuardedClusterPair>
{
    private readonly GuardedClusterPair _pair = pair;

    [Fact]
    public async Task A_revocation_on_one_replica_holds_on_the_other_within_seconds()
    {
        await using var stores = await _pair.MakeStoresAsync();
        await using var one = await Service.StartAsync(stores, AccessWords.AdminSetting);
        await using var two = await Service.StartAsync(stores, AccessWords.AdminSetting);
        using var admin = one.AsAdmin();
        var (key, id) = await admin.MakeKeyAsync(new { owner = "grace" });
        using var here = one.As(key);
        using var there = two.As(key);
        Assert.Equal(HttpStatusCode.OK, await here.StatusAsync("/files"));
        // Use the key continuously on the other replica, so that its cache holds it at the revocation.
        using var stop = new CancellationTokenSource();
        var use = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
                await there.StatusAsync("/files");
        });
        Assert.Equal(HttpStatusCode.OK, await there.StatusAsync("/files"));
        using (var revoked = await admin.DeleteAsync($"/admin/keys/{id}"))
            await revoked.SucceededAsync();
        Assert.Equal(HttpStatusCode.Unauthorized, await here.StatusAsync("/files"));
        await Service.UntilAsync(
            "the revocation holds on the other replica", async () => await there.StatusAsync("/files") == HttpStatusCode.Unauthorized, 4);
        await stop.CancelAsync();
        await use;
    }
}
