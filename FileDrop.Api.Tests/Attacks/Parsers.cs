using System.Buffers.Text;
using System.Globalization;
using System.Text;
using FileDrop.Api.Access;
using FileDrop.Api.Catalog;
using FileDrop.Api.Contents;
using FileDrop.Api.Edge;
using FileDrop.Api.Files;
using FileDrop.Api.Folders;
using FileDrop.Api.Hashing;
using FileDrop.Api.Http;
using FileDrop.Api.Keys;
using FileDrop.Api.Links;
using FileDrop.Api.Settings;
using FileDrop.Api.Tests.Files;
using FileDrop.Api.Text;
using FileDrop.Api.Uploads;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace FileDrop.Api.Tests.Attacks;

/// <summary>Every parser of untrusted input, with texts that it accepts and checks that must hold for any text.</summary>
internal static class Parsers
{
    private static readonly FileDropOptions Options = new() { DataDirectory = "" };
    private static readonly LinkKey SigningKey = new(1, Encoding.UTF8.GetBytes("0123456789abcdef0123456789abcdef"), DateTimeOffset.UnixEpoch);
    private static readonly Guid FileId = Guid.Parse("019ab3c2-7c1e-7d44-9a51-0c5f3f9b8a10");
    private static readonly string Grant = new LinkGrant("local", FileId, 7, DateTimeOffset.UnixEpoch).Write(SigningKey);
    private static readonly ListQuery BySize = new("local", false, FileSort.FileSize, true, 10, null, new ListFilter());
    private static readonly ListQuery ByName = BySize with { Sort = FileSort.FileName };
    private static readonly CatalogFile File = new(FileId, "local", "a.txt", FileTags.None, 3, DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch,
        new FileContent(FileId, 5, "text/plain", new string('0', 64), 1, 3, DateTimeOffset.UnixEpoch));

    private static readonly WalkPosition Walk = new([new ListPosition(5, null, FileId)], EntryKind.File, new ListPosition(6, null, FileId));

