using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;

namespace FileDrop.Api;

/// <summary>Base64url (RFC 4648, section 5) as the service writes it: without padding, white space, or bits that mean nothing.</summary>
internal static class Base64UrlText
{
    /// <summary>Reads a text that may come from anybody, and never throws.</summary>
    /// <returns>False: the service did not write it. One value has one text, so two texts never mean the same.</returns>
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
