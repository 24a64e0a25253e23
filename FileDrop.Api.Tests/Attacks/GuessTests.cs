using System.Net;
using FileDrop.Api.Access;
using FileDrop.Api.Settings;
using FileDrop.Api.Tests.Access;
using FileDrop.Api.Tests.Files;
using Xunit;

namespace FileDrop.Api.Tests.Attacks;

/// <summary>Guessed and withdrawn credentials.</summary>
public sealed class GuessTests
{
    [Fact]
    public async Task Guesses_of_a_key_have_one_bucket_whatever_their_methods()
    {
        await using var stores = new EmbeddedStores();
        await using var service = await Service.StartAsync(stores, ("FileDrop:Limits:RequestsPerAddress", "6"), AccessWords.AdminSetting);
        string[] methods = ["PATCH", "PATCH", "PATCH", "GET", "GET", "GET"];
        foreach (var method in methods)
        {
            using var wrong = await service.Http.SendAsync(new HttpMethod(method), method is "PATCH" ? $"/uploads/{Guid.NewGuid()}" : "/files", null,
                ("Authorization", $"Bearer fd_0123456789abcdef_{new string('A', 43)}"));
            await wrong.RefusedAsync(401, "unauthenticated");
        }
        foreach (var (method, path) in new[] { ("GET", "/files"), ("PATCH", $"/uploads/{Guid.NewGuid()}"), ("DELETE", $"/files/{Guid.NewGuid()}"), ("HEAD", "/files") })
        {
            using var next = await service.Http.SendAsync(new HttpMethod(method), path, null, ("Authorization", $"Bearer fd_0123456789abcdef_{new string('A', 43)}"));
            Assert.True(next.StatusCode == HttpStatusCode.TooManyRequests, $"{method}: {next.StatusCode}");
        }
    }

    [Fact]
    public async Task A_withdrawn_signing_key_is_refused_after_minutes_also_by_the_first_token_after_a_quiet_night()
    {
        await using var issuer = await TokenIssuer.StartAsync();
        var time = new Forward();
        using var keys = new ProviderKeys(new OidcOptions { Authority = issuer.Authority, Audience = TokenIssuer.Audience }, time);
        var before = (await keys.GetConfigurationAsync(CancellationToken.None)).SigningKeys.Select(key => key.KeyId).Order().ToList();
        issuer.Rotate();
        time.By(ProviderKeys.Life - TimeSpan.FromMinutes(2));
        Assert.Equal(before, (await keys.GetConfigurationAsync(CancellationToken.None)).SigningKeys.Select(key => key.KeyId).Order());
        time.By(TimeSpan.FromMinutes(2));
        Assert.Empty((await keys.GetConfigurationAsync(CancellationToken.None)).SigningKeys.Select(key => key.KeyId).Intersect(before));
    }

    [Fact]
    public async Task A_provider_that_does_not_answer_is_believed_for_an_hour_and_then_no_more()
    {
        var issuer = await TokenIssuer.StartAsync();
        var time = new Forward();
        using var keys = new ProviderKeys(new OidcOptions { Authority = issuer.Authority, Audience = TokenIssuer.Audience }, time);
        var said = await keys.GetConfigurationAsync(CancellationToken.None);
        await issuer.DisposeAsync();
        time.By(ProviderKeys.Life + TimeSpan.FromSeconds(1));
        Assert.Same(said, await keys.GetConfigurationAsync(CancellationToken.None));
        time.By(ProviderKeys.Outage);
        await Assert.ThrowsAsync<InvalidOperationException>(() => keys.GetConfigurationAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_new_signing_key_is_fetched_for_the_first_token_that_names_it()
    {
        await using var issuer = await TokenIssuer.StartAsync();
        var time = new Forward();
        using var keys = new ProviderKeys(new OidcOptions { Authority = issuer.Authority, Audience = TokenIssuer.Audience }, time);
        var known = await keys.GetConfigurationAsync(CancellationToken.None);
        issuer.Rotate();
        keys.RequestRefresh();
        // The provider is asked at most every ten seconds, whatever tokens come.
        Assert.Same(known, await keys.GetConfigurationAsync(CancellationToken.None));
        time.By(TimeSpan.FromSeconds(11));
        Assert.NotEqual(known.SigningKeys.Select(key => key.KeyId), (await keys.GetConfigurationAsync(CancellationToken.None)).SigningKeys.Select(key => key.KeyId));
    }

    /// <summary>A clock that can be moved forward.</summary>
    private sealed class Forward : TimeProvider
    {
        private long _ahead;

        public void By(TimeSpan time) => _ahead += (long)(time.TotalSeconds * TimestampFrequency);

        public override long GetTimestamp() => base.GetTimestamp() + _ahead;
    }
}
