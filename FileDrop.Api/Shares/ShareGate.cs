using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using FileDrop.Api.Access;
using FileDrop.Api.Catalog;
using FileDrop.Api.Contents;
using FileDrop.Api.Http;
using FileDrop.Api.Text;

namespace FileDrop.Api.Shares;

/// <summary>A request with a share's link that may go on, or the answer to one that may not.</summary>
/// <param name="Share">The share.</param>
/// <param name="Token">The link's token.</param>
/// <param name="Names">The names behind the token.</param>
/// <param name="IsFolder">Whether the path ends with a slash.</param>
internal sealed record ShareVisit(Share Share, string Token, IReadOnlyList<string> Names, bool IsFolder)
{
    /// <summary>The path of the link.</summary>
    public string Path => $"{LoggedPath.Shares}/{Token}";
}

/// <summary>Lets requests with a link in: finds the share, and asks for its password.</summary>
/// <remarks>
/// Unknown, expired, revoked and exhausted links have the same answer. A right password gives a cookie, which ends with the password: it is an HMAC under the
/// password's hash. A program sends the password by HTTP Basic each time.
/// </remarks>
internal sealed class ShareGate(SharedEntries entries, SharePasswords passwords, Guesses guesses, TimeProvider time)
{
    private const string DoorCookie = "fd-door", VisitCookie = "fd-visit";

    private static readonly TimeSpan s_doorLife = TimeSpan.FromHours(24);

    /// <summary>Lets a request in.</summary>
    /// <returns>The visit, or the reason why there is none.</returns>
    /// <exception cref="Storage.StorageException">The catalog does not answer.</exception>
    public async Task<(ShareVisit? Visit, ApiProblem? Problem)> EnterAsync(HttpContext context)
    {
        var (visit, problem) = await FindAsync(context);
        if (visit is null || visit.Share.Password is not { } hash || HasDoorCookie(context, hash))
            return (visit, problem);
        if (KeyAuthentication.ReadPassword(context.Request.Headers.Authorization.ToString()) is not { } password)
            return (visit, ApiProblem.SharePasswordRequired);
        return await TryAsync(context, visit, password) is { } refused ? (visit, refused) : (visit, null);
    }

    /// <summary>Tries a password from the page's form.</summary>
    /// <returns>The visit if the link works; and the reason to refuse it, if there is one.</returns>
    public async Task<(ShareVisit? Visit, ApiProblem? Problem)> UnlockAsync(HttpContext context, string password)
    {
        var (visit, problem) = await FindAsync(context);
        return visit is null || visit.Share.Password is null ? (visit, problem) : (visit, await TryAsync(context, visit, password));
    }

    /// <summary>The visitor of a share with a limit: the one whom the cookie names, or a new one, who gets a cookie.</summary>
    public static Guid Visitor(HttpContext context, ShareVisit visit)
    {
        if (KnownVisitor(context) is { } known)
            return known;
        var visitor = new Guid(RandomNumberGenerator.GetBytes(16));
        SetCookie(context, visit, VisitCookie, Base64Url.EncodeToString(visitor.ToByteArray()), Share.GrantLife);
        return visitor;
    }

    /// <summary>The visitor whom the cookie names; null for a new one.</summary>
    public static Guid? KnownVisitor(HttpContext context) =>
        context.Request.Cookies[VisitCookie] is { Length: 22 } text && Base64UrlText.TryDecode(text, out var bytes) && bytes.Length == 16
            ? new Guid(bytes)
            : null;

    /// <summary>The answer to a link that does not work. An address that sends very many is told to wait.</summary>
    public ApiProblem NotFound(HttpContext context) => guesses.CountLink(context) ?? ApiProblem.ShareNotFound;

    private async Task<(ShareVisit? Visit, ApiProblem? Problem)> FindAsync(HttpContext context)
    {
        if (Read(context) is not { Names.Count: > 0 } target
            || await entries.OpenAsync(target.Names[0], context.RequestAborted) is not { } found)
            return (null, NotFound(context));
        Audit.Concerns(context, $"{found.Share.Id}");
        // Only a visitor whose download was counted can go on.
        if (found.Share.IsExhausted && (!HttpMethods.IsGet(context.Request.Method) || KnownVisitor(context) is null))
            return (null, NotFound(context));
        return (new ShareVisit(found.Share, target.Names[0], [.. target.Names.Skip(1)], target.IsFolder), null);
    }

    private async Task<ApiProblem?> TryAsync(HttpContext context, ShareVisit visit, string password)
    {
        var (share, hash) = (visit.Share, visit.Share.Password ?? "");
        var refused = guesses.RefusePassword(context, share.Id);
        if (refused is not null)
            return refused;
        var caller = Limits.Network(context.Connection.RemoteIpAddress);
        if (!await passwords.IsRightAsync(password, hash, caller, () => (refused = guesses.CountPassword(context, share.Id)) is null, context.RequestAborted))
            return refused ?? ApiProblem.SharePasswordWrong;
        guesses.ForgivePassword(context, share.Id);
        var until = (time.GetUtcNow() + s_doorLife).ToUnixTimeSeconds();
        SetCookie(context, visit, DoorCookie, $"{until}.{Sign(hash, until)}", life: null);
        return null;
    }

    private bool HasDoorCookie(HttpContext context, string hash) =>
        context.Request.Cookies[DoorCookie]?.Split('.') is [var end, var mac]
        && long.TryParse(end, NumberStyles.None, CultureInfo.InvariantCulture, out var until) && until > time.GetUtcNow().ToUnixTimeSeconds()
        && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(mac), Encoding.UTF8.GetBytes(Sign(hash, until)));

    private static string Sign(string hash, long until) => Base64Url.EncodeToString(HMACSHA256.HashData(
        SHA256.HashData(Encoding.UTF8.GetBytes(hash)), Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"FileDrop share door {until}"))));

    private static void SetCookie(HttpContext context, ShareVisit visit, string name, string value, TimeSpan? life) =>
        context.Response.Cookies.Append(name, value, new CookieOptions
        {
            HttpOnly = true,
            SameSite = SameSiteMode.Lax,
            Secure = context.Request.IsHttps,
            Path = $"{context.Request.PathBase}{visit.Path}",
            MaxAge = life,
        });

    /// <summary>Reads the token and the names behind it; null if a name breaks a rule, as <c>..</c> does.</summary>
    private static PathTarget? Read(HttpContext context)
    {
        try
        {
            return PathTarget.Read(context, LoggedPath.Shares[1..]);
        }
        catch (ProblemException)
        {
            return null;
        }
    }
}