    public static Dictionary<string, (string[] Seeds, Action<string> Parse)> All { get; } = new(StringComparer.Ordinal)
    {
        ["API key"] = ([$"fd_0123456789abcdef_{new string('A', 43)}", $"fd_0123456789abcdef_{Base64Url.EncodeToString(new byte[32].Select(_ => (byte)0xfb).ToArray())}"], text =>
        {
            if (ApiKeys.TrySplit(text, out var id, out var secret))
                Assert.Equal($"fd_{id}_{Base64Url.EncodeToString(secret)}", text);
        }
        ),
        ["credential"] = ([$"Bearer fd_0123456789abcdef_{new string('A', 43)}", "Basic OmZkXzAxMjM=", "basic dXNlcjpwYXNz", "Negotiate x"], text => KeyAuthentication.ReadKey(text)),
        ["grant"] = ([Grant], text =>
        {
            LinkGrant.KeyOf(text);
            if (LinkGrant.Read(text, FileId, SigningKey) is not null)
                Assert.Equal(Grant, text);
        }
        ),
        ["cursor"] = ([ListRequest.WriteCursor(BySize, new ListPosition(5, null, FileId))], text =>
            Assert.Equal(text, ListRequest.WriteCursor(BySize, ListRequest.ReadCursor(text, BySize)))),
        ["cursor of names"] = ([ListRequest.WriteCursor(ByName, new ListPosition(0, "ŻÓŁĆ.TXT", FileId))], text =>
            Assert.Equal(text, ListRequest.WriteCursor(ByName, ListRequest.ReadCursor(text, ByName)))),
        ["id"] = ([$"{FileId}"], text =>
        {
            if (Parameters.TryReadId(text, out var id))
                Assert.Equal($"{id}", text, ignoreCase: true);
        }
        ),
        ["list's query"] = (
        [
            "limit=5&sort=file_name&order=asc&name=a", "tag=a:b&type=text/*&created_after=2026-11-23T08:25:25.123Z&min_size=1&max_size=9",
            $"cursor={ListRequest.WriteCursor(BySize, new ListPosition(5, null, FileId))}&sort=file_size", "created_before=9999-12-31T23:59:59.9999%2B00:00",
        ], text => ReadList(text)),
        ["audit list's query"] = (["limit=5&cursor=a&event=x", "limits=1", "offset=1"], text =>
            Refuses(ListParameters.AreUnderstoodByAudit(Query(text), out var problem), problem)),
        ["flag"] = (["permanent=true", "permanent=false"], text => Parameters.TryReadFlag(Query(text), "permanent", out _)),
        ["version"] = (["1", "9223372036854775807"], text => Parameters.TryReadVersion(text, out _)),
        ["preconditions"] = (["\"3-0000000000000000\"", "W/\"x\", \"y\"", "*", "Thu, 01 Jan 1970 00:00:00 GMT"], ReadPreconditions),
        ["range"] = (["bytes=0-3", "bytes=-2", "bytes=1-", "bytes=0-0,1-1"], text =>
        {
            foreach (var size in new[] { 0L, 1, 5, long.MaxValue })
            {
                var range = ByteRange.Of(text, size);
                Assert.True(range.Offset >= 0 && range.Count >= 0 && range.Offset <= size - range.Count, $"{range} of {size}");
            }
        }
        ),
        ["digest"] = ([$"sha-256={Convert.ToBase64String(new byte[32])}", Requests.Digest("x"), $"{Requests.Digest("x")}, sha-512=:AAAA:"], text =>
            Says(ContentDigest.TryRead([text], out _, out var wrong), wrong)),
        ["disposition"] = (["form-data; name=\"a\"; filename=\"b.txt\"", "attachment; filename*=UTF-8''%e2%82%ac.txt", "attachment; filename*=iso-8859-1'en'%A3"], text =>
        {
            ContentDisposition.Parse(text, inForm: true);
            ContentDisposition.Parse(text, inForm: false);
        }
        ),
        ["raw name"] = (["file_name=a.txt", "attachment; filename*=UTF-8''%e2%82%ac.txt", "file_name=%E9"], text =>
        {
            foreach (var request in new[] { Request(), Request(("Content-Disposition", text)) })
            {
                if (request.Headers.Count == 0)
                    request.QueryString = new QueryString($"?{text}");
                Refuses(FileRequest.TryReadRawName(request, out var name, out var problem), problem);
                Assert.True(name is null || Generators.IsAllowed(name), name);
            }
        }
        ),
        ["type"] = (["text/plain; charset=utf-8", "image/*", "application/x-www-form-urlencoded"], text =>
        {
            Says(FileType.TryRead(text, raw: true, out var type, out var wrong), wrong);
            FileType.MayBeInline(type ?? text);
            Assert.DoesNotContain(type ?? "", each => each is < ' ' or > '~');
        }
        ),
        ["name"] = (["Żółć 灯泡.pdf", "C:\\a\\b.txt", "e\u0301"], text =>
        {
            Says(FileName.TryMake(text, out var name, out var wrong), wrong);
            Assert.True(name is null || Generators.IsAllowed(name), name);
            Says(FileName.TryMake(FileType.OfName(text), out _, out wrong), wrong);
            Says(FileName.TryMakeSegment(text, out name, out wrong), wrong);
            Assert.True(name is null || (Generators.IsAllowed(text) && name == Generators.Composed(text)), name);
        }
        ),
        ["tags"] = (["{\"project\":\"apollo\",\"ż\":\"\"}", "{}"], text => Says(FileTags.TryParse(text, out _, out var wrong), wrong)),
        ["idempotency key"] = (["k-1", "\"k\\\"1\""], text => Refuses(FileRequest.TryReadIdempotencyKey(Request(("Idempotency-Key", text)), out _, out var problem), problem)),
        ["fields of an upload"] = (["gzip", "identity", "bytes 0-1/2", "?1", "3", "1.0.0", "multipart/form-data; boundary=b", "application/partial-upload"], text =>
        {
            var request = Request(("Content-Range", text), ("Content-Encoding", text), ("Upload-Incomplete", text), ("Upload-Offset", text), ("Upload-Complete", text), ("Content-Type", text),
                ("Upload-Length", text), ("Origin", text), ("Sec-Fetch-Site", text), ("Transfer-Encoding", text));
            IsClients(FileRequest.CheckHeaders(request, FileRequest.IsForm(request) || FileRequest.IsJson(request), 10));
            foreach (var field in request.Headers.Keys)
            {
                IsClients(FileRequest.CheckHeaders(Request((field, text)), isForm: false, 10));
                DraftFields.ReadBoolean(request, field);
                DraftFields.ReadNumber(request, field);
            }
            Framing.Refuse(request);
            SafeByDefault.IsForeign(request, Options);
        }
        ),
        ["tus's metadata"] = (["filename YS50eHQ=,filetype dGV4dC9wbGFpbg==,tags e30=", "is_confidential", "name YQ=="], text =>
        {
            Refuses(TusRequest.TryReadPlan(Request(("Upload-Metadata", text)), out var plan, out _, out var problem), problem);
            Assert.DoesNotContain(plan?.Metadata ?? "", each => each is < ' ' or > '~');
        }
        ),
        ["tus's concatenation"] = (["partial", $"final;/uploads/{FileId} https://a.example/uploads/{FileId}"], text =>
        {
            Refuses(TusRequest.TryReadPlan(Request(("Upload-Concat", text)), out _, out _, out var problem), problem);
            TusRequest.ReadFinal(text);
        }
        ),
        ["tus's numbers"] = (["0", "5", "9223372036854775807"], text => Refuses(TusFields.TryReadNumber(Request(("Upload-Length", text)), "Upload-Length", out _, out var problem), problem)),
        ["checksum"] = (["sha1 qvTGHdzF6KLavt4PO0gs2a6pQ00=", $"sha256 {Convert.ToBase64String(new byte[32])}"], text =>
        {
            foreach (var field in new[] { "Upload-Checksum", "Trailer" })
            {
                Refuses(RequestChecksum.TryReadTus(Request((field, text)), out var check, out var problem), problem);
                check?.Dispose();
            }
        }
        ),
        ["scopes"] = (["read write", "admin", "read,delete"], text => Scopes.TryParse(text.Split(' '), out _, out _)),
        ["owner"] = (["local", "https://login.example.com#anne", "e\u0301\ufffe"], text =>
        {
            ApiKeys.IsName(text);
            if (ApiKeys.IsOwner(text))
                Assert.DoesNotContain(text, char.IsControl);
        }
        ),
        ["owner in a query"] = (["owner=a", "owner=%C5%BB", "owner=%E9"], text => Parameters.IsUtf8(new QueryString($"?{text}"), "owner")),
        ["value in a log"] = (["a", "Ż\u2028", "🎉\u202e"], text => Assert.DoesNotContain(UnicodeText.Escape(text), each =>
            char.IsControl(each) || char.GetUnicodeCategory(each) is UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator)),
        ["JSON of a key"] = (["{\"name\":\"x\",\"owner\":\"o\",\"scopes\":[\"read\"],\"expires_at\":\"2100-01-01T00:00:00Z\"}"], text => ReadJson(text, json => NewKey.Read(json, DateTimeOffset.UnixEpoch))),
        ["JSON of a file"] = (["{\"file_name\":\"a\",\"tags\":{\"k\":\"v\"}}"], text =>
            FileRequest.ReadChangeAsync(Body(text, "application/json"), Options).GetAwaiter().GetResult()),
        ["JSON of a folder"] = (["{\"name\":\"a\",\"parent_id\":null,\"on_conflict\":\"rename\"}"], text => ReadJson(text, FolderBody.ReadNew)),
        ["JSON of a folder's change"] = (["{\"name\":\"a\"}", "{\"parent_id\":\"root\"}"], text => ReadJson(text, FolderBody.ReadChange)),
        ["JSON of a folder's restoration"] = ([$"{{\"parent_id\":\"{FileId}\"}}", "{}"], text => ReadJson(text, FolderBody.ReadRestoration)),
        ["JSON of a restoration"] = ([$"{{\"folder_id\":\"{FileId}\",\"on_conflict\":\"replace\"}}"], text => ReadJson(text, RestoreTarget.Read)),
        ["path"] = (["/paths/a/b%20c/", "/paths", "/paths/%C5%BB", "/%70aths/e%CC%81"], text =>
        {
            if (text.StartsWith('/'))
                Assert.All(PathTarget.Parse(text, "paths").Names, name => Assert.True(Generators.IsAllowed(name), name));
        }
        ),
        ["query of entries"] = (["deep=true", "limit=5&sort=file_size&order=asc&name=a", $"deep=true&cursor={Entries("deep=true").Write(Walk)}", $"cursor={Entries("").Write(EntryPosition.Start)}"], text =>
        {
            var entries = Entries(text);
            if (entries.IsDeep && entries.ReadWalk() is { } walk)
                Assert.Equal(entries.Write(walk), ListRequest.Cursor(Query(text)));
            else if (!entries.IsDeep && entries.Cursor is not null)
                Assert.Equal(entries.Write(entries.ReadPlace()), ListRequest.Cursor(Query(text)));
        }
        ),
        ["JSON of a copy"] = (["{\"file_name\":\"a\",\"tags\":{\"k\":\"v\"}}", "{}"], text => ReadJson(text, FileBodyJson.ReadCopy)),
        ["JSON of a link"] = (["{\"version\":1}", "{}"], text => ReadJson(text, LinkEndpoints.ReadVersion)),
        ["form"] = (
        [
            "--b\r\nContent-Disposition: form-data; name=\"tags\"\r\n\r\n{\"a\":\"b\"}\r\n--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"n.txt\"\r\n"
                + "Content-Type: text/plain\r\n\r\nform content\r\n--b--\r\n",
        ], text => ReadFormAsync(text).GetAwaiter().GetResult()),
    };

