using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;

namespace FileDrop.Client;

// Resumable uploads by tus 1.0.0.
public sealed partial class FileDropClient
{
    private const string TusVersion = "1.0.0";

    /// <summary>
    /// Uploads a file so that this or another process can go on with it later. A canceled or broken upload stays at the service until it expires, a day by default.
    /// </summary>
    /// <param name="content">The whole content, from its beginning. The stream can seek.</param>
    /// <param name="target">The place and the name.</param>
    /// <param name="upload">The address of an upload of the same content that was begun earlier; null begins one. If it has expired, a new one is begun.</param>
    /// <param name="begun">Is told the address of a new upload before its first byte is sent. Store it, and drop it once this method has returned.</param>
    /// <param name="progress">Is told of the progress. An upload that goes on begins with the bytes that have arrived.</param>
    /// <param name="cancellation">Ends the sending.</param>
    public async Task<DropFile> ContinueUploadAsync(
        Stream content, UploadTarget target, string? upload, Action<string> begun, IProgress<TransferProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(content);
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(begun);
        var length = content.Length;
        var offset = upload is null ? null : await RepeatAsync(() => FindOffsetAsync(upload, length, cancellation), cancellation);
        if (upload is null || offset is null)
        {
            upload = await RepeatAsync(() => BeginAsync(target, length, cancellation), cancellation);
            begun(upload);
        }
        return await FinishAsync(upload, content, start: 0, length, offset ?? 0, target, progress, cancellation);
    }

    private async Task<DropFile> UploadResumablyAsync(
        Stream content, UploadTarget target, IProgress<TransferProgress>? progress, CancellationToken cancellation)
    {
        var (start, length) = (content.Position, content.Length - content.Position);
        var upload = await RepeatAsync(() => BeginAsync(target, length, cancellation), cancellation);
        try
        {
            return await FinishAsync(upload, content, start, length, offset: 0, target, progress, cancellation);
        }
        catch (OperationCanceledException)
        {
            await EndAsync(upload);
            throw;
        }
    }

    /// <summary>Sends what is missing of an upload, and finds the file that it becomes.</summary>
    private async Task<DropFile> FinishAsync(
        string upload, Stream content, long start, long length, long offset, UploadTarget target, IProgress<TransferProgress>? progress,
        CancellationToken cancellation)
    {
        using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var hashed = 0L;
        await HashBeginningAsync();
        string? file = null;
        for (var tries = 0; offset < length;)
        {
            try
            {
                content.Position = start + offset;
                (offset, file) = await AppendAsync(upload, content, offset, length, Hash, progress, cancellation);
                tries = 0;
            }
            catch (Exception failure) when (IsLost(failure, cancellation) && tries < MaxTries)
            {
                await PauseAsync(tries++, failure, cancellation);
                // A replaced file ends the upload. If its answer was lost, the upload is gone, and the file is there.
                if (await RepeatAsync(() => FindOffsetAsync(upload, length, cancellation), cancellation) is not { } stored)
                {
                    if (hashed < length || target.OnConflict != OnConflict.Replace)
                        throw;
                    return await VerifyAsync(await FindTargetAsync(target, cancellation), sha256, cancellation);
                }
                tries = stored > offset ? 0 : tries;
                offset = stored;
            }
        }

        // The answer names the file. Without a replaced one, its id is the upload's.
        var id = Guid.Parse((file ?? upload).Split('/')[^1]);
        return await VerifyAsync(await RepeatAsync(() => GetFileAsync(id, cancellation), cancellation), sha256, cancellation);

        // Bytes that are sent again have been hashed already.
        void Hash(long at, ReadOnlyMemory<byte> bytes)
        {
            if (at + bytes.Length <= hashed)
                return;
            var fresh = bytes[(int)(hashed - at)..];
            sha256.AppendData(fresh.Span);
            hashed += fresh.Length;
        }

        // An earlier process has sent these bytes.
        async Task HashBeginningAsync()
        {
            content.Position = start;
            var buffer = new byte[BufferSize];
            while (hashed < offset)
            {
                var count = await content.ReadAsync(buffer.AsMemory(0, (int)Math.Min(BufferSize, offset - hashed)), cancellation);
                Hash(hashed, buffer.AsMemory(0, count > 0 ? count : throw new EndOfStreamException("The content has become shorter during its upload.")));
            }
        }
    }

