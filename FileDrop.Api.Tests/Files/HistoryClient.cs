using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using Xunit;

namespace FileDrop.Api.Tests.Files;

/// <summary>A file that many clients share, with the history of their operations.</summary>
public sealed class SharedFile(string id)
{
    private int _missed;

    public string Id { get; } = id;

    public ConcurrentQueue<Operation> History { get; } = new();

    /// <summary>Whether this is the first call: the first client that finds the file gone replaces it.</summary>
    public bool IsFirstToMiss() => Interlocked.Exchange(ref _missed, 1) == 0;
}

/// <summary>A client that makes random operations on shared files, and records them.</summary>
/// <param name="http">The replica to use.</param>
/// <param name="number">The client's number.</param>
/// <param name="files">The files to choose from; a missing one is replaced.</param>
/// <param name="all">All files ever created.</param>
internal sealed class HistoryClient(HttpClient http, int number, SharedFile[] files, ConcurrentBag<SharedFile> all)
{
    // Each client is seeded, so that its requests repeat; only their interleaving differs.
    private readonly Random _random = new(number);

    /// <summary>The last version of each file that this client has seen, with its hash, for If-Match.</summary>
    private readonly Dictionary<string, (long Version, string Sha256)> _seen = new(StringComparer.Ordinal);
    private int _asked;

    public async Task RunAsync(int operations, Action beforeEach)
    {
        for (var i = 0; i < operations; i++)
        {
            beforeEach();
            var place = _random.Next(files.Length);
            var file = files[place];
            if (!await DoAsync(file) && file.IsFirstToMiss())
                files[place] = await CreateAsync();
        }
    }

    /// <summary>Runs before all other clients, until a replacement with If-Match has succeeded; later, concurrency decides that.</summary>
    public async Task BeginAsync(int place)
    {
        files[place] = await CreateAsync();
        while (!files[place].History.Any(one => one is { Verb: Verb.Replace, Answer: Answer.Done, IfVersion: not null }))
            if (!await DoAsync(files[place]))
                files[place] = await CreateAsync();
    }

    /// <summary>Uploads a file; repeats the upload if the answer is lost, because the lost file's id is unknown.</summary>
    public async Task<SharedFile> CreateAsync()
    {
        while (true)
        {
            var (content, name, start) = (NewContent(out var hash), NewName(), Stopwatch.GetTimestamp());
            using var body = new ByteArrayContent(content);
            using var answer = await http.PostAsync($"/files/upload?file_name={name}", body);
            if ((int)answer.StatusCode >= 500)
                continue;
            Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
            var made = await answer.JsonAsync();
            var file = new SharedFile(made.Id());
            var asked = new Operation(Verb.Create, Answer.Done, start, Stopwatch.GetTimestamp(), Content: hash, Name: name);
            file.History.Enqueue(Told(file, asked, made));
            all.Add(file);
            return file;
        }
    }

    /// <summary>Makes one operation. False if the file no longer exists.</summary>
    private async Task<bool> DoAsync(SharedFile file)
    {
        using var request = new HttpRequestMessage();
        var (asked, path) = Ask(request);
        if (asked.Verb != Verb.Read && _random.Next(2) == 0 && _seen.TryGetValue(file.Id, out var seen))
        {
            asked = asked with { IfVersion = seen.Version };
            request.Headers.IfMatch.Add(new EntityTagHeaderValue($"\"{seen.Version}-{seen.Sha256[..16]}\""));
        }
        request.RequestUri = new Uri($"/files/{file.Id}{path}", UriKind.Relative);

        asked = asked with { Start = Stopwatch.GetTimestamp() };
        using var answer = await http.SendAsync(request);
        asked = asked with
        {
            End = Stopwatch.GetTimestamp(),
            Answer = answer.StatusCode switch
            {
                HttpStatusCode.OK => Answer.Done,
                HttpStatusCode.PreconditionFailed => Answer.Refused,
                HttpStatusCode.NotFound => Answer.Missing,
                >= HttpStatusCode.InternalServerError => Answer.Unknown,
                var other => throw new InvalidOperationException($"{other} to {asked}"),
            },
        };
        file.History.Enqueue(asked.Answer == Answer.Done ? await ToldAsync(file, asked, path, answer) : asked);
        return asked.Answer != Answer.Missing && asked is not { Verb: Verb.Delete, Answer: Answer.Done };
    }

    private (Operation Asked, string Path) Ask(HttpRequestMessage request)
    {
        switch (_random.Next(20))
        {
            case < 5:
                (request.Method, request.Content) = (HttpMethod.Put, new ByteArrayContent(NewContent(out var hash)));
                return (new Operation(Verb.Replace, Answer.Unknown, 0, 0, Content: hash), "/content");
            case < 9:
                var name = NewName();
                (request.Method, request.Content) = (HttpMethod.Put, JsonContent.Create(new { file_name = name }));
                return (new Operation(Verb.Rename, Answer.Unknown, 0, 0, Name: name), "");
            case 9 when _random.Next(4) == 0:
                request.Method = HttpMethod.Delete;
                return (new Operation(Verb.Delete, Answer.Unknown, 0, 0), "");
            case < 14:
                return (new Operation(Verb.Read, Answer.Unknown, 0, 0), "/metadata");
            default:
                return (new Operation(Verb.Read, Answer.Unknown, 0, 0), "");
        }
    }

    private async Task<Operation> ToldAsync(SharedFile file, Operation asked, string path, HttpResponseMessage answer)
    {
        if (asked.Verb == Verb.Delete)
            return asked;
        if (asked.IsChange)
            return Told(file, asked, (await answer.JsonAsync()).GetProperty("file"));
        if (path.Length > 0)
        {
            var read = await answer.JsonAsync();
            var (version, sha256) = See(file, read.GetProperty("version").GetInt64(), read.GetProperty("sha256").GetString() ?? "");
            return asked with { Version = version, Content = sha256, Name = read.GetProperty("file_name").GetString() };
        }
        // A reader gets the version from the entity tag, and hashes the content itself.
        var hash = Convert.ToHexStringLower(SHA256.HashData(await answer.Content.ReadAsByteArrayAsync()));
        var tag = answer.Headers.ETag?.Tag.Trim('"').Split('-') ?? [];
        Assert.Equal(hash[..16], tag[1]);
        return asked with { Version = See(file, long.Parse(tag[0], CultureInfo.InvariantCulture), hash).Version, Content = hash };
    }

    private Operation Told(SharedFile file, Operation asked, JsonElement answer)
    {
        var (version, sha256) = See(file, answer.GetProperty("version").GetInt64(), answer.GetProperty("sha256").GetString() ?? "");
        if (asked.Name is not null)
            Assert.Equal(asked.Name, answer.GetProperty("file_name").GetString());
        return asked with { Version = version, SeenContent = sha256 };
    }

    private (long Version, string Sha256) See(SharedFile file, long version, string sha256) => _seen[file.Id] = (version, sha256);

    private string NewName() => $"c{number}-{_asked++}";

    private byte[] NewContent(out string hash)
    {
        var content = RandomNumberGenerator.GetBytes(1 + _random.Next(_random.Next(10) == 0 ? 300_000 : 5_000));
        hash = Convert.ToHexStringLower(SHA256.HashData(content));
        return content;
    }
}
