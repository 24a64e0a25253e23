using System.Text.Json;
using System.Text.Json.Serialization;
using FileDrop.Api.Catalog;

namespace FileDrop.Api.Http;

/// <summary>The operations of a batch.</summary>
internal enum BatchVerb
{
    Move,
    Copy,
    Delete,
    Restore,
    Tag,
}

/// <summary>One operation of a batch.</summary>
/// <param name="Verb">The operation.</param>
/// <param name="Kind">Whether it concerns a file or a folder.</param>
/// <param name="Id">The file or folder.</param>
/// <param name="Body">The folder, name and tags that it sets.</param>
/// <param name="Permanent">With <see cref="BatchVerb.Delete"/>: whether to skip the trash.</param>
/// <param name="IfVersion">The condition: only if this is still the version; null for always.</param>
internal sealed record BatchOperation(BatchVerb Verb, EntryKind Kind, Guid Id, FileBodyJson Body, bool Permanent, long? IfVersion)
{
    /// <summary>The most operations in a batch.</summary>
    public const int Most = 1000;

    private const string Words = "An operation has op (move, copy, delete, restore or tag), id, and as needed kind (file or folder), version, folder_id, "
        + "file_name, tags, on_conflict and permanent; there are no other members.";

    /// <summary>Reads the body of a batch.</summary>
    /// <exception cref="ProblemException">The body is refused, and nothing is done.</exception>
    public static IReadOnlyList<BatchOperation> ReadAll(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Array || json.GetArrayLength() is 0 or > Most)
            throw Refused($"The body is an array of 1 to {Most} operations.");
        return [.. json.EnumerateArray().Select(Read)];
    }

    private static BatchOperation Read(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object)
            throw Refused(Words);
        var (verb, kind, id, body, permanent, version) = ((BatchVerb?)null, EntryKind.File, (Guid?)null, new FileBodyJson(), false, (long?)null);
        foreach (var member in json.EnumerateObject())
        {
            var value = member.Value;
            switch (member.Name, value.ValueKind)
            {
                case ("op", JsonValueKind.String):
                    verb = Enum.TryParse<BatchVerb>(value.GetString(), ignoreCase: true, out var named) && $"{named}".Equals(value.GetString(), StringComparison.OrdinalIgnoreCase)
                        ? named
                        : throw Refused(Words);
                    break;
                case ("kind", JsonValueKind.String):
                    kind = value.GetString() switch
                    {
                        "file" => EntryKind.File,
                        "folder" => EntryKind.Folder,
                        _ => throw Refused(Words),
                    };
                    break;
                case ("id", JsonValueKind.String):
                    // An id that no file can have is unknown, like any other that is not there.
                    id = Parameters.TryReadId(value.GetString() ?? "", out var known) ? known : Guid.Empty;
                    break;
                case ("version", JsonValueKind.Number) when value.TryGetInt64(out var number):
                    version = number;
                    break;
                case ("permanent", JsonValueKind.True or JsonValueKind.False):
                    permanent = value.GetBoolean();
                    break;
                default:
                    body = FileBodyJson.Take(body, member, takesTime: false) ?? throw Refused(Words);
                    break;
            }
        }
        if (verb is not { } what || id is not { } which)
            throw Refused(Words);
        if (what is BatchVerb.Move && body is { Folder: null, Name: null })
            throw Refused("A move has a folder_id, a file_name, or both.");
        if (what is BatchVerb.Tag && body.Tags is null)
            throw Refused("The operation tag has tags.");
        return kind is EntryKind.Folder && what is (BatchVerb.Copy or BatchVerb.Tag)
            ? throw Refused("Folders are moved, deleted and restored; they are not copied and have no tags.")
            : new BatchOperation(what, kind, which, body, permanent, version);
    }

    private static ProblemException Refused(string detail) => new(ApiProblem.InvalidRequest(detail));
}

/// <summary>The result of one operation of a batch.</summary>
/// <param name="Id">The id in the operation; null if it was not well-formed.</param>
/// <param name="Status">The HTTP status that the operation would have had alone.</param>
/// <param name="Code">The code of its problem; absent if it is done.</param>
/// <param name="File">The file after the operation; absent for a deletion.</param>
/// <param name="Folder">The folder after the operation; absent for a deletion.</param>
public sealed record BatchResultJson(
    Guid? Id,
    int Status,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Code = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] FileJson? File = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] FolderJson? Folder = null);
