using System.Text;

namespace FileDrop.Api.Tests.Access;

/// <summary>One valid request, then mutated.</summary>
/// <param name="seed">The same seed makes the same request.</param>
/// <param name="file">The id of an existing file.</param>
internal sealed class Mutation(int seed, string file)
{
    private const string Form =
        "--b\r\nContent-Disposition: form-data; name=\"tags\"\r\n\r\n{\"a\":\"b\"}\r\n--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"n.txt\"\r\n"
        + "Content-Type: text/plain\r\n\r\nform content\r\n--b--\r\n";

    private static readonly string[] Requests =
    [
        "GET /files/{id}", "GET /files/{id}?inline=true&version=1|Range: bytes=0-3|If-None-Match: \"x\"", "HEAD /files/{id}|If-Modified-Since: Mon, 23 Nov 2026 08:25:25 GMT",
        "GET /files/{id}|If-Range: \"x\"|Range: bytes=-2", "GET /files/{id}/metadata|If-Match: *", "GET /files/{id}/versions", "GET /files?limit=5&sort=file_name&order=asc&name=a",
        "GET /files?tag=a:b&type=text/*&created_after=2026-11-23T08:25:25.123Z&min_size=1&max_size=9", "GET /files?cursor=kq3X9bVn0aEAAAGaqzd0mgGas8J8Hn1EmlEMX58_mosQ",
        "GET /trash?limit=3", "GET /admin/audit?limit=3", "GET /admin/keys", "GET /links/{id}?grant=AAAAAAAAAAEAAAGasL3qqw", "GET /uploads/{new}|Tus-Resumable: 1.0.0",
        "OPTIONS /uploads", "OPTIONS /files/upload|Origin: https://a.example|Access-Control-Request-Method: PUT", "DELETE /files/{new}?permanent=true", "POST /trash/{new}/restore",
        "GET /folders/root/entries?limit=2&sort=file_name&order=asc", "GET /folders/root/entries?deep=true&limit=3", "GET /folders/root/path", "GET /folders/{new}|If-Match: \"x\"",
        "GET /paths/a/b%20c/%C5%BB?content|Range: bytes=0-3", "GET /paths/", "GET /files/{id}/path", "GET /trash/folders?limit=2", "DELETE /folders/{new}?permanent=true",
        "POST /folders|Content-Type: application/json\n{\"name\":\"a\",\"parent_id\":\"root\",\"on_conflict\":\"rename\"}", "DELETE /trash/folders/{new}",
        "PATCH /folders/root|Content-Type: application/json\n{\"name\":\"b\",\"parent_id\":null}", "POST /trash/folders/{new}/restore|Content-Type: application/json\n{}",
        "POST /trash/{new}/restore|Content-Type: application/json\n{\"folder_id\":\"root\"}", "POST /files/{id}/versions/1/restore|If-Match: \"x\"", "DELETE /files/{id}/versions/7", "DELETE /admin/keys/0123456789abcdef",
        "POST /files/{id}/copy|Content-Type: application/json\n{\"file_name\":\"c.txt\",\"tags\":{\"k\":\"v\"}}",
        "POST /files/{id}/link|Content-Type: application/json\n{\"version\":1}", "POST /admin/keys|Content-Type: application/json\n{\"name\":\"x\",\"scopes\":[\"read\"]}",
        "PUT /files/{id}|Content-Type: application/json\n{\"file_name\":\"b.txt\",\"tags\":{\"k\":\"v\"}}", "PUT /files/{id}/content|Content-Type: text/plain\nnew content",
        "PUT /files/{id}|Content-Type: multipart/form-data; boundary=b\n" + Form,
        "POST /files/upload|Content-Type: multipart/form-data; boundary=b|Idempotency-Key: \"k-{new}\"\n" + Form,
        "POST /files/upload?file_name=a%20b.txt|Content-Type: text/plain|Content-Digest: sha-256=:RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o=:\nraw content",
        "POST /files/upload|Content-Disposition: attachment; filename*=UTF-8''%e2%82%ac.txt\nraw", "POST /files/upload|Transfer-Encoding: chunked\n5\r\nhello\r\n0\r\n\r\n",
        "POST /files/upload|Upload-Complete: ?0|Upload-Length: 10|Content-Type: application/octet-stream\nhello", "POST /files/upload|Upload-Complete: ?1\nhello",
        "POST /uploads|Tus-Resumable: 1.0.0|Upload-Length: 5|Upload-Metadata: filename YS50eHQ=,filetype dGV4dC9wbGFpbg==|Content-Type: application/offset+octet-stream"
            + "|Upload-Checksum: sha1 qvTGHdzF6KLavt4PO0gs2a6pQ00=\nhello",
        "POST /uploads|Tus-Resumable: 1.0.0|Upload-Defer-Length: 1", "POST /uploads|Tus-Resumable: 1.0.0|Upload-Concat: final;/uploads/{new} /uploads/{id}",
        "PATCH /uploads/{new}|Tus-Resumable: 1.0.0|Upload-Offset: 0|Content-Type: application/offset+octet-stream\nhello", "HEAD /uploads/{id}|Tus-Resumable: 1.0.0",
        "PATCH /files/upload/{new}|Upload-Offset: 0|Upload-Complete: ?1|Content-Type: application/partial-upload\nhello", "DELETE /uploads/{new}|Tus-Resumable: 1.0.0",
        "POST /uploads/{new}|X-HTTP-Method-Override: PATCH|Tus-Resumable: 1.0.0|Upload-Offset: 0|Content-Type: application/offset+octet-stream\nhello",
    ];

