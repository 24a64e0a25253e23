using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using FileDrop.Api.Tests.Access;
using FileDrop.Api.Tests.Files;
using FileDrop.Api.Tests.Folders;
using FileDrop.Api.Tests.Shares;
using Xunit;

namespace FileDrop.Api.Tests.Maintenance;

/// <summary>
/// A client that makes, changes and revokes shares while the service lives, downloads with their links and drops files. It knows the promise of each answer, and
/// compares after a kill.
/// </summary>
internal sealed class ShareKillClient(int number)
{
    private const int SharesAtMost = 8, LimitAtMost = 6, Big = 6 << 20;

    // Each client is seeded, so that its requests repeat; only the moment of a kill differs.
    private readonly Random _random = new(number);
    private readonly List<KilledShare> _shares = [];
    private readonly List<string> _ended = [];
    private readonly Dictionary<string, (bool IsDrop, int? Most, string Target)> _lostShares = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (string Sha256, KilledShare Share)> _drops = new(StringComparer.Ordinal), _lostDrops = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _files = new(StringComparer.Ordinal);
    private (string Place, byte[] Content, string Name)? _upload;
    private KilledShare? _uploads;
    private string _folder = "", _small = "", _big = "";
    private int _asked;

    public int Acknowledged { get; private set; }

    public int Lost { get; private set; }

    /// <summary>The files that the client has stored.</summary>
    public IEnumerable<string> Files => _files.Keys;

    /// <summary>Stores the files to share, and makes the share for resumable drops, which is never revoked.</summary>
    public async Task BeginAsync(HttpClient http)
    {
        _folder = (await http.FolderAsync($"drops {number}")).FolderId();
        foreach (var (size, name) in new[] { (20_000, "small"), (Big, "big") })
        {
            var file = await http.UploadAsync(RandomNumberGenerator.GetBytes(size), $"{name} {number}");
            _files.Add(file.Id(), file.Text("sha256"));
        }
        (_small, _big) = (_files.Keys.First(), _files.Keys.Last());
        _uploads = Made(await http.ShareAsync(new { ids = new[] { _folder }, mode = "upload", note = NewNote() }), isDrop: true, most: null, _folder);
        _shares.Remove(_uploads);
    }

    /// <summary>Sends one request after the other until an answer is lost.</summary>
    public async Task RunAsync(HttpClient http, CancellationToken stop)
    {
        // Without cookies each download counts.
        using var visitor = new HttpClient(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = http.BaseAddress, Timeout = TimeSpan.FromMinutes(1) };
        for (var lost = Lost; lost == Lost && !stop.IsCancellationRequested;)
        {
            await (_random.Next(15) switch
            {
                0 or 1 => CreateAsync(http),
                2 => ChangeAsync(http),
                3 when _shares.Count > 4 => RevokeAsync(http, visitor),
                4 or 5 or 6 or 7 => DownloadAsync(visitor),
                8 or 9 => LeaveAsync(visitor),
                10 or 11 => BreakDropAsync(visitor),
                12 => ResumeAsync(visitor),
                _ => DropAsync(visitor),
            });
        }
    }

