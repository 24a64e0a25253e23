using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.Json;
using FileDrop.Api.Tests.Files;
using FileDrop.Api.Tests.Folders;
using Xunit;

namespace FileDrop.Api.Tests.Maintenance;

/// <summary>
/// A client that changes its own tree, by the API and by WebDAV, while the service lives. It knows what each request must do, so after a kill the tree is as before the request, as after
/// it or, for a request of several changes, as after some of them.
/// </summary>
internal sealed partial class FolderKillClient(int number)
{
    private const int EntriesAtMost = 12;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    // Few names, so that a later request meets the claims of those that were killed.
    private static readonly string[] s_names = ["a", "b", "c", "d"];

    private readonly Random _random = new(number);
    private readonly Dictionary<int, string> _ids = [];

    /// <summary>The states that the tree can have; one unless an answer was lost.</summary>
    private List<KillTree> _candidates = [KillTree.Empty];
    private Func<HttpClient, Task>? _again;
    private bool _isRepeated;
    private int _last;

    public int Acknowledged { get; private set; }

    public int Lost { get; private set; }

    private KillTree Tree => _candidates[^1];

    private string TopName => $"client {number}";

    /// <summary>Makes the folder in which everything happens.</summary>
    public async Task BeginAsync(HttpClient http) => _ids[KillTree.Top] = (await http.FolderAsync(TopName)).FolderId();

    /// <summary>Sends one request after the other until an answer is lost.</summary>
    public async Task RunAsync(HttpClient http, CancellationToken stop)
    {
        for (var lost = Lost; lost == Lost && !stop.IsCancellationRequested;)
        {
            try
            {
                await RequestAsync(http);
            }
            catch (Exception cut) when (cut is HttpRequestException or SocketException or IOException)
            {
                Lost++;
            }
        }
    }

    /// <summary>Waits until the service shows one of the states that the tree can have. Entries follow their folders within seconds.</summary>
    public async Task SettleAsync(HttpClient http)
    {
        IReadOnlyList<string> seen = [];
        for (var until = DateTime.UtcNow + s_patience; DateTime.UtcNow < until; await Task.Delay(50))
        {
            var found = await FindAsync(http);
            seen = [.. found.Select(each => each.Line).Order(StringComparer.Ordinal)];
            if (_candidates.Find(candidate => candidate.Describe().SequenceEqual(seen)) is not { } tree)
                continue;
            // A request that did nothing is repeated, as people do.
            if (!ReferenceEquals(tree, _candidates[0]))
                _again = null;
            _candidates = [tree];
            foreach (var (entry, id) in tree.Entries.Keys.Where(entry => !_ids.ContainsKey(entry))
                .Select(entry => (entry, found.First(each => each.Path == tree.PathOf(entry)).Id)).ToList())
                _ids[entry] = id;
            return;
        }
        Assert.Fail($"The tree of {TopName} is\n{string.Join('\n', seen)}\nand was to be\n"
            + string.Join("\nor\n", _candidates.Select(candidate => string.Join('\n', candidate.Describe()))));
    }

