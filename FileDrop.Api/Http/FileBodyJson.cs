using System.Text.Json;
using FileDrop.Api.Catalog;
using FileDrop.Api.Contents;

namespace FileDrop.Api.Http;

/// <summary>A JSON body about a file: the properties that it sets.</summary>
/// <param name="Folder">The folder; null if not given.</param>
/// <param name="Name">The name; null if not given.</param>
/// <param name="Tags">The tags; null if not given.</param>
/// <param name="ModifiedAt">When the content last changed, as the client knows it; null if not given.</param>
/// <param name="OnConflict">The choice if the name is taken in the folder.</param>
internal sealed record FileBodyJson(
    Guid? Folder = null, string? Name = null, IReadOnlyDictionary<string, string>? Tags = null, DateTimeOffset? ModifiedAt = null,
    OnConflict OnConflict = OnConflict.Fail)
{
    /// <summary>When the file goes to the trash by itself, and whether that was given; null for never.</summary>
    public (bool IsGiven, DateTimeOffset? At) ExpiresAt { get; init; }

    /// <summary>Reads the body of a change.</summary>
    /// <exception cref="ProblemException">The body is refused.</exception>
    public static FileBodyJson ReadChange(JsonElement json) =>
        Read(json, takesTime: true) is var body && body is { Folder: null, Name: null, Tags: null, ModifiedAt: null, ExpiresAt.IsGiven: false }
            ? throw Refused("There is nothing to change: send folder_id, file_name, tags, modified_at, expires_at, or several of them.")
            : body;

    /// <summary>Reads the body of a copy.</summary>
    /// <inheritdoc cref="ReadChange"/>
    public static CopyProperties ReadCopy(JsonElement json) => Read(json, takesTime: false).ToCopy();

    /// <summary>The change that the body asks for.</summary>
    /// <param name="ifVersion">The condition.</param>
    public MetadataChange ToChange(long? ifVersion) =>
        new(Name, Tags, ifVersion) { Folder = Folder, ModifiedAt = ModifiedAt, ExpiresAt = ExpiresAt, OnConflict = OnConflict };

    /// <summary>The properties in which a copy is to differ.</summary>
    public CopyProperties ToCopy() => new(Name, Tags) { Folder = Folder, OnConflict = OnConflict };

    private static FileBodyJson Read(JsonElement json, bool takesTime)
    {
        if (json.ValueKind != JsonValueKind.Object)
            throw Refused("The body is a JSON object.");
        var body = new FileBodyJson();
        foreach (var member in json.EnumerateObject())
        {
            body = Take(body, member, takesTime) ?? throw Refused(
                $"The members are folder_id, a folder's id or root, file_name, a string, tags, an object of strings, {(takesTime ? "modified_at, a time, expires_at, a time or null, " : "")}"
                + "and on_conflict, which is fail, rename or replace; there are no others.");
        }
        return body;
    }

    /// <summary>Takes a member of a body; null if it is none of these.</summary>
    public static FileBodyJson? Take(FileBodyJson body, JsonProperty member, bool takesTime) => member switch
    {
        { Name: "folder_id", Value.ValueKind: JsonValueKind.String } => body with { Folder = PlaceJson.ReadFolder(member.Value) },
        { Name: "file_name", Value.ValueKind: JsonValueKind.String } => body with { Name = FileRequest.ReadName(member.Value) },
        { Name: "tags" } => body with { Tags = FileRequest.ReadTags(member.Value) },
        { Name: "modified_at", Value.ValueKind: JsonValueKind.String } when takesTime =>
            body with { ModifiedAt = Rfc3339.Read("modified_at", member.Value.GetString() ?? "", roundUp: false) },
        { Name: "expires_at", Value.ValueKind: JsonValueKind.Null } when takesTime => body with { ExpiresAt = (true, null) },
        { Name: "expires_at", Value.ValueKind: JsonValueKind.String } when takesTime =>
            body with { ExpiresAt = (true, Rfc3339.Read("expires_at", member.Value.GetString() ?? "", roundUp: false)) },
        { Name: "on_conflict" } when PlaceJson.ReadOnConflict(member.Value) is { } choice => body with { OnConflict = choice },
        _ => null,
    };

    private static ProblemException Refused(string detail) => new(ApiProblem.InvalidRequest(detail));
}
