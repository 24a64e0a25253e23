using FileDrop.Api.Http;

namespace FileDrop.Api.OpenApi;

/// <summary>Errors that endpoints have in common, with details as examples.</summary>
internal static class CommonErrors
{
    public static readonly ApiProblem InvalidName = ApiProblem.InvalidName("A name has no control characters; this one has U+0007.");

    public static readonly ApiProblem InvalidTags = ApiProblem.InvalidTags("A tag's key has no colon: it ends the key in ?tag=key:value.");

    public static readonly ApiProblem DigestMismatch = ApiProblem.DigestMismatch($"The bytes that arrived have {ApiExamples.Digest}.");

    /// <summary>Every request can be for another host.</summary>
    public static readonly ApiProblem[] Always = [ApiProblem.MisdirectedRequest];

    /// <summary>Every request but OPTIONS reads fields, counts against limits and needs the stores.</summary>
    public static readonly ApiProblem[] OfWork =
    [
        ApiProblem.InvalidRequest("If-Match is '*' or a list of entity tags, each in double quotes."),
        ApiProblem.TooManyRequests(6, "caller"), ApiProblem.InternalError, ApiProblem.StorageUnavailable, ApiProblem.ProviderUnavailable,
    ];

    /// <summary>Every change needs space, and may have a body.</summary>
    public static readonly ApiProblem[] OfChange = [ApiProblem.InsufficientStorage, ApiProblem.UnknownTransferCoding];

    private static readonly ApiProblem Slow = ApiProblem.InvalidRequest("No byte came for 120 seconds.") with { Status = StatusCodes.Status408RequestTimeout };

    public static readonly ApiProblem[] OfContent =
    [
        ApiProblem.QuotaExceeded, Slow, ApiProblem.FileTooLarge("The limit is 5497558138880 bytes."),
        ApiProblem.UnsupportedMediaType("Send the content without Content-Encoding: it is stored as it is.") with { Header = ("Accept-Encoding", "identity") },
        ApiProblem.UnsupportedMediaType("This is the type of a piece of an upload. Append it by PATCH, at the address that the upload's creation gave."),
    ];

    public static ApiProblem OfPiece(string mediaType) =>
        ApiProblem.UnsupportedMediaType($"Send the bytes as {mediaType}.") with { Header = ("Accept-Patch", mediaType) };

    public static readonly ApiProblem[] OfForm = [ApiProblem.TooManyFiles, InvalidName, InvalidTags];

    public static readonly ApiProblem[] OfJson =
    [
        DigestMismatch, Slow, ApiProblem.FileTooLarge("A JSON body has at most 262144 bytes."),
        ApiProblem.UnsupportedMediaType("Send the body as application/json.") with { Header = ("Accept", "application/json") },
    ];
}
