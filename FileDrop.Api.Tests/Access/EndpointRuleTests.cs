using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.RegularExpressions;
using FileDrop.Api.Access;
using FileDrop.Api.Settings;
using FileDrop.Api.Tests.Files;
using FileDrop.Api.Tests.Folders;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace FileDrop.Api.Tests.Access;

/// <summary>The access rules of every endpoint of the running service; an endpoint without a rule fails here.</summary>
public abstract partial class EndpointRuleTests(Pair pair)
{
    private static readonly string[] OpenToAll =
    [
        "DELETE /s/{token}/uploads/{upload_id}", "GET /alive", "GET /health", "GET /links/{file_id}", "GET /openapi/{documentName}.json", "GET /s/{token}/{**path}",
        "GET /zip/{ids}", "HEAD /links/{file_id}", "HEAD /openapi/{documentName}.json", "HEAD /s/{token}/uploads/{upload_id}", "HEAD /s/{token}/{**path}",
        "HEAD /zip/{ids}", "OPTIONS /dav/{**path}", "OPTIONS /files/upload", "OPTIONS /uploads", "OPTIONS /uploads/{upload_id}",
        "PATCH /s/{token}/uploads/{upload_id}", "POST /s/{token}/uploads", "POST /s/{token}/{**path}", "PUT /s/{token}/{**path}",
    ];

    [Fact]
    public void Every_endpoint_has_a_rule_and_those_without_a_credential_are_named_here()
    {
        var endpoints = Endpoints();
        Assert.All(endpoints, endpoint => Assert.True(endpoint.IsOpen ^ endpoint.Needs is not null, $"{endpoint.Name} says who may use it, once"));
        // The reference page and its files come from a package.
        Assert.Equal(OpenToAll, endpoints.Where(endpoint => endpoint.IsOpen && !endpoint.Name.Contains(" /scalar/", StringComparison.Ordinal))
            .Select(endpoint => endpoint.Name).Order(StringComparer.Ordinal).Distinct());
        Assert.True(endpoints.Count(endpoint => !endpoint.IsOpen) > 20, "the endpoints are seen");
    }

