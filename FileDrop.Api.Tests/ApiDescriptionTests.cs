using System.IO.Pipelines;
using System.Net.Http.Json;
using System.Reflection;
using System.Text;
using System.Text.Json;
using FileDrop.Api.Access;
using FileDrop.Api.Http;
using FileDrop.Api.Settings;
using FileDrop.Api.Tests.Access;
using FileDrop.Api.Tests.Files;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace FileDrop.Api.Tests;

/// <summary>The OpenAPI document matches the service: its endpoints, its codes, and every answer in these tests.</summary>
public sealed class ApiDescriptionTests(EmbeddedPair pair) : IClassFixture<EmbeddedPair>
{
    private const string File = "/files/{file_id}";
    private const string Metadata = "/files/{file_id}/metadata";
    private const string Content = "/files/{file_id}/content";

    [Fact]
    public async Task The_document_is_OpenAPI_3_1_of_FileDrop()
    {
        var document = (await DescriptionAsync()).Root;
        Assert.StartsWith("3.1", document.GetProperty("openapi").GetString(), StringComparison.Ordinal);
        Assert.Equal("FileDrop", document.GetProperty("info").GetProperty("title").GetString());
        foreach (var operation in Operations(document))
        {
            Assert.NotEmpty(operation.Value.GetProperty("summary").GetString() ?? "");
            Assert.NotEmpty(operation.Value.GetProperty("description").GetString() ?? "");
            var statuses = operation.Value.GetProperty("responses").EnumerateObject().Select(response => response.Name).ToList();
            Assert.True(statuses.Exists(status => status.StartsWith('2')), $"{operation.Key} succeeds");
            Assert.Contains("421", statuses);
            // OPTIONS and probes ask no store.
            var works = !operation.Key.StartsWith("OPTIONS ", StringComparison.Ordinal) && operation.Key is not ("GET /health" or "GET /alive");
            Assert.Equal((operation.Key, works), (operation.Key, statuses.Contains("500")));
        }
        var ids = Operations(document).Values.Select(operation => operation.GetProperty("operationId").GetString()).ToList();
        Assert.Equal(ids.Count, ids.Distinct().Count());
    }

