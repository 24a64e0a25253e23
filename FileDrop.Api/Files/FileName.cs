using System.Diagnostics.CodeAnalysis;
using System.Text;
using FileDrop.Api.Catalog;

namespace FileDrop.Api.Files;

/// <summary>The rules of a file's name. A name is data, never a path: it reaches no file system and no object key.</summary>
internal static class FileName
{
    /// <summary>In bytes of UTF-8, after normalisation.</summary>
    public const int MaxBytes = 255;

    /// <summary>The name of content that was sent without one.</summary>
    public const string Untitled = "untitled";

    /// <summary>
    /// The last segment of whatever path was sent, in NFC; or the rule that it breaks. Both <c>/</c> and <c>\</c> end a segment,
    /// since browsers and scripts send the paths of the systems they run on.
    /// </summary>
    public static bool TryMake(string sent, [NotNullWhen(true)] out string? name, [NotNullWhen(false)] out ApiProblem? problem)
    {
        name = sent[(sent.LastIndexOfAny(['/', '\\']) + 1)..];
        problem = Check(name);
        if (problem is null)
        {
            name = NameKey.Normalize(name);
            if (Encoding.UTF8.GetByteCount(name) > MaxBytes)
                problem = ApiProblem.InvalidName($"A name has at most {MaxBytes} bytes of UTF-8; this one has {Encoding.UTF8.GetByteCount(name)}.");
        }
        if (problem is not null)
            name = null;
        return problem is null;
    }

    /// <summary>The bytes that were sent as a name are no text. A replacement would let two different names become one.</summary>
    public static ApiProblem NotText { get; } = ApiProblem.InvalidName("A name is valid Unicode: UTF-8 where it is sent as bytes, and no half of a surrogate pair.");

    private static ApiProblem? Check(string name)
    {
        if (name.Length == 0)
            return ApiProblem.InvalidName("A name has at least one character after its last slash.");
        if (name is "." or "..")
            return ApiProblem.InvalidName("'.' and '..' are not names.");
        foreach (var character in name)
        {
            if (char.IsControl(character))
                return ApiProblem.InvalidName($"A name has no control characters; this one has U+{(int)character:X4}.");
        }
        return UnicodeText.IsWellFormed(name) ? null : NotText;
    }
}
