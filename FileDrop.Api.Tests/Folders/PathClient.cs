using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using FileDrop.Api.Tests.Files;
using Xunit;

namespace FileDrop.Api.Tests.Folders;

/// <summary>A tree that many clients change, and the history of their operations.</summary>
/// <param name="lasting">Folders that nobody deletes.</param>
internal sealed class SharedTree(IReadOnlyList<string> lasting)
{
    public IReadOnlyList<string> Lasting { get; } = lasting;

    public ConcurrentDictionary<string, bool> Folders { get; } = [];

    public ConcurrentDictionary<string, bool> Files { get; } = [];

    public ConcurrentQueue<PathOperation> History { get; } = [];
}

/// <summary>
/// A client that changes a tree through any replica. It moves a file of its own between lasting folders, which must always succeed and be seen at once by every
/// replica. All else it shares with the others.
/// </summary>
internal sealed partial class PathClient(IReadOnlyList<HttpClient> replicas, int number, SharedTree tree)
{
    // Few names, so that the clients meet.
    private const int Names = 5;

    // Each client is seeded, so that its requests repeat; only their interleaving differs.
    private readonly Random _random = new(number);
    private (string Id, string Folder, string Name) _own;
    private int _asked;

    /// <summary>The number of refused operations, by the code of the refusal.</summary>
    public ConcurrentDictionary<string, int> Refused { get; } = [];

    public async Task RunAsync(Func<bool> goes)
    {
        await CreateOwnAsync();
        while (goes())
        {
            var (folder, other, file) = (Any(tree.Folders), AnyFolder(), Any(tree.Files));
            await (_random.Next(24) switch
            {
                0 or 1 => ChangeAsync(PathVerb.Create, HttpMethod.Post, "/folders", folder: other),
                2 or 3 or 4 => UploadAsync(other),
                5 or 6 or 7 when file is not null => ChangeAsync(PathVerb.Place, HttpMethod.Patch, $"/files/{file}", file, other),
                8 or 9 or 10 when folder is not null => ChangeAsync(PathVerb.Place, HttpMethod.Patch, $"/folders/{folder}", folder, other),
                11 when file is not null => DeleteAsync($"/files/{file}", file),
                12 when folder is not null => DeleteAsync($"/folders/{folder}", folder),
                13 when file is not null => ChangeAsync(PathVerb.Restore, HttpMethod.Post, $"/trash/{file}/restore", file, other),
                14 or 15 when folder is not null => ChangeAsync(PathVerb.Restore, HttpMethod.Post, $"/trash/folders/{folder}/restore", folder, other),
                16 => MoveLastingAsync(),
                17 => ReadAsync(other),
                >= 20 => DriveAsync(),
                _ => MoveOwnAsync(),
            });
        }
    }

    private HttpClient Replica => replicas[_random.Next(replicas.Count)];

    private string? Any(ConcurrentDictionary<string, bool> ids) => ids.IsEmpty ? null : ids.Keys.ElementAt(_random.Next(ids.Count));

    private string AnyFolder() => _random.Next(3) switch
    {
        0 => tree.Lasting[_random.Next(tree.Lasting.Count)],
        1 => "root",
        _ => Any(tree.Folders) ?? "root",
    };

    private async Task UploadAsync(string folder)
    {
        var (name, conflict) = ($"{_random.Next(Names)}", _random.Next(3));
        var request = new PathOperation("", PathVerb.Create, 0, 0, 0, folder, conflict == 1 ? null : name);
        await RecordAsync(request, () => Replica.PostAsync(
            $"/files/upload?folder_id={folder}&file_name={name}&on_conflict={Word(conflict)}", new ByteArrayContent([1])));
    }

    /// <summary>Creates, moves, renames or restores an entry.</summary>
    private async Task ChangeAsync(PathVerb verb, HttpMethod method, string path, string id = "", string folder = "root")
    {
        var (name, conflict) = ($"{_random.Next(Names)}", _random.Next(3));
        var isFile = path.StartsWith("/files", StringComparison.Ordinal) || (verb == PathVerb.Restore && !path.StartsWith("/trash/folders", StringComparison.Ordinal));
        var change = new Dictionary<string, object> { ["on_conflict"] = Word(conflict), [isFile ? "folder_id" : "parent_id"] = folder };
        if (verb != PathVerb.Restore)
            change[isFile ? "file_name" : "name"] = name;
        var request = new PathOperation(
            id, verb, 0, 0, 0, folder, conflict == 1 || verb == PathVerb.Restore ? null : name, Replaces: conflict == 2);
        await RecordAsync(request, () => Replica.SendAsync(method, path, JsonContent.Create(change)));
    }

    private Task DeleteAsync(string path, string id) => RecordAsync(new PathOperation(id, PathVerb.Trash, 0, 0), () => Replica.DeleteAsync(path));

    /// <summary>Moves a lasting folder among the lasting ones, under a name that never comes again, so that no path is ever there twice.</summary>
    private async Task MoveLastingAsync()
    {
        var (folder, target, name) = (
            tree.Lasting[_random.Next(tree.Lasting.Count)], _random.Next(3) == 0 ? "root" : tree.Lasting[_random.Next(tree.Lasting.Count)],
            $"lasting-{number}-{_asked++}");
        await RecordAsync(
            new PathOperation(folder, PathVerb.Place, 0, 0, 0, target, name),
            () => Replica.PatchAsync($"/folders/{folder}", JsonContent.Create(new { parent_id = target, name })));
    }