    /// <summary>Compares the service with the answers of the one before.</summary>
    /// <param name="http">The owner's client.</param>
    /// <param name="files">All files, which are whole.</param>
    /// <returns>The ids of the files that are this client's.</returns>
    public async Task<IReadOnlyList<string>> CompareAsync(HttpClient http, IReadOnlyList<JsonElement> files)
    {
        // Drops first: the counts of their shares depend on them.
        var dropped = files.Where(file => file.TryGetProperty("folder_id", out var folder) && folder.GetString() == _folder).ToDictionary(file => file.Text("file_name"));
        foreach (var (name, drop) in _lostDrops.Where(drop => dropped.ContainsKey(drop.Key)))
        {
            _drops.Add(name, drop);
            drop.Share.WasUsed();
        }
        _lostDrops.Clear();
        Assert.Equal(_drops.Select(drop => $"{drop.Key} {drop.Value.Sha256}").Order(), dropped.Select(file => $"{file.Key} {file.Value.Text("sha256")}").Order());
        if (_upload is { } upload && _drops.ContainsKey(upload.Name))
            _upload = null;

        var found = (await ListAsync(http)).Where(share => share.Text("note").StartsWith($"{number}-", StringComparison.Ordinal)).ToDictionary(share => share.Text("share_id"));
        foreach (var share in _shares.Append(_uploads ?? throw new InvalidOperationException("The client has not begun.")).ToList())
        {
            if (found.Remove(share.Id, out var now))
            {
                share.Compare(now);
                continue;
            }
            Assert.True(share.MayHaveEnded, $"The acknowledged share {share.Note} is gone.");
            End(share);
        }
        foreach (var share in found.Values)
        {
            Assert.True(_lostShares.TryGetValue(share.Text("note"), out var lost), $"Nobody made the share {share}, or it was ended.");
            Made(share, lost.IsDrop, lost.Most, lost.Target).Compare(share);
        }
        _lostShares.Clear();
        foreach (var link in _ended.TakeLast(3))
            Assert.Contains(await http.StatusAsync(link), new[] { HttpStatusCode.NotFound, HttpStatusCode.TooManyRequests });
        return [.. Files, .. dropped.Values.Select(HttpWords.Id)];
    }

    /// <summary>Ends the upload in progress, if there is one.</summary>
    public async Task EndUploadAsync(HttpClient http)
    {
        if (_upload is not { } upload)
            return;
        using var answer = await http.SendAsync(HttpMethod.Delete, upload.Place, null, ("Tus-Resumable", "1.0.0"));
        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
    }

    private async Task CreateAsync(HttpClient http)
    {
        if (_shares.Count >= SharesAtMost && _shares.Find(share => share.IsFull) is { } full)
        {
            await RevokeAsync(http, visitor: null, full);
            return;
        }
        var (isDrop, most, target) = _random.Next(4) switch
        {
            0 => (false, null, _small),
            1 => (false, 1 + _random.Next(3), _small),
            2 => (false, (int?)2, _big),
            _ => (true, 3 + _random.Next(6), _folder),
        };
        var note = NewNote();
        object wanted = isDrop
            ? new { ids = new[] { target }, mode = "upload", note, drop = new { max_files = most } }
            : most is null ? new { ids = new[] { target }, note } : new { ids = new[] { target }, note, max_downloads = most };
        using var answer = await TryAsync(http.PostAsync("/shares", AccessWords.Json(wanted)));
        if (IsKnown(answer))
            Made(await answer!.JsonAsync(), isDrop, most, target);
        else
            _lostShares.Add(note, (isDrop, most, target));
    }

    private async Task ChangeAsync(HttpClient http)
    {
        if (Pick(_ => true) is not { } share)
            return;
        var (note, most) = (NewNote(), !share.IsDrop && share.Most < LimitAtMost ? share.Most + 1 : share.Most);
        object change = share.IsDrop || most is null ? new { note } : new { note, max_downloads = most };
        share.States.Add((note, most));
        using var answer = await TryAsync(http.PatchAsync($"/shares/{share.Id}", AccessWords.Json(change)));
        if (IsKnown(answer))
            share.States.RemoveAt(0);
    }

    private Task RevokeAsync(HttpClient http, HttpClient visitor) => Pick(_ => true) is { } share ? RevokeAsync(http, visitor, share) : Task.CompletedTask;

    private async Task RevokeAsync(HttpClient http, HttpClient? visitor, KilledShare share)
    {
        using var answer = await TryAsync(http.DeleteAsync($"/shares/{share.Id}"));
        if (!IsKnown(answer))
        {
            share.MayHaveEnded = true;
            return;
        }
        End(share);
        using var gone = visitor is null ? null : await TryAsync(visitor.GetAsync(share.Link));
        Assert.True(gone is null || (int)gone.StatusCode is 404 or 429, $"{gone?.StatusCode} to a link that has ended");
    }

