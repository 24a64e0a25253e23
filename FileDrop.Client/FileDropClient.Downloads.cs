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

    /// <summary>
    /// Goes on with a download of which an earlier process has stored the beginning. If the destination is empty, it is an ordinary download of a known content.
    /// </summary>
    /// <param name="id">The file.</param>
    /// <param name="destination">Has the first bytes of the content. The stream can be read and can seek; bytes are appended.</param>
    /// <param name="size">The content's size in bytes.</param>
    /// <param name="sha256">The content's SHA-256, as <see cref="DropFile.Sha256"/>.</param>
    /// <param name="version">An earlier version; null for the live content.</param>
    /// <param name="progress">Is told of the progress.</param>
    /// <param name="cancellation">Ends the download; the bytes that have come stay.</param>
    /// <exception cref="FileDropException">
    /// <c>precondition_failed</c>: the file has another content by now. <c>digest_mismatch</c>: the destination has other bytes; empty it, and begin again.
    /// </exception>
    public async Task ContinueDownloadAsync(
        Guid id, Stream destination, long size, string sha256, long? version = null, IProgress<TransferProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(destination);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        destination.Position = 0;
        var (buffer, count, stored) = (new byte[BufferSize], 0, 0L);
        while ((count = await destination.ReadAsync(buffer, cancellation)) > 0)
        {
            hash.AppendData(buffer, 0, count);
            stored += count;
        }
        await DownloadAsync(Content(id, version), destination, new Download(stored, size, Convert.FromHexString(sha256)), hash, progress, cancellation);
    }

    private static string Content(Guid id, long? version) => Query($"/files/{id}", ("version", version is { } number ? Number(number) : null));

    private async Task DownloadAsync(string path, Stream destination, IProgress<TransferProgress>? progress, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(destination);
        using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await DownloadAsync(path, destination, new Download(), sha256, progress, cancellation);
    }

    private async Task DownloadAsync(
        string path, Stream destination, Download state, IncrementalHash sha256, IProgress<TransferProgress>? progress, CancellationToken cancellation)
    {
        for (var tries = 0; ;)
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
        if (state.Offset >= state.Length)
            return;
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (state.Offset > 0)
        {
            // Without an entity tag or a digest, nobody could tell whether the rest belongs to the same content.
            if (state.Tag is null && state.Expected is null)
                throw new FileDropException(FileDropException.UnknownAnswer, "The connection broke, and the download cannot be resumed.");
            request.Headers.Range = new RangeHeaderValue(state.Offset, null);
            request.Headers.IfRange = state.Tag is { } tag ? new RangeConditionHeaderValue(tag) : null;
        }
        using var response = await SendAsync(_transfers, request, cancellation);
        if (!state.TryBegin(response))
            throw new FileDropException(HttpStatusCode.PreconditionFailed, "precondition_failed", "The file has changed during the download. Download it again.");
        await using var body = await response.Content.ReadAsStreamAsync(cancellation);
        var buffer = new byte[BufferSize];
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
        public Download()
        {
        }

        /// <summary>A download of a known content, whose beginning is there.</summary>
        public Download(long offset, long length, byte[] expected) => (Offset, Length, Expected) = (offset, length, expected);

        public long Offset { get; set; }

        public long? Length { get; private set; }

        public EntityTagHeaderValue? Tag { get; private set; }

        /// <summary>The digest of the content that the caller wants; null for the content that comes.</summary>
        public byte[]? Expected { get; }

        /// <summary>The digest that the bytes must have; null if the service tells none.</summary>
        public byte[]? Digest => Expected ?? Told;

        private byte[]? Told { get; set; }

        /// <summary>Reads an answer's head. False if it is not about the content that was begun.</summary>
        public bool TryBegin(HttpResponseMessage response)
        {
            if (Offset > 0 && response.StatusCode != HttpStatusCode.PartialContent)
                return false;
            var told = DigestOf(response);
            // A tag also changes with a file's name. A known content is recognized by its digest.
            if (Expected is not null)
                return told is null || Expected.AsSpan().SequenceEqual(told);
            if (Offset == 0)
            {
                Length = response.Content.Headers.ContentLength;
                Tag = response.Headers.ETag is { IsWeak: false } tag ? tag : null;
                Told = told;
            }
            return true;
        }

        private static byte[]? DigestOf(HttpResponseMessage response)
        {
            var fields = response.Headers.Concat(response.Content.Headers)
                .Where(field => field.Key.Equals("Repr-Digest", StringComparison.OrdinalIgnoreCase)).SelectMany(field => field.Value);
            return fields.SelectMany(field => field.Split(',')).Select(field => field.Trim())
                .Where(field => field.StartsWith("sha-256=:", StringComparison.OrdinalIgnoreCase)).Select(field => Convert.FromBase64String(field[9..].TrimEnd(':')))
                .FirstOrDefault();
        }
    }
}
