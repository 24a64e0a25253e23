using System.Text;
using Amazon.S3;
using Amazon.S3.Model;

namespace FileDrop.Bench.Compare;

/// <summary>A server's form of requests for files.</summary>
internal abstract class Dialect
{
    public abstract (string Method, string Target) Upload(string name);

    /// <summary>The key of a file stored under a name.</summary>
    /// <param name="answer">The server's answer to the upload.</param>
    public abstract string Key(string name, ReadOnlySpan<byte> answer);

    public abstract string Read(string key);

    public abstract string Delete(string key);
}

/// <summary>PUT, GET and DELETE of the file's own path, and PROPFIND of a folder (RFC 4918 and its foundations).</summary>
/// <param name="root">The path of the drive, without a slash at its end.</param>
internal sealed class WebDav(string root = "") : Dialect
{
    /// <summary>Asks for the properties that a file manager shows.</summary>
    public const string Ask = "<?xml version=\"1.0\" encoding=\"utf-8\"?><D:propfind xmlns:D=\"DAV:\"><D:prop><D:resourcetype/><D:getcontentlength/>"
        + "<D:getlastmodified/><D:getetag/><D:getcontenttype/></D:prop></D:propfind>";

    public override (string Method, string Target) Upload(string name) => ("PUT", $"{root}/{name}");

    public override string Key(string name, ReadOnlySpan<byte> answer) => name;

    public override string Read(string key) => $"{root}/{key}";

    public override string Delete(string key) => $"{root}/{key}";
}

/// <summary>FileDrop's API, which the Flask program shares.</summary>
internal sealed class FilesApi : Dialect
{
    public const string Page = "/files?limit=100";

    public static string Metadata(string key) => $"/files/{key}/metadata";

    /// <summary>The <c>file_id</c> in a file as JSON.</summary>
    public static string Id(ReadOnlySpan<byte> json)
    {
        var value = json[(json.IndexOf("\"file_id\""u8) + 9)..];
        value = value[(value.IndexOf((byte)'"') + 1)..];
        return Encoding.ASCII.GetString(value[..value.IndexOf((byte)'"')]);
    }

    public override (string Method, string Target) Upload(string name) => ("POST", $"/files/upload?file_name={name}");

    public override string Key(string name, ReadOnlySpan<byte> answer) => Id(answer);

    public override string Read(string key) => $"/files/{key}";

    public override string Delete(string key) => $"/files/{key}?permanent=true";
}

/// <summary>Presigned URLs, signed when needed. This is the client's own work, and small beside the store's.</summary>
internal sealed class Presigned(AmazonS3Client client, string bucket) : Dialect
{
    private static readonly TimeSpan Valid = TimeSpan.FromHours(1);

    public override (string Method, string Target) Upload(string name) => ("PUT", Sign(HttpVerb.PUT, name));

    public override string Key(string name, ReadOnlySpan<byte> answer) => name;

    public override string Read(string key) => Sign(HttpVerb.GET, key);

    public override string Delete(string key) => Sign(HttpVerb.DELETE, key);

    private string Sign(HttpVerb verb, string name) => new Uri(client.GetPreSignedURL(new GetPreSignedUrlRequest
    {
        BucketName = bucket,
        Key = $"presigned/{name}",
        Verb = verb,
        Protocol = Protocol.HTTP,
        ContentType = verb == HttpVerb.PUT ? "application/octet-stream" : null,
        Expires = DateTime.UtcNow + Valid,
    })).PathAndQuery;
}
