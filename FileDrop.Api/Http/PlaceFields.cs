using FileDrop.Api.Catalog;
using FileDrop.Api.Contents;

namespace FileDrop.Api.Http;

/// <summary>
/// The fields by which an upload says where its file is to be, and when its content last changed. They have the same names in a query, in a form, and in tus's
/// metadata.
/// </summary>
/// <param name="request">The request, whose present an expiry must follow.</param>
internal sealed class PlaceFields(HttpRequest request)
{
    private static readonly string[] s_names = ["folder_id", "path", "create_folders", "on_conflict", "modified_at", "expires_at"];

    private readonly HashSet<string> _taken = new(StringComparer.Ordinal);
    private Guid? _folder;
    private IReadOnlyList<string>? _path;
    private bool _createsFolders;
    private OnConflict _onConflict;

    /// <summary>When the content last changed, as the client knows it; null if it does not tell.</summary>
    public DateTimeOffset? ModifiedAt { get; private set; }

    /// <summary>The time at which the file goes to the trash by itself; null for never.</summary>
    public DateTimeOffset? ExpiresAt { get; private set; }

    /// <summary>Whether there is a path.</summary>
    public bool HasPath => _path is not null;

    /// <summary>Reads the fields of a query.</summary>
    /// <exception cref="ProblemException">A field is malformed.</exception>
    public static PlaceFields OfQuery(HttpRequest request)
    {
        var fields = new PlaceFields(request);
        foreach (var name in s_names)
        {
            if (!request.Query.TryGetValue(name, out var values))
                continue;
            if (!Parameters.IsUtf8(request.QueryString, name))
                throw new ProblemException(ApiProblem.InvalidName(FileName.NotText));
            foreach (var value in values)
                fields.Take(name, value ?? "");
        }
        return fields;
    }

    /// <summary>Reads the fields among others.</summary>
    /// <inheritdoc cref="OfQuery"/>
    public static PlaceFields Of(HttpRequest request, IReadOnlyDictionary<string, string> values)
    {
        var fields = new PlaceFields(request);
        foreach (var name in s_names.Where(values.ContainsKey))
            fields.Take(name, values[name]);
        return fields;
    }

    /// <summary>Whether a field has one of these names.</summary>
    public static bool Knows(string? name) => s_names.Contains(name, StringComparer.Ordinal);

    /// <summary>Takes one field. An empty one counts as absent, as browsers send a field that was left empty.</summary>
    /// <exception cref="ProblemException">The field is malformed, or comes a second time.</exception>
    public void Take(string name, string text)
    {
        if (text.Length == 0)
            return;
        if (!_taken.Add(name))
            throw Refused($"{name} is there more than once.");
        switch (name)
        {
            case "folder_id":
                _folder = Parameters.TryReadFolder(text, out var folder) ? folder : throw new ProblemException(ApiProblem.FolderNotFound);
                break;
            case "path":
                _path = ReadPath(text);
                break;
            case "create_folders":
                _createsFolders = bool.TryParse(text, out var flag) ? flag : throw Refused("create_folders is true or false.");
                break;
            case "on_conflict":
                _onConflict = PlaceJson.OnConflictOf(text) ?? throw Refused("on_conflict is fail, rename or replace.");
                break;
            case "expires_at":
                ExpiresAt = Rfc3339.ReadFuture(name, text, request.HttpContext.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow());
                break;
            default:
                ModifiedAt = Rfc3339.Read(name, text, roundUp: false);
                break;
        }
    }

    /// <summary>The place that the fields give, once all are taken.</summary>
    /// <param name="name">The name that the file has otherwise; null if none. Without one, the last segment of the path is the name.</param>
    /// <returns>The place and the file's name.</returns>
    /// <exception cref="ProblemException">The fields contradict each other.</exception>
    public (Destination Destination, string? Name) ReadFor(string? name)
    {
        if (_path is null)
        {
            return _createsFolders
                ? throw Refused("create_folders needs a path.")
                : (_folder is null ? Destination.Loose : new Destination(_folder, OnConflict: _onConflict), name);
        }
        if (_folder is not null)
            throw Refused("Send folder_id or path, not both.");
        if (name is null && _path.Count == 0)
            throw new ProblemException(ApiProblem.InvalidName("The path names no file. Send its name in the path, or as file_name."));
        return name is null
            ? (new Destination(Path: [.. _path.SkipLast(1)], CreatesFolders: _createsFolders, OnConflict: _onConflict), _path[^1])
            : (new Destination(Path: _path, CreatesFolders: _createsFolders, OnConflict: _onConflict), name);
    }

    /// <summary>Reads a path: names with slashes between them. One slash before and one behind them do not count.</summary>
    private static List<string> ReadPath(string text)
    {
        var inner = text.StartsWith('/') ? text[1..] : text;
        inner = inner.EndsWith('/') ? inner[..^1] : inner;
        var names = new List<string>();
        foreach (var segment in inner.Length == 0 ? [] : inner.Split('/'))
            names.Add(FileName.TryMakeSegment(segment, out var name, out var wrong) ? name : throw new ProblemException(ApiProblem.InvalidName(wrong)));
        return names.Count <= Place.MaxDepth + 1 ? names : throw new ProblemException(ApiProblem.TooDeep);
    }

    private static ProblemException Refused(string detail) => new(ApiProblem.InvalidRequest(detail));
}
