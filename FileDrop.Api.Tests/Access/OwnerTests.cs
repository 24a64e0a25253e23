using System.Net;
using FileDrop.Api.Tests.Files;
using Xunit;

namespace FileDrop.Api.Tests.Access;

public abstract class OwnerTests(Pair pair)
{
    [Fact]
    public async Task Each_owner_sees_and_changes_its_own_files_alone()
    {
        using var alice = await pair.Service.OwnerAsync("owner-a");
        using var bob = await pair.Service.OwnerAsync("owner-b");
        // The same name and idempotency key give each owner a separate file.
        var ids = new List<string>();
        foreach (var http in new[] { alice, bob })
        {
            using var response = await http.SendAsync(
                HttpMethod.Post, "/files/upload?file_name=same.txt", new StringContent("x"), ("Idempotency-Key", "same"));
            ids.Add((await response.SucceededAsync(HttpStatusCode.Created)).Id());
        }
        Assert.NotEqual(ids[0], ids[1]);
        foreach (var (http, own) in new[] { (alice, ids[0]), (bob, ids[1]) })
        {
            using var list = await http.GetAsync("/files");
            Assert.Equal([own], (await list.SucceededAsync()).EnumerateArray().Select(file => file.Id()));
        }
        using (var deleted = await alice.DeleteAsync($"/files/{ids[0]}"))
            await deleted.SucceededAsync();
        Assert.Equal("x", await bob.GetStringAsync($"/files/{ids[1]}"));
    }

    [Fact]
    public async Task A_cursor_of_one_owner_shows_another_nothing_of_the_first()
    {
        using var alice = await pair.Service.OwnerAsync("cursor-a");
        using var bob = await pair.Service.OwnerAsync("cursor-b");
        for (var i = 0; i < 3; i++)
            await alice.UploadAsync([1], $"a{i}");
        using var first = await alice.GetAsync("/files?limit=1");
        var next = first.Headers.GetValues("Link").Single().Split('<', '>')[1];
        Assert.Equal("[]\n", await bob.GetStringAsync(next));
    }

    [Fact]
    public async Task An_admin_can_act_for_another_owner_and_follow_the_answers_addresses()
    {
        using var admin = pair.Service.AsAdmin();
        using var owner = await pair.Service.OwnerAsync("https://login.example#1");
        const string query = "owner=https%3A%2F%2Flogin.example%231";
        using var created = await admin.PostAsync($"/files/upload?file_name=a&{query}", new StringContent("abc"));
        var id = (await created.SucceededAsync(HttpStatusCode.Created)).Id();
        Assert.Equal("abc", await owner.GetStringAsync($"/files/{id}"));
        Assert.Equal("abc", await admin.GetStringAsync(created.Headers.Location));
        using var own = await admin.GetAsync($"/files/{id}");
        await own.RefusedAsync(404, "file_not_found");

        await owner.UploadAsync([1], "b");
        using var list = await admin.GetAsync($"/files?limit=1&{query}");
        var next = list.Headers.GetValues("Link").Single().Split('<', '>')[1];
        Assert.Contains(id, await admin.GetStringAsync(next), StringComparison.Ordinal);

        using var begun = await admin.SendAsync(HttpMethod.Post, $"/uploads?{query}", null, ("Tus-Resumable", "1.0.0"), ("Upload-Length", "1"));
        using var head = await admin.SendAsync(HttpMethod.Head, begun.Headers.Location?.OriginalString ?? "", null, ("Tus-Resumable", "1.0.0"));
        Assert.Equal(HttpStatusCode.OK, head.StatusCode);
    }

    [Theory]
    [ClusterAtNight]
    [InlineData("owner=")]
    [InlineData("owner")]
    [InlineData("owner=a&owner=b")]
    [InlineData("owner=a%00b")]
    [InlineData("owner=%20")]
    public async Task A_malformed_owner_is_refused(string query)
    {
        using var admin = pair.Service.AsAdmin();
        using var response = await admin.GetAsync($"/files?{query}");
        await response.RefusedAsync(400, "invalid_request");
    }

    [Fact]
    public async Task To_name_an_owner_even_oneself_takes_an_admin()
    {
        using var alice = await pair.Service.OwnerAsync("plain");
        foreach (var query in new[] { "owner=plain", "owner=local", "OWNER=local", "owner=a&owner=b" })
        {
            using var response = await alice.GetAsync($"/files?{query}");
            await response.RefusedAsync(403, "forbidden");
        }
    }
}

public sealed class OwnerOnEmbeddedTests(GuardedEmbeddedPair pair) : OwnerTests(pair), IClassFixture<GuardedEmbeddedPair>;

public sealed class OwnerOnClusterTests(GuardedClusterPair pair) : OwnerTests(pair), IClassFixture<GuardedClusterPair>;
