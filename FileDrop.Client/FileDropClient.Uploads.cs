using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;

namespace FileDrop.Client;

// Uploads. Large ones are resumable by tus 1.0.0.
public sealed partial class FileDropClient
{
    /// <summary>Contents of at least this many bytes are uploaded so that a broken connection costs nothing.</summary>
    public const long ResumableFrom = 8 << 20;

    /// <summary>Before contents of at least this many bytes, the service is asked whether it wants them.</summary>
    private const long AskedFrom = 1 << 20;

    /// <summary>The tries in a row that bring no byte, after which a transfer fails.</summary>
    private const int MaxTries = 8;

    /// <summary>The bytes that are read and sent at a time.</summary>
    private const int BufferSize = 1 << 18;

    /// <summary>Uploads a file. The service's SHA-256 is compared with that of the bytes that were read here.</summary>
    /// <param name="content">
    /// The content, from its position to its end. From <see cref="ResumableFrom"/> on it is uploaded resumably, if the stream can seek. Otherwise a connection
    /// that breaks ends the upload, and nothing is stored.
    /// </param>
    /// <param name="target">The place and the name.</param>
    /// <param name="progress">Is told of the progress.</param>
    /// <param name="cancellation">Ends the upload; nothing stays.</param>
    public async Task<DropFile> UploadAsync(
        Stream content, UploadTarget target, IProgress<TransferProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(content);
        ArgumentNullException.ThrowIfNull(target);
        return content.CanSeek && content.Length - content.Position >= ResumableFrom
            ? await UploadResumablyAsync(content, target, progress, cancellation)
            : await UploadAtOnceAsync(
                HttpMethod.Post, target.Tags is { Count: > 0 } ? "/files/upload" : Address(target), target.Type, content, progress,
                body => target.Tags is { Count: > 0 } ? Form(target, body) : body, ClientJson.Instance.DropFile, file => file, ifMatch: null, cancellation);
    }

