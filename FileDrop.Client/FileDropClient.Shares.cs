using System.Text.Json.Nodes;

namespace FileDrop.Client;

// Shares: links for people without an account.
public sealed partial class FileDropClient
{
    /// <summary>Makes a link to files and folders, or one by which others hand files in.</summary>
    public Task<DropShare> CreateShareAsync(ShareSettings settings, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var body = new JsonObject
        {
            ["ids"] = new JsonArray([.. settings.Ids.Select(id => (JsonNode?)JsonValue.Create(FolderText(id)))]),
            ["mode"] = ClientJson.Word(settings.Mode),
        };
        if (settings.IsSelection)
            body["selection"] = true;
        if (settings.Version is { } version)
            body["version"] = version;
        if (settings.Password is not null)
            body["password"] = settings.Password;
        if (settings.ExpiresAt is { } expires)
            body["expires_at"] = Time(expires);
        if (settings.MaxDownloads is { } most)
            body["max_downloads"] = most;
        if (settings.Note is not null)
            body["note"] = settings.Note;
        if (settings.Drop is { } drop)
            body["drop"] = Limits(drop);
        return SendJsonAsync(HttpMethod.Post, "/shares", body, ifMatch: null, ClientJson.Instance.DropShare, cancellation);
    }

    /// <summary>Lists all shares, the newest first.</summary>
    public IAsyncEnumerable<DropShare> ListSharesAsync(CancellationToken cancellation = default) =>
        WalkAsync("/shares", ClientJson.Instance.DropShareArray, cancellation);

    /// <summary>Reads a share.</summary>
    public Task<DropShare> GetShareAsync(Guid id, CancellationToken cancellation = default) =>
        GetAsync($"/shares/{id}", ClientJson.Instance.DropShare, cancellation);

    /// <summary>Ends a share. Its link does not work any more.</summary>
    public Task DeleteShareAsync(Guid id, CancellationToken cancellation = default) => SendAsync(HttpMethod.Delete, $"/shares/{id}", ifMatch: null, cancellation);

    private static JsonObject Limits(DropLimits drop)
    {
        var body = new JsonObject();
        if (drop.MaxBytes is { } bytes)
            body["max_bytes"] = bytes;
        if (drop.MaxFiles is { } files)
            body["max_files"] = files;
        if (drop.MaxFileSize is { } size)
            body["max_file_size"] = size;
        if (drop.Types.Count > 0)
            body["types"] = new JsonArray([.. drop.Types.Select(type => (JsonNode?)JsonValue.Create(type))]);
        if (drop.AsksName)
            body["asks_name"] = true;
        if (drop.FolderPerUploader)
            body["folder_per_uploader"] = true;
        if (drop.FilesExpireIn is { } seconds)
            body["files_expire_in"] = seconds;
        return body;
    }
}