    [Fact]
    public async Task Without_a_good_credential_every_rule_answers_401()
    {
        using var admin = pair.Service.AsAdmin();
        var file = (await admin.UploadAsync([1], "a")).Id();
        var (revoked, id) = await admin.MakeKeyAsync(new { name = "revoked" });
        using (var gone = await admin.DeleteAsync($"/admin/keys/{id}"))
            await gone.SucceededAsync();
        var (good, _) = await admin.MakeKeyAsync(new { name = "good" });
        string?[] credentials =
        [
            null, "", "Bearer", "Bearer ", "Bearer x", $"Bearer {revoked}",
            $"Bearer {good[..^1]}{(good[^1] == 'A' ? 'E' : 'A')}", $"Bearer {good}x", $"Bearer {good.ToUpperInvariant()}",
            $"Bearer {good[..20]}", $"Bearer {AccessWords.AdminKey}x", $"Bearer {AccessWords.AdminKey[..^1]}",
            $"Token {good}", good, "Basic x", "Basic ",
            $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes(good))}", $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"{good}:x"))}",
            $"Bearer {good}, Bearer {good}", "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJsb2NhbCJ9.", "Negotiate x",
            "Bearer fd__", "Bearer fd_0000000000000000_",
        ];
        foreach (var endpoint in Endpoints().Where(endpoint => endpoint.Needs is not null))
        {
            // One endpoint is tested with every credential, all others with the first.
            foreach (var credential in endpoint.Name.EndsWith(" /files", StringComparison.Ordinal) ? credentials : credentials[..1])
            {
                using var response = await SendAsync(pair.Http, endpoint, file, credential is null ? [] : [("Authorization", credential)]);
                Assert.True(response.StatusCode == HttpStatusCode.Unauthorized, $"{endpoint.Name} with '{credential}': {response.StatusCode}");
                Assert.Equal(
                    endpoint.Name.Contains(" /dav/", StringComparison.Ordinal) ? "Basic realm=\"FileDrop\", charset=\"UTF-8\"" : "Bearer",
                    response.Headers.WwwAuthenticate.ToString());
            }
        }
        Assert.Equal([1], await admin.GetByteArrayAsync($"/files/{file}"));
    }

    [Fact]
    public void A_copy_needs_the_right_to_read_and_to_write() =>
        Assert.Equal(Scope.Read | Scope.Write, Endpoints().Single(endpoint => endpoint.Name == "POST /files/{file_id}/copy").Needs);

    [Fact]
    public async Task Every_endpoint_takes_a_key_with_its_scope_and_answers_403_to_one_with_all_others()
    {
        using var admin = pair.Service.AsAdmin();
        foreach (var endpoint in Endpoints().Where(endpoint => endpoint.Needs is not null))
        {
            var scopes = Scopes.Names(endpoint.Needs ?? Scope.None);
            var needed = string.Join(" and ", scopes);
            foreach (var missing in scopes)
            {
                var others = Scopes.Names(Scope.All).Where(scope => scope != missing);
                using var without = pair.Service.As((await admin.MakeKeyAsync(new { scopes = others })).Key);
                using var refused = await SendAsync(without, endpoint, $"{Guid.CreateVersion7()}");
                Assert.True(refused.StatusCode == HttpStatusCode.Forbidden, $"{endpoint.Name} without {missing}: {refused.StatusCode}");
            }
            using var with = pair.Service.As((await admin.MakeKeyAsync(new { scopes })).Key);
            using var taken = await SendAsync(with, endpoint, $"{Guid.CreateVersion7()}");
            Assert.True(taken.StatusCode is not (HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized) && (int)taken.StatusCode < 500,
                $"{endpoint.Name} with {needed}: {taken.StatusCode}");
            // Acting for another owner also requires admin.
            using var owner = await SendAsync(with, endpoint, $"{Guid.CreateVersion7()}", [], "?owner=other");
            Assert.True((owner.StatusCode == HttpStatusCode.Forbidden) == !scopes.Contains("admin"),
                $"{endpoint.Name}?owner= with {needed}: {owner.StatusCode}");
        }
    }

    [Fact]
    public async Task Another_owners_id_is_answered_as_one_that_never_was_at_the_same_cost()
    {
        using var calls = new TracedCalls();
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores, calls.Watch, AccessWords.AdminSetting, ("FileDrop:Trash:Retention", "1.00:00:00"));
        using var alice = await service.OwnerAsync("alice");
        using var bob = await service.OwnerAsync("bob");
        var file = (await alice.UploadAsync([1, 2, 3], "a.txt")).Id();
        var trashed = (await alice.UploadAsync([4], "b.txt")).Id();
        using (var deleted = await alice.DeleteAsync($"/files/{trashed}"))
            await deleted.SucceededAsync();
        var (folder, trashedFolder) = ((await alice.FolderAsync("a")).FolderId(), (await alice.FolderAsync("b")).FolderId());
        using (var deleted = await alice.DeleteAsync($"/folders/{trashedFolder}"))
            await deleted.SucceededAsync();
        using var begun = await alice.SendAsync(
            HttpMethod.Post, "/uploads", null, ("Tus-Resumable", "1.0.0"), ("Upload-Length", "5"), ("Upload-Concat", "partial"));
        var upload = (begun.Headers.Location?.OriginalString ?? "").Split('/')[^1];
        Assert.True(Guid.TryParse(upload, out _), "an upload was begun");
        var seen = 0;
        foreach (var endpoint in Endpoints()
            .Where(endpoint => endpoint.Needs is not null and not Scope.Admin && IdParameter().IsMatch(endpoint.Name)))
        {
            seen++;
            // A file can be reached as an upload too, because an upload and its file have the same id.
            foreach (var theirs in new[] { file, trashed, upload, folder, trashedFolder })
            {
                var (foreign, foreignCalls) = await AnswerAsync(theirs, (http, id, field) => SendAsync(http, endpoint, id, [field]));
                var (unknown, unknownCalls) = await AnswerAsync(
                    $"{Guid.CreateVersion7()}", (http, id, field) => SendAsync(http, endpoint, id, [field]));
                Assert.True(foreign.StartsWith("404", StringComparison.Ordinal), $"{endpoint.Name}: {foreign}");
                Assert.Equal(unknown, foreign);
                Assert.True(unknownCalls.Count > 0, endpoint.Name);
                Assert.Equal(unknownCalls, foreignCalls);
            }
        }
        Assert.True(seen >= 15, $"{seen} endpoints with an id");
        var (part, partCalls) = await AnswerAsync(upload, ConcatenateAsync);
        var (none, noneCalls) = await AnswerAsync($"{Guid.CreateVersion7()}", ConcatenateAsync);
        Assert.Equal((none, string.Join('\n', noneCalls)), (part, string.Join('\n', partCalls)));

        Assert.Equal([1, 2, 3], await alice.GetByteArrayAsync($"/files/{file}"));
        Assert.Equal(1, (await alice.MetadataAsync(file)).Version());
        using (var restored = await alice.PostAsync($"/trash/{trashed}/restore", null))
            await restored.SucceededAsync();
        using var offset = await alice.SendAsync(HttpMethod.Head, $"/uploads/{upload}", null, ("Tus-Resumable", "1.0.0"));
        Assert.Equal("0", offset.Headers.GetValues("Upload-Offset").Single());
        using (var restored = await alice.PostAsync($"/trash/folders/{trashedFolder}/restore", null))
            await restored.SucceededAsync();
        Assert.Equal(["a", "b"], (await alice.EntriesAsync("root?sort=file_name&order=asc")).Select(entry => entry.Text("name")));
        Assert.Equal("[]\n", await bob.GetStringAsync("/files"));

        // Returns the answer without the parts that differ between any two (time, trace, path), and the calls to the stores.
        async Task<(string Answer, List<string> Calls)> AnswerAsync(
            string id, Func<HttpClient, string, (string Name, string Value), Task<HttpResponseMessage>> send)
        {
            var mark = $"{Guid.NewGuid()}";
            using var response = await send(bob, id, (TracedCalls.Field, mark));
            var fields = response.Headers.Concat(response.Content.Headers).Where(field => field.Key is not "Date")
                .Select(field => $"{field.Key}: {string.Join(", ", field.Value)}").Order(StringComparer.Ordinal);
            var body = TraceId().Replace((await response.Content.ReadAsStringAsync()).Replace(id, "ID", StringComparison.Ordinal), "TRACE");
            return ($"{(int)response.StatusCode}\n{string.Join('\n', fields)}\n{body}", [.. calls.Of(mark)]);
        }

        static Task<HttpResponseMessage> ConcatenateAsync(HttpClient http, string id, (string Name, string Value) field) =>
            http.SendAsync(HttpMethod.Post, "/uploads", null, ("Tus-Resumable", "1.0.0"), ("Upload-Concat", $"final;/uploads/{id}"), field);
    }

    private static Task<HttpResponseMessage> SendAsync(
        HttpClient http, Rule endpoint, string id, (string Name, string Value)[]? fields = null, string query = "")
    {
        var method = new HttpMethod(endpoint.Name.Split(' ')[0]);
        var path = IdParameter().Replace(endpoint.Name.Split(' ')[1], id).Replace("{version}", "1", StringComparison.Ordinal).Replace("{**path}", id, StringComparison.Ordinal);
        var isTus = path.StartsWith("/uploads", StringComparison.Ordinal);
        var isPiece = method == HttpMethod.Patch && IsUpload().IsMatch(path);
        ByteArrayContent? body = null;
        List<(string, string)> all = [.. fields ?? []];
        if (isTus)
            all.Add(("Tus-Resumable", "1.0.0"));
        if (isPiece)
            all.AddRange([("Upload-Offset", "0"), ("Upload-Complete", "?0")]);
        if (method == HttpMethod.Post || method == HttpMethod.Put || method == HttpMethod.Patch)
        {
            body = new ByteArrayContent("{}"u8.ToArray());
            body.Headers.ContentType = MediaTypeHeaderValue.Parse(
                isPiece ? isTus ? "application/offset+octet-stream" : "application/partial-upload" : TakesJson().IsMatch(path) ? "application/json" : "text/plain");
        }
        return http.SendAsync(method, path + query, body, [.. all]);
    }

    private List<Rule> Endpoints() =>
    [
        .. pair.Service.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>().SelectMany(endpoint =>
            (endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET"]).Select(method => new Rule(
                string.Create(CultureInfo.InvariantCulture, $"{method} /{endpoint.RoutePattern.RawText?.Trim('/')}"),
                endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null,
                endpoint.Metadata.GetOrderedMetadata<ScopeRequirement>() is [{ } rule] ? rule.Scope : null))),
    ];

    [GeneratedRegex(@"\{(file|folder|upload|key)_id\}", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex IdParameter();

    [GeneratedRegex("^/(uploads|files/upload)/", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex IsUpload();

    [GeneratedRegex("^/(admin|folders|trash)(/|$)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex TakesJson();

    [GeneratedRegex("[0-9a-f]{32}", RegexOptions.None, 1000)]
    private static partial Regex TraceId();

    private sealed record Rule(string Name, bool IsOpen, Scope? Needs);
}

public sealed class EndpointRuleOnEmbeddedTests(GuardedEmbeddedPair pair) : EndpointRuleTests(pair), IClassFixture<GuardedEmbeddedPair>;

public sealed class EndpointRuleOnClusterTests(GuardedClusterPair pair) : EndpointRuleTests(pair), IClassFixture<GuardedClusterPair>;