    /// <summary>Checks that a refusal names the broken rule.</summary>
    private static void Says(bool taken, string? wrong) => Assert.True(taken ? wrong is null : wrong is { Length: > 0 }, wrong);

    private static async Task ReadFormAsync(string text)
    {
        using var form = new FileForm(Body(text, "multipart/form-data; boundary=b"), "untitled", useFileName: true, Options);
        if (!await form.OpenAsync(default))
            return;
        await form.Content.CopyToAsync(Stream.Null);
        Assert.True(Generators.IsAllowed((await form.ReadPropertiesAsync(default)).Name ?? ""));
    }

    /// <summary>Checks that a refusal is a client's error with a detail.</summary>
    private static void Refuses(bool taken, ApiProblem? problem)
    {
        Assert.NotEqual(taken, problem is not null);
        IsClients(problem);
    }

    private static void IsClients(ApiProblem? problem) => Assert.True(problem is null or { Status: >= 400 and < 500, Detail.Length: > 0 }, $"{problem}");

    private static void ReadList(string text)
    {
        foreach (var inTrash in new[] { false, true })
        {
            Refuses(ListRequest.TryRead(Query(text), "local", inTrash, out var list, out var problem), problem);
            if (list is not null)
                ListRequest.NextLink(Query(text), list, new ListPosition(1, "A", FileId));
        }
    }