    private async Task RequestAsync(HttpClient http)
    {
        if (_again is { } again)
        {
            _isRepeated = true;
            await again(http);
            _isRepeated = false;
            await SettleAsync(http);
            return;
        }
        var live = Tree.Entries.Keys.Where(Tree.IsLive).ToList();
        var (file, folder) = (Pick(live.Where(each => !Tree[each].IsFolder)), Pick(live.Where(each => Tree[each].IsFolder)));
        var trashed = Pick(Tree.Entries.Keys.Where(each => Tree[each].IsTrashed));
        var (target, name) = (Pick(live.Where(each => Tree[each].IsFolder).Append(KillTree.Top)) ?? KillTree.Top, s_names[_random.Next(s_names.Length)]);
        var (isFree, hasRoom, other) = (Tree.At(target, name) is null, Tree.Entries.Count < EntriesAtMost, Tree.At(target, name) ?? 0);
        switch (_random.Next(24))
        {
            case >= 15 and var verb:
                await DriveAsync(http, verb, file, folder, target, name);
                break;
            case 0 or 1 when isFree && hasRoom:
                await CreateAsync(http, target, name);
                break;
            case 2 or 3 when isFree && hasRoom:
                await UploadAsync(http, target, name);
                break;
            case 4 when hasRoom && Tree.At(KillTree.Top, name) is null:
                await UploadByPathAsync(http, name);
                break;
            case 5 when file is { } source && isFree && hasRoom:
                await SendAsync(HttpMethod.Post, $"/files/{_ids[source]}/copy", new { folder_id = _ids[target], file_name = name }, http, ++_last,
                    Tree.With(_last, Tree[source] with { Folder = target, Name = name, Version = 1 }));
                break;
            case 6 when file is { } moved && isFree:
                await SendAsync(HttpMethod.Patch, $"/files/{_ids[moved]}", new { folder_id = _ids[target], file_name = name }, http, null, Tree.Place(moved, target, name));
                break;
            case 7 or 8 when folder is { } moved && isFree && !Tree.IsWithin(target, moved):
                await SendAsync(HttpMethod.Patch, $"/folders/{_ids[moved]}", new { parent_id = _ids[target], name }, http, null, Tree.Place(moved, target, name));
                break;
            case 9 when file is { } moved && !isFree && other != moved && !Tree[other].IsFolder:
                await SendAsync(
                    HttpMethod.Patch, $"/files/{_ids[moved]}", new { folder_id = _ids[target], file_name = name, on_conflict = "replace" }, http, null,
                    Tree.Trash(other), Tree.Trash(other).Place(moved, target, name));
                break;
            case 10 when !isFree && !Tree[other].IsFolder:
                await ReplaceAsync(http, other, target, name);
                break;
            case 11 when file is { } deleted:
                await SendAsync(HttpMethod.Delete, $"/files/{_ids[deleted]}", null, http, null, Tree.Trash(deleted));
                break;
            case 12 when folder is { } deleted:
                await SendAsync(HttpMethod.Delete, $"/folders/{_ids[deleted]}", null, http, null, Tree.Trash(deleted));
                break;
            case 13 when file is { } moved && folder is { } deleted && isFree && !Tree.IsWithin(target, deleted) && !Tree.IsWithin(moved, deleted):
                await BatchAsync(http, moved, target, name, deleted);
                break;
            case 14 when trashed is { } purged && _random.Next(2) == 0:
                await SendAsync(HttpMethod.Delete, TrashOf(purged), null, http, null, Tree.Purge(purged));
                break;
            default:
                if (trashed is { } restored && Tree.At(KillTree.Top, Tree[restored].Name) is null)
                    await RestoreAsync(http, restored);
                break;
        }
    }

    private Task CreateAsync(HttpClient http, int parent, string name) => SendAsync(
        HttpMethod.Post, "/folders", new { name, parent_id = _ids[parent] }, http, ++_last, Tree.With(_last, new KillEntry(parent, name, 1, null)));

    private async Task UploadAsync(HttpClient http, int folder, string name)
    {
        var body = NewBody(out var sha256);
        await SendAsync(
            HttpMethod.Post, $"/files/upload?folder_id={_ids[folder]}&file_name={name}", body, http, ++_last, Tree.With(_last, new KillEntry(folder, name, 1, sha256)));
    }

    /// <summary>Uploads into a folder that the request creates, and which stays if the service dies before the file is stored.</summary>
    private async Task UploadByPathAsync(HttpClient http, string name)
    {
        var body = NewBody(out var sha256);
        var withFolder = Tree.With(++_last, new KillEntry(KillTree.Top, name, 1, null));
        var folder = _last;
        await SendAsync(
            HttpMethod.Post, $"/files/upload?path={Uri.EscapeDataString($"/{TopName}/{name}/{name}")}&create_folders=true", body, http, ++_last,
            withFolder, withFolder.With(_last, new KillEntry(folder, name, 1, sha256)));
        // The answer tells the folder's id, too.
        if (_candidates.Count == 1)
            await SettleAsync(http);
    }

    private async Task ReplaceAsync(HttpClient http, int replaced, int folder, string name)
    {
        var body = NewBody(out var sha256);
        await SendAsync(
            HttpMethod.Post, $"/files/upload?folder_id={_ids[folder]}&file_name={name}&on_conflict=replace", body, http, null,
            Tree.With(replaced, Tree[replaced] with { Version = Tree[replaced].Version + 1, Sha256 = sha256 }));
    }

    private async Task BatchAsync(HttpClient http, int moved, int target, string name, int deleted)
    {
        var after = Tree.Place(moved, target, name);
        object[] operations =
        [
            new { op = "move", id = _ids[moved], folder_id = _ids[target], file_name = name }, new { op = "delete", kind = "folder", id = _ids[deleted] },
        ];
        var results = await SendAsync(HttpMethod.Post, "/batch", operations, http, null, after, after.Trash(deleted));
        Assert.All(results?.EnumerateArray() ?? default, result => Assert.Equal(200, result.GetProperty("status").GetInt32()));
    }

    private async Task RestoreAsync(HttpClient http, int restored)
    {
        object target = Tree[restored].IsFolder ? new { parent_id = _ids[KillTree.Top] } : new { folder_id = _ids[KillTree.Top] };
        await SendAsync(HttpMethod.Post, $"{TrashOf(restored)}/restore", target, http, null, Tree.Place(restored, KillTree.Top, Tree[restored].Name));
        // Entries that went with a folder come back after it.
        if (_candidates.Count == 1)
            await SettleAsync(http);
    }

