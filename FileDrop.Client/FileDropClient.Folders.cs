using System.Text.Json.Nodes;

namespace FileDrop.Client;

// Folders, paths and archives.
public sealed partial class FileDropClient
{
    /// <summary>Creates a folder.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="parent">The folder to create it in; null for the root.</param>
    /// <param name="onConflict">The action if the name is taken.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    public Task<DropFolder> CreateFolderAsync(
        string name, Guid? parent = null, OnConflict onConflict = OnConflict.Fail, CancellationToken cancellation = default)
    {
        var body = Place(parent, onConflict, "parent_id");
        body["name"] = name;
        return SendJsonAsync(HttpMethod.Post, "/folders", body, ifMatch: null, ClientJson.Instance.DropFolder, cancellation);
    }

    /// <summary>Reads a folder.</summary>
    public Task<DropFolder> GetFolderAsync(Guid id, CancellationToken cancellation = default) =>
        GetAsync($"/folders/{FolderText(id)}", ClientJson.Instance.DropFolder, cancellation);

    /// <summary>Renames or moves a folder, in one change whatever is in it.</summary>
    public async Task<DropFolder> UpdateFolderAsync(Guid id, FolderChange change, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(change);
        var body = Place(change.Parent, change.OnConflict, "parent_id");
        if (change.Name is not null)
            body["name"] = change.Name;
        var updated = await SendJsonAsync(HttpMethod.Patch, $"/folders/{id}", body, change.IfMatch, ClientJson.Instance.UpdatedFolder, cancellation);
        return updated.Folder ?? throw new FileDropException("The answer has no folder.");
    }

    /// <summary>Moves a folder to the trash with everything in it, or deletes it for good.</summary>
    public Task DeleteFolderAsync(Guid id, bool permanent = false, string? ifMatch = null, CancellationToken cancellation = default) =>
        SendAsync(HttpMethod.Delete, Query($"/folders/{id}", ("permanent", Flag(permanent))), ifMatch, cancellation);

    /// <summary>Lists what is in a folder, folders first, or everything below it.</summary>
    public IAsyncEnumerable<DropEntry> ListEntriesAsync(
        Guid folder, bool deep = false, ListFilter? filter = null, CancellationToken cancellation = default) =>
        WalkAsync(Query(Listed($"/folders/{FolderText(folder)}/entries", filter), ("deep", Flag(deep))), ClientJson.Instance.DropEntryArray, cancellation);

    /// <summary>Finds the folder or file at a path.</summary>
    /// <param name="path">Names with slashes between; empty for the root.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    public Task<DropEntry> FindAsync(string path, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(path);
        return GetAsync($"/paths/{string.Join('/', path.TrimStart('/').Split('/').Select(Uri.EscapeDataString))}", ClientJson.Instance.DropEntry, cancellation);
    }

    /// <summary>Reads the way to a folder.</summary>
    public Task<DropPath> GetFolderPathAsync(Guid id, CancellationToken cancellation = default) =>
        GetAsync($"/folders/{FolderText(id)}/path", ClientJson.Instance.DropPath, cancellation);

    /// <summary>Lists the folders in the trash.</summary>
    public IAsyncEnumerable<DropFolder> ListTrashedFoldersAsync(CancellationToken cancellation = default) =>
        WalkAsync("/trash/folders", ClientJson.Instance.DropFolderArray, cancellation);

    /// <summary>Restores a folder with everything that went with it.</summary>
    public async Task<DropFolder> RestoreFolderAsync(
        Guid id, Guid? parent = null, OnConflict onConflict = OnConflict.Fail, CancellationToken cancellation = default)
    {
        var updated = await SendJsonAsync(
            HttpMethod.Post, $"/trash/folders/{id}/restore", Place(parent, onConflict, "parent_id"), ifMatch: null, ClientJson.Instance.UpdatedFolder, cancellation);
        return updated.Folder ?? throw new FileDropException("The answer has no folder.");
    }

    /// <summary>Deletes a folder in the trash for good, with everything that went with it.</summary>
    public Task PurgeFolderAsync(Guid id, CancellationToken cancellation = default) =>
        SendAsync(HttpMethod.Delete, $"/trash/folders/{id}", ifMatch: null, cancellation);

    /// <summary>Writes everything in a folder to a stream, as one zip archive.</summary>
    public Task DownloadZipAsync(Guid folder, Stream destination, IProgress<TransferProgress>? progress = null, CancellationToken cancellation = default) =>
        DownloadAsync($"/folders/{FolderText(folder)}/zip", destination, progress, cancellation);

    /// <summary>Writes files and folders to a stream, as one zip archive.</summary>
    /// <param name="ids">Up to 200 files and folders.</param>
    /// <param name="destination">The stream.</param>
    /// <param name="progress">Is told of the progress.</param>
    /// <param name="cancellation">Ends the transfer.</param>
    public async Task DownloadZipAsync(
        IEnumerable<Guid> ids, Stream destination, IProgress<TransferProgress>? progress = null, CancellationToken cancellation = default)
    {
        var body = new JsonObject { ["ids"] = new JsonArray([.. ids.Select(id => (JsonNode?)JsonValue.Create($"{id}"))]) };
        var link = await SendJsonAsync(HttpMethod.Post, "/zip", body, ifMatch: null, ClientJson.Instance.DropLink, cancellation);
        await DownloadAsync(link.Url, destination, progress, cancellation);
    }
}
