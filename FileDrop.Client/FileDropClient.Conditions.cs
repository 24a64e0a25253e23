using System.Net;

namespace FileDrop.Client;

// Changes that are made only if a file still has a known version.
public sealed partial class FileDropClient
{
    /// <summary>Replaces a file's content and its time, if the file still has a version. The former content stays as an earlier version.</summary>
    /// <param name="id">The file.</param>
    /// <param name="ifVersion">The version that the file must have, as <see cref="DropFile.Version"/>.</param>
    /// <param name="content">The new content, from its position to its end.</param>
    /// <param name="modifiedAt">When the content last changed.</param>
    /// <param name="progress">Is told of the progress.</param>
    /// <param name="cancellation">Ends the upload; the file stays as it is.</param>
    /// <exception cref="FileDropException"><c>precondition_failed</c>: the file has another version by now.</exception>
    public async Task<DropFile> ReplaceContentAsync(
        Guid id, long ifVersion, Stream content, DateTimeOffset modifiedAt, IProgress<TransferProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(content);
        var tag = await FindTagAsync(id, ifVersion, cancellation);
        return await UploadAtOnceAsync(
            HttpMethod.Put, $"/files/{id}", type: null, content, progress, body => Form(new UploadTarget("content") { ModifiedAt = modifiedAt }, body),
            ClientJson.Instance.UpdatedFile, updated => updated.File, tag, cancellation);
    }

    /// <summary>Finds the entity tag of a version, which is opaque to a client.</summary>
    private async Task<string> FindTagAsync(Guid id, long version, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/files/{id}/metadata");
        using var response = await SendAsync(_http, request, cancellation);
        var file = await ReadAsync(response, ClientJson.Instance.DropFile, cancellation);
        return file.Version == version
            ? response.Headers.ETag?.ToString() ?? throw Strange(response)
            : throw new FileDropException(HttpStatusCode.PreconditionFailed, "precondition_failed", "The file has changed meanwhile. Read it again.");
    }
}
