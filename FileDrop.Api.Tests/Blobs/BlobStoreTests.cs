using System.Security.Cryptography;
using FileDrop.Api.Blobs;
using FileDrop.Api.Storage;
using Xunit;

namespace FileDrop.Api.Tests.Blobs;

/// <summary>The promises of every blob store. Each test has its own keys in the shared store.</summary>
public abstract class BlobStoreTests(BlobStoreFixture fixture)
{
    /// <summary>Two parts of a multipart upload on S3.</summary>
    private const int Large = (9 * 1024 * 1024) + 1;

    private readonly BlobKey _key = new(Guid.NewGuid(), Guid.CreateVersion7());

    private IBlobStore Store => fixture.Store;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(70_000)]
    [InlineData(Large)]
    public async Task A_blob_is_returned_unchanged_with_a_known_or_unknown_length(int size)
    {
        var content = RandomNumberGenerator.GetBytes(size);
        foreach (var (length, exact) in new (long?, bool)[] { (size, true), (size + 1_000_000, false), (null, false) })
        {
            var key = new BlobKey(Guid.NewGuid(), _key.FileId);
            await Store.WriteAsync(key, "local", new MemoryStream(content), length, exact, default);
            Assert.Equal(content, await ReadAsync(key, 0, size));
            Assert.Equal(size, await Store.FindSizeAsync(key, default));
        }
    }

    [Fact]
    public async Task Any_slice_of_a_blob_can_be_read()
    {
        var content = await WriteAsync(_key, 70_000);
        foreach (var (offset, count) in new[] { (0, 1), (0, 70_000), (69_999, 1), (1, 69_999), (30_000, 10_000) })
            Assert.Equal(content[offset..(offset + count)], await ReadAsync(_key, offset, count));
        Assert.Empty(await ReadAsync(_key, 5, 0) ?? [1]);
    }

    [Fact]
    public async Task A_missing_blob_is_absent_and_deleting_or_quarantining_it_does_nothing()
    {
        Assert.Null(await ReadAsync(_key, 0, 10));
        Assert.Null(await ReadAsync(_key, 0, 0));
        Assert.Null(await Store.FindSizeAsync(_key, default));
        await Store.DeleteAsync(_key, default);
        await Store.QuarantineAsync(_key, default);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(Large)]
    public async Task A_deleted_blob_is_gone_and_its_neighbours_stay(int size)
    {
        var other = new BlobKey(Guid.NewGuid(), _key.FileId);
        await WriteAsync(_key, size);
        var content = await WriteAsync(other, 100);
        await Store.DeleteAsync(_key, default);
        Assert.Null(await ReadAsync(_key, 0, 1));
        Assert.Null(await Store.FindSizeAsync(_key, default));
        Assert.Equal(content, await ReadAsync(other, 0, 100));
        await Store.DeleteAsync(_key, default);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(Large)]
    public async Task An_exception_of_the_content_is_rethrown_and_nothing_is_left(int until)
    {
        var failure = new InvalidDataException("The sender went away.");
        await using var content = new BrokenContent(until, failure);
        var thrown = await Assert.ThrowsAsync<InvalidDataException>(() => Store.WriteAsync(_key, "local", content, 20_000_000, exact: false, default));
        Assert.Same(failure, thrown);
        Assert.Null(await ReadAsync(_key, 0, 1));
        await NothingIsLeftAsync();
    }

    [Theory]
    [InlineData(100)]
    [InlineData(Large)]
    public async Task A_cancelled_write_ends_and_leaves_nothing(int until)
    {
        using var stop = new CancellationTokenSource();
        await using var content = new BrokenContent(until, null, stop.Cancel);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.WriteAsync(_key, "local", content, 20_000_000, exact: false, stop.Token));
        await NothingIsLeftAsync();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(70_000)]
    [InlineData(Large)]
    public async Task A_copy_has_the_bytes_of_its_source_and_both_live_on_their_own(int size)
    {
        var from = new BlobKey(Guid.NewGuid(), Guid.CreateVersion7());
        var content = await WriteAsync(from, size);
        Assert.True(await Store.CopyAsync(from, _key, "local", size, default));
        Assert.Equal(content, await ReadAsync(_key, 0, size));
        Assert.Equal(content, await ReadAsync(from, 0, size));
        Assert.Equal(size, await Store.FindSizeAsync(_key, default));
        await Store.DeleteAsync(from, default);
        Assert.Equal(content, await ReadAsync(_key, 0, size));
        await Store.DeleteAsync(_key, default);
        await NothingIsLeftAsync();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    [InlineData(Large)]
    public async Task A_missing_blob_is_not_copied_and_nothing_is_written(int size)
    {
        Assert.False(await Store.CopyAsync(new BlobKey(Guid.NewGuid(), Guid.CreateVersion7()), _key, "local", size, default));
        Assert.Null(await Store.FindSizeAsync(_key, default));
        await NothingIsLeftAsync();
    }

    [Theory]
    [InlineData(100, 99)]
    [InlineData(99, 100)]
    [InlineData(Large - 1, Large)]
    public async Task A_blob_that_has_another_size_is_not_copied_and_nothing_is_left(int size, int expected)
    {
        var from = new BlobKey(Guid.NewGuid(), Guid.CreateVersion7());
        await WriteAsync(from, size);
        await Assert.ThrowsAsync<StorageException>(() => Store.CopyAsync(from, _key, "local", expected, default));
        Assert.Null(await Store.FindSizeAsync(_key, default));
        await NothingIsLeftAsync();
    }

    [Theory]
    [InlineData(100)]
    [InlineData(Large)]
    public async Task A_cancelled_copy_is_whole_or_leaves_nothing_that_its_key_does_not_find(int size)
    {
        var from = new BlobKey(Guid.NewGuid(), Guid.CreateVersion7());
        var content = await WriteAsync(from, size);
        using var stop = new CancellationTokenSource();
        var copying = Store.CopyAsync(from, _key, "local", size, stop.Token);
        await stop.CancelAsync();
        if (await Record.ExceptionAsync(() => copying) is { } cancelled)
            Assert.IsAssignableFrom<OperationCanceledException>(cancelled);
        else
            Assert.Equal(content, await ReadAsync(_key, 0, size));
        // A server may still end the copy, so the key is deleted more than once, as the sweeper does.
        await Service.UntilAsync("the key finds all that is left", async () =>
        {
            await Store.DeleteAsync(_key, default);
            return !await IsAnythingLeftAsync();
        });
        Assert.Equal(content, await ReadAsync(from, 0, size));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Store.CopyAsync(from, _key, "local", size, stop.Token));
        await NothingIsLeftAsync();
    }

    [Fact]
    public async Task A_list_has_the_complete_blobs_after_a_key_in_the_order_of_their_keys()
    {
        var keys = Enumerable.Range(0, 6).Select(_ => new BlobKey(Guid.NewGuid(), _key.FileId)).ToList();
        foreach (var key in keys)
            await WriteAsync(key, 10);
        await fixture.WriteSmallAsync(_key, 20);
        var mine = keys.Select(key => new StoredBlob(key, 10)).Concat(fixture.ListsSmall ? [new StoredBlob(_key, 20)] : [])
            .OrderBy(blob => blob.Key.ToString(), StringComparer.Ordinal).ToList();

        var all = await ListedAsync();
        Assert.Equal(all.OrderBy(blob => blob.Key.ToString(), StringComparer.Ordinal), all);
        Assert.Equal(mine, all.Where(blob => blob.Key.FileId == _key.FileId));
        var behind = await Store.ListAsync(mine[2].Key, default);
        Assert.Equal(mine[3..], behind.Where(blob => blob.Key.FileId == _key.FileId));
    }

    [Theory]
    [InlineData(100)]
    [InlineData(Large)]
    public async Task A_blob_in_quarantine_is_neither_read_nor_listed_but_its_bytes_are_kept(int size)
    {
        await WriteAsync(_key, size);
        await Store.QuarantineAsync(_key, default);
        Assert.Null(await ReadAsync(_key, 0, 1));
        Assert.Null(await Store.FindSizeAsync(_key, default));
        Assert.DoesNotContain(await ListedAsync(), blob => blob.Key == _key);
        Assert.True(await fixture.IsPutAsideAsync(_key));
        await Store.QuarantineAsync(_key, default);
    }

    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(1, 2, 3)]
    [InlineData(100_000, 1, 200_000)]
    [InlineData(Large, 10, Large)]
    public async Task Several_callers_can_append_to_a_blob_one_after_the_other(int first, int second, int third)
    {
        var content = RandomNumberGenerator.GetBytes(first + second + third);
        var upload = new Appending(Store, _key, content.Length);
        await upload.AppendAsync(content.AsMemory(0, first));
        await upload.AppendAsync(content.AsMemory(first, second));
        Assert.Equal(first + second, upload.Point.Offset);
        var blob = await upload.FinishAsync(content.AsMemory(first + second));

        Assert.Equal(content, await ReadAsync(blob, 0, content.Length));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(content)), upload.Sha256);
        await upload.DeleteAllAsync(except: blob);
        Assert.Equal(content, await ReadAsync(blob, 0, content.Length));
        await Store.DeleteAsync(blob, default);
        await NothingIsLeftAsync();
    }

    [Theory]
    [InlineData(50_000)]
    [InlineData(Large)]
    public async Task Bytes_beyond_the_recorded_offset_do_not_count(int size)
    {
        var (wrong, content) = (RandomNumberGenerator.GetBytes(size), RandomNumberGenerator.GetBytes(size));
        var upload = new Appending(Store, _key, size);
        await upload.AppendAsync(wrong, keeps: false);
        Assert.Equal(0, upload.Point.Offset);
        var blob = await upload.FinishAsync(content);
        Assert.Equal(content, await ReadAsync(blob, 0, size));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(content)), upload.Sha256);
    }

    [Theory]
    [InlineData(50_000)]
    [InlineData(Large)]
    public async Task An_unfinished_blob_is_not_readable_and_its_deletion_leaves_nothing(int size)
    {
        var upload = new Appending(Store, _key, length: null);
        await upload.AppendAsync(RandomNumberGenerator.GetBytes(size));
        Assert.Null(await ReadAsync(_key, 0, 1));
        Assert.DoesNotContain(await ListedAsync(), blob => blob.Key == _key);
        await upload.DeleteAllAsync(except: null);
        await NothingIsLeftAsync();
    }

    [Fact]
    public async Task A_blob_that_is_finished_but_not_committed_can_be_finished_again()
    {
        var content = RandomNumberGenerator.GetBytes(100_000);
        var upload = new Appending(Store, _key, content.Length);
        await upload.AppendAsync(content);
        foreach (var blob in new[] { await upload.FinishAsync(default), await upload.FinishAsync(default) })
            Assert.Equal(content, await ReadAsync(blob, 0, content.Length));
    }

    private async Task<byte[]> WriteAsync(BlobKey key, int size)
    {
        var content = RandomNumberGenerator.GetBytes(size);
        await Store.WriteAsync(key, "local", new MemoryStream(content), size, exact: true, default);
        return content;
    }

    private async Task<byte[]?> ReadAsync(BlobKey key, long offset, long count)
    {
        await using var stream = await Store.OpenAsync(key, offset, count, default);
        if (stream is null)
            return null;
        using var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes);
        return bytes.ToArray();
    }

    private async Task<List<StoredBlob>> ListedAsync()
    {
        var all = new List<StoredBlob>();
        while (true)
        {
            var page = await Store.ListAsync(all.Count == 0 ? null : all[^1].Key, default);
            if (page.Count == 0)
                return all;
            all.AddRange(page);
        }
    }

    private async Task NothingIsLeftAsync() => Assert.False(await IsAnythingLeftAsync(), "something is left under the file's id");

    private async Task<bool> IsAnythingLeftAsync() =>
        (await fixture.Stores.BlobKeysAsync()).Any(name => name.EndsWith(_key.FileId.ToString("N"), StringComparison.Ordinal));

    /// <summary>A content that, after some bytes, throws or runs an action and continues.</summary>
    private sealed class BrokenContent(long until, Exception? failure, Action? then = null) : Stream
    {
        private long _given;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => _given; set => throw new NotSupportedException(); }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count)
        {
            if (_given >= until && failure is not null)
                throw failure;
            if (_given >= until)
                then?.Invoke();
            count = (int)Math.Min(count, Math.Max(1, until - _given));
            _given += count;
            return count;
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}

