using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using FileDrop.Api.Tests.Dav;
using FileDrop.Api.Tests.Files;
using Xunit;

namespace FileDrop.Api.Tests.Folders;

// The same tree as a drive. A path names its entry for certain only in a lasting folder and under a name that never comes again, so these requests use such names.
internal sealed partial class PathClient
{
    /// <summary>The operations by WebDAV. SAVE is a MOVE over a file.</summary>
    public static readonly string[] DriveMethods = ["PUT", "MKCOL", "COPY", "MOVE", "SAVE", "DELETE", "LOCK", "UNLOCK"];

    /// <summary>The number of those that succeeded.</summary>
    public ConcurrentDictionary<string, int> Driven { get; } = [];

    private Task DriveAsync() => _random.Next(8) switch
    {
        0 => CreateByPathAsync("PUT", (path, body) => Replica.DavAsync("PUT", path, body)),
        1 => CreateByPathAsync("MKCOL", (path, _) => Replica.DavAsync("MKCOL", path)),
        2 => CreateByPathAsync("COPY", async (path, _) => await Replica.DavAsync("COPY", Dav(await PathAsync()), null, ("Destination", path))),
        3 => DeleteByPathAsync(),
        4 or 5 => MoveOwnByPathAsync(),
        6 => SaveOwnAsync(),
        _ => LockOwnAsync(),
    };

    /// <summary>Creates an entry that the others then share.</summary>
    private async Task CreateByPathAsync(string method, Func<string, string, Task<HttpResponseMessage>> send)
    {
        var (folder, name) = (AnyLasting(), $"drive-{number}-{_asked++}");
        var start = Stopwatch.GetTimestamp();
        using var answer = await send($"{Dav(await FolderPathAsync(folder))}/{name}", name);
        if (!IsDone(method, answer, HttpStatusCode.Created))
            return;
        var entry = Assert.Single(await Replica.EntriesAsync($"{folder}?name={name}"), each => each.Label().TrimEnd('/') == name);
        var seen = Seen(new PathOperation("", PathVerb.Create, start, Stopwatch.GetTimestamp()), entry);
        Assert.Equal(1, seen.Version);
        tree.History.Enqueue(seen);
        (method == "MKCOL" ? tree.Folders : tree.Files).TryAdd(seen.Entry, true);
    }

    /// <summary>Creates a file and deletes it by its path, which nobody else knows.</summary>
    private async Task DeleteByPathAsync()
    {
        var (folder, name) = (AnyLasting(), $"drive-{number}-{_asked++}");
        var made = await RecordAsync(
            new PathOperation("", PathVerb.Create, 0, 0, 0, folder, name),
            () => Replica.PostAsync($"/files/upload?folder_id={folder}&file_name={name}", new ByteArrayContent([1])), isShared: false);
        var start = Stopwatch.GetTimestamp();
        using var answer = await Replica.DavAsync("DELETE", $"{Dav(await FolderPathAsync(folder))}/{name}");
        if (IsDone("DELETE", answer, HttpStatusCode.NoContent) && made is { } file)
            tree.History.Enqueue(new PathOperation(file.Id(), PathVerb.Trash, start, Stopwatch.GetTimestamp()));
    }

    private async Task MoveOwnByPathAsync()
    {
        var (folder, name) = (AnyLasting(), $"own-{number}-{_asked++}");
        var start = Stopwatch.GetTimestamp();
        using var answer = await Replica.DavAsync("MOVE", Dav(await PathAsync()), null, ("Destination", $"{Dav(await FolderPathAsync(folder))}/{name}"));
        if (!IsDone("MOVE", answer, HttpStatusCode.Created))
            return;
        await SeeOwnAsync(start, folder, name);
        await FindByPathAsync();
    }

