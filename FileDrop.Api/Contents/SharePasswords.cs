using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using FileDrop.Api.Catalog;
using Konscious.Security.Cryptography;

namespace FileDrop.Api.Contents;

/// <summary>Hashes and verifies the passwords of shares by Argon2id, at most two at once.</summary>
/// <remarks>
/// The parameters are those of OWASP's password storage cheat sheet: 19 MiB, two passes, one lane. A hash takes about a tenth of a second of one core, so others
/// wait for their turn. Callers take turns, and too many that wait are refused.
/// </remarks>
internal sealed class SharePasswords
{
    /// <summary>The fewest characters of a password.</summary>
    public const int MinLength = 8;

    /// <summary>The most characters of a password.</summary>
    public const int MaxLength = 256;

    private const int AtOnce = 2, MaxWaiting = 256, MaxWaitingOfCaller = 32, Kibibytes = 19 * 1024, Passes = 2, Lanes = 1, SaltBytes = 16, HashBytes = 32;

    private static readonly string s_prefix = string.Create(CultureInfo.InvariantCulture, $"$argon2id$v=19$m={Kibibytes},t={Passes},p={Lanes}$");

    private readonly FairSlots _slots = new(AtOnce);
    private readonly ConcurrentDictionary<string, int> _waiting = new(StringComparer.Ordinal);

    /// <summary>Hashes a new password, in the PHC string format.</summary>
    /// <param name="password">The password.</param>
    /// <param name="caller">Takes turns with other callers.</param>
    /// <param name="cancellation">Ends the waiting for the turn.</param>
    /// <exception cref="RefusedException">Too many passwords are being hashed.</exception>
    public async Task<string> HashAsync(string password, string caller, CancellationToken cancellation)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltBytes);
        var hash = await ComputeAsync(password, salt, caller, () => true, cancellation) ?? [];
        return $"{s_prefix}{Unpadded(salt)}${Unpadded(hash)}";
    }

    /// <summary>Whether a password is the one that was hashed; compared in constant time.</summary>
    /// <param name="password">The password.</param>
    /// <param name="hashed">The hash.</param>
    /// <param name="caller">Takes turns with other callers.</param>
    /// <param name="mayTry">Is asked when the turn has come. If it says no, nothing is computed, and the password counts as wrong.</param>
    /// <param name="cancellation">Ends the waiting for the turn.</param>
    /// <inheritdoc cref="HashAsync" path="/exception"/>
    public async Task<bool> IsRightAsync(string password, string hashed, string caller, Func<bool> mayTry, CancellationToken cancellation)
    {
        // No password is empty or longer. A hash is computed all the same, so that the time tells nothing.
        var isPossible = password.Length is > 0 and <= MaxLength;
        if (!hashed.StartsWith(s_prefix, StringComparison.Ordinal) || hashed[s_prefix.Length..].Split('$') is not [var salt, var hash])
            return false;
        return await ComputeAsync(isPossible ? password : "-", Padded(salt), caller, mayTry, cancellation) is { } computed
            && CryptographicOperations.FixedTimeEquals(computed, Padded(hash)) && isPossible;
    }

    /// <summary>Whether a text has the form of a hash made here.</summary>
    public static bool IsHash(string text)
    {
        if (!text.StartsWith(s_prefix, StringComparison.Ordinal) || text[s_prefix.Length..].Split('$') is not [var salt, var hash])
            return false;
        var bytes = new byte[HashBytes + 2];
        return Convert.TryFromBase64String($"{salt}{Padding(salt)}", bytes, out var saltBytes) && saltBytes == SaltBytes
            && Convert.TryFromBase64String($"{hash}{Padding(hash)}", bytes, out var hashBytes) && hashBytes == HashBytes;
    }

    private async Task<byte[]?> ComputeAsync(string password, byte[] salt, string caller, Func<bool> mayTry, CancellationToken cancellation)
    {
        try
        {
            if (_waiting.AddOrUpdate(caller, 1, (_, waiting) => waiting + 1) > MaxWaitingOfCaller || _waiting.Values.Sum() > MaxWaiting)
                throw new RefusedException(new Refusal(RefusalCode.TooManyRequests) { Limit = "passwords", Wait = TimeSpan.FromSeconds(2) });
            return await _slots.RunAsync(caller, async () => mayTry() ? await ComputeAsync(password, salt) : null, cancellation);
        }
        finally
        {
            var left = _waiting.AddOrUpdate(caller, 0, (_, waiting) => waiting - 1);
            if (left == 0)
                _waiting.TryRemove(KeyValuePair.Create(caller, 0));
        }
    }

    private static async Task<byte[]> ComputeAsync(string password, byte[] salt)
    {
        using var argon2 = new Argon2id(Encoding.UTF8.GetBytes(NameKey.Normalize(password)))
        {
            Salt = salt,
            MemorySize = Kibibytes,
            Iterations = Passes,
            DegreeOfParallelism = Lanes,
        };
        return await argon2.GetBytesAsync(HashBytes);
    }

    private static string Unpadded(byte[] bytes) => Convert.ToBase64String(bytes).TrimEnd('=');

    private static byte[] Padded(string text) => Convert.FromBase64String($"{text}{Padding(text)}");

    private static string Padding(string text) => new('=', (4 - (text.Length % 4)) % 4);
}
