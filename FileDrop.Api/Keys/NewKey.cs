using System.Text.Json;
using FileDrop.Api.Access;
using FileDrop.Api.Http;
using FileDrop.Api.Settings;

namespace FileDrop.Api.Keys;

/// <summary>The settings of a new key.</summary>
/// <param name="Name">The key's purpose; null if not given.</param>
/// <param name="Owner">The owner whose files the key opens; null means its creator's.</param>
/// <param name="Scopes">The key's scopes; null means all except <c>admin</c>.</param>
/// <param name="ExpiresAt">The key is refused from this time on; null if it never expires.</param>
internal sealed record NewKey(string? Name, string? Owner, Scope? Scopes, DateTimeOffset? ExpiresAt)
{
    public const Scope UsualScopes = Scope.Read | Scope.Write | Scope.Delete | Scope.Share;

    /// <summary>Reads a request's body.</summary>
    /// <exception cref="ProblemException">A member is unknown or has a wrong value.</exception>
    public static NewKey Read(JsonElement json, DateTimeOffset now)
    {
        if (json.ValueKind != JsonValueKind.Object)
            throw Rejected("The body must be a JSON object.");
        var key = new NewKey(null, null, null, null);
        foreach (var member in json.EnumerateObject())
        {
            key = member switch
            {
                { Name: "name", Value.ValueKind: JsonValueKind.String } when member.Value.GetString() is { } name && ApiKeys.IsName(name) =>
                    key with { Name = name },
                { Name: "owner", Value.ValueKind: JsonValueKind.String } when member.Value.GetString() is { } owner && ApiKeys.IsOwner(owner) =>
                    key with { Owner = owner },
                { Name: "scopes", Value.ValueKind: JsonValueKind.Array } => key with { Scopes = ReadScopes(member.Value) },
                { Name: "expires_at", Value.ValueKind: JsonValueKind.String }
                    when member.Value.TryGetDateTimeOffset(out var expires) && expires > now =>
                    key with { ExpiresAt = expires },
                _ => throw Rejected(
                    $"The members are name (up to {ApiKeys.MaxNameLength} characters), owner (up to {Caller.MaxOwnerLength}), "
                    + "scopes (an array) and expires_at (a future time, RFC 3339). Send no other member and no null."),
            };
        }
        return key;
    }

    private static Scope ReadScopes(JsonElement json)
    {
        var names = json.EnumerateArray().Select(name => name.ValueKind == JsonValueKind.String ? name.GetString() ?? "" : name.GetRawText());
        return Settings.Scopes.TryParse(names, out var scopes, out var wrong) ? scopes : throw Rejected(wrong);
    }

    private static ProblemException Rejected(string detail) => new(ApiProblem.InvalidRequest(detail));
}
