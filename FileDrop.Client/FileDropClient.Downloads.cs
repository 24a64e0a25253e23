using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;

namespace FileDrop.Client;

// Downloads, which resume after a broken connection.
public sealed partial class FileDropClient
{
    /// <summary>Opens a file's content. Reading fails if the connection breaks.</summary>
    /// <param name="id">The file.</param>
    /// <param name="version">An earlier version; null for the live content.</param>
    /// <param name="cancellation">Ends the waiting for the answer.</param>
    public async Task<Stream> OpenReadAsync(Guid id, long? version = null, CancellationToken cancellation = default)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Content(id, version));
        var response = await SendAsync(_transfers, request, cancellation);
        return await response.Content.ReadAsStreamAsync(cancellation);
    }

    /// <summary>
    /// Writes a file's content to a stream. After a broken connection it goes on where it was, if the file is still the same, and fails otherwise. The bytes are
    /// compared with the service's SHA-256.
    /// </summary>
    /// <param name="id">The file.</param>
    /// <param name="destination">The stream. If the download fails, it has a part of the content, or the wrong one.</param>
    /// <param name="version">An earlier version; null for the live content.</param>
    /// <param name="progress">Is told of the progress.</param>
    /// <param name="cancellation">Ends the download.</param>
    public Task DownloadAsync(
        Guid id, Stream destination, long? version = null, IProgress<TransferProgress>? progress = null, CancellationToken cancellation = default) =>
        DownloadAsync(Content(id, version), destination, progress, cancellation);

    /// <summary>Downloads to a file of this machine, which is whole or not there: the bytes go to a temporary file beside it first.</summary>
    /// <inheritdoc cref="DownloadAsync(Guid, Stream, long?, IProgress{TransferProgress}?, CancellationToken)"/>
    /// <param name="path">The file; an existing one is replaced.</param>
    public async Task DownloadFileAsync(
        Guid id, string path, long? version = null, IProgress<TransferProgress>? progress = null, CancellationToken cancellation = default)
    {
        var whole = Path.GetFullPath(path);
        var part = Path.Combine(Path.GetDirectoryName(whole) ?? "", $".{Path.GetFileName(whole)}.{Guid.NewGuid():N}.part");
        try
        {
            await using (var destination = new FileStream(part, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16, FileOptions.Asynchronous))
                await DownloadAsync(id, destination, version, progress, cancellation);
            File.Move(part, whole, overwrite: true);
        }
        catch
        {
            File.Delete(part);
            throw;
        }
    }

    private static string Content(Guid id, long? version) => Query($"/files/{id}", ("version", version is { } number ? Number(number) : null));

    private async Task DownloadAsync(string path, Stream destination, IProgress<TransferProgress>? progress, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(destination);
        using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var (state, tries) = (new Download(), 0);
        while (true)
        {
            var before = state.Offset;
            try
            {
                await ContinueAsync(path, state, destination, sha256, progress, cancellation);
                break;
            }
            catch (Exception failure) when (IsBroken(failure, cancellation) && tries < MaxTries)
            {
                tries = state.Offset > before ? 0 : tries + 1;
                await PauseAsync(tries, failure, cancellation);
            }
        }
        if (state.Digest is { } wanted && !wanted.AsSpan().SequenceEqual(sha256.GetHashAndReset()))
            throw new FileDropException(FileDropException.DigestMismatch, "The bytes that came are not those of the file. Download it again.");
    }

    /// <summary>Requests what is missing, and writes it.</summary>
    private async Task ContinueAsync(
        string path, Download state, Stream destination, IncrementalHash sha256, IProgress<TransferProgress>? progress, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (state.Offset > 0)
        {
            if (state.Offset == state.Length)
                return;
            // Without an entity tag nobody could tell whether the rest belongs to the same content.
            if (state.Tag is not { } tag)
                throw new FileDropException(FileDropException.UnknownAnswer, "The connection broke, and the download cannot be resumed.");
            request.Headers.Range = new RangeHeaderValue(state.Offset, null);
            request.Headers.IfRange = new RangeConditionHeaderValue(tag);
        }
        using var response = await SendAsync(_transfers, request, cancellation);
        if (state.Offset > 0 && response.StatusCode != HttpStatusCode.PartialContent)
            throw new FileDropException(HttpStatusCode.PreconditionFailed, "precondition_failed", "The file has changed during the download. Download it again.");
        if (state.Offset == 0)
            state.Begin(response);
        await using var body = await response.Content.ReadAsStreamAsync(cancellation);
        var buffer = new byte[1 << 16];
        int count;
        while ((count = await body.ReadAsync(buffer, cancellation)) > 0)
        {
            await destination.WriteAsync(buffer.AsMemory(0, count), cancellation);
            sha256.AppendData(buffer, 0, count);
            state.Offset += count;
            progress?.Report(new TransferProgress(state.Offset, state.Length));
        }
        if (state.Length is { } length && state.Offset < length)
            throw new IOException("The answer ended early.");
    }

    /// <summary>A download under way.</summary>
    private sealed class Download
    {
        public long Offset { get; set; }

        public long? Length { get; private set; }

        public EntityTagHeaderValue? Tag { get; private set; }

        public byte[]? Digest { get; private set; }

        public void Begin(HttpResponseMessage response)
        {
            Length = response.Content.Headers.ContentLength;
            Tag = response.Headers.ETag is { IsWeak: false } tag ? tag : null;
            var fields = response.Headers.Concat(response.Content.Headers)
                .Where(field => field.Key.Equals("Repr-Digest", StringComparison.OrdinalIgnoreCase)).SelectMany(field => field.Value);
            Digest = fields.SelectMany(field => field.Split(',')).Select(field => field.Trim())
                .Where(field => field.StartsWith("sha-256=:", StringComparison.OrdinalIgnoreCase)).Select(field => Convert.FromBase64String(field[9..].TrimEnd(':')))
                .FirstOrDefault();
        }
    }
}