public sealed class DiskBlobStoreTests(DiskBlobs fixture) : BlobStoreTests(fixture), IClassFixture<DiskBlobs>;

public sealed class S3BlobStoreTests(S3Blobs fixture) : BlobStoreTests(fixture), IClassFixture<S3Blobs>;

/// <summary>The same tests, and small contents in the catalog's database.</summary>
public sealed class EmbeddedBlobStoreTests(EmbeddedBlobs fixture) : SmallBlobTests(fixture), IClassFixture<EmbeddedBlobs>;

/// <summary>The same tests, and small contents in segments.</summary>
public sealed class SegmentBlobStoreTests(SegmentBlobs fixture) : SmallBlobTests(fixture), IClassFixture<SegmentBlobs>;

public abstract class SmallBlobTests(EmbeddedBlobs fixture) : BlobStoreTests(fixture)
{
    private readonly EmbeddedBlobs _fixture = fixture;

    [Fact]
    public async Task A_small_content_is_copied_if_it_has_the_expected_size()
    {
        var (from, to) = (new BlobKey(Guid.NewGuid(), Guid.CreateVersion7()), new BlobKey(Guid.NewGuid(), Guid.CreateVersion7()));
        await _fixture.WriteSmallAsync(from, 100);
        await Assert.ThrowsAsync<StorageException>(() => _fixture.Store.CopyAsync(from, to, "local", 99, default));
        Assert.Null(await _fixture.Store.FindSizeAsync(to, default));
        Assert.True(await _fixture.Store.CopyAsync(from, to, "local", 100, default));
        await _fixture.Store.DeleteAsync(from, default);
        await using var copy = await _fixture.Store.OpenAsync(to, 0, 100, default);
        Assert.NotNull(copy);
        var bytes = new byte[101];
        Assert.Equal(100, await copy.ReadAtLeastAsync(bytes, 101, throwOnEndOfStream: false));
        Assert.Equal(new byte[100], bytes[..100]);
    }

    [Fact]
    public async Task A_small_content_is_read_measured_quarantined_and_deleted_like_any_blob()
    {
        var (key, other) = (new BlobKey(Guid.NewGuid(), Guid.CreateVersion7()), new BlobKey(Guid.NewGuid(), Guid.CreateVersion7()));
        await _fixture.WriteSmallAsync(key, 100);
        await _fixture.WriteSmallAsync(other, 100);
        await using (var slice = await _fixture.Store.OpenAsync(key, 10, 80, default))
        {
            Assert.NotNull(slice);
            Assert.Equal(80, await slice.ReadAtLeastAsync(new byte[81], 81, throwOnEndOfStream: false));
        }
        Assert.Equal(100, await _fixture.Store.FindSizeAsync(key, default));

        await _fixture.Store.QuarantineAsync(key, default);
        Assert.True(await _fixture.IsPutAsideAsync(key));
        await _fixture.Store.DeleteAsync(other, default);
        foreach (var gone in new[] { key, other })
        {
            Assert.Null(await _fixture.Store.OpenAsync(gone, 0, 1, default));
            Assert.Null(await _fixture.Store.FindSizeAsync(gone, default));
        }
    }
}
