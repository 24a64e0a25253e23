using System.Net;
using FileDrop.Api.Tests.Access;
using FileDrop.Api.Tests.Files;
using FileDrop.Api.Tests.Folders;
using Xunit;
using static FileDrop.Api.Tests.Dav.DavWords;

namespace FileDrop.Api.Tests.Dav;

/// <summary>Locks, which hold for WebDAV and for the API.</summary>
public abstract class DavLockTests(Pair pair)
{
    private HttpClient Http => pair.Http;

    [Fact]
    public async Task A_lock_keeps_everybody_from_a_file_who_does_not_name_it_also_by_the_API()
    {
        var top = await TopAsync();
        await Http.DavOkAsync(201, "PUT", $"{top}/a", "x");
        var id = await Http.IdAtAsync($"{top[5..]}/a");
        var token = await Http.LockAsync($"{top}/a");
        await Http.DavOkAsync(423, "PUT", $"{top}/a", "y");
        await Http.DavOkAsync(423, "DELETE", $"{top}/a");
        await Http.DavOkAsync(423, "MOVE", $"{top}/a", null, ("Destination", $"{top}/b"));
        await Http.DavOkAsync(423, "PROPPATCH", $"{top}/a", Set("color", "red"));
        await Http.DavOkAsync(423, "LOCK", $"{top}/a", LockInfo("shared"));
        await Http.DavOkAsync(423, "DELETE", top);
        foreach (var refused in new Func<Task<HttpResponseMessage>>[]
        {
            () => Http.SendAsync(HttpMethod.Put, $"/files/{id}/content", new StringContent("z")),
            () => Http.SendAsync(HttpMethod.Put, $"/files/{id}/content", new ByteArrayContent(Requests.Bytes(200_000))),
            () => Http.DeleteAsync($"/files/{id}"),
            () => Http.SendJsonAsync(HttpMethod.Patch, $"/files/{id}", "{\"file_name\":\"b\"}"),
            () => Http.SendJsonAsync(HttpMethod.Patch, $"/files/{id}", "{\"folder_id\":\"root\"}"),
            () => Http.SendJsonAsync(HttpMethod.Patch, $"/files/{id}", "{\"tags\":{}}"),
        })
        {
            using var response = await refused();
            await response.RefusedAsync(423, "locked");
        }
        Assert.Equal("x", await Http.GetStringAsync($"{top}/a"));
        await Http.DavOkAsync(204, "PUT", $"{top}/a", "y", ("If", $"({token})"));
        await Http.DavOkAsync(204, "UNLOCK", $"{top}/a", null, ("Lock-Token", token.Trim('<', '>')));
        await Http.DavOkAsync(412, "PUT", $"{top}/a", "z", ("If", $"({token})"));
        await Http.DavOkAsync(204, "PUT", $"{top}/a", "z");
    }

    [Fact]
    public async Task A_deep_lock_covers_everything_below_and_a_flat_one_the_members()
    {
        var top = await TopAsync();
        await Http.DavOkAsync(201, "MKCOL", $"{top}/sub");
        await Http.DavOkAsync(201, "PUT", $"{top}/sub/a", "x");
        var id = await Http.IdAtAsync($"{top[5..]}/sub/a");
        var deep = await Http.LockAsync(top);
        await Http.DavOkAsync(423, "PUT", $"{top}/sub/a", "y");
        await Http.DavOkAsync(423, "PUT", $"{top}/sub/new", "y");
        await Http.DavOkAsync(423, "MKCOL", $"{top}/sub/new");
        await Http.DavOkAsync(423, "LOCK", $"{top}/sub/a", LockInfo());
        await Http.DavOkAsync(423, "MOVE", $"{top}/sub", null, ("Destination", $"{top}-moved"));
        using (var direct = await Http.SendAsync(HttpMethod.Put, $"/files/{id}/content", new StringContent("z")))
            await direct.RefusedAsync(423, "locked");
        Assert.Contains(top + "/</D:href>", await Http.DavOkAsync(207, "PROPFIND", $"{top}/sub/a", null, ("Depth", "0")), StringComparison.Ordinal);
        await Http.DavOkAsync(204, "PUT", $"{top}/sub/a", "y", ("If", $"({deep})"));
        await Http.DavOkAsync(201, "MKCOL", $"{top}/sub/new", null, ("If", $"<{top}/> ({deep})"));
        await Http.DavOkAsync(204, "UNLOCK", $"{top}/sub/a", null, ("Lock-Token", deep));

        var flat = await Http.LockAsync($"{top}/sub", depth: "0");
        await Http.DavOkAsync(204, "PUT", $"{top}/sub/a", "content is not membership");
        await Http.DavOkAsync(423, "PUT", $"{top}/sub/b", "y");
        await Http.DavOkAsync(423, "DELETE", $"{top}/sub/a");
        await Http.DavOkAsync(204, "DELETE", $"{top}/sub", null, ("If", $"({flat})"));
    }

