using System.Diagnostics.CodeAnalysis;
using System.Text;
using FileDrop.Api.Catalog;
using FileDrop.Api.Text;

namespace FileDrop.Api.Contents;

/// <summary>The rules of a file's and a folder's name. A name is data and never a path: it reaches no file system and no object key.</summary>
internal static class FileName
{
    /// <summary>In bytes of UTF-8, after normalisation.</summary>
    public const int MaxBytes = 255;

    /// <summary>The name of content that was sent without one.</summary>
    public const string Untitled = "untitled";

    /// <summary>The rule that bytes break if they are not text. Replacing them would let two different names become one.</summary>
    public const string NotText = "A name is valid Unicode: UTF-8 where it is sent as bytes, and no half of a surrogate pair.";

    /// <summary>
    /// Makes a name of the last segment of a path, in NFC. Both <c>/</c> and <c>\</c> end a segment, since browsers and scripts send the paths of
    /// their systems.
    /// </summary>
    /// <param name="sent">The path or name.</param>
    /// <param name="name">The name.</param>
    /// <param name="wrong">The rule that the name breaks.</param>
    public static bool TryMake(string sent, [NotNullWhen(true)] out string? name, [NotNullWhen(false)] out string? wrong)
    {
        name = sent[(sent.LastIndexOfAny(['/', '\\']) + 1)..];
        wrong = Check(name);
        if (wrong is null)
        {
            name = NameKey.Normalize(name);
            if (Encoding.UTF8.GetByteCount(name) > MaxBytes)
                wrong = $"A name has at most {MaxBytes} bytes of UTF-8; this one has {Encoding.UTF8.GetByteCount(name)}.";
        }
        if (wrong is not null)
            name = null;
        return wrong is null;
    }

    /// <summary>Makes the name of a folder, or of one segment of a path, in NFC. It refuses slashes, because nothing may be cut off here.</summary>
    /// <inheritdoc cref="TryMake"/>
    public static bool TryMakeSegment(string sent, [NotNullWhen(true)] out string? name, [NotNullWhen(false)] out string? wrong)
    {
        if (sent.AsSpan().IndexOfAny('/', '\\') < 0)
            return TryMake(sent, out name, out wrong);
        (name, wrong) = (null, "A name in a path has no slash and no backslash.");
        return false;
    }

    private static string? Check(string name)
    {
        if (name.Length == 0)
            return "A name has at least one character after its last slash.";
        if (name is "." or "..")
            return "'.' and '..' are not names.";
        foreach (var character in name)
        {
            if (char.IsControl(character))
                return $"A name has no control characters; this one has U+{(int)character:X4}.";
        }
        return UnicodeText.IsWellFormed(name) ? null : NotText;
    }
}
