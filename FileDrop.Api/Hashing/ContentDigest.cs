using System.Diagnostics.CodeAnalysis;

namespace FileDrop.Api.Hashing;

/// <summary>The digest fields of RFC 9530. FileDrop checks their SHA-256.</summary>
internal static class ContentDigest
{
    private const int Sha256Length = 32;

    /// <summary>Reads the <c>sha-256</c> members of Content-Digest and Repr-Digest, which mean the same for content without a coding.</summary>
    /// <param name="fields">The lines of both fields.</param>
    /// <param name="sha256">In lower-case hexadecimal; null if none was sent. Other algorithms are ignored (section 2).</param>
    /// <param name="wrong">Why the fields cannot be used: a member is malformed, or the fields contradict each other.</param>
    public static bool TryRead(IEnumerable<string?> fields, out string? sha256, [NotNullWhen(false)] out string? wrong)
    {
        (sha256, wrong) = (null, null);
        foreach (var member in fields.SelectMany(value => (value ?? "").Split(',')))
        {
            var (algorithm, value) = member.Split('=', 2) is [var left, var right] ? (left.Trim(), right.Trim()) : (member.Trim(), "");
            if (!algorithm.Equals("sha-256", StringComparison.Ordinal))
                continue;
            if (!TryReadBytes(value, out var digest))
            {
                wrong = "A digest field's sha-256 is 32 bytes in base64 between colons: sha-256=:…:.";
                return false;
            }
            if (sha256 is not null && !string.Equals(sha256, digest, StringComparison.Ordinal))
            {
                wrong = "The digest fields contradict each other.";
                return false;
            }
            sha256 = digest;
        }
        return true;
    }

    /// <summary>The field's value for a content with this hash.</summary>
    public static string Format(string sha256) => $"sha-256=:{Convert.ToBase64String(Convert.FromHexString(sha256))}:";

    /// <summary>An RFC 8941 byte sequence without parameters.</summary>
    private static bool TryReadBytes(string value, [NotNullWhen(true)] out string? hex)
    {
        hex = null;
        Span<byte> digest = stackalloc byte[Sha256Length];
        if (value.Length < 2 || value[0] != ':' || value[^1] != ':'
            || !Convert.TryFromBase64String(value[1..^1], digest, out var length) || length != Sha256Length)
            return false;
        hex = Convert.ToHexStringLower(digest);
        return true;
    }
}