    /// <summary>Saves its own file as editors do: by a new file that is moved over the old one, which keeps its id and its path.</summary>
    private async Task SaveOwnAsync()
    {
        var (name, body) = ($"saved-{number}-{_asked++}", Guid.NewGuid().ToString());
        var source = $"{Dav(await FolderPathAsync(_own.Folder))}/{name}";
        using (var put = await Replica.DavAsync("PUT", source, body))
        {
            if (!IsDone("PUT", put, HttpStatusCode.Created))
                return;
        }
        var start = Stopwatch.GetTimestamp();
        using var answer = await Replica.DavAsync("MOVE", source, null, ("Destination", Dav(await PathAsync())));
        if (!IsDone("SAVE", answer, HttpStatusCode.NoContent))
            return;
        await SeeOwnAsync(start, _own.Folder, _own.Name);
        using var content = await Replica.GetAsync($"/files/{_own.Id}");
        Assert.Equal(body, await content.Content.ReadAsStringAsync());
        Assert.DoesNotContain(await Replica.EntriesAsync($"{_own.Folder}?name={name}"), entry => entry.Label() == name);
    }

    /// <summary>Locks its own file. Until the lock ends, every replica refuses every change without the token, and the path holds.</summary>
    private async Task LockOwnAsync()
    {
        using var locked = await Replica.DavAsync("LOCK", Dav(await PathAsync()), DavWords.LockInfo(), ("Timeout", "Second-600"));
        if (locked.StatusCode == HttpStatusCode.Created)
            Assert.Fail("The lock of a file made another one.");
        if (!IsDone("LOCK", locked, HttpStatusCode.OK))
            return;
        var token = locked.Headers.GetValues("Lock-Token").Single();
        foreach (var http in replicas)
        {
            using var written = await http.SendAsync(HttpMethod.Put, $"/files/{_own.Id}/content", new StringContent("x"));
            await written.RefusedAsync(423, "locked");
            using var moved = await http.PatchAsync($"/files/{_own.Id}", JsonContent.Create(new { file_name = "x" }));
            await moved.RefusedAsync(423, "locked");
        }
        var start = Stopwatch.GetTimestamp();
        using (var written = await Replica.DavAsync("PUT", Dav(await PathAsync()), "mine", ("If", $"({token})")))
        {
            if (IsDone("PUT", written, HttpStatusCode.NoContent))
                await SeeOwnAsync(start, _own.Folder, _own.Name);
        }
        await Service.UntilAsync("the file is unlocked", async () =>
        {
            // A move of a folder above that began before the lock may end between the look at the path and the request.
            using var unlocked = await Replica.DavAsync("UNLOCK", Dav(await PathAsync()), null, ("Lock-Token", token));
            return IsDone("UNLOCK", unlocked, HttpStatusCode.NoContent);
        });
    }

    /// <summary>Records a change of its own file, of which WebDAV does not tell the version.</summary>
    private async Task SeeOwnAsync(long start, string folder, string name)
    {
        var seen = Seen(new PathOperation("", PathVerb.Place, start, 0), await Replica.MetadataAsync(_own.Id));
        Assert.Equal((_own.Id, folder, name), (seen.Entry, seen.Folder, seen.Name));
        tree.History.Enqueue(seen with { End = Stopwatch.GetTimestamp() });
        _own = (_own.Id, folder, name);
    }

    /// <summary>Whether a request had its effect. It may be refused only because a folder above moved after its path was read, or is locked.</summary>
    private bool IsDone(string method, HttpResponseMessage answer, HttpStatusCode success)
    {
        if (answer.StatusCode == success)
        {
            Driven.AddOrUpdate(method, 1, (_, count) => count + 1);
            return true;
        }
        Assert.True(
            answer.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Conflict or HttpStatusCode.PreconditionFailed,
            $"{method} {answer.RequestMessage?.RequestUri} was answered {answer.StatusCode}.");
        Refused.AddOrUpdate($"drive_{(int)answer.StatusCode}", 1, (_, count) => count + 1);
        return false;
    }

    private string AnyLasting() => tree.Lasting[_random.Next(tree.Lasting.Count)];

    private async Task<string> FolderPathAsync(string folder)
    {
        using var answer = await Replica.GetAsync($"/folders/{folder}/path");
        return (await answer.SucceededAsync()).Text("path");
    }

    private static string Dav(string path) => $"/dav{path}";
}
