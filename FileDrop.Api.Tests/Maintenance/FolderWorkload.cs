using System.Globalization;
using FileDrop.Api.Blobs;
using FileDrop.Api.Catalog;
using FileDrop.Api.Maintenance;
using FileDrop.Api.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace FileDrop.Api.Tests.Maintenance;

/// <summary>Clients within the service's own process that change one tree at once. They print each file whose upload was acknowledged.</summary>
/// <remarks>Everything goes to the trash and nothing is purged, so each printed file must be there for good, whatever happens to the process.</remarks>
internal sealed class FolderWorkload(
    IFolderCatalog folders, IFileCatalog files, IWriteCatalog writes, IBlobStore blobs, StoreStarter starter, int seed) : BackgroundService
{
    /// <summary>The environment variable with a process's seed.</summary>
    public const string Variable = "FILEDROP_TEST_FOLDERS";

    public const string Owner = "local";

    /// <summary>The beginning of a line that tells of an acknowledged upload; the file's id follows.</summary>
    public const string Uploaded = "uploaded ";

    private const int Clients = 4;
    private const int Names = 6;

    public static void AddTo(IServiceCollection services, string seed) => services.AddHostedService(provider => new FolderWorkload(
        provider.GetRequiredService<IFolderCatalog>(), provider.GetRequiredService<IFileCatalog>(), provider.GetRequiredService<IWriteCatalog>(),
        provider.GetRequiredService<IBlobStore>(), provider.GetRequiredService<StoreStarter>(), int.Parse(seed, CultureInfo.InvariantCulture)));

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await starter.Started.WaitAsync(stoppingToken);
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(client => Task.Run(() => RunAsync(new Random((seed * Clients) + client), stoppingToken), stoppingToken)));
    }

    /// <summary>Sends one change after the other. Few names, so that the clients meet.</summary>
    public async Task RunAsync(Random random, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await ChangeAsync(random, stop);
            }
            catch (StorageException)
            {
                // It happened or not, like a request answered 5xx.
            }
        }
    }

    private async Task ChangeAsync(Random random, CancellationToken stop)
    {
        var name = $"{random.Next(Names)}";
        var (folder, other) = (await PickFolderAsync(random, stop), await PickFolderAsync(random, stop));
        var how = (OnConflict)random.Next(3);
        switch (random.Next(10))
        {
            case 0 or 1:
                await folders.CreateFolderAsync(Owner, Guid.CreateVersion7(), new Target(folder, name, how), stop);
                break;
            case 2 or 3 or 4:
                await UploadAsync(new Target(folder, name + ".txt", how), stop);
                break;
            case 5 when folder != Place.Root:
                await folders.ChangeFolderAsync(Owner, folder, new FolderChange(random.Next(2) == 0 ? name : null, other, how), stop);
                break;
            case 6 when await PickFileAsync(random, folder, stop) is { } file:
                await files.ChangeAsync(Owner, file, new MetadataChange(random.Next(2) == 0 ? name + ".txt" : null, null) { Folder = other, OnConflict = how }, stop);
                break;
            case 7 when folder != Place.Root:
                await folders.DeleteFolderAsync(Owner, folder, null, permanent: false, stop);
                break;
            case 8 when await PickTrashedAsync(random, stop) is { } trashed:
                await folders.RestoreFolderAsync(Owner, trashed, random.Next(2) == 0 ? other : null, how, stop);
                break;
            case 9 when await PickFileAsync(random, folder, stop) is { } file:
                await files.DeleteAsync(Owner, file, null, permanent: false, stop);
                break;
            default:
                break;
        }
    }

    private async Task UploadAsync(Target target, CancellationToken stop)
    {
        var (id, intent) = (Guid.CreateVersion7(), new WriteIntent(Guid.NewGuid(), 1));
        await writes.BeginCreateAsync(Owner, id, intent, 1, stop);
        using var bytes = new MemoryStream([1]);
        await blobs.WriteAsync(new BlobKey(intent.BlobId, id), Owner, bytes, 1, exact: true, stop);
        var commit = new FileCommit(1, "text/plain", OneByte, 1, target.Name, null) { Folder = target.Folder, OnConflict = target.OnConflict };
        if ((await writes.CommitAsync(Owner, id, intent, commit, stop)).Outcome == ChangeOutcome.Done)
            await Console.Out.WriteLineAsync(Uploaded + id);
        else
            await writes.AbandonAsync(Owner, id, intent, stop);
    }

    private static string OneByte { get; } = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData([1]));

    /// <summary>Walks down to a folder at random.</summary>
    private async Task<Guid> PickFolderAsync(Random random, CancellationToken stop)
    {
        var folder = Place.Root;
        while (random.Next(3) != 0)
        {
            var page = await folders.ListFoldersAsync(new ListQuery(Owner, false, FileSort.FileName, false, 100, null, new ListFilter()) { Folder = folder }, stop);
            if (page.Folders.Count == 0)
                break;
            folder = page.Folders[random.Next(page.Folders.Count)].Id;
        }
        return folder;
    }

    private async Task<Guid?> PickFileAsync(Random random, Guid folder, CancellationToken stop)
    {
        var page = await files.ListAsync(new ListQuery(Owner, false, FileSort.FileName, false, 100, null, new ListFilter()) { Folder = folder }, stop);
        return page.Files.Count == 0 ? null : page.Files[random.Next(page.Files.Count)].Id;
    }

    private async Task<Guid?> PickTrashedAsync(Random random, CancellationToken stop)
    {
        var page = await folders.ListFoldersAsync(new ListQuery(Owner, true, FileSort.DeletedAt, true, 10, null, new ListFilter()), stop);
        return page.Folders.Count == 0 ? null : page.Folders[random.Next(page.Folders.Count)].Id;
    }
}