    private static readonly string[] Fields =
    [
        "Host", "Content-Type", "Content-Length", "Content-Range", "Content-Encoding", "Content-Disposition", "Content-Digest", "Repr-Digest", "Transfer-Encoding", "Expect",
        "If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since", "If-Range", "Range", "Idempotency-Key", "Authorization", "Origin", "Sec-Fetch-Site",
        "X-HTTP-Method-Override", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Original-Host", "Tus-Resumable", "Upload-Length", "Upload-Offset",
        "Upload-Defer-Length", "Upload-Metadata", "Upload-Checksum", "Upload-Concat", "Upload-Complete", "Upload-Limit", "Trailer", "TE", "Accept", "Cookie", "Connection",
        "traceparent", "Upgrade", "Access-Control-Request-Method", "Access-Control-Request-Headers",
    ];

    private static readonly string[] Words =
    [
        "", " ", "0", "-1", "1", "00", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "1e309", "NaN", "0x10", "+1", "1.0", "?0", "?1", "?2", "*", "\"", "\"x\"",
        "W/\"x\"", "\"x\", \"y\"", ",", ",,,", ";", ";;=", "=", "'", "--", "%00", "%", "%zz", "%2e%2e%2f", "../../../etc/passwd", "..\\..\\", "\0", "\t", "\u007f", "ÿþ", "\u00c3\u0028",
        "%c3%28", "%ed%a0%80", "%F0%9F%8E%89", "null", "true", "[]", "{}", "[[[[[[[[", "{\"a\":{\"a\":{\"a\":{\"a\":{}}}}}", "\\ud800", "<script>alert(1)</script>", "' OR 1=1 --",
        "$ne", "{\"$gt\":\"\"}", "bytes=0-0,1-1", "bytes=5-2", "bytes=-0", "bytes=99999999999999999999-", "bytes", "multipart/form-data", "multipart/form-data; boundary=",
        "multipart/form-data; boundary=\"\"", "application/json; charset=utf-7", "text/plain; charset=\"", "gzip", "chunked", "chunked, chunked", "identity", "100-continue", "final;",
        "final;/uploads/x", "partial", "sha-256=:AAAA:", "sha-256=::", "sha1 AAAA", "md5 x", "filename", "filename ====", "a b,a b", "Bearer fd_0123456789abcdef_", "Basic Og==",
        "Bearer eyJhbGciOiJub25lIn0.e30.", "Mon, 99 Nov 2026 99:99:99 GMT", "00-00000000000000000000000000000000-0000000000000000-00", "https://a.example", "null, null", "cross-site",
        "127.0.0.1:99999999", "[::1", "localhost:", "attachment; filename*=UTF-8''%", "attachment; filename=\"\\", "form-data; name", "A", "PATCH", "GET GET", "CONNECT",
    ];