    [Fact]
    public async Task The_document_describes_exactly_the_endpoints_of_the_service()
    {
        var endpoints = pair.Service.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.Metadata.GetMetadata<IExcludeFromDescriptionMetadata>() is not { ExcludeFromDescription: true })
            // A health endpoint accepts any method; the document describes the one that probes use.
            .SelectMany(endpoint => (endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET"])
                .Select(method => $"{method} /{Template(endpoint)}"));
        Assert.Equal(endpoints.Order(StringComparer.Ordinal), Operations((await DescriptionAsync()).Root).Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Every_error_code_is_described()
    {
        var codes = typeof(ApiProblem).GetMembers(BindingFlags.Public | BindingFlags.Static).Select(member => member switch
        {
            PropertyInfo property when property.PropertyType == typeof(ApiProblem) => property.GetValue(null),
            MethodInfo { IsSpecialName: false } method when method.ReturnType == typeof(ApiProblem) && method.Name != nameof(ApiProblem.OfStatus) =>
                method.Invoke(null, [.. method.GetParameters().Select(parameter => parameter.ParameterType == typeof(string) ? (object)"" : parameter.ParameterType == typeof(int) ? (object)0 : 0L)]),
            _ => null,
        }).OfType<ApiProblem>().Select(problem => problem.Code).Distinct(StringComparer.Ordinal);
        var described = (await DescriptionAsync()).Root.GetProperty("components").GetProperty("schemas").GetProperty("Problem")
            .GetProperty("properties").GetProperty("code").GetProperty("enum").EnumerateArray().Select(code => code.GetString());
        Assert.Equal(codes.Order(StringComparer.Ordinal), described.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Every_endpoint_answers_bad_requests_as_described()
    {
        var api = await DescriptionAsync();
        var faults = new List<string>();
        foreach (var name in Operations(api.Root).Keys.Where(name => name is not ("GET /health" or "GET /alive")))
        {
            var (method, path) = (new HttpMethod(name.Split(' ')[0]), name.Split(' ')[1]);
            var at = path.Replace("{version}", "1", StringComparison.Ordinal).Replace("{key_id}", "0123456789abcdef", StringComparison.Ordinal)
                .Replace("{file_id}", $"{Guid.CreateVersion7()}", StringComparison.Ordinal)
                .Replace("{upload_id}", $"{Guid.CreateVersion7()}", StringComparison.Ordinal);
            var hasBody = method != HttpMethod.Get && method != HttpMethod.Head && method != HttpMethod.Options;
            (string, string)[] malformed = [("If-Match", "unquoted"), ("Range", "bytes=9-"), ("Tus-Resumable", "1.0.0"), ("Upload-Offset", "3")];
            await TryAsync("", "text/plain");
            await TryAsync("?limit=0&permanent=maybe&file_name=..&grant=x", "application/json", malformed);
            await TryAsync("", "application/json", ("Content-Encoding", "gzip"), ("Tus-Resumable", "1.0.0"));
            await TryAsync("", "text/plain", ("Content-Range", "bytes 0-0/1"), ("Upload-Complete", "?1"));
            await TryAsync("", "application/partial-upload", ("Upload-Complete", "?0"), ("Upload-Offset", "0"), ("Upload-Length", "999999999999999"));

            async Task TryAsync(string query, string type, params (string Name, string Value)[] fields)
            {
                var request = new HttpRequestMessage(method, at + query);
                if (hasBody)
                    request.Content = new StringContent("{", Encoding.UTF8, type);
                foreach (var (field, value) in fields)
                    With(request, field, value);
                try
                {
                    await api.CheckAsync(null, path, request);
                }
                catch (Xunit.Sdk.XunitException fault)
                {
                    faults.Add($"{name} {type}: {fault.Message}");
                }
            }
        }
        Assert.Equal([], faults);
    }

    [Fact]
    public async Task Uploads_answer_as_described()
    {
        var api = await DescriptionAsync();
        const string path = "/files/upload";
        await api.CheckAsync(201, path, Post(path + "?file_name=a.txt", Text("a")));
        await api.CheckAsync(201, path, Post(path, Form("a.txt", ("tags", "{\"project\":\"apollo\"}"))));
        await api.CheckAsync(400, path, Post(path, Form(null, ("file_name", "a.txt"))), "file_missing");
        await api.CheckAsync(400, path, Post(path, new MultipartFormDataContent { { Text("a"), "a", "a" }, { Text("b"), "b", "b" } }), "too_many_files");
        await api.CheckAsync(400, path, Post(path + "?file_name=..", Text("a")), "invalid_name");
        await api.CheckAsync(400, path, Post(path, Form("a.txt", ("tags", "[]"))), "invalid_tags");
        await api.CheckAsync(400, path, With(Post(path, Text("a")), "Repr-Digest", $"sha-256=:{Convert.ToBase64String(new byte[32])}:"), "digest_mismatch");
        await api.CheckAsync(400, path, With(Post(path, Text("a")), "Idempotency-Key", new string('k', 300)), "invalid_request");
        await api.CheckAsync(403, path, With(Post(path, Text("a")), "Sec-Fetch-Site", "cross-site"), "forbidden");
        await api.CheckAsync(421, path, With(Post(path, Text("a")), "Host", "files.example.com"), "misdirected_request");
        var zipped = Text("a");
        zipped.Headers.ContentEncoding.Add("gzip");
        await api.CheckAsync(415, path, Post(path, zipped), "unsupported_media_type");
        await using var stores = new EmbeddedStores();
        await using var small = await Service.StartAsync(stores, ("FileDrop:MaxFileSize", "10"));
        await (api with { Http = small.Http }).CheckAsync(413, path, Post(path, Text("eleven byte")), "file_too_large");
        await using var others = new EmbeddedStores();
        await using var limited = await Service.StartAsync(others, ("FileDrop:Quota:Bytes", "10"));
        await (api with { Http = limited.Http }).CheckAsync(507, path, Post(path, Text("eleven byte")), "quota_exceeded");
        await (api with { Http = limited.Http }).CheckAsync(200, "/usage", new HttpRequestMessage(HttpMethod.Get, "/usage"));
    }

    [Fact]
    public async Task Uploads_under_a_key_answer_as_described()
    {
        var api = await DescriptionAsync();
        const string path = "/files/upload";
        var slow = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        // Send more than a client would buffer.
        await slow.Writer.WriteAsync(new byte[64 * 1024]);
        var first = api.CheckAsync(201, path, With(Post(path, new StreamContent(slow.Reader.AsStream())), "Idempotency-Key", "k"));
        await pair.UntilRunningAsync("k");
        await api.CheckAsync(409, path, With(Post(path, Text("first")), "Idempotency-Key", "k"), "request_in_progress");
        await slow.Writer.CompleteAsync();
        await first;
        await api.CheckAsync(422, path, With(Post(path, Text("second")), "Idempotency-Key", "k"), "idempotency_key_reused");
    }

    [Fact]
    public async Task Reads_answer_as_described()
    {
        var api = await DescriptionAsync();
        var at = $"/files/{(await pair.Http.UploadAsync([1, 2, 3], "a.pdf")).Id()}";
        foreach (var (path, method) in new[] { (File, HttpMethod.Get), (File, HttpMethod.Head), (Metadata, HttpMethod.Get), (Metadata, HttpMethod.Head) })
        {
            var (here, missing) = (path.Replace(File, at, StringComparison.Ordinal), path.Replace("{file_id}", "unknown", StringComparison.Ordinal));
            await api.CheckAsync(200, path, new HttpRequestMessage(method, here));
            await api.CheckAsync(304, path, With(new HttpRequestMessage(method, here), "If-None-Match", "*"));
            await api.CheckAsync(400, path, With(new HttpRequestMessage(method, here), "If-Match", "unquoted"), "invalid_request");
            await api.CheckAsync(404, path, new HttpRequestMessage(method, missing), "file_not_found");
            await api.CheckAsync(412, path, With(new HttpRequestMessage(method, here), "If-Match", "\"other\""), "precondition_failed");
            await api.CheckAsync(421, path, With(new HttpRequestMessage(method, here), "Host", "files.example.com"), "misdirected_request");
        }
        await api.CheckAsync(200, File, new HttpRequestMessage(HttpMethod.Get, at + "?inline=true"));
        await api.CheckAsync(206, File, With(new HttpRequestMessage(HttpMethod.Get, at), "Range", "bytes=1-"));
        await api.CheckAsync(416, File, With(new HttpRequestMessage(HttpMethod.Get, at), "Range", "bytes=3-"), "range_not_satisfiable");
    }

    /// <summary>It had 24,337 bytes for each operation before they shared their components.</summary>
    [Fact]
    public async Task The_document_has_at_most_11_kilobytes_for_each_operation() =>
        Assert.InRange((await pair.Http.GetByteArrayAsync("/openapi/v1.json")).Length, 1, Operations((await DescriptionAsync()).Root).Count * 11_000);

    [Fact]
    public async Task Changes_answer_as_described()
    {
        var api = await DescriptionAsync();
        var at = $"/files/{(await pair.Http.UploadAsync([1, 2, 3], "a.bin")).Id()}";
        await api.CheckAsync(200, File, Put(at, JsonContent.Create(new { file_name = "b.bin", tags = new { project = "apollo" } })));
        await api.CheckAsync(200, File, Put(at, Form("c.bin", ("file_name", "d.bin"))));
        await api.CheckAsync(200, Content, Put(at + "/content", JsonContent.Create(new { any = 1 })));
        await api.CheckAsync(415, File, Put(at, new FormUrlEncodedContent([])), "unsupported_media_type");
        await api.CheckAsync(400, File, Put(at, JsonContent.Create(new { other = 1 })), "invalid_request");
        await api.CheckAsync(400, File, Put(at, JsonContent.Create(new { file_name = "" })), "invalid_name");
        await api.CheckAsync(400, File, Put(at, JsonContent.Create(new { tags = 1 })), "invalid_tags");
        foreach (var (path, here) in new[] { (File, at), (Content, at + "/content") })
        {
            await api.CheckAsync(400, path, With(Put(here, Text("a")), "Content-Range", "bytes 0-0/1"), "invalid_request");
            await api.CheckAsync(403, path, With(Put(here, Text("a")), "Origin", "https://files.example.com"), "forbidden");
            await api.CheckAsync(404, path, Put(path.Replace("{file_id}", Guid.NewGuid().ToString(), StringComparison.Ordinal), Text("a")), "file_not_found");
            await api.CheckAsync(412, path, With(Put(here, Text("a")), "If-Match", "\"other\""), "precondition_failed");
        }
        await api.CheckAsync(412, File, With(new HttpRequestMessage(HttpMethod.Delete, at), "If-Match", "\"other\""), "precondition_failed");
        await api.CheckAsync(200, File, new HttpRequestMessage(HttpMethod.Delete, at));
        await api.CheckAsync(404, File, new HttpRequestMessage(HttpMethod.Delete, at), "file_not_found");
    }

    [Fact]
    public async Task Copies_answer_as_described()
    {
        var api = await DescriptionAsync();
        const string path = "/files/{file_id}/copy";
        var at = $"/files/{(await pair.Http.UploadAsync([1, 2, 3], "a.bin")).Id()}/copy";
        await api.CheckAsync(201, path, new HttpRequestMessage(HttpMethod.Post, at));
        await api.CheckAsync(201, path, Post(at, JsonContent.Create(new { file_name = "b.bin", tags = new { project = "apollo" } })));
        await api.CheckAsync(400, path, Post(at, JsonContent.Create(new { other = 1 })), "invalid_request");
        await api.CheckAsync(400, path, Post(at, JsonContent.Create(new { file_name = "" })), "invalid_name");
        await api.CheckAsync(400, path, Post(at, JsonContent.Create(new { tags = 1 })), "invalid_tags");
        await api.CheckAsync(404, path, new HttpRequestMessage(HttpMethod.Post, $"/files/{Guid.NewGuid()}/copy"), "file_not_found");
        await api.CheckAsync(412, path, With(new HttpRequestMessage(HttpMethod.Post, at), "If-Match", "\"other\""), "precondition_failed");
        await api.CheckAsync(415, path, Post(at, Text("{}")), "unsupported_media_type");
        await using var stores = new EmbeddedStores();
        await using var limited = await Service.StartAsync(stores, ("FileDrop:Quota:Bytes", "5"));
        var large = $"/files/{(await limited.Http.UploadAsync([1, 2, 3], "a.bin")).Id()}/copy";
        await (api with { Http = limited.Http }).CheckAsync(507, path, new HttpRequestMessage(HttpMethod.Post, large), "quota_exceeded");
    }

    [Fact]
    public async Task Lists_and_probes_answer_as_described()
    {
        var api = await DescriptionAsync();
        await pair.Http.UploadAsync([], "empty.txt");
        await pair.Http.UploadAsync([1], "full.txt");
        await api.CheckAsync(200, "/files", new HttpRequestMessage(HttpMethod.Get, "/files?limit=1"));
        await api.CheckAsync(200, "/files", new HttpRequestMessage(HttpMethod.Get, "/files?name=none&type=image/*&tag=a:b&sort=file_name&order=asc"));
        await api.CheckAsync(400, "/files", new HttpRequestMessage(HttpMethod.Get, "/files?limit=0"), "invalid_request");
        await api.CheckAsync(400, "/files", new HttpRequestMessage(HttpMethod.Get, "/files?cursor=!"), "invalid_cursor");
        await api.CheckAsync(200, "/usage", new HttpRequestMessage(HttpMethod.Get, "/usage"));
        await api.CheckAsync(200, "/health", new HttpRequestMessage(HttpMethod.Get, "/health"));
        await api.CheckAsync(200, "/alive", new HttpRequestMessage(HttpMethod.Get, "/alive"));
    }

    [Fact]
    public async Task Every_operation_says_which_scope_it_needs_and_how_it_refuses_or_that_it_is_open()
    {
        var document = (await DescriptionAsync()).Root;
        Assert.Equal(["bearer", "basic"], document.GetProperty("components").GetProperty("securitySchemes").EnumerateObject().Select(scheme => scheme.Name));
        var rules = pair.Service.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .SelectMany(endpoint => (endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET"]).Select(method => (
                Name: $"{method} /{Template(endpoint)}", endpoint.Metadata.GetMetadata<ScopeRequirement>()?.Scope)))
            .ToLookup(rule => rule.Name, rule => rule.Scope, StringComparer.Ordinal);
        foreach (var (name, operation) in Operations(document))
        {
            var scheme = operation.GetProperty("security").EnumerateArray().SelectMany(each => each.EnumerateObject()).ToList();
            var scopes = scheme.SelectMany(each => each.Value.EnumerateArray()).Select(scope => scope.GetString()).Distinct();
            var needed = rules[name].Single();
            Assert.Equal(needed is { } scope ? Scopes.Names(scope) : [], scopes);
            foreach (var status in new[] { "401", "403" })
                Assert.True(operation.GetProperty("responses").TryGetProperty(status, out _) == (needed is not null || name.Contains(" /s/", StringComparison.Ordinal)), $"{name} {status}");
        }
    }

    [Fact]
    public async Task Keys_answer_as_described()
    {
        await using var stores = new EmbeddedStores();
        await using var service = await Service.StartAsync(stores, AccessWords.AdminSetting);
        using var admin = service.AsAdmin();
        var api = new DescribedApi((await (await admin.GetAsync("/openapi/v1.json")).JsonAsync()).Clone(), admin);
        const string keys = "/admin/keys";
        await api.CheckAsync(201, keys, Post(keys, JsonContent.Create(new { name = "a", expires_at = "2100-01-01T00:00:00Z" })));
        await api.CheckAsync(400, keys, Post(keys, JsonContent.Create(new { other = 1 })), "invalid_request");
        await api.CheckAsync(415, keys, Post(keys, Text("{}")), "unsupported_media_type");
        var (key, id) = await admin.MakeKeyAsync(new { owner = "b" });
        await api.CheckAsync(200, keys, new HttpRequestMessage(HttpMethod.Get, keys));
        using var plain = service.As(key);
        await (api with { Http = plain }).CheckAsync(403, keys, new HttpRequestMessage(HttpMethod.Get, keys), "forbidden");
        await (api with { Http = plain }).CheckAsync(403, "/files", new HttpRequestMessage(HttpMethod.Get, "/files?owner=c"), "forbidden");
        await (api with { Http = service.Http }).CheckAsync(401, "/files", new HttpRequestMessage(HttpMethod.Get, "/files"), "unauthenticated");
        await (api with { Http = service.Http }).CheckAsync(401, File, new HttpRequestMessage(HttpMethod.Head, "/files/x"), "unauthenticated");
        await api.CheckAsync(200, keys + "/{key_id}", new HttpRequestMessage(HttpMethod.Delete, $"{keys}/{id}"));
        await api.CheckAsync(404, keys + "/{key_id}", new HttpRequestMessage(HttpMethod.Delete, $"{keys}/{id}"), "key_not_found");
        await api.CheckAsync(200, keys, new HttpRequestMessage(HttpMethod.Get, keys));
    }

    [Fact]
    public async Task The_reference_page_needs_nothing_from_elsewhere()
    {
        var page = await pair.Http.GetStringAsync("/scalar/");
        Assert.DoesNotContain("://", page, StringComparison.Ordinal);
        Assert.Contains("\"withDefaultFonts\":false", page, StringComparison.Ordinal);
        Assert.Contains("\"telemetry\":false", page, StringComparison.Ordinal);
        foreach (var script in new[] { "scalar.js", "scalar.aspnetcore.js" })
        {
            Assert.Contains($"\"{script}\"", page, StringComparison.Ordinal);
            Assert.NotEmpty(await pair.Http.GetByteArrayAsync($"/scalar/{script}"));
        }
    }

    private async Task<DescribedApi> DescriptionAsync() =>
        new((await (await pair.Http.GetAsync("/openapi/v1.json")).JsonAsync()).Clone(), pair.Http);

    private static Dictionary<string, JsonElement> Operations(JsonElement document) => document.GetProperty("paths").EnumerateObject()
        .SelectMany(path => path.Value.EnumerateObject().Select(operation => (Key: $"{operation.Name.ToUpperInvariant()} {path.Name}", operation.Value)))
        .ToDictionary(operation => operation.Key, operation => operation.Value, StringComparer.Ordinal);

    /// <summary>The path of an endpoint as the document writes it, where a parameter does not say that it takes slashes.</summary>
    private static string? Template(RouteEndpoint endpoint) => endpoint.RoutePattern.RawText?.Trim('/').Replace("{**", "{", StringComparison.Ordinal);

    private static HttpRequestMessage Post(string at, HttpContent body) => new(HttpMethod.Post, at) { Content = body };

    private static HttpRequestMessage Put(string at, HttpContent body) => new(HttpMethod.Put, at) { Content = body };

    private static HttpRequestMessage With(HttpRequestMessage request, string field, string value)
    {
        if (!request.Headers.TryAddWithoutValidation(field, value))
            request.Content?.Headers.TryAddWithoutValidation(field, value);
        return request;
    }

    private static StringContent Text(string text) => new(text, Encoding.UTF8, "text/plain");

    private static MultipartFormDataContent Form(string? file, params ReadOnlySpan<(string Name, string Value)> texts)
    {
        var form = new MultipartFormDataContent();
        foreach (var (name, value) in texts)
            form.Add(new StringContent(value), name);
        if (file is not null)
            form.Add(new ByteArrayContent([1, 2, 3]), "file", file);
        return form;
    }
}
