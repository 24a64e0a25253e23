using System.Text;
using FileDrop.Api.Tests.Access;
using FileDrop.Api.Tests.Changes;
using FileDrop.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Xunit;

namespace FileDrop.Api.Tests.Client;

/// <summary>The typed client does against the real service what its methods say.</summary>
public abstract class ClientTests(Pair pair)
{
    private static readonly byte[] s_text = Encoding.UTF8.GetBytes("content");

    [Fact]
    public async Task Files_are_uploaded_read_changed_copied_listed_and_deleted()
    {
        using var client = await ClientAsync("files");
        var tags = new Dictionary<string, string> { ["a"] = "b" };
        var modified = new DateTimeOffset(2026, 1, 2, 3, 4, 5, 678, TimeSpan.Zero);
        var file = await client.UploadAsync(new MemoryStream(s_text), new UploadTarget("Żółć.txt") { Tags = tags, ModifiedAt = modified, Type = "text/x-mine" });
        Assert.Equal(("Żółć.txt", 7, "text/x-mine", 1, modified), (file.FileName, file.FileSize, file.FileType, file.Version, file.ModifiedAt));
        Assert.Equal(tags, file.Tags);
        Assert.Equivalent(file, await client.GetFileAsync(file.FileId));
        var replaced = await client.ReplaceContentAsync(file.FileId, new MemoryStream([1, 2]));
        Assert.Equal((2, 2), (replaced.Version, replaced.FileSize));
        Assert.Equal([2, 1], (await client.ListVersionsAsync(file.FileId)).Select(version => version.Version));
        Assert.Equal(s_text, await BytesAsync(client, file.FileId, version: 1));
        Assert.Equal(7, (await client.RestoreVersionAsync(file.FileId, 1)).FileSize);
        await client.DeleteVersionAsync(file.FileId, 2);
        Assert.Equal("b", (await client.UpdateFileAsync(file.FileId, new FileChange { Name = "b" })).FileName);
        var copy = await client.CopyFileAsync(file.FileId, name: "copy");
        Assert.Equal(s_text, await BytesAsync(client, copy.FileId));
        for (var i = 0; i < 3; i++)
            await client.UploadAsync(new MemoryStream(s_text), new UploadTarget($"{i}"));
        Assert.Equal(
            ["0", "1", "2", "b", "copy"],
            await client.ListFilesAsync(new ListFilter { PageSize = 2, Sort = "file_name", Ascending = true }).Select(each => each.FileName).ToListAsync());

        await client.DeleteFileAsync(file.FileId);
        Assert.Equal(file.FileId, (await client.ListTrashAsync().SingleAsync()).FileId);
        Assert.Equal("b", (await client.RestoreFileAsync(file.FileId)).FileName);
        await client.DeleteFileAsync(file.FileId, permanent: true);
        var gone = await Assert.ThrowsAsync<FileDropException>(() => client.GetFileAsync(file.FileId));
        Assert.Equal((System.Net.HttpStatusCode.NotFound, "file_not_found"), (gone.Status.GetValueOrDefault(), gone.Code));
        Assert.Equal(32, gone.TraceId?.Length);
    }

    [Fact]
    public async Task Folders_paths_batches_archives_and_their_trash_work()
    {
        using var client = await ClientAsync("folders");
        var outer = await client.CreateFolderAsync("outer");
        var inner = await client.CreateFolderAsync("inner", outer.FolderId);
        var file = await client.UploadAsync(new MemoryStream(s_text), new UploadTarget("a b.txt") { Path = "/outer/inner" });
        Assert.Equal(inner.FolderId, file.FolderId);
        Assert.Equal(file.FileId, (await client.FindAsync("/outer/inner/a b.txt")).Id);
        Assert.Equal("/outer/inner/a b.txt", (await client.GetFilePathAsync(file.FileId)).Path);
        Assert.Equal(["outer", "inner", "a b.txt"], await client.ListEntriesAsync(DropFolder.Root, deep: true).Select(entry => entry.Name).ToListAsync());
        Assert.Equal("name_taken", (await Assert.ThrowsAsync<FileDropException>(() => client.CreateFolderAsync("outer"))).Code);
        Assert.Equal("other", (await client.UpdateFolderAsync(inner.FolderId, new FolderChange { Name = "other", Parent = DropFolder.Root })).Name);

        var results = await client.BatchAsync(
        [
            new BatchOperation(BatchVerb.Move, file.FileId) { Folder = outer.FolderId, Name = "moved" },
            new BatchOperation(BatchVerb.Delete, Guid.CreateVersion7()),
            new BatchOperation(BatchVerb.Move, inner.FolderId, EntryKind.Folder) { Folder = outer.FolderId },
        ]);
        Assert.Equal([null, "file_not_found", null], results.Select(result => result.Code));
        Assert.Equal("moved", results[0].File?.FileName);
        using var zip = new MemoryStream();
        await client.DownloadZipAsync(outer.FolderId, zip);
        using var linked = new MemoryStream();
        await client.DownloadZipAsync([file.FileId], linked);
        await using (var archive = new System.IO.Compression.ZipArchive(zip))
            Assert.Contains(archive.Entries, entry => entry.FullName.EndsWith("moved", StringComparison.Ordinal) && entry.Length == 7);
        Assert.NotEqual(0, linked.Length);

        await client.DeleteFolderAsync(outer.FolderId);
        Assert.Equal(outer.FolderId, (await client.ListTrashedFoldersAsync().SingleAsync()).FolderId);
        Assert.Equal("outer", (await client.RestoreFolderAsync(outer.FolderId)).Name);
        await client.DeleteFolderAsync(outer.FolderId, permanent: true);
    }