    private async Task DownloadAsync(HttpClient visitor)
    {
        if (Pick(share => !share.IsDrop && (!share.IsFull || _random.Next(10) == 0)) is not { } share)
            return;
        using var answer = await TryAsync(visitor.GetAsync(share.Link));
        if (!IsAdmitted(share, answer))
            return;
        Assert.Equal(_files[share.Target], Hash(await answer!.Content.ReadAsByteArrayAsync()));
        share.Used();
    }

    /// <summary>Begins a download, which counts with its first byte, and goes away.</summary>
    private async Task LeaveAsync(HttpClient visitor)
    {
        if (Pick(share => share.Target == _big && !share.IsFull) is not { } share)
            return;
        using var request = new HttpRequestMessage(HttpMethod.Get, share.Link);
        using var answer = await TryAsync(visitor.SendAsync(request, HttpCompletionOption.ResponseHeadersRead));
        if (IsAdmitted(share, answer))
            share.Used();
    }

    private async Task DropAsync(HttpClient visitor)
    {
        if (Pick(share => share.IsDrop && (!share.IsFull || _random.Next(10) == 0)) is not { } share)
            return;
        var (name, content) = NewDrop();
        using var body = new ByteArrayContent(content);
        var path = $"{share.Link}/{name}";
        using var answer = await TryAsync(_random.Next(3) == 0 ? visitor.SendChunkedAsync(HttpMethod.Put, path, body) : visitor.PutAsync(path, body));
        if (answer?.StatusCode is HttpStatusCode.InsufficientStorage && share.MayBeFull)
            return;
        if (!IsKnown(answer))
        {
            _lostDrops.Add(name, (Hash(content), share));
            share.MayBeUsed();
            return;
        }
        var receipt = await answer!.JsonAsync();
        Assert.Equal((name, Hash(content)), (receipt.Text("file_name"), receipt.Text("sha256")));
        _drops.Add(name, (Hash(content), share));
        share.Used();
    }

    /// <summary>Disconnects in the middle of a drop, which therefore can never be seen.</summary>
    private async Task BreakDropAsync(HttpClient visitor)
    {
        if (Pick(share => share.IsDrop && !share.IsFull) is not { } share)
            return;
        // Its room is given back a moment later, or never if the service is killed before.
        share.MayBeUsed();
        var (name, content) = NewDrop();
        using var body = new GatedContent(content, content.Length / 2);
        var sending = visitor.PutAsync($"{share.Link}/{name}", body);
        await Task.WhenAny(sending, body.Stopped);
        body.Break();
        using var answer = await TryAsync(sending, mayBreak: true);
        Assert.False(answer is { IsSuccessStatusCode: true }, "Half a body was taken for a whole one.");
    }

