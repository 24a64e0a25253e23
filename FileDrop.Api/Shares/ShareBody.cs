using System.Text.Json;
using FileDrop.Api.Catalog;
using FileDrop.Api.Contents;
using FileDrop.Api.Http;

namespace FileDrop.Api.Shares;

/// <summary>Reads the bodies of requests that make and change shares.</summary>
internal static class ShareBody
{
    /// <summary>The most characters of a note.</summary>
    public const int MaxNote = 500;

    private const int MaxTypes = 50, MaxType = 127;

    /// <summary>Reads the settings of a new share.</summary>
    /// <exception cref="ProblemException">A member is unknown or has a wrong value.</exception>
    public static NewShare ReadNew(JsonElement json, DateTimeOffset now)
    {
        var share = new NewShare(ShareMode.Download, []);
        foreach (var member in Members(json))
        {
            share = member.Name switch
            {
                "ids" => share with { Ids = ReadIds(member.Value) },
                "mode" => share with { Mode = ReadMode(member.Value) },
                "selection" => share with { IsSelection = ReadFlag(member) },
                "version" => share with { Version = ReadNumber(member, 1) },
                "password" => share with { Password = ReadPassword(member.Value) },
                "expires_at" => share with { ExpiresAt = ReadTime(member.Value, now) },
                "max_downloads" => share with { MaxDownloads = ReadNumber(member, 1) },
                "note" => share with { Note = ReadNote(member.Value) },
                "drop" => share with { Drop = ReadDrop(member.Value) },
                _ => throw Refused(
                    "The members are ids, mode, selection, version, password, expires_at, max_downloads, note and drop; there are no others."),
            };
        }
        if (share.Ids.Count == 0)
            throw Refused($"ids is missing: an array of 1 to {Share.MaxIds} ids of files and folders.");
        if (share.Drop is not null && share.Mode != ShareMode.Upload)
            throw Refused("drop belongs to shares of the mode upload.");
        if (share.Mode == ShareMode.Upload && (share.MaxDownloads is not null || share.Version is not null))
            throw Refused("A share of the mode upload has no downloads and no version.");
        return share with { IsSelection = share.IsSelection || share.Ids.Count > 1 };
    }

    /// <summary>Reads a change of a share. Null takes a setting away.</summary>
    /// <inheritdoc cref="ReadNew" path="/exception"/>
    public static ShareChange ReadChange(JsonElement json, DateTimeOffset now)
    {
        var change = new ShareChange();
        foreach (var member in Members(json))
        {
            var isNull = member.Value.ValueKind == JsonValueKind.Null;
            change = member.Name switch
            {
                "mode" => change with { Mode = ReadMode(member.Value) },
                "version" => change with { Version = (true, isNull ? null : ReadNumber(member, 1)) },
                "password" => change with { Password = (true, isNull ? null : ReadPassword(member.Value)) },
                "expires_at" => change with { ExpiresAt = (true, isNull ? null : ReadTime(member.Value, now)) },
                "max_downloads" => change with { MaxDownloads = (true, isNull ? null : ReadNumber(member, 1)) },
                "note" => change with { Note = (true, isNull ? null : ReadNote(member.Value)) },
                "drop" => change with { Drop = ReadDrop(member.Value) },
                _ => throw Refused("The members are mode, version, password, expires_at, max_downloads, note and drop; there are no others."),
            };
        }
        return change == new ShareChange() ? throw Refused("There is nothing to change: send at least one member.") : change;
    }

