using System.Text.Json;
using System.Text.RegularExpressions;
using FileDrop.Api.Catalog;

namespace FileDrop.Api.Tests.Catalog;

/// <summary>Documents and answers as text, for comparison.</summary>
internal static partial class Described
{
    /// <summary>Matches times, and values that depend on the current time.</summary>
    [GeneratedRegex("""
        "\d{4}-\d\d-\d\dT[^"]*"|"(IsAlive|Overdue)":[^,}]*
        """)]
    private static partial Regex Times { get; }

    /// <summary>
    /// Describes a document. Reservations are left out, because the owner's usage shows them, and so are marks of changes, which not every engine needs.
    /// </summary>
    public static string Describe(this FileDocument? document, bool times = true) => document is null ? "absent" : Text(document with
    {
        Intents = [.. document.Intents.OrderBy(intent => intent.BlobId).Select(intent => intent with { Reserved = null })],
        Garbage = [.. document.Garbage.OrderBy(blob => blob.BlobId)],
        Unsaid = null,
    }, times);

    /// <summary>Describes an answer of the catalog; lists without a defined order are sorted.</summary>
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
