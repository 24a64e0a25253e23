using System.Text.Json.Nodes;
using FileDrop.Client;

namespace FileDrop.Cli;

/// <summary>Files and folders as objects of <c>--json</c>. Their members have the names of the API.</summary>
internal static class Items
{
    /// <summary>A file or folder at a path.</summary>
    public static JsonObject Of(DropEntry entry, string? path) => entry switch
    {
        { File: { } file } => Of(file, path),
        { Folder: { } folder } => Of(folder, path),
        _ => throw new InvalidOperationException("An entry is a file or a folder."),
    };

    /// <summary>A file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="path">Its path; null for a loose file.</param>
    public static JsonObject Of(DropFile file, string? path)
    {
        var tags = new JsonObject();
        foreach (var (key, value) in file.Tags)
            tags[key] = value;
        return Clean(new JsonObject
        {
            ["kind"] = "file",
            ["path"] = path,
            ["file_id"] = file.FileId.ToString(),
            ["file_name"] = file.FileName,
            ["file_size"] = file.FileSize,
            ["file_type"] = file.FileType,
            ["created_at"] = Words.Rfc3339(file.CreatedAt),
            ["updated_at"] = Words.Rfc3339(file.UpdatedAt),
            ["modified_at"] = Time(file.ModifiedAt),
            ["version"] = file.Version,
            ["sha256"] = file.Sha256,
            ["tags"] = tags,
            ["folder_id"] = file.FolderId?.ToString(),
            ["deleted_at"] = Time(file.DeletedAt),
            ["purge_at"] = Time(file.PurgeAt),
        });
    }

    /// <summary>A folder.</summary>
    public static JsonObject Of(DropFolder folder, string? path) => Clean(new JsonObject
    {
        ["kind"] = "folder",
        ["path"] = path,
        ["folder_id"] = folder.FolderId.ToString(),
        ["name"] = folder.Name,
        ["parent_id"] = folder.ParentId?.ToString(),
        ["created_at"] = Words.Rfc3339(folder.CreatedAt),
        ["updated_at"] = Words.Rfc3339(folder.UpdatedAt),
        ["version"] = folder.Version,
        ["deleted_at"] = Time(folder.DeletedAt),
        ["purge_at"] = Time(folder.PurgeAt),
    });

    /// <summary>Something that was done to an entry.</summary>
    /// <param name="action">The command's verb in the past: <c>uploaded</c>, <c>deleted</c>.</param>
    /// <param name="item">The entry afterwards.</param>
    public static JsonObject Did(string action, JsonObject item)
    {
        var done = new JsonObject { ["action"] = action };
        foreach (var (name, value) in item)
            done[name] = value?.DeepClone();
        return done;
    }

    /// <summary>A time; null if there is none.</summary>
    public static JsonNode? Time(DateTimeOffset? time) => time is { } moment ? Words.Rfc3339(moment) : null;

    /// <summary>Leaves out members without a value.</summary>
    public static JsonObject Clean(JsonObject item)
    {
        foreach (var name in item.Where(member => member.Value is null).Select(member => member.Key).ToList())
            item.Remove(name);
        return item;
    }
}
