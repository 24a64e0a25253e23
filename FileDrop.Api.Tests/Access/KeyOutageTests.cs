using System.Net;
using FileDrop.Api.Tests.Files;
using Xunit;

namespace FileDrop.Api.Tests.Access;

/// <summary>While the catalog does not answer, a key can be neither accepted nor refused.</summary>
public abstract class KeyOutageTests(Pair pair)
{
    [Fact]
    public async Task A_key_is_neither_accepted_nor_refused_while_the_catalog_does_not_answer()
    {
        var faults = new FaultyStores();
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, faults.Wrap, AccessWords.AdminSetting);
        using var admin = service.AsAdmin();
        using var owner = await service.OwnerAsync("ada");
        using var stranger = service.As("fd_0123456789abcdef_" + new string('A', 43));
        using var nobody = service.As(null);
        faults.Break("IKeyCatalog.FindApiKeyAsync", Fault.Before, times: 1000);
        foreach (var http in new[] { owner, stranger })
        {
            foreach (var request in new[] { "GET /files", "POST /files/upload", $"DELETE /files/{Guid.NewGuid()}", $"PATCH /uploads/{Guid.NewGuid()}" })
            {
                var (method, path) = (request.Split(' ')[0], request.Split(' ')[1]);
                using var answer = await http.SendAsync(new HttpMethod(method), path, new ByteArrayContent([1]), ("Tus-Resumable", "1.0.0"));
                await UnavailableAsync(answer);
            }
        }
        // Requests that need no look-up are still answered.
        Assert.Equal(HttpStatusCode.OK, await admin.StatusAsync("/files"));
        Assert.Equal(HttpStatusCode.Unauthorized, await nobody.StatusAsync("/files"));
        Assert.Equal(HttpStatusCode.OK, await nobody.StatusAsync("/alive"));
        faults.Heal();
        Assert.Equal(HttpStatusCode.OK, await owner.StatusAsync("/files"));
        Assert.Equal(HttpStatusCode.Unauthorized, await stranger.StatusAsync("/files"));
    }

    [Fact]
    public async Task A_service_refuses_requests_while_it_cannot_tell_whether_keys_exist()
    {
        var faults = new FaultyStores();
        faults.Break("IKeyCatalog.HasApiKeysAsync", Fault.Before, times: 1000);
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, faults.Wrap);
        using (var answer = await service.Http.GetAsync("/files"))
            await UnavailableAsync(answer);
        faults.Heal();
        Assert.Equal(HttpStatusCode.OK, await service.Http.StatusAsync("/files"));
    }

    private static async Task UnavailableAsync(HttpResponseMessage answer)
    {
        await answer.RefusedAsync(503, "storage_unavailable");
        Assert.InRange(answer.Headers.RetryAfter?.Delta ?? default, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));
        Assert.False(answer.Headers.Contains("WWW-Authenticate"));
    }
}

public sealed class KeyOutageOnEmbeddedTests(EmbeddedPair pair) : KeyOutageTests(pair), IClassFixture<EmbeddedPair>;

public sealed class KeyOutageOnClusterTests(ClusterPair pair) : KeyOutageTests(pair), IClassFixture<ClusterPair>;
