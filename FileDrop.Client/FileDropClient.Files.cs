using System.Text.Json.Nodes;

namespace FileDrop.Client;

// Files: metadata, lists, versions and the trash.
public sealed partial class FileDropClient
{
    /// <summary>Reads a file's metadata.</summary>
    public Task<DropFile> GetFileAsync(Guid id, CancellationToken cancellation = default) =>
        GetAsync($"/files/{id}/metadata", ClientJson.Instance.DropFile, cancellation);

    /// <summary>Lists all live files.</summary>
    public IAsyncEnumerable<DropFile> ListFilesAsync(ListFilter? filter = null, CancellationToken cancellation = default) =>
        WalkAsync(Listed("/files", filter), ClientJson.Instance.DropFileArray, cancellation);

    /// <summary>Renames, moves or tags a file, which keeps its id.</summary>
    public async Task<DropFile> UpdateFileAsync(Guid id, FileChange change, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(change);
        var body = Place(change.Folder, change.OnConflict);
        if (change.Name is not null)
            body["file_name"] = change.Name;
        if (change.Tags is not null)
            body["tags"] = ClientJson.Tags(change.Tags);
        if (change.ModifiedAt is { } modified)
            body["modified_at"] = Time(modified);
        var updated = await SendJsonAsync(HttpMethod.Patch, $"/files/{id}", body, change.IfMatch, ClientJson.Instance.UpdatedFile, cancellation);
        return updated.File ?? throw new FileDropException("The answer has no file.");
    }

    /// <summary>Copies a file's live content, without sending the bytes.</summary>
    public Task<DropFile> CopyFileAsync(
        Guid id, Guid? folder = null, string? name = null, OnConflict onConflict = OnConflict.Fail, CancellationToken cancellation = default)
    {
        var body = Place(folder, onConflict);
        if (name is not null)
            body["file_name"] = name;
        return SendJsonAsync(HttpMethod.Post, $"/files/{id}/copy", body, ifMatch: null, ClientJson.Instance.DropFile, cancellation);
    }

    /// <summary>Moves a file to the trash, or deletes it for good.</summary>
    public Task DeleteFileAsync(Guid id, bool permanent = false, string? ifMatch = null, CancellationToken cancellation = default) =>
        SendAsync(HttpMethod.Delete, Query($"/files/{id}", ("permanent", Flag(permanent))), ifMatch, cancellation);

    /// <summary>Lists a file's contents, the newest first.</summary>
    public async Task<IReadOnlyList<DropVersion>> ListVersionsAsync(Guid id, CancellationToken cancellation = default) =>
        await GetAsync($"/files/{id}/versions", ClientJson.Instance.DropVersionArray, cancellation);

    /// <summary>Makes an earlier content live again, under a new version.</summary>
    public async Task<DropFile> RestoreVersionAsync(Guid id, long version, CancellationToken cancellation = default)
    {
        var updated = await SendJsonAsync(
            HttpMethod.Post, $"/files/{id}/versions/{version}/restore", body: null, ifMatch: null, ClientJson.Instance.UpdatedFile, cancellation);
        return updated.File ?? throw new FileDropException("The answer has no file.");
    }

    /// <summary>Deletes an earlier content.</summary>
    public Task DeleteVersionAsync(Guid id, long version, CancellationToken cancellation = default) =>
        SendAsync(HttpMethod.Delete, $"/files/{id}/versions/{version}", ifMatch: null, cancellation);

    /// <summary>Reads the way to a file.</summary>
    public Task<DropPath> GetFilePathAsync(Guid id, CancellationToken cancellation = default) =>
        GetAsync($"/files/{id}/path", ClientJson.Instance.DropPath, cancellation);

    /// <summary>Makes a link that opens a file's content without a key, for minutes.</summary>
    public Task<DropLink> CreateLinkAsync(Guid id, CancellationToken cancellation = default) =>
        SendJsonAsync(HttpMethod.Post, $"/files/{id}/link", body: null, ifMatch: null, ClientJson.Instance.DropLink, cancellation);

    /// <summary>Lists the files in the trash that were deleted themselves.</summary>
    public IAsyncEnumerable<DropFile> ListTrashAsync(CancellationToken cancellation = default) =>
        WalkAsync("/trash", ClientJson.Instance.DropFileArray, cancellation);

    /// <summary>Takes a file out of the trash.</summary>
    /// <param name="id">The file.</param>
    /// <param name="folder">The folder to restore to; null for its own.</param>
    /// <param name="onConflict">The action if the name is taken.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    public async Task<DropFile> RestoreFileAsync(
        Guid id, Guid? folder = null, OnConflict onConflict = OnConflict.Fail, CancellationToken cancellation = default)
    {
        var updated = await SendJsonAsync(
            HttpMethod.Post, $"/trash/{id}/restore", Place(folder, onConflict), ifMatch: null, ClientJson.Instance.UpdatedFile, cancellation);
        return updated.File ?? throw new FileDropException("The answer has no file.");
    }

    /// <summary>Deletes a file in the trash for good.</summary>
    public Task PurgeFileAsync(Guid id, CancellationToken cancellation = default) => SendAsync(HttpMethod.Delete, $"/trash/{id}", ifMatch: null, cancellation);

    /// <summary>Deletes everything in the trash for good.</summary>
    public Task EmptyTrashAsync(CancellationToken cancellation = default) => SendAsync(HttpMethod.Delete, "/trash", ifMatch: null, cancellation);

    /// <summary>Does up to 1,000 operations one after the other. A failure of one does not stop the others.</summary>
    public async Task<IReadOnlyList<BatchResult>> BatchAsync(IEnumerable<BatchOperation> operations, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(operations);
        var body = new JsonArray();
        foreach (var operation in operations)
        {
            var one = Place(operation.Folder, operation.OnConflict);
            one["op"] = ClientJson.Word(operation.Verb);
            one["id"] = $"{operation.Id}";
            if (operation.Kind == EntryKind.Folder)
                one["kind"] = "folder";
            if (operation.Name is not null)
                one["file_name"] = operation.Name;
            if (operation.Tags is not null)
                one["tags"] = ClientJson.Tags(operation.Tags);
            if (operation.Permanent)
                one["permanent"] = true;
            if (operation.IfVersion is { } version)
                one["version"] = version;
            body.Add((JsonNode)one);
        }
        return await SendJsonAsync(HttpMethod.Post, "/batch", body, ifMatch: null, ClientJson.Instance.BatchResultArray, cancellation);
    }

    private static string Listed(string path, ListFilter? filter)
    {
        filter ??= new ListFilter();
        var text = Query(
            path, ("limit", Number(filter.PageSize)), ("name", filter.Name), ("search", filter.Search),
            ("type", filter.Type), ("sort", filter.Sort), ("order", filter.Ascending ? "asc" : null));
        foreach (var (key, value) in filter.Tags ?? new Dictionary<string, string>(StringComparer.Ordinal))
            text = Query(text, ("tag", $"{key}:{value}"));
        return text;
    }

    /// <summary>The fields of a place: the folder, by the name that the request has for it, and the action if a name is taken.</summary>
    private static JsonObject Place(Guid? folder, OnConflict onConflict, string name = "folder_id")
    {
        var body = new JsonObject();
        if (folder is { } id)
            body[name] = FolderText(id);
        if (onConflict != OnConflict.Fail)
            body["on_conflict"] = ClientJson.Word(onConflict);
        return body;
    }

    private static string Time(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture);
}
