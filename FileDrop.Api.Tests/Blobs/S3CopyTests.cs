using System.Security.Cryptography;
using FileDrop.Api.Blobs;
using FileDrop.Api.Blobs.S3;
using FileDrop.Api.Storage;
using Xunit;

namespace FileDrop.Api.Tests.Blobs;

/// <summary>A store that reaches its server through an <see cref="S3Proxy"/>. One call takes at most three seconds, and copies at most 5 MiB.</summary>
public sealed class CopyThroughS3Proxy : IAsyncLifetime
{
    private ClusterStores? _stores;
    private S3Proxy? _proxy;
    private string? _missing;

    public ClusterStores Stores => Started(_stores);

    public S3Proxy Proxy => Started(_proxy);

    private string ConnectionString { get; set; } = "";

    public async ValueTask InitializeAsync()
    {
        _missing = await ClusterStores.MissingAsync();
        if (_missing is not null)
            return;
        _stores = await ClusterStores.MakeAsync();
        (_proxy, ConnectionString) = await S3Proxy.StartAsync(_stores);
    }

    public async ValueTask DisposeAsync()
    {
        if (_proxy is not null)
            await _proxy.DisposeAsync();
        if (_stores is not null)
            await _stores.DisposeAsync();
    }

    /// <summary>A store that knows nothing of its server yet.</summary>
    internal async Task<S3BlobStore> OpenAsync()
    {
        Proxy.Heal();
        var store = new S3BlobStore(S3Options.Parse($"{ConnectionString};CallTimeout=3") with { CopiedAtOnce = 5 * PartSizes.MiB });
        await store.StartAsync(default);
        return store;
    }

    private T Started<T>(T? part) where T : class
    {
        Assert.SkipWhen(_missing is not null, _missing ?? "");
        return part ?? throw new InvalidOperationException("It was not started.");
    }
}

/// <summary>S3 answers wrongly, late or not at all to any call of a copy.</summary>
public sealed class S3CopyTests(CopyThroughS3Proxy through) : IClassFixture<CopyThroughS3Proxy>
{
    private const int Small = 100_000;

    /// <summary>The size of five parts, one more than are copied at a time.</summary>
    private const int Large = (20 * 1024 * 1024) + 1;

    private readonly BlobKey _from = new(Guid.NewGuid(), Guid.CreateVersion7());
    private readonly BlobKey _to = new(Guid.NewGuid(), Guid.CreateVersion7());

    public static TheoryData<string, S3Fault> Passing =>
    [
        ("CopyObject", S3Fault.InternalError), ("CopyObject", S3Fault.SlowDown), ("CopyObject", S3Fault.Drop), ("CopyObject", S3Fault.LoseAnswer),
        ("CopyObject", S3Fault.LateError), ("CopyPart", S3Fault.SlowDown), ("CopyPart", S3Fault.Drop), ("CopyPart", S3Fault.LoseAnswer),
        ("CopyPart", S3Fault.LateError), ("BeginUpload", S3Fault.SlowDown), ("CompleteUpload", S3Fault.LoseAnswer),
    ];

    public static TheoryData<string, S3Fault> Lasting =>
    [
        ("CopyObject", S3Fault.SlowDown), ("CopyObject", S3Fault.LateError), ("CopyObject", S3Fault.LoseAnswer), ("CopyObject", S3Fault.Silence),
        ("CopyObject", S3Fault.Pretence), ("CopyPart", S3Fault.SlowDown), ("CopyPart", S3Fault.LateError), ("CopyPart", S3Fault.Silence),
        ("BeginUpload", S3Fault.LoseAnswer), ("CompleteUpload", S3Fault.InternalError), ("CompleteUpload", S3Fault.LoseAnswer),
    ];

    [Theory]
    [MemberData(nameof(Passing))]
    public async Task A_call_that_fails_for_a_moment_is_repeated_until_the_copy_is_done(string operation, S3Fault fault)
    {
        using var store = await through.OpenAsync();
        var content = await WriteAsync(store, SizeFor(operation));
        through.Proxy.Break(operation, fault, times: 1);
        Assert.True(await store.CopyAsync(_from, _to, "local", content.Length, default));
        Assert.Equal(1, through.Proxy.Happened);
        Assert.Equal(content, await ReadAsync(store, _to, content.Length));
        await OnlyAsync(_from, _to);
    }

