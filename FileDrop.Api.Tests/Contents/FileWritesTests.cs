using System.Security.Cryptography;
using FileDrop.Api.Catalog;
using FileDrop.Api.Contents;
using FileDrop.Api.Tests.Files;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace FileDrop.Api.Tests.Contents;

/// <summary>The use cases of writing, called as a door would call them, without a request.</summary>
public abstract class FileWritesTests(Pair pair)
{
    private const string Owner = "local";

    private readonly string _key = $"key-{Guid.NewGuid():N}";

    private FileWrites Writes => pair.Service.Services.GetRequiredService<FileWrites>();

    [Theory]
    [InlineData(1_000, true)]
    [InlineData(1_000, false)]
    [InlineData(300_000, true)]
    public async Task A_file_is_created_with_its_properties_and_its_bytes(int size, bool isLengthKnown)
    {
        var bytes = Requests.Bytes(size);
        using var content = Content(bytes, isLengthKnown);
        var tags = new Dictionary<string, string>(StringComparer.Ordinal) { ["a"] = "b" };
        var file = await Writes.CreateAsync(Owner, new KnownFile(content, new FileProperties("n.txt", "text/plain", tags)), upload: null, default);
        Assert.Equal(("n.txt", "text/plain", 1, size), (file.Name, file.Content.Type, file.Version, file.Content.Size));
        Assert.Equal(tags, file.Tags);
        Assert.Equal(bytes, await pair.Http.GetByteArrayAsync($"/files/{file.Id}"));
    }

    [Fact]
    public async Task A_creation_with_the_same_key_gives_the_first_file_and_tells_a_difference()
    {
        var (first, _) = await CreateOnceAsync("a", "text/plain");
        Assert.Null(await DifferenceAsync("a", "text/plain"));
        Assert.Equal("name", await DifferenceAsync("b", "text/plain"));
        Assert.Equal("type", await DifferenceAsync("a", "text/html"));
        Assert.Equal("content", await DifferenceAsync("a", "text/plain", size: 2));

        async Task<string?> DifferenceAsync(string name, string type, int size = 1)
        {
            var (file, difference) = await CreateOnceAsync(name, type, size);
            Assert.Equal((first.Id, first.Name, first.Version), (file.Id, file.Name, file.Version));
            return difference;
        }
    }

    [Fact]
    public async Task New_content_depends_on_the_version_and_on_the_file()
    {
        var (file, _) = await CreateOnceAsync("a", "text/plain");
        Assert.Equal(ChangeOutcome.VersionMismatch, (await ReplaceAsync(file.Id, ifVersion: 2)).Outcome);
        var changed = await ReplaceAsync(file.Id, ifVersion: 1);
        Assert.Equal((ChangeOutcome.Done, "a", 2), (changed.Outcome, changed.File?.Name, changed.File?.Version));
        Assert.Equal(ChangeOutcome.NotFound, (await ReplaceAsync(Guid.CreateVersion7(), ifVersion: null)).Outcome);
    }

    [Fact]
    public async Task A_refused_content_leaves_nothing()
    {
        await pair.LeavesNothingAsync(async () =>
        {
            using var large = new IncomingContent(new MemoryStream(Requests.Bytes(300_000)), first: null, maxSize: 200_000, digest: null);
            Assert.Equal(RefusalCode.FileTooLarge, await RefusalAsync(large));
            using var wrong = new IncomingContent(new MemoryStream([1]), first: null, maxSize: 10, digest: Convert.ToHexStringLower(SHA256.HashData([2])));
            Assert.Equal(RefusalCode.DigestMismatch, await RefusalAsync(wrong));
        });
    }

    private async Task<RefusalCode> RefusalAsync(IncomingContent content) => (await Assert.ThrowsAsync<RefusedException>(() =>
        Writes.CreateOnceAsync(Owner, new KnownFile(content, new FileProperties("a", "text/plain", null)), idempotencyKey: null, default))).Refusal.Code;

    private async Task<CreateResult> CreateOnceAsync(string name, string type, int size = 1)
    {
        using var content = Content(Requests.Bytes(size), isLengthKnown: true);
        return await Writes.CreateOnceAsync(Owner, new KnownFile(content, new FileProperties(name, type, null)), _key, default);
    }

    private async Task<ChangeResult> ReplaceAsync(Guid id, long? ifVersion)
    {
        using var content = Content([1, 2, 3], isLengthKnown: true);
        return await Writes.ReplaceAsync(Owner, id, new KnownFile(content, new FileProperties(null, "text/plain", null)), ifVersion, default);
    }

    private static IncomingContent Content(byte[] bytes, bool isLengthKnown) => new(new MemoryStream(bytes), first: null, maxSize: 1 << 20, digest: null)
    {
        Announced = isLengthKnown ? ContentLength.Exactly(bytes.Length) : ContentLength.Unknown,
    };
}

public sealed class FileWritesOnEmbeddedTests(EmbeddedPair pair) : FileWritesTests(pair), IClassFixture<EmbeddedPair>;

public sealed class FileWritesOnClusterTests(ClusterPair pair) : FileWritesTests(pair), IClassFixture<ClusterPair>;