    private string TrashOf(int entry) => $"/trash/{(Tree[entry].IsFolder ? "folders/" : "")}{_ids[entry]}";

    /// <summary>Sends a request that must succeed.</summary>
    /// <param name="method">The method.</param>
    /// <param name="path">The target.</param>
    /// <param name="body">Null, bytes, or an object to send as JSON.</param>
    /// <param name="http">The client.</param>
    /// <param name="created">The number of the entry that it creates.</param>
    /// <param name="states">The tree after each change that the request makes.</param>
    /// <returns>The answer; null if it leaves the result open, or is not JSON.</returns>
    private async Task<JsonElement?> SendAsync(
        HttpMethod method, string path, object? body, HttpClient http, int? created, params IReadOnlyList<KillTree> states)
    {
        _candidates = [Tree, .. states];
        _again = client => SendAsync(method, path, body, client, created, states);
        // Only copies and moves of WebDAV have two paths.
        var (source, destination) = path.Split(Arrow) is [var from, var to] ? (from, to) : (path, "");
        using var content = body is byte[] bytes ? new ByteArrayContent(bytes) : body is null ? null : (HttpContent)JsonContent.Create(body, body.GetType());
        using var answer = await http.SendAsync(method, source, content, destination.Length > 0 ? [("Destination", destination)] : []);
        if ((int)answer.StatusCode >= 500)
        {
            await SettleAsync(http);
            return null;
        }
        if (_isRepeated && method == HttpMethod.Delete && answer.StatusCode == HttpStatusCode.NotFound)
        {
            // A purge waits for the folder's sweep, so the sweeper may have done it since the client looked.
            (_candidates, _again) = ([states[^1]], null);
            await SettleAsync(http);
            return null;
        }
        Assert.True(answer.IsSuccessStatusCode, $"{method} {path}: {await answer.Content.ReadAsStringAsync()}\n{string.Join('\n', _candidates[0].Describe())}");
        (_candidates, _again) = ([Tree], null);
        Acknowledged++;
        if (answer.Content.Headers.ContentType?.MediaType != "application/json")
        {
            // WebDAV tells no ids.
            if (created is not null)
                await SettleAsync(http);
            return null;
        }
        var said = await answer.JsonAsync();
        if (created is { } entry)
            _ids[entry] = said.TryGetProperty("file_id", out var id) ? id.GetString() ?? "" : said.FolderId();
        return said;
    }

    /// <summary>Everything that the service shows of the client's tree.</summary>
    private async Task<IReadOnlyList<(string Line, string Path, string Id)>> FindAsync(HttpClient http)
    {
        var (found, paths) = (new List<(string, string, string)>(), new Dictionary<string, string> { [_ids[KillTree.Top]] = "" });
        foreach (var entry in await http.EntriesAsync($"{_ids[KillTree.Top]}?deep=true"))
        {
            var isFolder = entry.Text("kind") == "folder";
            var id = isFolder ? entry.FolderId() : entry.Id();
            // A folder comes before what is in it.
            var path = paths[id] = $"{paths[entry.Text(isFolder ? "parent_id" : "folder_id")]}/{entry.Text(isFolder ? "name" : "file_name")}";
            found.Add((KillTree.Line(path, entry.Version(), isFolder ? null : entry.Text("sha256")), path, id));
        }
        var mine = _ids.Values.ToHashSet();
        foreach (var list in new[] { "/trash/folders", "/trash" })
        {
            foreach (var entry in (await http.EntryPagesAsync(list)).SelectMany(page => page))
            {
                var (id, name, sha256) = entry.TryGetProperty("file_id", out _)
                    ? (entry.Id(), entry.Name(), entry.Text("sha256"))
                    : (entry.FolderId(), entry.Text("name"), null);
                if (mine.Contains(id))
                    found.Add((KillTree.Line($"trash {name}", entry.Version(), sha256), "", id));
            }
        }
        return found;
    }

    private int? Pick(IEnumerable<int> entries) => entries.ToList() is { Count: > 0 } all ? all[_random.Next(all.Count)] : null;

    /// <summary>Makes a content, mostly small.</summary>
    private byte[] NewBody(out string sha256)
    {
        var content = RandomNumberGenerator.GetBytes(_random.Next(4) == 0 ? (1 << 20) + 1 + _random.Next(1_000) : 1 + _random.Next(1_000));
        sha256 = Convert.ToHexStringLower(SHA256.HashData(content));
        return content;
    }
}