    [Theory]
    [MemberData(nameof(Lasting))]
    public async Task A_call_that_always_fails_ends_the_copy_and_leaves_only_what_the_key_finds(string operation, S3Fault fault)
    {
        using var store = await through.OpenAsync();
        var content = await WriteAsync(store, SizeFor(operation));
        through.Proxy.Break(operation, fault);
        await Assert.ThrowsAsync<StorageException>(() => store.CopyAsync(_from, _to, "local", content.Length, default));
        Assert.True(through.Proxy.Happened > 0, "the fault happened");
        through.Proxy.Heal();
        await store.DeleteAsync(_to, default);
        await OnlyAsync(_from);
        Assert.Equal(content, await ReadAsync(store, _from, content.Length));
    }

    [Theory]
    [InlineData("CopyObject", S3Fault.Silence)]
    [InlineData("CopyPart", S3Fault.Silence)]
    public async Task A_copy_that_is_cancelled_in_the_middle_of_a_call_leaves_nothing(string operation, S3Fault fault)
    {
        using var store = await through.OpenAsync();
        var content = await WriteAsync(store, SizeFor(operation));
        using var stop = new CancellationTokenSource();
        through.Proxy.Break(operation, fault);
        var copying = store.CopyAsync(_from, _to, "local", content.Length, stop.Token);
        await Service.UntilAsync("the server has the call", () => Task.FromResult(through.Proxy.Happened > 0));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => copying);
        // The proxy passes calls on that the store has already given up.
        await Service.UntilAsync("the key finds all that is left", async () =>
        {
            await store.DeleteAsync(_to, default);
            return !(await through.Stores.BlobKeysAsync()).Contains($"{_to}", StringComparer.Ordinal);
        });
        Assert.Equal(content, await ReadAsync(store, _from, content.Length));
    }

    [Theory]
    [InlineData("CopyObject")]
    [InlineData("CopyPart")]
    public async Task A_server_without_copies_is_asked_once_and_then_served_the_bytes(string operation)
    {
        using var store = await through.OpenAsync();
        var content = await WriteAsync(store, SizeFor(operation));
        through.Proxy.Break(operation, S3Fault.NotImplemented);
        Assert.True(await store.CopyAsync(_from, _to, "local", content.Length, default));
        var asked = through.Proxy.Happened;
        Assert.InRange(asked, 1, 4);
        var second = new BlobKey(Guid.NewGuid(), _to.FileId);
        Assert.True(await store.CopyAsync(_from, second, "local", content.Length, default));
        Assert.Equal(asked, through.Proxy.Happened);
        foreach (var copy in new[] { _to, second })
            Assert.Equal(content, await ReadAsync(store, copy, content.Length));
        var missing = new BlobKey(Guid.NewGuid(), _from.FileId);
        Assert.False(await store.CopyAsync(missing, new BlobKey(Guid.NewGuid(), _to.FileId), "local", 10, default));
        await OnlyAsync(_from, _to, second);
        await store.QuarantineAsync(second, default);
        await OnlyAsync(_from, _to);
    }

    private static int SizeFor(string operation) => operation == "CopyObject" ? Small : Large;

    private async Task<byte[]> WriteAsync(S3BlobStore store, int size)
    {
        var content = RandomNumberGenerator.GetBytes(size);
        await store.WriteAsync(_from, "local", new MemoryStream(content), size, exact: true, default);
        return content;
    }

    private static async Task<byte[]> ReadAsync(S3BlobStore store, BlobKey key, int size)
    {
        await using var stream = await store.OpenAsync(key, 0, size, default) ?? throw new InvalidOperationException($"There is no {key}.");
        using var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes);
        return bytes.ToArray();
    }

    /// <summary>Checks that the bucket has exactly these of this test's keys, and no unfinished upload of them.</summary>
    private async Task OnlyAsync(params BlobKey[] keys)
    {
        var files = new[] { _from, _to }.Select(key => key.FileId.ToString("N")).ToList();
        Assert.Equal(
            keys.Select(key => $"{key}").Order(StringComparer.Ordinal),
            (await through.Stores.BlobKeysAsync()).Where(name => !name.Contains('/', StringComparison.Ordinal) && files.Exists(name.EndsWith))
                .Order(StringComparer.Ordinal));
    }
}