    /// <summary>Finds the file with the place and name of an upload.</summary>
    private async Task<DropFile> FindTargetAsync(UploadTarget target, CancellationToken cancellation)
    {
        var folder = target.Folder is { } id ? (await GetFolderPathAsync(id, cancellation)).Path : target.Path;
        return (await FindAsync($"{folder?.TrimEnd('/')}/{target.Name}", cancellation)).File
            ?? throw new FileDropException(FileDropException.UnknownAnswer, "The upload has ended, and its file is not there.");
    }

    /// <summary>Begins a resumable upload.</summary>
    /// <returns>Its address.</returns>
    private async Task<string> BeginAsync(UploadTarget target, long length, CancellationToken cancellation)
    {
        using var request = Tus(HttpMethod.Post, "/uploads");
        request.Headers.Add("Upload-Length", Number(length));
        request.Headers.Add("Upload-Metadata", Metadata(target));
        using var response = await SendAsync(_http, request, cancellation);
        return response.Headers.Location?.OriginalString ?? throw Strange(response);
    }

    /// <summary>Sends the rest of a content.</summary>
    /// <returns>The offset of the upload afterwards; and the address of its file, if it has become one.</returns>
    private async Task<(long Offset, string? File)> AppendAsync(
        string upload, Stream content, long offset, long length, Action<long, ReadOnlyMemory<byte>> read, IProgress<TransferProgress>? progress,
        CancellationToken cancellation)
    {
        using var request = Tus(HttpMethod.Patch, upload);
        request.Headers.Add("Upload-Offset", Number(offset));
        var at = offset;
        var body = new HashedContent(content, bytes =>
        {
            read(at, bytes);
            at += bytes.Length;
            progress?.Report(new TransferProgress(at, length));
        });
        body.Headers.ContentType = new MediaTypeHeaderValue("application/offset+octet-stream");
        request.Content = body;
        using var response = await SendAsync(_transfers, request, cancellation);
        return (OffsetOf(response), response.Content.Headers.ContentLocation?.OriginalString);
    }

    /// <summary>Reads how many bytes of an upload have arrived. Null: the upload is gone, or has another length.</summary>
    private async Task<long?> FindOffsetAsync(string upload, long length, CancellationToken cancellation)
    {
        using var request = Tus(HttpMethod.Head, upload);
        try
        {
            using var response = await SendAsync(_http, request, cancellation);
            return response.Headers.TryGetValues("Upload-Length", out var values) && long.TryParse(values.First(), CultureInfo.InvariantCulture, out var announced)
                && announced == length ? OffsetOf(response) : null;
        }
        catch (FileDropException gone) when (gone.Status is HttpStatusCode.NotFound or HttpStatusCode.Gone)
        {
            return null;
        }
    }

    /// <summary>Gives an upload up. If that fails, it expires by itself.</summary>
    private async Task EndAsync(string upload)
    {
        try
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(5), _time);
            using var request = Tus(HttpMethod.Delete, upload);
            using var response = await SendAsync(_http, request, patience.Token);
        }
        catch (Exception failure) when (failure is HttpRequestException or FileDropException or OperationCanceledException)
        {
            // The caller has ended the upload, and has no use for another error.
        }
    }

    /// <summary>Whether a piece may have arrived in part, so that the upload's offset tells how to go on.</summary>
    private static bool IsLost(Exception failure, CancellationToken cancellation) =>
        IsBroken(failure, cancellation) || failure is FileDropException { Code: "offset_mismatch" or "internal_error" };

    private static long OffsetOf(HttpResponseMessage response) =>
        response.Headers.TryGetValues("Upload-Offset", out var values) && long.TryParse(values.First(), CultureInfo.InvariantCulture, out var offset)
            ? offset
            : throw Strange(response);

    private static HttpRequestMessage Tus(HttpMethod method, string path)
    {
        var request = new HttpRequestMessage(method, path);
        request.Headers.Add("Tus-Resumable", TusVersion);
        return request;
    }

    private static string Metadata(UploadTarget target)
    {
        (string Name, string? Value)[] fields = [("filename", target.Name), ("filetype", target.Type), .. Fields(target)];
        return string.Join(',', fields.Where(field => field.Value is not null)
            .Select(field => $"{field.Name} {Convert.ToBase64String(Encoding.UTF8.GetBytes(field.Value ?? ""))}"));
    }
}
