using FileDrop.Api.Access;
using FileDrop.Api.Blobs;
using FileDrop.Api.Catalog;
using FileDrop.Api.Contents;
using FileDrop.Api.Http;
using FileDrop.Api.OpenApi;
using FileDrop.Api.Settings;

namespace FileDrop.Api.Keys;

/// <summary>API keys, for admins.</summary>
internal static class KeyEndpoints
{
    public static void MapKeys(this IEndpointRouteBuilder app)
    {
        var keys = app.MapGroup("/admin/keys").WithTags("Access");
        keys.MapPost("/", CreateAsync)
            .WithName("CreateKey").WithSummary("Create an API key").WithDescription("""
                Creates a key and shows it once; the service keeps only its hash. The command `keys create` makes the first key. Until then this is `403`.
                """)
            .TakesJson(KeyDescription.NewKey).Needs(Scope.Admin)
            .Answers(201, "The key.", ApiBody.Json(KeyDescription.KeyCreated), CommonHeaders.CacheControl);

        keys.MapGet("/", ListAsync)
            .WithName("ListKeys").WithSummary("List the API keys").WithDescription("""
                Returns the keys without their secrets. Revoked keys come last; among the others the newest comes first. `?owner=` shows only that
                owner's keys.
                """)
            .Needs(Scope.Admin)
            .Answers(200, "The keys.", ApiBody.List(KeyDescription.Key, IKeyCatalog.MaxListed), CommonHeaders.CacheControl);

        keys.MapDelete("/{key_id}", RevokeAsync)
            .WithName("RevokeKey").WithSummary("Revoke an API key").WithDescription("""
                Revokes the key for good. Every replica refuses it within seconds. The service stays closed when the last key is revoked.

                Shares that were made with the key go on, unless `shares` asks to end them. They end at once.
                """)
            .Takes(KeyDescription.KeyId, KeyDescription.Shares).Needs(Scope.Admin)
            .Answers(200, "The key is revoked.", ApiBody.Json(KeyDescription.KeyRevoked));
    }

    /// <summary>The first key locks everybody else out, so creating it requires access to the machine.</summary>
    private static ApiProblem FirstKey { get; } = ApiProblem.Forbidden(
        "Create the first key with the command \"keys create\" on the service's machine, or set FileDrop:Access:Key; that key can create the others.");

    private static async Task<IResult> CreateAsync(
        HttpContext context, IKeyCatalog catalog, AccessState access, FileDropOptions options, TimeProvider time)
    {
        if (await access.IsUnconfiguredAsync(context.RequestAborted))
            return FirstKey;
        if (!FileRequest.IsJson(context.Request))
            return ApiProblem.UnsupportedMediaType("Send the key's settings as application/json.") with
            {
                Header = ("Accept", "application/json"),
            };
        var wanted = await FileRequest.ReadJsonAsync(context.Request, options, json => NewKey.Read(json, time.GetUtcNow()));
        var (text, key) = await ApiKeys.CreateAsync(catalog, wanted.Owner ?? Caller.Owner(context), wanted.Name,
            wanted.Scopes ?? NewKey.UsualScopes, wanted.ExpiresAt, time, context.RequestAborted);
        Audit.Concerns(context, key.Id);
        context.Response.Headers.CacheControl = "no-store";
        return new JsonAnswer<KeyCreatedJson>(
            new KeyCreatedJson("Store the key now: it is shown only once.", text, KeyJson.Of(key)), ApiJson.Instance.KeyCreatedJson, StatusCodes.Status201Created);
    }

    private static async Task<IResult> ListAsync(HttpContext context, IKeyCatalog catalog)
    {
        var keys = await catalog.ListApiKeysAsync(context.RequestAborted);
        if (context.Request.Query.ContainsKey(Caller.OwnerParameter))
            keys = [.. keys.Where(key => key.Owner.Equals(Caller.Owner(context), StringComparison.Ordinal))];
        context.Response.Headers.CacheControl = "no-store";
        return new JsonAnswer<KeyJson[]>([.. keys.Select(KeyJson.Of)], ApiJson.Instance.KeyJsonArray);
    }

    private static async Task<IResult> RevokeAsync(
        HttpContext context, IKeyCatalog catalog, IReserve reserve, ApiKeys keys, ShareStore shares, TimeProvider time, string key_id)
    {
        if (!Parameters.TryReadFlag(context.Request.Query, "shares", out var endsShares))
            return ApiProblem.InvalidRequest("shares is true or false.");
        // The reserve allows a revocation on a full disk too.
        var isRevoked = await reserve.FreeAsync(() => catalog.RevokeApiKeyAsync(key_id, time.GetUtcNow(), context.RequestAborted));
        keys.Forget(key_id);
        // After the key, which makes no more shares then; and also if it is revoked already, so that a repeated request ends what the first one left.
        var ended = endsShares ? await reserve.FreeAsync(() => shares.DeleteOfKeyAsync(key_id, context.RequestAborted)) : 0;
        return isRevoked ? Ended($"Key {key_id} was revoked.")
            : ended > 0 ? Ended($"Key {key_id} was revoked before.")
            : ApiProblem.KeyNotFound;

        JsonAnswer<KeyRevokedJson> Ended(string what) => new(new KeyRevokedJson(endsShares ? $"{what} {ended} of its shares have ended." : what, key_id), ApiJson.Instance.KeyRevokedJson);
    }
}
