using System.Net;
using FileDrop.Api.Tests.Files;
using FileDrop.Api.Tests.Page;
using Microsoft.Playwright;
using Xunit;

namespace FileDrop.Api.Tests.Attacks;

/// <summary>The reference page must not show an attacker's document on the service's own origin.</summary>
[Collection(ChromiumTests.Name)]
public sealed class ReferenceTests(EmbeddedPair pair, Chromium chromium) : IClassFixture<EmbeddedPair>
{
    [Theory]
    [InlineData("/scalar/..%5Clinks%5Cx")]
    [InlineData("/scalar/..%2Flinks%2Fx")]
    [InlineData("/scalar/v2")]
    [InlineData("/scalar/V1%20")]
    [InlineData("/scalar/x.json")]
    [InlineData("/scalar/%2e%2e%5c%2e%2e%5cfiles%5cx")]
    [InlineData("/scalar/https:%5C%5Cevil.example%5Cx")]
    [InlineData("/openapi/v2.json")]
    [InlineData("/openapi/..%5Cx.json")]
    public async Task Any_document_but_ours_is_not_found(string path)
    {
        using var wire = await Wire.ConnectAsync(pair.Service);
        await wire.SendHeadAsync($"GET {path}");
        var answer = await wire.ReadAnswerAsync();
        Assert.Equal((404, "not_found"), (answer.Status, answer.Code()));
        Assert.DoesNotContain("links", answer.Json().Text("detail"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_page_runs_its_own_scripts_alone()
    {
        var policies = new HashSet<string>(StringComparer.Ordinal);
        foreach (var path in new[] { "/scalar/", "/scalar/v1" })
        {
            using var response = await pair.Http.GetAsync(path);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            var (policy, page) = (response.Headers.GetValues("Content-Security-Policy").Single(), await response.Content.ReadAsStringAsync());
            Assert.True(policies.Add(policy), "a nonce is used once");
            var script = policy.Split(';')[0].Split(' ');
            Assert.Equal("script-src", script[0]);
            Assert.StartsWith("'nonce-", Assert.Single(script[1..]), StringComparison.Ordinal);
            Assert.Contains("default-src 'none'", policy, StringComparison.Ordinal);
            Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
            Assert.Contains($"nonce=\"{script[1][7..^1]}\"", page, StringComparison.Ordinal);
            Assert.Equal("same-origin", response.Headers.GetValues("Cross-Origin-Opener-Policy").Single());
        }
        using var front = await pair.Http.GetAsync("/");
        Assert.Equal("same-origin", front.Headers.GetValues("Cross-Origin-Opener-Policy").Single());
    }

    [Fact]
    public async Task The_reference_page_shows_the_description()
    {
        await using var window = await chromium.OpenAsync(pair.Service.Address);
        await window.GoAsync("/scalar/");
        await Assertions.Expect(window.Page.GetByText("Upload a file").First).ToBeVisibleAsync();
        window.AssertClean();
    }
}
