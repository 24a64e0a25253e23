using System.Net;
using System.Net.Http.Headers;
using FileDrop.Api.Tests.Files;
using Xunit;

namespace FileDrop.Api.Tests.Maintenance;

/// <summary>A service that reaches S3 through an <see cref="S3Proxy"/>; one call may take three seconds.</summary>
public sealed class ThroughS3Proxy : IAsyncLifetime
{
    private ClusterStores? _stores;
    private S3Proxy? _proxy;
    private Service? _service;
    private string? _missing;

    public ClusterStores Stores => Started(_stores);

    public S3Proxy Proxy => Started(_proxy);

    public HttpClient Http => Started(_service).Http;

    public async ValueTask InitializeAsync()
    {
        _missing = await ClusterStores.MissingAsync();
        if (_missing is not null)
            return;
        _stores = await ClusterStores.MakeAsync();
        (_proxy, var address) = await S3Proxy.StartAsync(_stores);
        _service = await Service.StartAsync(
            _stores, ("ConnectionStrings:storage", $"{address};CallTimeout=3"), ("FileDrop:LateWrites", "00:00:00.2"), ("FileDrop:Lease", "00:00:04"));
    }

    public async ValueTask DisposeAsync()
    {
        if (_service is not null)
            await _service.DisposeAsync();
        if (_proxy is not null)
            await _proxy.DisposeAsync();
        if (_stores is not null)
            await _stores.DisposeAsync();
    }

    private T Started<T>(T? part) where T : class
    {
        Assert.SkipWhen(_missing is not null, _missing ?? "");
        return part ?? throw new InvalidOperationException("It was not started.");
    }
}

/// <summary>S3 answers wrongly, late or not at all to any call of an upload or a download.</summary>
public sealed class S3FaultTests(ThroughS3Proxy pair) : IClassFixture<ThroughS3Proxy>
{
    /// <summary>The size of two parts.</summary>
    private const int Large = (9 * 1024 * 1024) + 1;
    private const int Small = 100_000;

    private static readonly string[] OfAnUpload = ["PutObject", "BeginUpload", "UploadPart", "CompleteUpload"];

    public static TheoryData<string, S3Fault> Passing => [.. OfAnUpload.SelectMany(operation =>
        new (string, S3Fault)[] { (operation, S3Fault.InternalError), (operation, S3Fault.SlowDown), (operation, S3Fault.Drop), (operation, S3Fault.LoseAnswer) })];

    public static TheoryData<string, S3Fault> Lasting =>
    [
        ("PutObject", S3Fault.SlowDown), ("PutObject", S3Fault.Silence), ("BeginUpload", S3Fault.LoseAnswer),
        ("UploadPart", S3Fault.Drop), ("UploadPart", S3Fault.Silence), ("CompleteUpload", S3Fault.InternalError),
        ("CompleteUpload", S3Fault.LoseAnswer), ("CompleteUpload", S3Fault.Silence),
    ];

    [Theory]
    [MemberData(nameof(Passing))]
    public async Task A_call_that_fails_for_a_moment_is_repeated_until_the_upload_is_done(string operation, S3Fault fault)
    {
        // The SDK begins and completes multipart uploads, and may wait for more than three seconds between three tries.
        var times = operation is "BeginUpload" or "CompleteUpload" ? 1 : 2;
        var content = Requests.Bytes(SizeFor(operation));
        pair.Proxy.Break(operation, fault, times);
        var file = await pair.Http.UploadAsync(content, "a");
        Assert.Equal(times, pair.Proxy.Happened);
        Assert.Equal(content, await pair.Http.GetByteArrayAsync($"/files/{file.Id()}"));

        await DeleteAsync(file.Id());
        await Invariants.NothingElseIsLeftAsync(pair.Stores);
    }

    [Theory]
    [MemberData(nameof(Lasting))]
    public async Task A_call_that_always_fails_ends_the_write_with_503_and_changes_nothing(string operation, S3Fault fault)
    {
        var before = Requests.Bytes(10);
        var kept = await pair.Http.UploadAsync(before, "kept");
        var content = Requests.Bytes(SizeFor(operation));
        pair.Proxy.Break(operation, fault);
        var answers = await Task.WhenAll(
            pair.Http.PostAsync("/files/upload", new ByteArrayContent(content)), pair.Http.PutAsync($"/files/{kept.Id()}", new ByteArrayContent(content)));
        foreach (var answer in answers)
        {
            await answer.RefusedAsync(503, "storage_unavailable");
            Assert.NotNull(answer.Headers.RetryAfter);
            answer.Dispose();
        }
        Assert.True(pair.Proxy.Happened >= 2, "the fault happened");
        Assert.Equal(before, await pair.Http.GetByteArrayAsync($"/files/{kept.Id()}"));

        pair.Proxy.Heal();
        await Invariants.NothingElseIsLeftAsync(pair.Stores, kept.Id());
        Assert.Single(await Invariants.EveryFileIsWholeAsync(pair.Http));
        await DeleteAsync(kept.Id());
        await Invariants.NothingElseIsLeftAsync(pair.Stores);
    }