    [Fact]
    public async Task Changes_are_read_awaited_and_followed()
    {
        using var client = await ClientAsync("changes");
        var cursor = await client.GetCursorAsync();
        Assert.Empty((await client.WaitForChangesAsync(cursor, TimeSpan.FromMilliseconds(10))).Changes);
        var file = await client.UploadAsync(new MemoryStream(s_text), new UploadTarget("a"));
        var folder = await client.CreateFolderAsync("f");
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(40));
        var seen = new Dictionary<Guid, DropChange>();
        await foreach (var change in client.FollowAsync(cursor, patience.Token))
        {
            seen[change.Id] = change;
            if (seen.Count == 1)
                continue;
            if (seen.Values.Any(each => each.IsGone))
                break;
            await client.DeleteFileAsync(file.FileId, cancellation: patience.Token);
        }
        Assert.Equal("f", seen[folder.FolderId].Entry?.Name);
        Assert.True(seen[file.FileId].IsGone);
        Assert.Empty((await client.ReadChangesAsync(seen[file.FileId].Cursor)).Changes);
        using var stranger = await ClientAsync("stranger");
        var foreign = await Assert.ThrowsAsync<FileDropException>(async () => await stranger.FollowAsync(cursor, patience.Token).FirstAsync());
        Assert.Equal("cursor_expired", foreign.Code);
    }

    [Fact]
    public async Task The_services_time_is_that_of_its_last_answer_and_goes_on()
    {
        using var client = await ClientAsync("time");
        Assert.Null(client.ServiceTime);
        await client.GetFolderAsync(DropFolder.Root);
        var time = client.ServiceTime ?? default;
        Assert.InRange(time, DateTimeOffset.UtcNow.AddMinutes(-2), DateTimeOffset.UtcNow.AddSeconds(1));
        await Service.UntilAsync("the time goes on", () => Task.FromResult(client.ServiceTime > time));
    }

    [Fact]
    public async Task Shares_are_made_listed_and_ended()
    {
        using var client = await ClientAsync("shares");
        var file = await client.UploadAsync(new MemoryStream(s_text), new UploadTarget("a"));
        var expires = new DateTimeOffset(2099, 1, 2, 3, 4, 5, TimeSpan.Zero);
        var made = await client.CreateShareAsync(new ShareSettings([file.FileId])
        {
            Mode = ShareMode.View,
            Password = "correct horse",
            ExpiresAt = expires,
            MaxDownloads = 2,
            Note = "words",
            IsSelection = true,
        });
        Assert.Equal((ShareMode.View, true, expires, 2, "words", "selection"), (made.Mode, made.HasPassword, made.ExpiresAt, made.MaxDownloads, made.Note, made.Kind));
        var pinned = await client.CreateShareAsync(new ShareSettings([file.FileId]) { Version = 1 });
        Assert.Equal((1, ShareMode.Download, "a"), (pinned.Version, pinned.Mode, pinned.Name));
        var limits = new DropLimits { MaxBytes = 9, MaxFiles = 8, MaxFileSize = 7, Types = [".txt"], AsksName = true, FolderPerUploader = true, FilesExpireIn = 60 };
        var drop = await client.CreateShareAsync(new ShareSettings([DropFolder.Root]) { Mode = ShareMode.Upload, Drop = limits });
        Assert.Equivalent(limits, drop.Drop);
        Assert.Equal([drop.ShareId, pinned.ShareId, made.ShareId], await client.ListSharesAsync().Select(share => share.ShareId).ToListAsync());
        await client.DeleteShareAsync(made.ShareId);
        var gone = await Assert.ThrowsAsync<FileDropException>(() => client.GetShareAsync(made.ShareId));
        Assert.Equal("share_not_found", gone.Code);
        Assert.Equal(pinned.Url, (await client.GetShareAsync(pinned.ShareId)).Url);
    }

    [Fact]
    public async Task An_application_gets_a_client_by_the_name_of_the_service()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration["services:api:http:0"] = pair.Service.Address.ToString();
        builder.Configuration["FileDrop:Client:api:Key"] = AccessWords.AdminKey;
        builder.AddFileDropClient("api");
        using var app = builder.Build();
        var client = app.Services.GetRequiredService<FileDropClient>();
        var file = await client.UploadAsync(new MemoryStream(s_text), new UploadTarget("a"));
        Assert.Equal(s_text, await BytesAsync(client, file.FileId));
    }

    private async Task<FileDropClient> ClientAsync(string owner)
    {
        using var admin = pair.Service.AsAdmin();
        return FileDropClient.Create(pair.Service.Address, (await admin.MakeKeyAsync(new { owner })).Key);
    }

    private static async Task<byte[]> BytesAsync(FileDropClient client, Guid id, long? version = null)
    {
        using var bytes = new MemoryStream();
        await client.DownloadAsync(id, bytes, version);
        return bytes.ToArray();
    }
}

/// <summary>The client and a service on SQLite and the disk.</summary>
public sealed class ClientOnEmbeddedTests(FeedEmbeddedPair pair) : ClientTests(pair), IClassFixture<FeedEmbeddedPair>;

/// <summary>The client and a service on MongoDB and S3.</summary>
public sealed class ClientOnClusterTests(FeedClusterPair pair) : ClientTests(pair), IClassFixture<FeedClusterPair>;
