using System.Text;
using FileDrop.Api.Tests.Access;
using FileDrop.Cli.Syncing;
using FileDrop.Client;

namespace FileDrop.Api.Tests.Sync;

/// <summary>A machine: a local folder, the state of its sync, and its connection to the service.</summary>
internal sealed class SyncPlace : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Guid _root;
    private readonly Func<Task>? _before;

    private SyncPlace(FileDropClient client, Guid root, string host, Func<Task>? before)
    {
        (Client, _root, Host, _before) = (client, root, host, before);
        Directory.CreateDirectory(Top);
    }

    public FileDropClient Client { get; }

    public string Host { get; }

    public string Top => Path.Join(_folder.Path, "local");

    public string Database => Path.Join(_folder.Path, "state.db");

    /// <param name="client">The service.</param>
    /// <param name="root">The service's folder; the root if not given.</param>
    /// <param name="host">The machine's name.</param>
    /// <param name="before">Runs before each sync.</param>
    public static SyncPlace Make(FileDropClient client, Guid? root = null, string host = "one", Func<Task>? before = null) =>
        new(client, root ?? DropFolder.Root, host, before);

    /// <summary>The same, with a service of a pair. On MongoDB, each sync waits for the feed.</summary>
    public static SyncPlace On(Pair pair, FileDropClient client, Guid? root = null, string host = "one") =>
        Make(client, root, host, pair is ClusterPair ? () => SaidAsync(client) : null);

    /// <summary>Waits until the feed has all changes so far, which takes up to a second on MongoDB. A file in no folder shows it.</summary>
    public static async Task SaidAsync(FileDropClient client)
    {
        var cursor = await client.GetCursorAsync();
        var last = await client.UploadAsync(new MemoryStream([1]), new UploadTarget("last"));
        await foreach (var change in client.FollowAsync(cursor))
        {
            if (change.Id == last.FileId)
                break;
        }
        await client.DeleteFileAsync(last.FileId, permanent: true);
    }

    /// <summary>A key of a new owner.</summary>
    public static async Task<string> KeyAsync(Service service)
    {
        using var admin = service.AsAdmin();
        return (await admin.MakeKeyAsync(new { owner = $"sync-{Guid.NewGuid():N}" })).Key;
    }

    public string At(string path) => Path.Join(Top, path);

    public void Write(string path, string content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(At(path)) ?? Top);
        File.WriteAllText(At(path), content);
    }

    public string Read(string path) => File.ReadAllText(At(path));

    /// <summary>Syncs with the state as a process finds it at its start, and leaves it as a kill would.</summary>
    public async Task<SyncResult> SyncAsync(SyncChoices? choices = null)
    {
        await (_before?.Invoke() ?? Task.CompletedTask);
        using var store = new SyncStore(Database);
        return await new Syncer(Client, new SyncPair(Top, _root), store, (choices ?? new SyncChoices()) with { Host = Host }).RunAsync();
    }

    public async Task<Plan> PlanAsync()
    {
        await (_before?.Invoke() ?? Task.CompletedTask);
        using var store = new SyncStore(Database);
        return await new Syncer(Client, new SyncPair(Top, _root), store, new SyncChoices { Host = Host }).PlanAsync();
    }

    /// <summary>All entries with their contents; folders end with a slash.</summary>
    public SortedDictionary<string, string> Tree()
    {
        var tree = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var path in Directory.EnumerateFileSystemEntries(Top, "*", SearchOption.AllDirectories))
        {
            var name = Path.GetRelativePath(Top, path);
            if (name.StartsWith(SyncNames.Trash, StringComparison.Ordinal))
                continue;
            if (Directory.Exists(path))
                tree[$"{name}/"] = "";
            else
                tree[name] = File.ReadAllText(path);
        }
        return tree;
    }

    /// <summary>The same of the service.</summary>
    public async Task<SortedDictionary<string, string>> RemoteTreeAsync()
    {
        var (tree, paths) = (new SortedDictionary<string, string>(StringComparer.Ordinal), new Dictionary<Guid, string> { [_root] = "" });
        await foreach (var entry in Client.ListEntriesAsync(_root, deep: true))
        {
            if (entry.Folder is { ParentId: { } parent } folder)
            {
                paths[folder.FolderId] = $"{paths[parent]}{folder.Name}/";
                tree[paths[folder.FolderId]] = "";
            }
            else if (entry.File is { FolderId: { } above } file)
            {
                using var bytes = new MemoryStream();
                await Client.DownloadAsync(file.FileId, bytes);
                tree[$"{paths[above]}{file.FileName}"] = Encoding.UTF8.GetString(bytes.ToArray());
            }
        }
        return tree;
    }

    public async Task<DropFile> UploadAsync(string path, string content) => await Client.UploadAsync(
        new MemoryStream(Encoding.UTF8.GetBytes(content)),
        new UploadTarget(Path.GetFileName(path)) { Path = $"/{Path.GetDirectoryName(path)}", CreateFolders = true, OnConflict = OnConflict.Replace });

    public async Task<DropFile> FileAsync(string path) => (await Client.FindAsync(path)).File ?? throw new InvalidOperationException($"{path} is a folder.");

    public void Dispose() => _folder.Dispose();
}
