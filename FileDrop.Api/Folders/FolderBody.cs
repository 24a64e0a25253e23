using System.Text.Json;
using FileDrop.Api.Catalog;
using FileDrop.Api.Http;

namespace FileDrop.Api.Folders;

/// <summary>A request's body about a folder.</summary>
/// <param name="Name">The name; null if not given.</param>
/// <param name="Parent">The parent; null if not given.</param>
/// <param name="OnConflict">The choice if the name is taken.</param>
internal sealed record FolderBody(string? Name = null, Guid? Parent = null, OnConflict OnConflict = OnConflict.Fail)
{
    /// <summary>Reads the body of a creation.</summary>
    /// <exception cref="ProblemException">The body is refused.</exception>
    public static FolderBody ReadNew(JsonElement json) =>
        Read(json, takesName: true) is { Name: not null } body ? body : throw Refused("Send the folder's name.");

    /// <summary>Reads the body of a change.</summary>
    /// <inheritdoc cref="ReadNew"/>
    public static FolderBody ReadChange(JsonElement json) => Read(json, takesName: true) is var body && body is { Name: null, Parent: null }
        ? throw Refused("There is nothing to change: send name, parent_id, or both.")
        : body;

    /// <summary>Reads the body of a restoration.</summary>
    /// <inheritdoc cref="ReadNew"/>
    public static FolderBody ReadRestoration(JsonElement json) => Read(json, takesName: false);

    private static FolderBody Read(JsonElement json, bool takesName)
    {
        if (json.ValueKind != JsonValueKind.Object)
            throw Refused("The body is a JSON object.");
        var body = new FolderBody();
        foreach (var member in json.EnumerateObject())
        {
            body = member switch
            {
                { Name: "name", Value.ValueKind: JsonValueKind.String } when takesName => body with { Name = PlaceJson.ReadName(member.Value) },
                { Name: "parent_id", Value.ValueKind: JsonValueKind.String } => body with { Parent = PlaceJson.ReadFolder(member.Value) },
                { Name: "parent_id", Value.ValueKind: JsonValueKind.Null } => body with { Parent = Place.Root },
                { Name: "on_conflict" } when PlaceJson.ReadOnConflict(member.Value) is { } choice => body with { OnConflict = choice },
                _ => throw Refused(
                    $"The members are {(takesName ? "name, a string, " : "")}parent_id, a folder's id, root or null, and on_conflict, which is fail, rename "
                    + "or replace; there are no others."),
            };
        }
        return body;
    }

    private static ProblemException Refused(string detail) => new(ApiProblem.InvalidRequest(detail));
}