    /// <summary>Sends one request of a resumable drop, which continues through all kills.</summary>
    private async Task ResumeAsync(HttpClient visitor)
    {
        var share = _uploads ?? throw new InvalidOperationException("The client has not begun.");
        if (_upload is not { } upload)
        {
            var (name, content) = NewDrop();
            using var begun = await TryAsync(visitor.SendAsync(HttpMethod.Post, $"{share.Link}/uploads", null, ("Tus-Resumable", "1.0.0"),
                ("Upload-Length", $"{content.Length}"), ("Upload-Metadata", $"filename {Convert.ToBase64String(Encoding.UTF8.GetBytes(name))}")));
            // Without an answer, the upload is unknown to its client and has no bytes.
            if (IsKnown(begun))
                _upload = (begun!.Headers.Location!.OriginalString, content, name);
            return;
        }
        using var head = await TryAsync(visitor.SendAsync(HttpMethod.Head, upload.Place, null, ("Tus-Resumable", "1.0.0")));
        if (!IsKnown(head))
        {
            // Reading a sealed upload makes it a file.
            MayBeComplete();
            return;
        }
        var offset = int.Parse(head!.Headers.GetValues("Upload-Offset").Single(), CultureInfo.InvariantCulture);
        var count = Math.Min(upload.Content.Length - offset, Math.Max(1, upload.Content.Length / 3));
        using var append = await TryAsync(visitor.SendAsync(HttpMethod.Patch, upload.Place, new ByteArrayContent(upload.Content, offset, count),
            ("Tus-Resumable", "1.0.0"), ("Upload-Offset", $"{offset}"), ("Content-Type", "application/offset+octet-stream")));
        if (!IsKnown(append))
        {
            if (offset + count == upload.Content.Length)
                MayBeComplete();
        }
        else if (offset + count == upload.Content.Length)
        {
            _lostDrops.Remove(upload.Name);
            _drops.Add(upload.Name, (Hash(upload.Content), share));
            share.Used();
            _upload = null;
        }

        void MayBeComplete()
        {
            // Each try can leave a reservation.
            share.MayBeUsed();
            _lostDrops[upload.Name] = (Hash(upload.Content), share);
        }
    }

    private KilledShare Made(JsonElement share, bool isDrop, int? most, string target)
    {
        var made = new KilledShare(share.Text("share_id"), share.Text("url"), isDrop, target) { States = [(share.Text("note"), most)] };
        _shares.Add(made);
        return made;
    }

    private void End(KilledShare share)
    {
        _shares.Remove(share);
        _ended.Add(share.Link);
    }

    private KilledShare? Pick(Func<KilledShare, bool> fits)
    {
        var fitting = _shares.Where(fits).ToList();
        return fitting.Count == 0 ? null : fitting[_random.Next(fitting.Count)];
    }

    /// <summary>Whether a download was let in. It may be refused only if the limit can be reached.</summary>
    private bool IsAdmitted(KilledShare share, HttpResponseMessage? answer)
    {
        if ((int?)answer?.StatusCode is 404 or 429 && share.MayBeFull)
            return false;
        if (IsKnown(answer))
            return true;
        share.MayBeUsed();
        return false;
    }

    /// <summary>Whether the service acknowledged the request, which is valid and must not be refused.</summary>
    private bool IsKnown(HttpResponseMessage? answer)
    {
        if (answer is null)
            return false;
        Assert.True(answer.IsSuccessStatusCode || (int)answer.StatusCode >= 500, $"{(int)answer.StatusCode} to {answer.RequestMessage?.Method} {answer.RequestMessage?.RequestUri}");
        Acknowledged += answer.IsSuccessStatusCode ? 1 : 0;
        return answer.IsSuccessStatusCode;
    }

    /// <summary>Reads the answer to its end; null if it was lost.</summary>
    private async Task<HttpResponseMessage?> TryAsync(Task<HttpResponseMessage> sending, bool mayBreak = false)
    {
        try
        {
            return await sending;
        }
        catch (Exception cut) when (cut is HttpRequestException or SocketException or IOException)
        {
            Lost += mayBreak ? 0 : 1;
            return null;
        }
    }

    private static async Task<IReadOnlyList<JsonElement>> ListAsync(HttpClient http)
    {
        var all = new List<JsonElement>();
        for (var next = "/shares"; next is not null;)
        {
            using var page = await http.GetAsync(next);
            all.AddRange((await page.SucceededAsync()).EnumerateArray());
            next = page.Headers.TryGetValues("Link", out var link) ? link.Single().Split('<', '>')[1] : null;
        }
        return all;
    }

    private string NewNote() => $"{number}-{_asked++}";

    private (string Name, byte[] Content) NewDrop() => ($"d{number}-{_asked++}", RandomNumberGenerator.GetBytes(2 + _random.Next(100_000)));

    private static string Hash(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));
}
