using System.Net;
using System.Text;
using FileDrop.Api.Tests.Files;
using Microsoft.IdentityModel.Tokens;
using Xunit;

namespace FileDrop.Api.Tests.Access;

/// <summary>Access tokens of a real provider, and forged ones.</summary>
public sealed class TokenTests
{
    private static readonly string[] ReaderAndOther = ["Other", "Files.Reader"];
    private static readonly string[] Unmapped = ["filedrop.write", "read"];

    [Fact]
    public async Task A_token_of_the_provider_opens_its_subjects_files_with_the_scopes_that_it_has()
    {
        await using var issuer = await TokenIssuer.StartAsync();
        await using var stores = new EmbeddedStores();
        await using var service = await StartAsync(stores, issuer, AccessWords.AdminSetting);
        using var anne = service.As(await issuer.TokenAsync("anne", "filedrop.read filedrop.write"));
        using var ben = service.As(await issuer.TokenAsync("ben", "openid filedrop.read"));
        var file = (await anne.UploadAsync([1], "a")).Id();
        Assert.Equal([1], await anne.GetByteArrayAsync($"/files/{file}"));
        using (var refused = await anne.DeleteAsync($"/files/{file}"))
            await refused.RefusedAsync(403, "forbidden");
        using (var foreign = await ben.GetAsync($"/files/{file}"))
            await foreign.RefusedAsync(404, "file_not_found");
        using (var refused = await ben.PostAsync("/files/upload", new StringContent("x")))
            await refused.RefusedAsync(403, "forbidden");

        // Keys still work with tokens, and an admin finds the owner by issuer and subject.
        using var admin = service.AsAdmin();
        var owner = Uri.EscapeDataString($"{issuer.Authority}#anne");
        Assert.Contains(file, await admin.GetStringAsync($"/files?owner={owner}"), StringComparison.Ordinal);
        using (var none = await service.Http.GetAsync("/files"))
            await none.UnauthenticatedAsync();
        using var nothing = service.As(await issuer.TokenAsync("carl", "openid"));
        using var without = await nothing.GetAsync("/files");
        await without.RefusedAsync(403, "forbidden");
    }

    [Fact]
    public async Task Scopes_come_from_the_claim_and_the_values_that_are_configured()
    {
        await using var issuer = await TokenIssuer.StartAsync();
        await using var stores = new EmbeddedStores();
        await using var service = await StartAsync(stores, issuer, ("FileDrop:Access:Oidc:ScopeClaim", "roles"),
            ("FileDrop:Access:Oidc:Scopes:read", "Files.Reader;Files.Owner"), ("FileDrop:Access:Oidc:Scopes:write", "Files.Owner"));
        using var reader = service.As(issuer.Forge(token => token.Claims["roles"] = ReaderAndOther));
        using var owner = service.As(issuer.Forge(token => token.Claims["roles"] = "Files.Owner"));
        using var other = service.As(issuer.Forge(token => token.Claims["roles"] = Unmapped));
        Assert.Equal(HttpStatusCode.OK, await reader.StatusAsync("/files"));
        await owner.UploadAsync([1], "a");
        using (var refused = await reader.PostAsync("/files/upload", new StringContent("x")))
            await refused.RefusedAsync(403, "forbidden");
        Assert.Equal(HttpStatusCode.Forbidden, await other.StatusAsync("/files"));
    }