    [Theory]
    [InlineData(S3Fault.SlowDown)]
    [InlineData(S3Fault.Drop)]
    [InlineData(S3Fault.LoseAnswer)]
    [InlineData(S3Fault.LateError)]
    [InlineData(S3Fault.Silence)]
    public async Task A_copy_of_a_file_is_retried_and_ends_with_503_and_nothing_left_if_S3_always_fails(S3Fault fault)
    {
        var content = Requests.Bytes(Small);
        var source = (await pair.Http.UploadAsync(content, "a")).Id();
        pair.Proxy.Break("CopyObject", fault);
        using (var refused = await pair.Http.PostAsync($"/files/{source}/copy", null))
            await refused.RefusedAsync(503, "storage_unavailable");
        Assert.True(pair.Proxy.Happened > 0, "the fault happened");
        pair.Proxy.Heal();
        await Invariants.NothingElseIsLeftAsync(pair.Stores, source);

        if (fault is not S3Fault.Silence)
            pair.Proxy.Break("CopyObject", fault, times: 1);
        using var answer = await pair.Http.PostAsync($"/files/{source}/copy", null);
        var copy = (await answer.SucceededAsync(HttpStatusCode.Created)).Id();
        Assert.Equal(content, await pair.Http.GetByteArrayAsync($"/files/{copy}"));
        pair.Proxy.Heal();
        await DeleteAsync(source);
        await DeleteAsync(copy);
        await Invariants.NothingElseIsLeftAsync(pair.Stores);
    }

    [Theory]
    [InlineData(S3Fault.Truncate, Small, false)]
    [InlineData(S3Fault.Truncate, Large, false)]
    [InlineData(S3Fault.Truncate, Large, true)]
    [InlineData(S3Fault.Shorten, Small, false)]
    [InlineData(S3Fault.Shorten, Large, false)]
    [InlineData(S3Fault.Shorten, Large, true)]
    [InlineData(S3Fault.Stall, Large, false)]
    public async Task A_download_whose_source_breaks_off_never_ends_cleanly(S3Fault fault, int size, bool range)
    {
        var content = Requests.Bytes(size);
        var file = await pair.Http.UploadAsync(content, "a");
        pair.Proxy.Break("GetObject", fault);
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/files/{file.Id()}");
        request.Headers.Range = range ? new RangeHeaderValue(1000, size - 1000) : null;
        var cut = await Record.ExceptionAsync(async () =>
        {
            using var answer = await pair.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            answer.EnsureSuccessStatusCode();
            await answer.Content.ReadAsByteArrayAsync();
        });
        // The answer is cut off in its middle, or refused if nothing had been sent yet.
        Assert.True(cut is IOException or HttpRequestException { StatusCode: null or HttpStatusCode.ServiceUnavailable }, $"{cut}");
        Assert.True(pair.Proxy.Happened > 0, "the fault happened");

        pair.Proxy.Heal();
        Assert.Equal(content, await pair.Http.GetByteArrayAsync($"/files/{file.Id()}"));
        using var health = await pair.Http.GetAsync("/health");
        Assert.Equal("healthy", (await health.JsonAsync()).GetProperty("status").GetString());
        await DeleteAsync(file.Id());
        await Invariants.NothingElseIsLeftAsync(pair.Stores);
    }

    [Theory]
    [InlineData(S3Fault.InternalError)]
    [InlineData(S3Fault.Drop)]
    [InlineData(S3Fault.LoseAnswer)]
    public async Task A_download_is_retried_until_it_opens_and_gives_503_if_it_never_does(S3Fault fault)
    {
        var content = Requests.Bytes(Small);
        var file = await pair.Http.UploadAsync(content, "a");
        pair.Proxy.Break("GetObject", fault, times: 2);
        Assert.Equal(content, await pair.Http.GetByteArrayAsync($"/files/{file.Id()}"));

        pair.Proxy.Break("GetObject", fault);
        using var refused = await pair.Http.GetAsync($"/files/{file.Id()}");
        await refused.RefusedAsync(503, "storage_unavailable");
        Assert.NotNull(refused.Headers.RetryAfter);
        pair.Proxy.Heal();
        await DeleteAsync(file.Id());
    }

    [Theory]
    [InlineData("ListUploads", S3Fault.SlowDown)]
    [InlineData("DeleteObject", S3Fault.InternalError)]
    [InlineData("DeleteObject", S3Fault.LoseAnswer)]
    public async Task A_deletion_does_not_wait_for_S3_and_its_blob_is_deleted_once_S3_is_back(string operation, S3Fault fault)
    {
        var file = await pair.Http.UploadAsync(Requests.Bytes(Small), "a");
        pair.Proxy.Break(operation, fault);
        await DeleteAsync(file.Id());
        using var gone = await pair.Http.GetAsync($"/files/{file.Id()}");
        await gone.RefusedAsync(404, "file_not_found");
        await Service.UntilAsync("the sweeper has met the fault", () => Task.FromResult(pair.Proxy.Happened > 0));
        pair.Proxy.Heal();
        await Invariants.NothingElseIsLeftAsync(pair.Stores);
    }

    private static int SizeFor(string operation) => operation == "PutObject" ? Small : Large;

    private async Task DeleteAsync(string id)
    {
        using var answer = await pair.Http.DeleteAsync($"/files/{id}");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }
}