    private static EntryRequest Entries(string query)
    {
        var request = Request();
        request.QueryString = new QueryString($"?{query}");
        return EntryRequest.Read(request, "local", Place.Root);
    }

    private static void ReadPreconditions(string text)
    {
        foreach (var field in new[] { "If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since", "If-Range" })
        {
            var request = Request((field, text));
            request.Method = "GET";
            Refuses(Preconditions.TryRead(request, out var preconditions, out var problem), problem);
            preconditions?.Check(File);
            preconditions?.CommitVersion(File);
            preconditions?.RangeAllowed(File, DateTimeOffset.UnixEpoch);
            Preconditions.IsKnown(request, Preconditions.EntityTag(File));
        }
    }

    private static void ReadJson<T>(string text, Func<System.Text.Json.JsonElement, T> read) =>
        FileRequest.ReadJsonAsync(Body(text, "application/json"), Options, read).GetAwaiter().GetResult();

    private static QueryCollection Query(string text) => new(QueryHelpers.ParseQuery($"?{text}"));

    /// <summary>The service that requests of these parsers ask for.</summary>
    private static readonly ServiceProvider s_services = new ServiceCollection().AddSingleton(TimeProvider.System).BuildServiceProvider();

    private static HttpRequest Request(params ReadOnlySpan<(string Name, string Value)> fields)
    {
        var request = new DefaultHttpContext { RequestServices = s_services }.Request;
        request.Method = "POST";
        request.Host = new HostString("localhost");
        foreach (var (name, value) in fields)
            request.Headers[name] = value;
        return request;
    }

    private static HttpRequest Body(string text, string type)
    {
        var request = Request(("Content-Type", type));
        request.Body = new MemoryStream(Encoding.UTF8.GetBytes(text));
        return request;
    }
}
