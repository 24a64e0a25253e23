using FileDrop.Api.Http;
using FileDrop.Api.OpenApi;

namespace FileDrop.Api.Shares;

/// <summary>Dropped files in the OpenAPI document.</summary>
internal static class DropDescription
{
    public static readonly ApiParameter Uploader = ApiParameter.Query("uploader", "The sender's name. A share can require it.", Shape.Text(), "Ada");

    public static readonly ApiParameter Message = ApiParameter.Query("message", "Words beside the file.", Shape.Text());

    public static readonly ApiParameter Handle = ApiParameter.Path("upload_id", "The upload, as `Location` named it.", Shape.Text(pattern: "^[0-9a-f]{32}$")) with
    {
        Key = "drop_upload_id",
        Failures = [ApiProblem.UploadNotFound],
    };

    public static readonly ApiProblem TypeNotTaken = ApiProblem.UnsupportedMediaType("Files of this type are not taken here.");

    public static readonly ApiProblem NameMissing = ApiProblem.InvalidRequest("Give your name: ?uploader=Ada, or the form's part uploader.");

    /// <summary>The refusals of every dropped file.</summary>
    public static readonly ApiProblem[] Failures = [ApiProblem.NotADrop, ApiProblem.DropFull, TypeNotTaken, NameMissing, ApiProblem.ShareNotFound];

    public static readonly ApiSchema Form = new("DropForm", _ => Shape.Options("A file for the folder of a link, or the password of a link.",
        ("file", Shape.Bytes("The file: the part with a filename, under any field name.")),
        ("uploader", Shape.Text("The sender's name.", "Ada")),
        ("message", Shape.Text("Words beside the file."))));

    /// <summary>The fields that tell the progress of an upload.</summary>
    public static readonly ApiHeader[] Progress =
    [
        new("Upload-Offset", "The offset at which to continue, in bytes.", "0") { Key = "drop_offset_now" },
        new("Upload-Expires", "The time at which an incomplete upload is given up.", "Tue, 24 Nov 2026 08:25:25 GMT") { Key = "drop_expires", IsOptional = true },
    ];

    /// <summary>The fields of every answer to a link.</summary>
    public static readonly ApiHeader[] OfLink =
    [
        new("Vary", "The answer depends on these fields: a browser gets a page.", "Accept, User-Agent, Cookie") { Key = "link_vary" },
        new("X-Robots-Tag", "Search engines must not list links.", "noindex, nofollow"),
    ];

    /// <summary>The fields of every answer by tus.</summary>
    public static readonly ApiHeader[] OfTus = [.. OfLink, new("Tus-Resumable", "The version of tus.", "1.0.0") { Key = "drop_tus_version", IsOptional = true }];
}
