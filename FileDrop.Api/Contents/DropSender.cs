using FileDrop.Api.Text;

namespace FileDrop.Api.Contents;

/// <summary>The sender of a dropped file, in its own words.</summary>
/// <param name="Uploader">The name; null if not given.</param>
/// <param name="Message">Words beside the file; null if not given.</param>
internal sealed record DropSender(string? Uploader, string? Message)
{
    private const string Anonymous = "Anonymous";

    /// <summary>The name of the uploader's folder.</summary>
    public string FolderName
    {
        get
        {
            // A name is a little shorter than a tag.
            var sent = UnicodeText.Cut(Clean(Uploader) ?? Anonymous, FileName.MaxBytes).Replace('/', '-').Replace('\\', '-');
            return FileName.TryMake(sent, out var name, out _) ? name : Anonymous;
        }
    }

    /// <summary>The tags of the file.</summary>
    public IReadOnlyDictionary<string, string> ToTags()
    {
        var tags = new Dictionary<string, string>(StringComparer.Ordinal);
        if (Clean(Uploader) is { } uploader)
            tags.Add("uploaded_by", uploader);
        if (Clean(Message) is { } message)
            tags.Add("message", message);
        return tags;
    }

    /// <summary>A text of one line, as long as a tag may be; null if nothing is left of it.</summary>
    private static string? Clean(string? text)
    {
        if (text is null || !UnicodeText.IsWellFormed(text))
            return null;
        var clean = string.Concat(text.Select(each => char.IsControl(each) ? ' ' : each)).Trim();
        return clean.Length == 0 ? null : UnicodeText.Cut(clean, FileTags.MaxValueBytes);
    }
}
