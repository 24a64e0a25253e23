using FileDrop.Api.Memory;

namespace FileDrop.Api.Http;

/// <summary>The body of a form. It refuses more bytes than a form may have.</summary>
/// <remarks>
/// The framework's reader has no bound when it buffers a line of a part's header or skips an unread part. This stream lies below that
/// reader, so it counts every byte.
/// </remarks>
/// <param name="body">The request's body.</param>
/// <param name="maxFileSize">The largest file, in bytes.</param>
internal sealed class FormBytes(Stream body, long maxFileSize) : ForwardStream
{
    /// <summary>Bytes that a reader takes at once. When a part ends, the reader may already have this much of the next.</summary>
    public const int ReadAhead = 4096;

    /// <summary>Bytes besides the file's content. Unknown parts are skipped, so there may be some.</summary>
    public const int MaxOthers = 8 << 20;

    private long _fileLeft = maxFileSize + FileForm.Allowance;
    private long _othersLeft = MaxOthers;
    private long _headerLeft;

    /// <summary>Whether the bytes that are read now belong to the file's content.</summary>
    public bool IsFile { get; set; }

    /// <summary>Limits the bytes until the next call that do not belong to the file's content. The limits of the whole form hold as well.</summary>
    /// <param name="bytes">The most bytes.</param>
    public void Allow(long bytes) => _headerLeft = bytes;

    /// <exception cref="ProblemException">The form has more bytes than it may.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await body.ReadAsync(buffer, cancellationToken);
        if (IsFile)
        {
            if ((_fileLeft -= read) < 0)
                throw new ProblemException(ApiProblem.FileTooLarge($"The limit is {maxFileSize} bytes."));
            return read;
        }
        if ((_othersLeft -= read) < 0)
        {
            throw new ProblemException(ApiProblem.InvalidRequest(
                $"A form has at most {MaxOthers} bytes besides its file."));
        }
        if ((_headerLeft -= read) < 0)
            throw new ProblemException(ApiProblem.InvalidRequest("A part's header is too large, or has no end."));
        return read;
    }
}
