using System.Globalization;
using System.Net;
using FileDrop.Api.Tests.Dav;
using Xunit;

namespace FileDrop.Api.Tests.Maintenance;

// The same tree as a drive. Its locks are on a file beside the tree, which nobody changes without the token.
internal sealed partial class FolderKillClient
{
    /// <summary>Stands between the path of a resource and its destination.</summary>
    private const string Arrow = " -> ";

    /// <summary>The name of a file that is to be moved over another one. It has no earlier versions, so it leaves nothing in the trash.</summary>
    private const string NewName = "new";

    /// <summary>The token of the lock that the file has for certain; null if it has none for certain.</summary>
    private string? _token;

    /// <summary>Whether the answer to a LOCK or an UNLOCK was lost, so that the file may or may not be locked.</summary>
    private bool _isLockOpen;

    private string LockedPath => $"/dav/{Uri.EscapeDataString($"locked {number}")}";

    /// <summary>Compares the tree and the lock with the answers.</summary>
    public async Task CompareAsync(HttpClient http)
    {
        await SettleAsync(http);
        if (_isLockOpen)
        {
            // The drive itself tells the effect of the lost answer.
            using var found = await http.DavAsync("PROPFIND", LockedPath, null, ("Depth", "0"));
            var token = found.StatusCode == HttpStatusCode.MultiStatus
                ? System.Xml.Linq.XElement.Parse(await found.Content.ReadAsStringAsync()).Descendants(DavWords.D + "locktoken").SingleOrDefault()?.Value : null;
            (_token, _isLockOpen) = (token is null ? null : $"<{token}>", false);
        }
        await CheckLockAsync(http);
    }

    private async Task DriveAsync(HttpClient http, int verb, int? file, int? folder, int target, string name)
    {
        var (there, isFree, hasRoom, other) = (Dav(target, name), Tree.At(target, name) is null, Tree.Entries.Count < EntriesAtMost, Tree.At(target, name) ?? 0);
        switch (verb)
        {
            case 15 when isFree && hasRoom:
                await SendAsync(new("MKCOL"), there, null, http, ++_last, Tree.With(_last, new KillEntry(target, name, 1, null)));
                break;
            case 16 when isFree && hasRoom:
                await PutAsync(http, target, name);
                break;
            case 16 when !isFree && !Tree[other].IsFolder:
                var body = NewBody(out var sha256);
                await SendAsync(HttpMethod.Put, there, body, http, null, Tree.With(other, Tree[other] with { Version = Tree[other].Version + 1, Sha256 = sha256 }));
                break;
            case 17 when file is { } source && isFree && hasRoom:
                await SendAsync(new("COPY"), Dav(source) + Arrow + there, null, http, ++_last,
                    Tree.With(_last, Tree[source] with { Folder = target, Name = name, Version = 1 }));
                break;
            case 17 when file is { } source && source != other && !isFree && !Tree[other].IsFolder:
                await SendAsync(new("COPY"), Dav(source) + Arrow + there, null, http, null, Over(source, other));
                break;
            case 18 when (folder ?? file) is { } moved && isFree && !Tree.IsWithin(target, moved):
                await SendAsync(new("MOVE"), Dav(moved) + Arrow + there, null, http, null, Tree.Place(moved, target, name));
                break;
            case 19 or 20 when !isFree && !Tree[other].IsFolder && hasRoom:
                await SaveAsync(http, target, other);
                break;
            case 21 when (_random.Next(2) == 0 ? folder : file) is { } deleted:
                await SendAsync(HttpMethod.Delete, Dav(deleted), null, http, null, Tree.Trash(deleted));
                break;
            case 22 or 23:
                await LockOrUnlockAsync(http);
                break;
            default:
                break;
        }
    }

    private Task PutAsync(HttpClient http, int folder, string name)
    {
        var body = NewBody(out var sha256);
        return SendAsync(HttpMethod.Put, Dav(folder, name), body, http, ++_last, Tree.With(_last, new KillEntry(folder, name, 1, sha256)));
    }

    /// <summary>Saves as editors do: writes a new file, then moves it over the old one, which keeps its id.</summary>
    private async Task SaveAsync(HttpClient http, int folder, int replaced)
    {
        if (Tree.At(folder, NewName) is null)
            await PutAsync(http, folder, NewName);
        if (_candidates.Count > 1 || Tree.At(folder, NewName) is not { } source)
            return;
        var copied = Over(source, replaced);
        await SendAsync(new("MOVE"), Dav(source) + Arrow + Dav(replaced), null, http, null, copied, copied.Purge(source));
    }

    private KillTree Over(int source, int replaced) =>
        Tree.With(replaced, Tree[replaced] with { Version = Tree[replaced].Version + 1, Sha256 = Tree[source].Sha256 });

    private async Task LockOrUnlockAsync(HttpClient http)
    {
        _isLockOpen = true;
        using var answer = _token is { } held
            ? await http.DavAsync("UNLOCK", LockedPath, null, ("Lock-Token", held))
            : await http.DavAsync("LOCK", LockedPath, DavWords.LockInfo(), ("Timeout", "Second-3600"));
        if ((int)answer.StatusCode < 500)
        {
            Assert.True(answer.IsSuccessStatusCode, $"{LockedPath} had the lock {_token}: {answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
            (_token, _isLockOpen) = (_token is null ? answer.Headers.GetValues("Lock-Token").Single() : null, false);
            Acknowledged++;
        }
        await CompareAsync(http);
    }

    /// <summary>Checks that a lock keeps everybody out who does not name it, and that the file is free without one.</summary>
    private async Task CheckLockAsync(HttpClient http)
    {
        var body = number.ToString(CultureInfo.InvariantCulture);
        using var refused = await http.DavAsync("PUT", LockedPath, body);
        if ((int)refused.StatusCode >= 500)
            return;
        Assert.True(
            _token is null ? refused.IsSuccessStatusCode : refused.StatusCode == HttpStatusCode.Locked,
            $"{LockedPath} has the lock {_token}, and PUT without a token was answered {refused.StatusCode}.");
        if (_token is not null)
            await http.DavOkAsync(204, "PUT", LockedPath, body, ("If", $"({_token})"));
    }

    private string Dav(int folder, string name) => $"{Dav(folder)}/{name}";

    private string Dav(int entry) => $"/dav/{Uri.EscapeDataString(TopName)}{Tree.PathOf(entry)}";
}
