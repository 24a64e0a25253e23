using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using FileDrop.Api.Catalog;
using FileDrop.Api.Text;

namespace FileDrop.Api.Links;

/// <summary>The grant in a link: one version of one file, or one archive, until it expires.</summary>
/// <param name="Owner">The file's owner.</param>
/// <param name="FileId">The file's id, or what stands for an archive.</param>
/// <param name="Version">The version that the link reads; 0 for an archive.</param>
/// <param name="ExpiresAt">The end of the grant, to the millisecond.</param>
/// <remarks>
/// Its text is base64url of these bytes: the link key's number, the expiry and the version (8 bytes each, big-endian), and an initialization vector (16). Then
/// come the owner, encrypted by AES-256-CBC, and an HMAC-SHA-256 over the file's id and all bytes before. The owner is encrypted because links are passed to
/// people who must not learn it. Both keys are derived from the link key (RFC 5869). ASP.NET Core's data protection would do the same with a key
/// ring of its own, which all replicas would have to share.
/// </remarks>
internal sealed record LinkGrant(string Owner, Guid FileId, long Version, DateTimeOffset ExpiresAt)
{
    private const int Numbers = 3 * sizeof(long), Vector = 16;
    private const int MaxLength = 8192;

    public string Write(LinkKey key)
    {
        using var aes = Cipher(key);
        var vector = RandomNumberGenerator.GetBytes(Vector);
        var owner = aes.EncryptCbc(Encoding.UTF8.GetBytes(Owner), vector);
        var text = new byte[Numbers + Vector + owner.Length + HMACSHA256.HashSizeInBytes];
        BinaryPrimitives.WriteInt64BigEndian(text, key.Number);
        BinaryPrimitives.WriteInt64BigEndian(text.AsSpan(8), ExpiresAt.ToUnixTimeMilliseconds());
        BinaryPrimitives.WriteInt64BigEndian(text.AsSpan(16), Version);
        vector.CopyTo(text, Numbers);
        owner.CopyTo(text, Numbers + Vector);
        Sign(key, FileId, text.AsSpan(0, text.Length - HMACSHA256.HashSizeInBytes)).CopyTo(text, text.Length - HMACSHA256.HashSizeInBytes);
        return Base64Url.EncodeToString(text);
    }

    /// <summary>Reads the number of the link key that claims to have signed a text; null if the text is not a grant.</summary>
    public static long? KeyOf(string text) => Decode(text) is { } bytes ? BinaryPrimitives.ReadInt64BigEndian(bytes) : null;

    /// <summary>Verifies and reads a grant; null unless this link key signed exactly this text for this file. The caller must check the expiry.</summary>
    public static LinkGrant? Read(string text, Guid fileId, LinkKey key)
    {
        if (Decode(text) is not { } bytes)
            return null;
        var signed = bytes.AsSpan(0, bytes.Length - HMACSHA256.HashSizeInBytes);
        if (!CryptographicOperations.FixedTimeEquals(Sign(key, fileId, signed), bytes.AsSpan(signed.Length)))
            return null;
        using var aes = Cipher(key);
        var owner = aes.DecryptCbc(signed[(Numbers + Vector)..], signed.Slice(Numbers, Vector));
        return new LinkGrant(Encoding.UTF8.GetString(owner), fileId, BinaryPrimitives.ReadInt64BigEndian(signed[16..]),
            DateTimeOffset.FromUnixTimeMilliseconds(BinaryPrimitives.ReadInt64BigEndian(signed[8..])));
    }

    private static byte[]? Decode(string text)
    {
        const int TooShort = Numbers + Vector + HMACSHA256.HashSizeInBytes;
        return text.Length <= MaxLength && Base64UrlText.TryDecode(text, out var bytes) && bytes.Length > TooShort ? bytes : null;
    }

    private static byte[] Sign(LinkKey key, Guid fileId, ReadOnlySpan<byte> text)
    {
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, Derive(key, "FileDrop link signature"u8));
        hmac.AppendData(fileId.ToByteArray(bigEndian: true));
        hmac.AppendData(text);
        return hmac.GetHashAndReset();
    }

    private static Aes Cipher(LinkKey key)
    {
        var aes = Aes.Create();
        aes.Key = Derive(key, "FileDrop link owner"u8);
        return aes;
    }

    private static byte[] Derive(LinkKey key, ReadOnlySpan<byte> purpose)
    {
        var derived = new byte[32];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, key.Secret.Span, derived, salt: [], purpose);
        return derived;
    }
}