    private async Task CreateOwnAsync()
    {
        var (folder, name) = (tree.Lasting[number % tree.Lasting.Count], $"own-{number}");
        var made = await RecordAsync(
            new PathOperation("", PathVerb.Create, 0, 0, 0, folder, name),
            () => Replica.PostAsync($"/files/upload?folder_id={folder}&file_name={name}", new ByteArrayContent([1])), isShared: false);
        _own = (made?.Id() ?? throw new InvalidOperationException($"{name} was refused."), folder, name);
    }

    private async Task MoveOwnAsync()
    {
        var (former, folder, name) = (_own, tree.Lasting[_random.Next(tree.Lasting.Count)], $"own-{number}-{_asked++}");
        var moved = await RecordAsync(
            new PathOperation(_own.Id, PathVerb.Place, 0, 0, 0, folder, name),
            () => Replica.PatchAsync($"/files/{_own.Id}", JsonContent.Create(new { folder_id = folder, file_name = name })));
        Assert.True(moved is not null, $"The move of {_own} to {folder} was refused.");
        _own = (_own.Id, folder, name);
        Assert.Equal([_own.Id], (await Replica.EntriesAsync($"{folder}?name={name}")).Where(entry => entry.Label() == name).Select(HttpWords.Id));
        Assert.DoesNotContain(await Replica.EntriesAsync($"{former.Folder}?name={former.Name}"), entry => entry.Label() == former.Name);
        await FindByPathAsync();
    }

    /// <summary>Finds its own file by path. If the path is the same before and after, it held all the time, since no path comes again.</summary>
    private async Task FindByPathAsync()
    {
        for (var before = await PathAsync(); ;)
        {
            using var answer = await Replica.GetAsync($"/paths{before}");
            if (answer.StatusCode == HttpStatusCode.OK && (await answer.JsonAsync()).Id() == _own.Id)
                return;
            var after = await PathAsync();
            Assert.True(before != after, $"{_own} is at {after}, but a request for it was answered {(int)answer.StatusCode}.");
            before = after;
        }
    }

    private async Task<string> PathAsync()
    {
        using var answer = await Replica.GetAsync($"/files/{_own.Id}/path");
        return (await answer.SucceededAsync()).Text("path");
    }

    /// <summary>Reads a folder's entries, each of which names this folder as its own.</summary>
    private async Task ReadAsync(string folder)
    {
        var start = Stopwatch.GetTimestamp();
        using var answer = await Replica.GetAsync($"/folders/{folder}/entries");
        if (answer.StatusCode == HttpStatusCode.NotFound)
            return;
        var entries = (await answer.SucceededAsync()).EnumerateArray().ToList();
        var end = Stopwatch.GetTimestamp();
        foreach (var entry in entries.Select(entry => Seen(new PathOperation("", PathVerb.Read, start, end), entry)))
        {
            tree.History.Enqueue(entry);
            Assert.Equal(FolderHistoryTests.IdOf(folder), entry.Folder);
        }
    }

    /// <summary>Makes an operation, and records it unless it is refused.</summary>
    /// <returns>The answer's entry, for a deletion its message; null if it is refused or not known to have happened.</returns>
    private async Task<JsonElement?> RecordAsync(PathOperation request, Func<Task<HttpResponseMessage>> send, bool isShared = true)
    {
        request = request with { Start = Stopwatch.GetTimestamp(), End = long.MaxValue, Folder = request.Folder is { } folder ? FolderHistoryTests.IdOf(folder) : null };
        using var answer = await send();
        if (answer.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Conflict or HttpStatusCode.Locked)
        {
            Refused.AddOrUpdate(await answer.CodeAsync() ?? "", 1, (_, count) => count + 1);
            // One replica runs each protocol in one transaction.
            if (request.Replaces && replicas.Count > 1)
                tree.History.Enqueue(request with { Entry = "", Verb = PathVerb.Trash, End = Stopwatch.GetTimestamp() });
            return null;
        }
        if ((int)answer.StatusCode >= 500)
        {
            Refused.AddOrUpdate($"{(int)answer.StatusCode}", 1, (_, count) => count + 1);
            if (request.Entry.Length > 0)
                tree.History.Enqueue(request);
            return null;
        }
        Assert.True(answer.IsSuccessStatusCode, $"{request}: {await answer.Content.ReadAsStringAsync()}");
        var body = await answer.JsonAsync();
        request = request with { End = Stopwatch.GetTimestamp() };
        if (request.Verb == PathVerb.Trash)
        {
            tree.History.Enqueue(request);
            return body;
        }
        var entry = body.TryGetProperty("file", out var file) ? file : body.TryGetProperty("folder", out var changed) ? changed : body;
        var seen = Seen(request, entry);
        // An upload may have become a new version of the file that had the name.
        tree.History.Enqueue(seen is { Verb: PathVerb.Create, Version: > 1 } ? seen with { Verb = PathVerb.Place } : seen);
        if (isShared && request.Verb == PathVerb.Create)
            (entry.TryGetProperty("file_id", out _) ? tree.Files : tree.Folders).TryAdd(seen.Entry, true);
        return entry;
    }

    private static string Word(int conflict) => conflict switch { 0 => "fail", 1 => "rename", _ => "replace" };

    private static PathOperation Seen(PathOperation one, JsonElement entry)
    {
        var isFile = entry.TryGetProperty("file_id", out var id);
        return one with
        {
            Entry = isFile ? id.GetString() ?? "" : entry.FolderId(),
            Version = entry.GetProperty("version").GetInt64(),
            Folder = entry.Text(isFile ? "folder_id" : "parent_id"),
            Name = entry.Text(isFile ? "file_name" : "name"),
        };
    }
}
