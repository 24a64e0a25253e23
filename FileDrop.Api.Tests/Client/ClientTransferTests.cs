using FileDrop.Api.Tests.Files;
using FileDrop.Client;
using Xunit;

namespace FileDrop.Api.Tests.Client;

/// <summary>Transfers of the client over connections that break.</summary>
public abstract class ClientTransferTests(Pair pair)
{
    private const int Large = 20 << 20;

    private static readonly byte[] s_large = Requests.Bytes(Large);

    [Fact]
    public async Task A_large_upload_goes_on_after_a_broken_connection_and_sends_no_stored_byte_again()
    {
        await using var proxy = new TcpProxy(pair.Service.Address);
        using var client = FileDropClient.Create(new Uri($"http://127.0.0.1:{proxy.Port}"));
        proxy.CutAfter(TcpProxy.Way.ToServer, Large / 2);
        var seen = new List<TransferProgress>();
        var file = await client.UploadAsync(new MemoryStream(s_large), new UploadTarget("large"), new Progress(seen.Add));
        Assert.False(proxy.CutIsToCome);
        Assert.Equal(Large, file.FileSize);
        Assert.Equal(new TransferProgress(Large, Large), seen[^1]);
        // The break loses the bytes that were on their way, less than a quarter of the whole.
        Assert.InRange(proxy.Sent, Large, Large * 5L / 4);
        using var bytes = new MemoryStream();
        await client.DownloadAsync(file.FileId, bytes);
        Assert.True(IsLarge(bytes.ToArray()));
    }

