using System.Net;
using System.Text.Json;

namespace FileDrop.Tests;

/// <summary>The AppHost's system: its resources, their settings and commands, and its behaviour while a resource is away.</summary>
[Collection(SharedSystemTests.Name)]
public sealed class SystemTests(SharedSystem shared) : SystemTest(shared)
{
    [Fact]
    public async Task Every_resource_is_healthy()
    {
        foreach (var resource in (string[])["mongodb", "filedrop", "storage", "api"])
            await System.HealthyAsync(resource);
        Assert.Equal(2, (await System.ReplicasAsync(2)).Count);
        foreach (var path in (string[])["/alive", "/health", "/files", "/openapi/v1.json", "/scalar"])
        {
            using var answer = await Http.GetAsync(path);
            Assert.True(answer.StatusCode is HttpStatusCode.OK or HttpStatusCode.Redirect or HttpStatusCode.Found or HttpStatusCode.MovedPermanently, await Api.Describe(answer));
        }
    }

    [Fact]
    public async Task The_service_gets_two_connection_strings_and_nothing_else_about_its_stores()
    {
        Assert.Matches(
            @"^mongodb://admin:[A-Za-z0-9]{22,}@localhost:\d+/filedrop\?authSource=admin&authMechanism=SCRAM-SHA-256$",
            await System.ConnectionStringAsync("filedrop"));
        Assert.Matches(@"^Endpoint=http://localhost:\d+;AccessKey=filedrop;SecretKey=[A-Za-z0-9]{22,}$", await System.ConnectionStringAsync("storage"));

        foreach (var replica in await System.ReplicasAsync(2))
        {
            var environment = replica.Environment;
            Assert.Equal(await System.ConnectionStringAsync("filedrop"), environment["ConnectionStrings__filedrop"]);
            Assert.Equal(await System.ConnectionStringAsync("storage") + FileDropSystem.Patience, environment["ConnectionStrings__storage"]);
            Assert.Equal("api", environment["OTEL_SERVICE_NAME"]);
            Assert.True(replica.Address.IsLoopback, replica.Address.ToString());
            Assert.DoesNotContain("FileDrop__Access__Anonymous", environment.Keys);
            Assert.Equal(System.Key, environment["FileDrop__Access__Key"]);
            // Only the two connection strings contain the stores' passwords. The tests' own variables are inherited.
            Assert.DoesNotContain(environment.Keys.Where(key => Environment.GetEnvironmentVariable(key) is null), key =>
                key.StartsWith("MONGODB_", StringComparison.Ordinal) || key.StartsWith("MINIO_", StringComparison.Ordinal)
                || key.StartsWith("STORAGE_", StringComparison.Ordinal) || key.StartsWith("FILEDROP_", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task The_service_answers_only_with_the_generated_key()
    {
        Assert.Matches("^[A-Za-z0-9]{32,}$", System.Key);
        using var stranger = FileDropSystem.StrangersClient(System.Address);
        using var refused = await stranger.GetAsync("/files");
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        using var taken = await Http.GetAsync("/files");
        Assert.Equal(HttpStatusCode.OK, taken.StatusCode);
    }

    [Fact]
    public async Task Every_link_of_the_dashboard_works()
    {
        // Without a key, since a browser has none.
        using var browser = FileDropSystem.StrangersClient(System.Address);
        var links = await System.LinksAsync("api");
        Assert.Contains("Web page", links.Keys);
        Assert.Contains("API reference", links.Keys);
        foreach (var link in links.Values)
        {
            using var answer = await browser.GetAsync(link);
            Assert.True((int)answer.StatusCode < 400, await Api.Describe(answer));
        }
        Assert.Contains("MinIO console", (await System.LinksAsync("storage")).Keys);
    }

    [Fact]
    public async Task Each_command_of_the_dashboard_works_and_runs_once()
    {
        var health = await System.CommandAsync("commands", "health");
        Assert.Contains("\"healthy\"", health.Data?.Value, StringComparison.Ordinal);
        var upload = await System.CommandAsync("commands", "upload-sample");
        var file = JsonDocument.Parse(upload.Data?.Value ?? "").RootElement;
        Assert.Equal("hello.txt", file.GetProperty("file_name").GetString());
        Assert.Single(await Http.ListAsync("?name=hello.txt"));
        using var deleted = await Http.DeleteAsync($"/files/{file.GetProperty("file_id").GetGuid()}");
        Assert.Equal(HttpStatusCode.OK, deleted.StatusCode);
        var check = await System.CommandAsync("commands", "check", attempts: 3);
        Assert.Contains(" 0 findings.", check.Data?.Value, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mongodb", "catalog")]
    [InlineData("storage", "blobs")]
    public async Task The_service_reports_a_store_that_is_away_and_recovers_when_it_is_back(string store, string check)
    {
        var content = Api.Bytes(1 << 20);
        var file = await Http.UploadAsync(content, $"outage of {store}.bin");
        await System.CommandAsync(store, KnownResourceCommands.StopCommand);
        try
        {
            await System.StoppedAsync(store);
            using var refused = await Http.GetAsync($"/files/{file.Id}");
            Assert.True(refused.StatusCode == HttpStatusCode.ServiceUnavailable, await Api.Describe(refused));
            Assert.NotNull(refused.Headers.RetryAfter);
            Assert.Contains("storage_unavailable", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);

            using var health = await Http.GetAsync("/health");
            Assert.Equal(HttpStatusCode.ServiceUnavailable, health.StatusCode);
            Assert.Contains($"\"{check}\":\"unhealthy\"", await health.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            using var alive = await Http.GetAsync("/alive");
            Assert.Equal(HttpStatusCode.OK, alive.StatusCode);
        }
        finally
        {
            await System.CommandAsync(store, KnownResourceCommands.StartCommand);
            // The AppHost itself looks at a healthy resource every 30 seconds only.
            await FileDropSystem.UntilAsync("the service is healthy again", async () =>
            {
                using var health = await Http.GetAsync("/health");
                return health.StatusCode == HttpStatusCode.OK;
            });
        }
        Assert.Equal(Api.Hash(content), await Http.ReadHashAsync(file.Id));
        Assert.NotEqual(Guid.Empty, (await Http.UploadAsync(content, "after.bin")).Id);
    }
}
