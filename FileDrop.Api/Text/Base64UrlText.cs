using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;

namespace FileDrop.Api.Text;

/// <summary>Base64url (RFC 4648, section 5) in the service's form: without padding, white space or unused bits.</summary>
internal static class Base64UrlText
{
    /// <summary>Decodes untrusted text, and never throws.</summary>
    /// <returns>False if the service did not write the text. Each value has exactly one text, so two texts never mean the same.</returns>
    public static bool TryDecode(string text, [NotNullWhen(true)] out byte[]? bytes)
    {
        bytes = new byte[Base64Url.GetMaxDecodedLength(text.Length)];
        if (Base64Url.DecodeFromChars(text, bytes, out _, out var length) != OperationStatus.Done
            || !Base64Url.EncodeToString(bytes.AsSpan(0, length)).Equals(text, StringComparison.Ordinal))
        {
            bytes = null;
            return false;
        }
        Array.Resize(ref bytes, length);
        return true;
    }
}
