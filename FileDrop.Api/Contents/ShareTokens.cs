using System.Buffers.Text;
using System.Security.Cryptography;
using FileDrop.Api.Catalog;
using FileDrop.Api.Storage;
using FileDrop.Api.Text;

namespace FileDrop.Api.Contents;

/// <summary>The tokens of shares: 128 bits, as 22 characters of base64url.</summary>
/// <remarks>
/// A token is an HMAC of the share's id under a key that the catalog keeps, so its owner can see it again. The catalog finds a share by the SHA-256 of its token:
/// a comparison of digests tells nothing about how much of a guess was right.
/// </remarks>
internal sealed class ShareTokens(IShareCatalog catalog)
{
    private const int SecretBytes = 32;

    /// <summary>All keys. They never change; an import can add some.</summary>
    private volatile IReadOnlyList<ShareKey> _keys = [];

    /// <summary>The key that makes new tokens. The first call of all creates it.</summary>
    /// <exception cref="StorageException">The catalog does not answer.</exception>
    public async ValueTask<ShareKey> CurrentAsync(CancellationToken cancellation)
    {
        if (_keys is [var known, ..])
            return known;
        _keys = await catalog.ListShareKeysAsync(cancellation);
        if (_keys is [var found, ..])
            return found;
        // If several replicas get here at once, one creates the key and all read it.
        await catalog.AddShareKeyAsync(new ShareKey(1, RandomNumberGenerator.GetBytes(SecretBytes)), cancellation);
        _keys = await catalog.ListShareKeysAsync(cancellation);
        return _keys[0];
    }

    /// <summary>The token of a share.</summary>
    /// <exception cref="InvalidOperationException">The catalog has lost the key.</exception>
    /// <exception cref="StorageException">The catalog does not answer.</exception>
    public async ValueTask<string> OfAsync(Share share, CancellationToken cancellation) =>
        Base64Url.EncodeToString(Share.TokenOf(share.Id, (await FindAsync(share, cancellation)).Secret.Span));

    /// <summary>A key of 128 bits for one purpose of a share, which its holders do not know.</summary>
    /// <inheritdoc cref="OfAsync" path="/exception"/>
    public async ValueTask<byte[]> DeriveAsync(Share share, string purpose, CancellationToken cancellation)
    {
        var key = await FindAsync(share, cancellation);
        return HMACSHA256.HashData(key.Secret.Span, [.. System.Text.Encoding.UTF8.GetBytes(purpose), .. share.Id.ToByteArray(bigEndian: true)])[..16];
    }

    /// <summary>The digest by which the catalog finds the share of a token; null if the text is not a token.</summary>
    public static byte[]? DigestOf(string token) =>
        token.Length == Base64Url.GetEncodedLength(Share.TokenBytes) && Base64UrlText.TryDecode(token, out var bytes) && bytes.Length == Share.TokenBytes
            && Base64Url.EncodeToString(bytes).Equals(token, StringComparison.Ordinal)
            ? Share.DigestOf(bytes)
            : null;

    private async ValueTask<ShareKey> FindAsync(Share share, CancellationToken cancellation)
    {
        if (_keys.All(key => key.Number != share.Key))
            _keys = await catalog.ListShareKeysAsync(cancellation);
        return _keys.FirstOrDefault(key => key.Number == share.Key)
            ?? throw new InvalidOperationException($"The catalog has no key {share.Key}, so the link of share {share.Id} cannot be shown.");
    }
}
