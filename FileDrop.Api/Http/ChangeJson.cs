using System.Text.Json;
using System.Text.Json.Serialization;
using FileDrop.Api.Catalog;

namespace FileDrop.Api.Http;

/// <summary>A page of the feed of changes.</summary>
/// <param name="Changes">The changes, in order.</param>
/// <param name="Cursor">The position to go on from.</param>
/// <param name="HasMore">Whether there are more changes already.</param>
public sealed record ChangesJson(IReadOnlyList<ChangeJson> Changes, string Cursor, bool HasMore);

/// <summary>A change: a file or a folder as it is now, or the note that it is gone, with its number and its kind before its own members.</summary>
/// <param name="File">The file; null if it is something else.</param>
/// <param name="Folder">The folder; null if it is something else.</param>
/// <param name="Gone">The note that the entry is gone; null if it is not.</param>
[JsonConverter(typeof(ChangeConverter))]
public sealed record ChangeJson(FileJson? File, FolderJson? Folder, GoneJson? Gone)
{
    internal static ChangeJson Of(Change change)
    {
        var (number, kind) = (change.Mark.Number, change.Mark.Kind == EntryKind.File ? "file" : "folder");
        return change.Entry switch
        {
            { File: { } file } => new(FileJson.Of(file) with { Kind = kind, Seq = number }, Folder: null, Gone: null),
            { Folder: { } folder } => new(File: null, FolderJson.Of(folder) with { Kind = kind, Seq = number }, Gone: null),
            _ => new(File: null, Folder: null, new GoneJson(number, kind, change.Mark.Id)),
        };
    }
}

/// <summary>The note that a file or a folder is gone: it is in the trash, or was deleted for good.</summary>
/// <param name="Seq">The number of the change.</param>
/// <param name="Kind"><c>file</c> or <c>folder</c>.</param>
/// <param name="Id">The entry's id.</param>
/// <param name="Gone">Always true.</param>
public sealed record GoneJson(long Seq, string Kind, Guid Id, bool Gone = true);

/// <summary>Writes a change as the one object that it has.</summary>
internal sealed class ChangeConverter : JsonConverter<ChangeJson>
{
    public override ChangeJson Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException("Changes are only written.");

    public override void Write(Utf8JsonWriter writer, ChangeJson value, JsonSerializerOptions options)
    {
        if (value.File is { } file)
            JsonSerializer.Serialize(writer, file, ApiJson.Instance.FileJson);
        else if (value.Folder is { } folder)
            JsonSerializer.Serialize(writer, folder, ApiJson.Instance.FolderJson);
        else if (value.Gone is { } gone)
            JsonSerializer.Serialize(writer, gone, ApiJson.Instance.GoneJson);
    }
}
