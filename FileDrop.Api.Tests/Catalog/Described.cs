using System.Text.Json;
using System.Text.RegularExpressions;
using FileDrop.Api.Catalog;

namespace FileDrop.Api.Tests.Catalog;

/// <summary>Documents and answers as text that is the same where they say the same.</summary>
internal static partial class Described
{
    /// <summary>Times, and what follows from how long ago something was.</summary>
    [GeneratedRegex("""
        "\d{4}-\d\d-\d\dT[^"]*"|"(IsAlive|Overdue)":[^,}]*
        """)]
    private static partial Regex Times { get; }

    /// <summary>All that a document says; what an intent has reserved is told by its owner's usage.</summary>
    public static string Describe(this FileDocument? document, bool times = true) => document is null ? "absent" : Text(document with
    {
        Intents = [.. document.Intents.OrderBy(intent => intent.BlobId).Select(intent => intent with { Reserved = null })],
        Garbage = [.. document.Garbage.OrderBy(blob => blob.BlobId)],
    }, times);

    /// <summary>An answer of the catalog; the order of blobs that have none does not count.</summary>
    public static string Text(object? answer, bool times = true)
    {
        var text = JsonSerializer.Serialize(answer switch
        {
            SweepWork work => work with { Deletions = [.. work.Deletions.OrderBy(deletion => deletion.BlobId)] },
            ResumableUpload upload => upload with { Progress = upload.Progress with { Pieces = [.. upload.Progress.Pieces.Order()] } },
            _ => answer,
        });
        return times ? text : Times.Replace(text, "\"time\"");
    }
}