    private static IReadOnlyList<Guid> ReadIds(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Array || json.GetArrayLength() is 0 or > Share.MaxIds)
            throw Refused($"ids is an array of 1 to {Share.MaxIds} ids of files and folders.");
        return [.. json.EnumerateArray().Select(id => id.ValueKind != JsonValueKind.String ? throw Refused("Each of ids is a text.")
            : Parameters.TryReadFolder(id.GetString() ?? "", out var known) ? known
            : throw new ProblemException(ApiProblem.FileNotFound)).Distinct()];
    }

    private static ShareMode ReadMode(JsonElement json) => (json.ValueKind == JsonValueKind.String ? json.GetString() : null) switch
    {
        "view" => ShareMode.View,
        "download" => ShareMode.Download,
        "upload" => ShareMode.Upload,
        _ => throw Refused("mode is view, download or upload."),
    };

    private static string ReadPassword(JsonElement json) =>
        json.ValueKind == JsonValueKind.String && FileRequest.ReadNameText(json) is { Length: >= SharePasswords.MinLength and <= SharePasswords.MaxLength } password
            ? password
            : throw Refused($"password is a text of {SharePasswords.MinLength} to {SharePasswords.MaxLength} characters.");

    private static DateTimeOffset ReadTime(JsonElement json, DateTimeOffset now) =>
        Rfc3339.ReadFuture("expires_at", json.ValueKind == JsonValueKind.String ? json.GetString() ?? "" : "", now);

    private static string? ReadNote(JsonElement json) => json.ValueKind == JsonValueKind.String && FileRequest.ReadNameText(json) is { Length: <= MaxNote } note
        && !note.Any(character => char.IsControl(character) && character is not ('\n' or '\r' or '\t'))
            ? note.Length == 0 ? null : note
            : throw Refused($"note is a text of at most {MaxNote} characters.");

    private static DropRules ReadDrop(JsonElement json)
    {
        var rules = new DropRules();
        foreach (var member in Members(json))
        {
            if (member.Value.ValueKind == JsonValueKind.Null)
                continue;
            rules = member.Name switch
            {
                "max_bytes" => rules with { MaxBytes = ReadNumber(member, 1) },
                "max_files" => rules with { MaxFiles = ReadNumber(member, 1) },
                "max_file_size" => rules with { MaxFileSize = ReadNumber(member, 0) },
                "types" => rules with { Types = ReadTypes(member.Value) },
                "asks_name" => rules with { AsksName = ReadFlag(member) },
                "folder_per_uploader" => rules with { FolderPerUploader = ReadFlag(member) },
                "files_expire_in" => rules with { FileLife = TimeSpan.FromSeconds(ReadNumber(member, 1, 100L * 365 * 24 * 60 * 60)) },
                _ => throw Refused(
                    "The members of drop are max_bytes, max_files, max_file_size, types, asks_name, folder_per_uploader and files_expire_in; there are no others."),
            };
        }
        return rules;
    }

    private static IReadOnlyList<string> ReadTypes(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Array || json.GetArrayLength() > MaxTypes)
            throw NotTypes();
        return [.. json.EnumerateArray().Select(type => type.ValueKind == JsonValueKind.String && type.GetString() is { Length: > 1 and <= MaxType } text
            && (text[0] == '.' || text.Split('/') is [{ Length: > 0 }, { Length: > 0 }]) && text.All(each => each is > ' ' and <= '~' and not ('"' or ','))
                ? text.ToLowerInvariant() : throw NotTypes())];
    }

    private static bool ReadFlag(JsonProperty member) => member.Value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Refused($"{member.Name} is true or false."),
    };

    private static long ReadNumber(JsonProperty member, long least, long most = long.MaxValue) =>
        member.Value.ValueKind == JsonValueKind.Number && member.Value.TryGetInt64(out var number) && number >= least && number <= most
            ? number
            : throw Refused($"{member.Name} is a whole number from {least}{(most == long.MaxValue ? "" : $" to {most}")}.");

    private static JsonElement.ObjectEnumerator Members(JsonElement json) =>
        json.ValueKind == JsonValueKind.Object ? json.EnumerateObject() : throw Refused("The body and its member drop are JSON objects.");

    private static ProblemException NotTypes() =>
        Refused($"types is an array of at most {MaxTypes} media types such as image/* and extensions such as .pdf.");

    private static ProblemException Refused(string detail) => new(ApiProblem.InvalidRequest(detail));
}