    [Fact]
    public async Task A_download_goes_on_after_a_broken_connection_and_is_refused_if_the_file_has_changed()
    {
        await using var proxy = new TcpProxy(pair.Service.Address);
        using var client = FileDropClient.Create(new Uri($"http://127.0.0.1:{proxy.Port}"));
        using var direct = FileDropClient.Create(pair.Service.Address);
        var file = await direct.UploadAsync(new MemoryStream(s_large), new UploadTarget("large"));
        proxy.CutAfter(TcpProxy.Way.ToClient, Large / 2);
        var path = Path.Combine(Path.GetTempPath(), $"filedrop-{Guid.NewGuid():N}");
        try
        {
            await client.DownloadFileAsync(file.FileId, path);
            Assert.False(proxy.CutIsToCome);
            Assert.True(IsLarge(await File.ReadAllBytesAsync(path)));

            proxy.CutAfter(TcpProxy.Way.ToClient, Large / 2);
            var isChanged = false;
            var changing = new Progress(progress =>
            {
                if (progress.Bytes < Large / 4 || isChanged)
                    return;
                isChanged = true;
                direct.UpdateFileAsync(file.FileId, new FileChange { Name = "new" }).GetAwaiter().GetResult();
            });
            var failure = await Assert.ThrowsAsync<FileDropException>(() => client.DownloadFileAsync(file.FileId, path, progress: changing));
            Assert.Equal("precondition_failed", failure.Code);
            // The former download is still there, whole, and no part lies beside it.
            Assert.Equal(Large, new FileInfo(path).Length);
            Assert.Single(Directory.GetFiles(Path.GetTempPath(), $"*{Path.GetFileName(path)}*"));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public async Task An_upload_that_is_canceled_leaves_nothing()
    {
        using var client = FileDropClient.Create(pair.Service.Address);
        using var cancel = new CancellationTokenSource();
        var canceling = new Progress(progress =>
        {
            if (progress.Bytes > Large / 4)
                cancel.Cancel();
        });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => client.UploadAsync(new MemoryStream(s_large), new UploadTarget("canceled"), canceling, cancel.Token));
        Assert.DoesNotContain("canceled", await client.ListFilesAsync().Select(file => file.FileName).ToListAsync());
    }

    [Fact]
    public async Task A_large_upload_replaces_a_file_and_returns_it_also_if_the_answer_is_lost()
    {
        await using var proxy = new TcpProxy(pair.Service.Address);
        using var client = FileDropClient.Create(new Uri($"http://127.0.0.1:{proxy.Port}"));
        var target = new UploadTarget("replaced") { Folder = DropFolder.Root, OnConflict = OnConflict.Replace };
        var first = await client.UploadAsync(new MemoryStream([1, 2, 3]), target);
        var second = await client.UploadAsync(new MemoryStream(s_large), target);
        Assert.Equal((first.FileId, 2, Large), (second.FileId, second.Version, second.FileSize));

        var isCut = false;
        var losing = new Progress(progress =>
        {
            if (isCut || progress.Bytes < Large)
                return;
            isCut = true;
            proxy.CutAfter(TcpProxy.Way.ToClient, 1);
        });
        var third = await client.UploadAsync(new MemoryStream(s_large), target, losing);
        Assert.False(proxy.CutIsToCome);
        Assert.Equal(first.FileId, third.FileId);
        Assert.InRange(third.Version, 3, 4);
    }

    [Fact]
    public async Task An_upload_and_a_download_go_on_with_another_client()
    {
        string? upload = null;
        using var cancel = new CancellationTokenSource();
        using (var client = FileDropClient.Create(pair.Service.Address))
        {
            var canceling = new Progress(progress =>
            {
                if (progress.Bytes > Large / 4)
                    cancel.Cancel();
            });
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.ContinueUploadAsync(
                new MemoryStream(s_large), new UploadTarget("continued"), upload: null, address => upload = address, canceling, cancel.Token));
        }
        Assert.NotNull(upload);
        await using var proxy = new TcpProxy(pair.Service.Address);
        using var next = FileDropClient.Create(new Uri($"http://127.0.0.1:{proxy.Port}"));
        var file = await next.ContinueUploadAsync(
            new MemoryStream(s_large), new UploadTarget("continued"), upload, _ => Assert.Fail("A new upload was begun."));
        Assert.EndsWith($"{file.FileId}", upload, StringComparison.Ordinal);
        Assert.InRange(proxy.Sent, 1, Large - 1);
        // Another length is another content, and so a new upload.
        var begun = 0;
        await next.ContinueUploadAsync(new MemoryStream([1, 2, 3]), new UploadTarget("other"), upload, _ => begun++);
        Assert.Equal(1, begun);

        using var copy = new MemoryStream();
        copy.Write(s_large.AsSpan(0, Large / 2));
        await next.ContinueDownloadAsync(file.FileId, copy, Large, file.Sha256);
        Assert.True(IsLarge(copy.ToArray()));
        using var wrong = new MemoryStream();
        wrong.Write(new byte[Large / 2]);
        var damaged = await Assert.ThrowsAsync<FileDropException>(() => next.ContinueDownloadAsync(file.FileId, wrong, Large, file.Sha256));
        Assert.Equal(FileDropException.DigestMismatch, damaged.Code);
        await next.ReplaceContentAsync(file.FileId, new MemoryStream([1]));
        using var old = new MemoryStream();
        var changed = await Assert.ThrowsAsync<FileDropException>(() => next.ContinueDownloadAsync(file.FileId, old, Large, file.Sha256));
        Assert.Equal("precondition_failed", changed.Code);
    }

    [Fact]
    public async Task A_content_that_is_too_small_to_be_resumed_and_one_of_unknown_length_arrive()
    {
        using var client = FileDropClient.Create(pair.Service.Address);
        foreach (var size in new[] { 0, 1, 100_000 })
        {
            var bytes = Requests.Bytes(size);
            var file = await client.UploadAsync(new Unseekable(bytes), new UploadTarget($"{size}"));
            using var stored = new MemoryStream();
            await client.DownloadAsync(file.FileId, stored);
            Assert.Equal(bytes, stored.ToArray());
        }
    }

    private static bool IsLarge(byte[] bytes) => bytes.AsSpan().SequenceEqual(s_large);

    /// <summary>Tells at once, on the caller's thread.</summary>
    private sealed class Progress(Action<TransferProgress> tell) : IProgress<TransferProgress>
    {
        public void Report(TransferProgress value) => tell(value);
    }

    /// <summary>A stream of unknown length.</summary>
    private sealed class Unseekable(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }
}

/// <summary>Transfers to SQLite and the disk.</summary>
public sealed class ClientTransferOnEmbeddedTests(EmbeddedPair pair) : ClientTransferTests(pair), IClassFixture<EmbeddedPair>;

/// <summary>Transfers to MongoDB and S3.</summary>
public sealed class ClientTransferOnClusterTests(ClusterPair pair) : ClientTransferTests(pair), IClassFixture<ClusterPair>;