    [Fact]
    public async Task Every_token_that_is_not_the_providers_for_this_service_now_is_refused()
    {
        await using var issuer = await TokenIssuer.StartAsync();
        await using var stranger = await TokenIssuer.StartAsync();
        await using var stores = new EmbeddedStores();
        await using var service = await StartAsync(stores, issuer);
        var good = issuer.Forge();
        using (var taken = service.As(good))
            Assert.Equal(HttpStatusCode.OK, await taken.StatusAsync("/files"));
        var parts = good.Split('.');
        var unsigned = $"{Encode("""{"alg":"none","typ":"JWT"}""")}.{parts[1]}.";
        foreach (var (what, token) in new[]
        {
            ("expired", issuer.Forge(token => token.Expires = DateTime.UtcNow.AddMinutes(-2))),
            ("not yet valid", issuer.Forge(token => token.NotBefore = DateTime.UtcNow.AddMinutes(5))),
            ("without an end", issuer.Forge(token => token.Expires = null)),
            ("for another audience", issuer.Forge(token => token.Audience = "another")),
            ("for another audience, by the provider", await issuer.TokenAsync("anne", "filedrop.read", "another")),
            ("without an audience", issuer.Forge(token => token.Audience = null)),
            ("of another issuer by name", issuer.Forge(token => token.Issuer = "https://login.example")),
            ("of another provider", await stranger.TokenAsync("anne", "filedrop.read")),
            ("with another key under the right id", issuer.Forge(ownKey: false)),
            ("without a subject", issuer.Forge(token => token.Claims.Remove("sub"))),
            ("with an endless subject", issuer.Forge(token => token.Claims["sub"] = new string('s', 256))),
            ("alg none", unsigned),
            ("alg None", $"{Encode("""{"alg":"None"}""")}.{parts[1]}."),
            ("alg none, with the signature", $"{Encode("""{"alg":"none"}""")}.{parts[1]}.{parts[2]}"),
            ("without its signature", $"{parts[0]}.{parts[1]}."),
            ("with other claims", $"{parts[0]}.{Encode("""{"sub":"anne"}""")}.{parts[2]}"),
            ("HMAC with the public key", issuer.Forge(token => token.SigningCredentials =
                new SigningCredentials(issuer.PublicKeyAsSecret(), SecurityAlgorithms.HmacSha256))),
        })
        {
            using var http = service.As(token);
            using var response = await http.GetAsync("/files");
            Assert.True(response.StatusCode == HttpStatusCode.Unauthorized, $"{what}: {response.StatusCode}");
            await response.UnauthenticatedAsync();
        }
    }

    [Fact]
    public async Task A_key_that_the_provider_changes_is_learnt_and_the_former_one_forgotten()
    {
        await using var issuer = await TokenIssuer.StartAsync();
        await using var stores = new EmbeddedStores();
        await using var service = await StartAsync(stores, issuer);
        using var before = service.As(await issuer.TokenAsync("anne", "filedrop.read"));
        Assert.Equal(HttpStatusCode.OK, await before.StatusAsync("/files"));
        issuer.Rotate();
        using var after = service.As(await issuer.TokenAsync("anne", "filedrop.read"));
        await Service.UntilAsync("the new key is known", async () => await after.StatusAsync("/files") == HttpStatusCode.OK, 30);
        Assert.Equal(HttpStatusCode.Unauthorized, await before.StatusAsync("/files"));
    }

    [Fact]
    public async Task While_the_provider_has_never_answered_a_token_is_not_called_bad_and_keys_go_on()
    {
        var issuer = await TokenIssuer.StartAsync();
        var token = await issuer.TokenAsync("anne", "filedrop.read");
        await issuer.DisposeAsync();
        await using var stores = new EmbeddedStores();
        await using var service = await StartAsync(stores, issuer, AccessWords.AdminSetting);
        using var anne = service.As(token);
        using (var response = await anne.GetAsync("/files"))
            await response.RefusedAsync(503, "provider_unavailable");
        using var admin = service.AsAdmin();
        Assert.Equal(HttpStatusCode.OK, await admin.StatusAsync("/files"));
    }

    private static Task<Service> StartAsync(Stores stores, TokenIssuer issuer, params (string Key, string Value)[] more) => Service.StartAsync(stores,
        [("FileDrop:Access:Oidc:Authority", issuer.Authority.ToString()), ("FileDrop:Access:Oidc:Audience", TokenIssuer.Audience), .. more]);

    private static string Encode(string json) => Base64UrlEncoder.Encode(Encoding.UTF8.GetBytes(json));
}
