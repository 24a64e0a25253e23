using System.Net;
using System.Text;
using System.Xml.Linq;
using FileDrop.Api.Tests.Files;
using Xunit;

namespace FileDrop.Api.Tests.Dav;

/// <summary>Helpers for tests of WebDAV.</summary>
internal static class DavWords
{
    public static readonly XNamespace D = "DAV:";

    /// <summary>Sends a request of WebDAV.</summary>
    public static Task<HttpResponseMessage> DavAsync(
        this HttpClient http, string method, string path, string? body = null, params (string Name, string Value)[] fields) =>
        http.SendAsync(
            new HttpMethod(method), path, body is null ? null : new StringContent(body, Encoding.UTF8, method == "PUT" ? "text/plain" : "application/xml"), fields);

    /// <summary>Sends a request that must have this status.</summary>
    public static async Task<string> DavOkAsync(
        this HttpClient http, int status, string method, string path, string? body = null, params (string Name, string Value)[] fields)
    {
        using var response = await http.DavAsync(method, path, body, fields);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True((int)response.StatusCode == status, $"{method} {path}: {(int)response.StatusCode} instead of {status}: {text}");
        return text;
    }

    /// <summary>Reads the properties of a path; with depth 1, also those of its members.</summary>
    public static async Task<XElement> FindAsync(this HttpClient http, string path, int depth = 0, string? body = null) =>
        XElement.Parse(await http.DavOkAsync(207, "PROPFIND", path, body, ("Depth", $"{depth}")));

    /// <summary>The addresses in an answer about many resources.</summary>
    public static List<string> Hrefs(this XElement answer) => [.. answer.Elements(D + "response").Select(each => each.Element(D + "href")?.Value ?? "")];

    /// <summary>The value of a property that the only resource of an answer has; null if it has none.</summary>
    public static string? Property(this XElement answer, XName name) => answer.Descendants(D + "propstat")
        .Where(each => each.Element(D + "status")?.Value.Contains("200", StringComparison.Ordinal) == true)
        .Select(each => each.Element(D + "prop")?.Element(name)?.Value).FirstOrDefault(each => each is not null);

    /// <summary>Locks a path, which must succeed, and returns the token in its brackets.</summary>
    public static async Task<string> LockAsync(
        this HttpClient http, string path, string scope = "exclusive", string depth = "infinity", int status = 200, params (string, string)[] fields)
    {
        using var response = await http.DavAsync("LOCK", path, LockInfo(scope), [("Depth", depth), .. fields]);
        Assert.True((int)response.StatusCode == status, $"{response.StatusCode}: {await response.Content.ReadAsStringAsync()}");
        return response.Headers.GetValues("Lock-Token").Single();
    }

    public static string LockInfo(string scope = "exclusive") =>
        $"<D:lockinfo xmlns:D='DAV:'><D:lockscope><D:{scope}/></D:lockscope><D:locktype><D:write/></D:locktype><D:owner>me</D:owner></D:lockinfo>";

    /// <summary>A body that sets one property.</summary>
    public static string Set(string name, string value, string space = "urn:test") =>
        $"<D:propertyupdate xmlns:D='DAV:' xmlns:T='{space}'><D:set><D:prop><T:{name}>{value}</T:{name}></D:prop></D:set></D:propertyupdate>";

    /// <summary>The id of the file or folder at a path.</summary>
    public static async Task<string> IdAtAsync(this HttpClient http, string path)
    {
        using var response = await http.GetAsync($"/paths/{path}");
        var entry = await response.SucceededAsync(HttpStatusCode.OK);
        return entry.TryGetProperty("file_id", out var id) ? id.GetString() ?? "" : entry.Text("folder_id");
    }
}
