using System.Globalization;
using FileDrop.Api.Access;
using FileDrop.Api.Catalog;
using FileDrop.Api.Http;
using FileDrop.Api.Keys;
using FileDrop.Api.Settings;
using FileDrop.Api.Text;

namespace FileDrop.Api.Commands;

/// <summary><c>keys create</c>, <c>keys list</c> and <c>keys revoke</c>.</summary>
/// <remarks>They change only the catalog; a running service sees the change within seconds.</remarks>
internal sealed class KeysCommand(IKeyCatalog catalog, TimeProvider time)
{
    private static readonly string[] CreateOptions = ["--name", "--owner", "--scopes", "--days"];

    /// <summary>Runs the command.</summary>
    /// <returns>Whether the command succeeded; null if the words are not one of these commands.</returns>
    public Task<bool?> RunAsync(string[] words, CancellationToken cancellation) => words switch
    {
        ["create", .. var options] => CreateAsync(options, cancellation),
        ["list"] => ListAsync(cancellation),
        ["revoke", var id] => RevokeAsync(id, cancellation),
        _ => Task.FromResult<bool?>(null),
    };

    private async Task<bool?> CreateAsync(string[] words, CancellationToken cancellation)
    {
        var options = words.Chunk(2).ToLookup(pair => pair[0], pair => pair.ElementAtOrDefault(1), StringComparer.Ordinal);
        if (options.Any(option => !CreateOptions.Contains(option.Key, StringComparer.Ordinal) || option.Count() > 1 || option.First() is null))
            return null;
        var (name, owner) = (options["--name"].FirstOrDefault(), options["--owner"].FirstOrDefault() ?? Caller.Anonymous);
        if (name is not null && !ApiKeys.IsName(name))
            return await RefuseAsync($"A name must have 1 to {ApiKeys.MaxNameLength} characters, without control characters.");
        if (!ApiKeys.IsOwner(owner))
            return await RefuseAsync($"An owner must have 1 to {Caller.MaxOwnerLength} characters, without control characters.");
        // The first key must be able to create further keys.
        var scopes = await catalog.HasApiKeysAsync(cancellation) ? NewKey.UsualScopes : Scope.All;
        if (options["--scopes"].FirstOrDefault() is { } names && !Scopes.TryParse(names.Split(','), out scopes, out var wrong))
            return await RefuseAsync(wrong);
        var days = 0;
        if (options["--days"].FirstOrDefault() is { } text
            && (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out days) || days is <= 0 or > 36500))
            return await RefuseAsync("--days must be a whole number from 1 to 36500.");

        var expires = days == 0 ? (DateTimeOffset?)null : time.GetUtcNow().AddDays(days);
        var (key, kept) = await ApiKeys.CreateAsync(catalog, owner, name, scopes, expires, time, cancellation);
        // Standard output gets only the key, for scripts.
        await Console.Out.WriteLineAsync(key);
        await Console.Error.WriteLineAsync(Describe(kept));
        await Console.Error.WriteLineAsync("Store the key now: it is shown only once. Send it as \"Authorization: Bearer …\", or as the password of HTTP Basic.");
        return true;
    }

    private async Task<bool?> ListAsync(CancellationToken cancellation)
    {
        foreach (var key in await catalog.ListApiKeysAsync(cancellation))
            await Console.Out.WriteLineAsync(Describe(key));
        return true;
    }

    private async Task<bool?> RevokeAsync(string id, CancellationToken cancellation)
    {
        if (!await catalog.RevokeApiKeyAsync(id, time.GetUtcNow(), cancellation))
            return await RefuseAsync($"Key {id} does not exist or is already revoked.");
        await Console.Error.WriteLineAsync($"Key {id} was revoked; every service refuses it within two seconds.");
        return true;
    }

    private string Describe(ApiKey key)
    {
        var state = key.RevokedAt is { } revoked ? $"revoked {Date(revoked)}"
            : key.ExpiresAt is { } expires ? $"{(expires <= time.GetUtcNow() ? "expired" : "expires")} {Date(expires)}"
            : "does not expire";
        return $"{key.Id}  owner {UnicodeText.Escape(key.Owner)}  {string.Join(',', key.Scopes)}  created {Date(key.CreatedAt)}  {state}  "
            + $"{(key.LastUsedAt is { } used ? $"last used {Date(used)}" : "never used")}{(key.Name is { } name ? $"  {UnicodeText.Escape(name)}" : "")}";
    }

    private static string Date(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm'Z'", CultureInfo.InvariantCulture);

    private static async Task<bool?> RefuseAsync(string reason)
    {
        await Console.Error.WriteLineAsync(reason);
        return false;
    }
}
