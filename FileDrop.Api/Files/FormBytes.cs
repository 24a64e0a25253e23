namespace FileDrop.Api.Files;

/// <summary>The body of a form, which refuses more bytes than a form may have.</summary>
/// <remarks>
/// The framework's reader buffers a part's header until its line ends, and skips the parts that nobody reads, both without a bound.
/// This stream lies below that reader, so every byte is counted whatever the reader does with it.
/// </remarks>
/// <param name="body">The request's body.</param>
/// <param name="maxFileSize">The largest file, in bytes.</param>
internal sealed class FormBytes(Stream body, long maxFileSize) : ForwardStream
{
    /// <summary>Bytes that a reader takes at once: it may have read so many of the next part when the last one ends.</summary>
    public const int ReadAhead = 4096;

    /// <summary>Bytes besides the file's content. Parts that mean nothing are passed over, so there may be some of them.</summary>
    public const int MaxOthers = 8 << 20;

    private long _fileLeft = maxFileSize + FileRequest.FormAllowance;
    private long _othersLeft = MaxOthers;
    private long _headerLeft;

    /// <summary>Whether the bytes that are read now are the file's content.</summary>
    public bool IsFile { get; set; }

    /// <summary>Bounds what comes until the next call, besides the file's content and the form as a whole.</summary>
    /// <param name="bytes">At most so many.</param>
    public void Allow(long bytes) => _headerLeft = bytes;

    /// <exception cref="ContentRejectedException">The form has more bytes than it may.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await body.ReadAsync(buffer, cancellationToken);
        if (IsFile)
        {
            if ((_fileLeft -= read) < 0)
                throw new ContentRejectedException(ApiProblem.FileTooLarge($"The limit is {maxFileSize} bytes."));
            return read;
        }
        if ((_othersLeft -= read) < 0)
        {
            throw new ContentRejectedException(ApiProblem.InvalidRequest(
                $"A form has at most {MaxOthers} bytes besides its file."));
        }
        if ((_headerLeft -= read) < 0)
            throw new ContentRejectedException(ApiProblem.InvalidRequest("A part's header is too large, or has no end."));
        return read;
    }
}
