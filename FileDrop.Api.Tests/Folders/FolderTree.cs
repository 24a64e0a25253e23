using FileDrop.Api.Catalog;
using FileDrop.Api.Catalog.Mongo;
using FileDrop.Api.Catalog.Sqlite;
using FileDrop.Api.Commands;
using FileDrop.Api.Tests.Attacks;
using FileDrop.Api.Tests.Files;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace FileDrop.Api.Tests.Folders;

/// <summary>Folders and files of a service's anonymous owner.</summary>
internal sealed class FolderTree(Service service)
{
    public const string Owner = "local";

    private Guid _last;

    public FolderCatalog Folders => Backups.Folders(service);

    public FileCatalog Files => Backups.Catalog(service);

    /// <summary>The store of the documents, to change them by hand.</summary>
    public IFolderEngine Engine => (IFolderEngine?)service.Services.GetService<SqliteEngine>() ?? service.Services.GetRequiredService<MongoEngine>();

    public async Task<Guid> FolderAsync(string name, Guid? parent = null)
    {
        var made = await Folders.CreateFolderAsync(Owner, NextId(), new Target(parent ?? Place.Root, name), default);
        Assert.Equal(ChangeOutcome.Done, made.Outcome);
        return made.Folder?.Id ?? default;
    }

    /// <summary>Makes an id that is greater than the one before. Ids of the same millisecond would otherwise be in a random order.</summary>
    private Guid NextId()
    {
        Guid id;
        do
        {
            id = Guid.CreateVersion7();
        }
        while (id.CompareTo(_last) <= 0);
        return _last = id;
    }

    /// <summary>Uploads a file and puts it into a folder; null leaves it loose.</summary>
    public async Task<Guid> FileAsync(string name, Guid? folder)
    {
        var id = Guid.Parse((await service.Http.UploadAsync(Requests.Bytes(10), "new")).Id());
        var moved = await Files.ChangeAsync(Owner, id, new MetadataChange(name, null) { Folder = folder }, default);
        Assert.Equal(ChangeOutcome.Done, moved.Outcome);
        return id;
    }

    public async Task DeleteFolderAsync(Guid id, bool permanent = false) =>
        Assert.Equal(ChangeOutcome.Done, (await Folders.DeleteFolderAsync(Owner, id, null, permanent, default)).Outcome);

    /// <summary>All folders of the store.</summary>
    public Task<IReadOnlyList<FolderDocument>> FoldersAsync() => Engine.ScanFoldersAsync(null, 100_000, default);

    /// <summary>Waits until all entries have followed their folders, and folders that were deleted for good are gone.</summary>
    public Task SweptAsync() => Service.UntilAsync("no folder is due", async () => (await FoldersAsync()).All(folder =>
        folder is { Sweep: FolderSweep.None, State: not FileState.Deleted } && !(folder.PurgeAt < DateTimeOffset.UtcNow.AddMinutes(1))));

    /// <summary>Lets all entries follow their folders, where no sweeper runs.</summary>
    public async Task SweepAsync()
    {
        for (var level = 0; level < 10; level++)
        {
            foreach (var (owner, id) in await Folders.FindDueFoldersAsync(1000, default))
                await Folders.SweepFolderAsync(owner, id, default);
        }
    }

    /// <summary>The findings of a check, each as its kind and the entry.</summary>
    public async Task<IReadOnlyList<(string Kind, Guid Id)>> CheckAsync(bool repair = false, TimeSpan? lease = null)
    {
        List<Finding> findings = [];
        await Backups.Check(service, new CheckOptions(repair, Hash: false, TimeSpan.FromMinutes(1)) { Lease = lease ?? TimeSpan.FromMinutes(1) }, findings.Add)
            .RunAsync(default);
        return [.. findings.Select(finding => ($"{finding.Kind}", finding.FileId == Guid.Empty ? finding.FolderId ?? default : finding.FileId))];
    }

    /// <summary>All folders and files with everything that a backup must keep, a line each.</summary>
    public async Task<IReadOnlyList<string>> DescribeAsync()
    {
        var lines = new List<string>();
        foreach (var folder in await FoldersAsync())
        {
            lines.Add($"{folder.Id} folder {folder.Name} in {folder.Place.Folder} of {folder.Owner}, {folder.State}, version {folder.Version}, "
                + $"{folder.CreatedAt:O} {folder.UpdatedAt:O} {folder.DeletedAt:O} {folder.PurgeAt:O}");
        }
        foreach (var document in await Files.ScanAsync(null, 1000, default))
        {
            if (document.File is { } file)
            {
                lines.Add($"{file.Id} file {file.Name} in {file.Place.Folder} of {file.Owner}, {document.State}, version {file.Version}, "
                    + $"{file.CreatedAt:O} {file.UpdatedAt:O} {file.DeletedAt:O} {file.PurgeAt:O} {file.ModifiedAt:O}, {string.Join(' ', document.Contents)}");
            }
        }
        return lines;
    }

    /// <summary>The file's path; null if it cannot be reached by one.</summary>
    public async Task<string?> PathAsync(Guid id)
    {
        var file = await Files.FindAsync(Owner, id, forChange: false, default);
        if (file?.Place.Folder is not { } folder || await Folders.FindPathAsync(Owner, folder, default) is not { } path
            || (await Folders.FindEntryAsync(Owner, folder, file.Name, default))?.File?.Id != id)
            return null;
        return string.Join('/', path.Select(each => each.Name).Append(file.Name));
    }
}
