using FileDrop.Api.Memory;

namespace FileDrop.Api.Http;

/// <summary>The body of a form's part. If the form is malformed, reading throws the answer for the client.</summary>
/// <param name="part">The part, as the framework reads it.</param>
internal sealed class FormPart(Stream part) : ForwardStream
{
    /// <summary>Whether the framework's reader has found the form malformed.</summary>
    public static bool IsMalformed(Exception failure) => failure is InvalidDataException || failure is IOException and not BadHttpRequestException;

    /// <summary>Says so to the client.</summary>
    public static ProblemException Malformed(Exception failure) =>
        new(ApiProblem.InvalidRequest("The multipart body is cut off, or a part's header is malformed or too large."), failure);

    /// <exception cref="ProblemException">The form is malformed.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            return await part.ReadAsync(buffer, cancellationToken);
        }
        catch (Exception malformed) when (IsMalformed(malformed))
        {
            throw Malformed(malformed);
        }
    }
}