    [Fact]
    public async Task Shared_locks_exclude_exclusive_ones_and_each_of_them_allows_its_holder_to_write()
    {
        var top = await TopAsync();
        await Http.DavOkAsync(201, "PUT", $"{top}/a", "x");
        var (one, other) = (await Http.LockAsync($"{top}/a", "shared"), await Http.LockAsync($"{top}/a", "shared"));
        Assert.Contains("no-conflicting-lock", await Http.DavOkAsync(423, "LOCK", $"{top}/a", LockInfo()), StringComparison.Ordinal);
        await Http.DavOkAsync(423, "LOCK", top, LockInfo());
        await Http.DavOkAsync(204, "PUT", $"{top}/a", "y", ("If", $"({other})"));
        await Http.DavOkAsync(204, "UNLOCK", $"{top}/a", null, ("Lock-Token", one));
        await Http.DavOkAsync(423, "PUT", $"{top}/a", "z");
        Assert.Contains("lock-token-matches-request-uri", await Http.DavOkAsync(409, "UNLOCK", $"{top}/a", null, ("Lock-Token", one)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lock_of_a_path_with_nothing_makes_an_empty_file_without_a_version_of_its_own()
    {
        var top = await TopAsync();
        var token = await Http.LockAsync($"{top}/new.txt", status: 201);
        Assert.Equal("", await Http.GetStringAsync($"{top}/new.txt"));
        await Http.DavOkAsync(423, "PUT", $"{top}/new.txt", "x");
        await Http.DavOkAsync(204, "PUT", $"{top}/new.txt", "x", ("If", $"({token})"));
        using var versions = await Http.GetAsync($"/files/{await Http.IdAtAsync($"{top[5..]}/new.txt")}/versions");
        Assert.Equal(1, (await versions.SucceededAsync()).GetArrayLength());
    }

    [Fact]
    public async Task Locks_live_an_hour_at_most_and_end_by_themselves_unless_they_are_renewed()
    {
        var top = await TopAsync();
        await Http.DavOkAsync(201, "PUT", $"{top}/a", "x");
        var token = await Http.LockAsync($"{top}/a", fields: ("Timeout", "Infinite, Second-4100000000"));
        Assert.Contains("Second-3600", await Http.DavOkAsync(200, "LOCK", $"{top}/a", null, ("If", $"({token})"), ("Timeout", "Infinite")), StringComparison.Ordinal);
        Assert.Contains("Second-1<", await Http.DavOkAsync(200, "LOCK", $"{top}/a", null, ("If", $"({token})"), ("Timeout", "Second-1")), StringComparison.Ordinal);
        await Service.UntilAsync("the lock has ended", async () =>
        {
            using var response = await Http.DavAsync("PUT", $"{top}/a", "y");
            return response.StatusCode == HttpStatusCode.NoContent;
        });
        await Http.DavOkAsync(412, "LOCK", $"{top}/a", null, ("If", $"({token})"));
    }

    [Fact]
    public async Task Locks_hold_at_another_replica_and_after_a_restart()
    {
        await using var stores = await pair.MakeStoresAsync();
        string token;
        await using (var service = await Service.StartAsync(stores))
        {
            await service.Http.DavOkAsync(201, "MKCOL", "/dav/a");
            await service.Http.DavOkAsync(201, "PUT", "/dav/a/b", "x");
            token = await service.Http.LockAsync("/dav/a");
        }
        await using var next = await Service.StartAsync(stores);
        await next.Http.DavOkAsync(423, "PUT", "/dav/a/b", "y");
        await next.Http.DavOkAsync(204, "PUT", "/dav/a/b", "y", ("If", $"({token})"));
    }

    [Fact]
    public async Task Of_many_who_lock_at_once_at_most_one_succeeds()
    {
        var top = await TopAsync();
        await Http.DavOkAsync(201, "MKCOL", $"{top}/sub");
        await Http.DavOkAsync(201, "PUT", $"{top}/sub/a", "x");
        string[] paths = [top, $"{top}/sub", $"{top}/sub/a"];
        var answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(async i =>
        {
            using var response = await Http.DavAsync("LOCK", paths[i % 3], LockInfo());
            return (int)response.StatusCode;
        }));
        Assert.All(answers, status => Assert.True(status is 200 or 423, $"{status}"));
        Assert.True(answers.Count(status => status == 200) <= 1, string.Join(' ', answers));
    }

    [Fact]
    public async Task A_lock_is_its_holders_and_only_an_admin_ends_another_callers()
    {
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, AccessWords.AdminSetting);
        using var admin = service.AsAdmin();
        string[] scopes = ["read", "write", "delete"];
        using var one = service.As((await admin.MakeKeyAsync(new { scopes })).Key);
        using var other = service.As((await admin.MakeKeyAsync(new { scopes })).Key);
        await one.DavOkAsync(201, "PUT", "/dav/a", "x");
        var token = await one.LockAsync("/dav/a");
        await other.DavOkAsync(423, "PUT", "/dav/a", "y", ("If", $"({token})"));
        await other.DavOkAsync(403, "UNLOCK", "/dav/a", null, ("Lock-Token", token));
        await admin.DavOkAsync(204, "UNLOCK", "/dav/a", null, ("Lock-Token", token));
        await other.DavOkAsync(204, "PUT", "/dav/a", "y");
    }

    private async Task<string> TopAsync()
    {
        var top = $"/dav/{Guid.NewGuid():N}";
        await Http.DavOkAsync(201, "MKCOL", top);
        return top;
    }
}

public sealed class DavLockOnEmbeddedTests(EmbeddedPair pair) : DavLockTests(pair), IClassFixture<EmbeddedPair>;

public sealed class DavLockOnClusterTests(ClusterPair pair) : DavLockTests(pair), IClassFixture<ClusterPair>;
