using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;

namespace FileDrop.Bench;

/// <summary>Content of any size, different for each seed and at each place. It is made as it is sent, and checked as it comes back.</summary>
internal sealed class SampleContent(long seed, long size)
{
    private readonly SampleBlock _block = new(size);

    public long Seed => seed;

    public long Size => size;

    /// <summary>Makes a body of a request.</summary>
    public HttpContent ToBody() => new Body(this, sha256: null);

    /// <summary>Uploads it as one file.</summary>
    /// <param name="hash">Whether to compute the SHA-256 meanwhile, and compare it with the service's.</param>
    /// <returns>The file's id.</returns>
    public async Task<string> UploadAsync(HttpClient http, bool hash, CancellationToken cancellation)
    {
        using var sha256 = hash ? IncrementalHash.CreateHash(HashAlgorithmName.SHA256) : null;
        using var body = new Body(this, sha256);
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/files/upload?file_name=bench-{seed}.bin") { Content = body };
        using var response = await http.SendAsync(request, cancellation);
        var answer = await response.Content.ReadAsByteArrayAsync(cancellation);
        if (response.StatusCode != HttpStatusCode.Created)
            throw new BenchException($"An upload was answered {(int)response.StatusCode}: {System.Text.Encoding.UTF8.GetString(answer)}");
        using var file = System.Text.Json.JsonDocument.Parse(answer);
        var said = file.RootElement.GetProperty("sha256").GetString();
        if (sha256 is not null && !string.Equals(said, Convert.ToHexStringLower(sha256.GetCurrentHash()), StringComparison.Ordinal))
            throw new InvalidDataException($"The service stored other bytes than the sent ones: {said}.");
        return file.RootElement.GetProperty("file_id").GetString() ?? "";
    }

    /// <summary>Reads the file back, and compares every byte.</summary>
    public async Task DownloadAsync(HttpClient http, string id, CancellationToken cancellation)
    {
        using var response = await http.GetAsync($"/files/{id}", HttpCompletionOption.ResponseHeadersRead, cancellation);
        if (response.StatusCode != HttpStatusCode.OK)
            throw new BenchException($"A download was answered {(int)response.StatusCode}.");
        await using var stream = await response.Content.ReadAsStreamAsync(cancellation);
        var buffer = new byte[_block.Length];
        long offset = 0;
        int read;
        do
        {
            read = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellation);
            if (offset + read > size || !buffer.AsSpan(0, read).SequenceEqual(_block.At(seed, offset, read).Span))
                throw new InvalidDataException($"The bytes behind {offset} of file {id} came back changed.");
            offset += read;
        }
        while (read == buffer.Length);
        if (offset != size)
            throw new InvalidDataException($"Only {offset} of {size} bytes of file {id} came back.");
    }

    public static async Task DeleteAsync(HttpClient http, string id, CancellationToken cancellation)
    {
        using var response = await http.DeleteAsync($"/files/{id}?permanent=true", cancellation);
        if (response.StatusCode != HttpStatusCode.OK)
            throw new BenchException($"A deletion was answered {(int)response.StatusCode}.");
    }

    private sealed class Body : HttpContent
    {
        private readonly SampleContent _sample;
        private readonly IncrementalHash? _sha256;

        public Body(SampleContent sample, IncrementalHash? sha256)
        {
            (_sample, _sha256) = (sample, sha256);
            Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            for (long offset = 0; offset < _sample.Size;)
            {
                var block = _sample._block.At(_sample.Seed, offset, (int)Math.Min(_sample._block.Length, _sample.Size - offset));
                _sha256?.AppendData(block.Span);
                await stream.WriteAsync(block, cancellationToken);
                offset += block.Length;
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = _sample.Size;
            return true;
        }
    }
}
