using System.Globalization;
using System.Net;
using Xunit;

namespace FileDrop.Api.Tests.Maintenance;

/// <summary>A client's resumable upload by tus, which outlives the service's processes. It takes three requests and repeats interrupted ones.</summary>
internal sealed class KillUpload(string path, byte[] content, KnownFile wanted)
{
    private const int Requests = 3;

    private long _acknowledged;
    private bool _isSure = true;

    public string Id => path.Split('/')[^1];

    public KnownFile Wanted => wanted;

    /// <summary>Whether the next request may complete the upload.</summary>
    public bool MayComplete => !_isSure || Next == content.Length;

    private long Next => Math.Min(content.Length, _acknowledged + Math.Max(1, content.Length / Requests));

    /// <summary>The request that creates an upload.</summary>
    public static HttpRequestMessage Create(byte[] content, KnownFile wanted)
    {
        var name = Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(wanted.Name));
        var request = Request(HttpMethod.Post, "/uploads");
        request.Headers.Add("Upload-Length", content.Length.ToString(CultureInfo.InvariantCulture));
        request.Headers.Add("Upload-Metadata", $"filename {name}");
        return request;
    }

    /// <summary>The next request: an append if the offset is known, otherwise a HEAD for it.</summary>
    public HttpRequestMessage NextRequest()
    {
        if (!_isSure)
            return Request(HttpMethod.Head, path);
        var request = Request(HttpMethod.Patch, path);
        request.Headers.Add("Upload-Offset", _acknowledged.ToString(CultureInfo.InvariantCulture));
        request.Content = new ByteArrayContent(content, (int)_acknowledged, (int)(Next - _acknowledged));
        request.Content.Headers.ContentType = new("application/offset+octet-stream");
        return request;
    }

    public HttpRequestMessage End() => Request(HttpMethod.Delete, path);

    /// <summary>Records that the answer was lost or leaves the result open.</summary>
    public void Lost() => _isSure = false;

    /// <summary>Records a success. Checks that acknowledged bytes are never lost, and that no byte exists that was not sent.</summary>
    /// <returns>Whether the upload has become a file.</returns>
    public bool Acknowledged(HttpResponseMessage answer)
    {
        var offset = long.Parse(answer.Headers.GetValues("Upload-Offset").Single(), CultureInfo.InvariantCulture);
        Assert.InRange(offset, _isSure ? Next : _acknowledged, content.Length);
        (_acknowledged, _isSure) = (offset, true);
        var isFile = answer.Content.Headers.ContentLocation is not null;
        Assert.Equal(offset == content.Length, isFile);
        return isFile;
    }

    private static HttpRequestMessage Request(HttpMethod method, string uri)
    {
        var request = new HttpRequestMessage(method, uri) { Version = HttpVersion.Version11 };
        request.Headers.Add("Tus-Resumable", "1.0.0");
        return request;
    }
}