    private readonly Random _random = new(seed);

    public byte[] Write()
    {
        var request = Requests[_random.Next(Requests.Length)]
            .Replace("{id}", file, StringComparison.Ordinal)
            .Replace("{new}", new Guid(Bytes(16)).ToString(), StringComparison.Ordinal);
        var (head, body) = request.IndexOf('\n', StringComparison.Ordinal) is var end and >= 0 ? (request[..end], Encoding.UTF8.GetBytes(request[(end + 1)..])) : (request, []);
        List<string> lines = [.. head.Split('|')];
        lines[0] += " HTTP/1.1";
        lines.AddRange(["Host: localhost", "Connection: close"]);
        var rounds = _random.Next(4);
        for (var round = 0; round < rounds; round++)
            Mutate(lines, ref body);
        if (body.Length > 0 && !lines.Exists(line => line.StartsWith("Content-Length", StringComparison.OrdinalIgnoreCase)
            || line.StartsWith("Transfer-Encoding", StringComparison.OrdinalIgnoreCase)))
            lines.Add($"Content-Length: {body.Length}");
        byte[] bytes = [.. Encoding.UTF8.GetBytes(string.Join("\r\n", [.. lines, "", ""])), .. body];
        if (_random.Next(12) == 0)
        {
            for (var flips = _random.Next(1, 5); flips > 0; flips--)
                bytes[_random.Next(bytes.Length)] ^= (byte)(1 << _random.Next(8));
        }
        return _random.Next(25) == 0 ? bytes[.._random.Next(1, bytes.Length)] : bytes;
    }

    private void Mutate(List<string> lines, ref byte[] body)
    {
        var line = _random.Next(lines.Count);
        switch (_random.Next(10))
        {
            case 0:
                lines.Insert(1, $"{Pick(Fields)}: {Word()}");
                break;
            case 1:
                lines.Insert(line, lines[line]);
                break;
            case 2 when line > 0:
                lines.RemoveAt(line);
                break;
            case 3 when line > 0:
                lines[line] = $"{lines[line].Split(':')[0]}: {Word()}";
                break;
            case 4:
                lines[line] = lines[line].Insert(_random.Next(lines[line].Length + 1), Word());
                break;
            case 5:
                // Insert a word into the path or the query, encoded or not.
                var at = lines[0].IndexOf(' ', StringComparison.Ordinal) + 1 + _random.Next(8);
                lines[0] = lines[0].Insert(Math.Min(at, lines[0].Length), _random.Next(2) == 0 ? Uri.EscapeDataString(Word()) : Word());
                break;
            case 6:
                var (path, rest) = lines[0].LastIndexOf(' ') is var blank and > 0 ? (lines[0][..blank], lines[0][blank..]) : (lines[0], "");
                lines[0] = $"{path}{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}{Pick(["limit", "cursor", "sort", "tag", "version", "owner", "inline", "file_name"])}="
                    + Uri.EscapeDataString(Word()) + rest;
                break;
            case 7 when body.Length > 0:
                var place = _random.Next(body.Length);
                body = [.. body[..place], .. Encoding.UTF8.GetBytes(Word()), .. body[place..]];
                break;
            case 8 when body.Length > 0:
                body = _random.Next(2) == 0 ? body[.._random.Next(body.Length)] : [.. body, .. Bytes(_random.Next(100_000))];
                break;
            default:
                lines[0] = $"{Pick(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "QUERY", "get", "X"])}{lines[0][Math.Max(0, lines[0].IndexOf(' ', StringComparison.Ordinal))..]}";
                break;
        }
    }

    /// <summary>A word; sometimes a very long one.</summary>
    private string Word() => _random.Next(20) == 0 ? string.Concat(Enumerable.Repeat(Pick(Words), _random.Next(1, 3000))) : Pick(Words);

    private string Pick(string[] of) => of[_random.Next(of.Length)];

    private byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        _random.NextBytes(bytes);
        return bytes;
    }
}