    /// <summary>Uploads a file of this machine under its own name, with its time.</summary>
    /// <inheritdoc cref="UploadAsync"/>
    /// <param name="path">The file.</param>
    /// <param name="target">The place and the name; null for a loose file with the file's own name.</param>
    public async Task<DropFile> UploadFileAsync(
        string path, UploadTarget? target = null, IProgress<TransferProgress>? progress = null, CancellationToken cancellation = default)
    {
        await using var content = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.Asynchronous | FileOptions.SequentialScan);
        target ??= new UploadTarget(System.IO.Path.GetFileName(path));
        return await UploadAsync(content, target with { ModifiedAt = target.ModifiedAt ?? new DateTimeOffset(File.GetLastWriteTimeUtc(path), TimeSpan.Zero) }, progress, cancellation);
    }

    /// <summary>Replaces a file's content; the old one stays as an earlier version.</summary>
    /// <param name="id">The file.</param>
    /// <param name="content">The new content, from its position to its end.</param>
    /// <param name="type">The media type; null keeps the file's.</param>
    /// <param name="ifMatch">The condition: replace only if this is still the file's entity tag.</param>
    /// <param name="progress">Is told of the progress.</param>
    /// <param name="cancellation">Ends the upload; the file stays as it is.</param>
    public Task<DropFile> ReplaceContentAsync(
        Guid id, Stream content, string? type = null, string? ifMatch = null, IProgress<TransferProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(content);
        return UploadAtOnceAsync(
            HttpMethod.Put, $"/files/{id}/content", type, content, progress, body => body, ClientJson.Instance.UpdatedFile, updated => updated.File, ifMatch,
            cancellation);
    }

    /// <summary>The address of an upload whose body is only the content.</summary>
    private static string Address(UploadTarget target) => Query("/files/upload", [("file_name", target.Name), .. Fields(target)]);

    /// <summary>A form, which can have tags.</summary>
    private static MultipartFormDataContent Form(UploadTarget target, HttpContent content)
    {
        var form = new MultipartFormDataContent();
        foreach (var (name, value) in Fields(target))
        {
            if (value is not null)
                form.Add(new StringContent(value), name);
        }
        form.Add(content, "file", target.Name);
        return form;
    }

    /// <summary>The fields that every kind of upload takes.</summary>
    private static (string Name, string? Value)[] Fields(UploadTarget target) =>
    [
        ("folder_id", target.Folder is { } folder ? FolderText(folder) : null),
        ("path", target.Path),
        ("create_folders", Flag(target.CreateFolders)),
        ("on_conflict", target.OnConflict == OnConflict.Fail ? null : ClientJson.Word(target.OnConflict)),
        ("modified_at", target.ModifiedAt is { } modified ? Time(modified) : null),
        ("tags", target.Tags is { Count: > 0 } tags ? ClientJson.Tags(tags).ToJsonString() : null),
    ];

    private async Task<DropFile> UploadAtOnceAsync<T>(
        HttpMethod method, string path, string? type, Stream content, IProgress<TransferProgress>? progress, Func<HttpContent, HttpContent> wrap,
        System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> answer, Func<T, DropFile?> choose, string? ifMatch, CancellationToken cancellation)
    {
        using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var request = new HttpRequestMessage(method, path);
        var body = new HashedContent(content, sha256, sent => progress?.Report(new TransferProgress(sent, content.CanSeek ? content.Length : null)));
        body.Headers.ContentType = type is null ? null : MediaTypeHeaderValue.Parse(type);
        request.Content = wrap(body);
        // A refusal should come before the bytes are sent, and not break the connection in their middle.
        request.Headers.ExpectContinue = !content.CanSeek || content.Length - content.Position >= AskedFrom;
        if (ifMatch is not null)
            request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
        using var response = await SendAsync(_transfers, request, cancellation);
        var file = choose(await ReadAsync(response, answer, cancellation)) ?? throw Strange(response);
        return await VerifyAsync(file, sha256, cancellation);
    }

    /// <summary>Compares the digests of both sides. A new file with other bytes than were sent is deleted.</summary>
    private async Task<DropFile> VerifyAsync(DropFile file, IncrementalHash sha256, CancellationToken cancellation)
    {
        var sent = Convert.ToHexStringLower(sha256.GetHashAndReset());
        if (sent.Equals(file.Sha256, StringComparison.OrdinalIgnoreCase))
            return file;
        // Only a new file: an older one has earlier versions.
        if (file.Version == 1)
            await DeleteFileAsync(file.FileId, permanent: true, cancellation: cancellation);
        throw new FileDropException(FileDropException.DigestMismatch, "The service has stored other bytes than were sent. Send them again.");
    }

    /// <summary>Repeats a step that changes nothing if it is done twice.</summary>
    private async Task<T> RepeatAsync<T>(Func<Task<T>> step, CancellationToken cancellation)
    {
        for (var tries = 0; ; tries++)
        {
            try
            {
                return await step();
            }
            catch (Exception failure) when (IsBroken(failure, cancellation) && tries < MaxTries)
            {
                await PauseAsync(tries, failure, cancellation);
            }
        }
    }

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>A body that is read from a stream once, and seen on the way.</summary>
    private sealed class HashedContent : HttpContent
    {
        private readonly Stream _content;
        private readonly Action<ReadOnlyMemory<byte>> _read;
        private readonly long? _length;

        public HashedContent(Stream content, Action<ReadOnlyMemory<byte>> read) =>
            (_content, _read, _length) = (content, read, content.CanSeek ? content.Length - content.Position : null);

        public HashedContent(Stream content, IncrementalHash sha256, Action<long> progress)
            : this(content, Counting(sha256, progress))
        {
        }

        protected override bool TryComputeLength(out long length)
        {
            length = _length ?? 0;
            return _length is not null;
        }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            var buffer = System.Buffers.ArrayPool<byte>.Shared.Rent(BufferSize);
            try
            {
                int count;
                while ((count = await _content.ReadAsync(buffer, cancellationToken)) > 0)
                {
                    await stream.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
                    _read(buffer.AsMemory(0, count));
                }
            }
            finally
            {
                System.Buffers.ArrayPool<byte>.Shared.Return(buffer);
            }
        }

        private static Action<ReadOnlyMemory<byte>> Counting(IncrementalHash sha256, Action<long> progress)
        {
            var sent = 0L;
            return bytes =>
            {
                sha256.AppendData(bytes.Span);
                progress(sent += bytes.Length);
            };
        }
    }
}
