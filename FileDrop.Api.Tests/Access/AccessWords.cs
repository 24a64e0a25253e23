using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using FileDrop.Api.Tests.Files;
using Xunit;

namespace FileDrop.Api.Tests.Access;

/// <summary>Helpers for tests of access.</summary>
internal static class AccessWords
{
    /// <summary>The configured key of these services.</summary>
    public const string AdminKey = "an-admins-key-of-many-characters";

    public static readonly string[] ReadAlone = ["read"];

    public static (string Key, string Value) AdminSetting => ("FileDrop:Access:Key", AdminKey);

    /// <summary>A client that sends a key or token with every request; null sends none.</summary>
    public static HttpClient As(this Service service, string? credential)
    {
        var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false })
        {
            BaseAddress = service.Address,
            Timeout = TimeSpan.FromMinutes(1),
        };
        if (credential is not null)
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", credential);
        return http;
    }

    public static HttpClient AsAdmin(this Service service) => service.As(AdminKey);

    /// <summary>Creates a key; <paramref name="wanted"/> is the request's body.</summary>
    public static async Task<(string Key, string Id)> MakeKeyAsync(this HttpClient admin, object wanted)
    {
        using var response = await admin.PostAsync("/admin/keys", Json(wanted));
        var made = await response.SucceededAsync(HttpStatusCode.Created);
        return (made.Text("api_key"), made.GetProperty("key").Text("key_id"));
    }

    /// <summary>A client of this owner, with all scopes except admin.</summary>
    public static async Task<HttpClient> OwnerAsync(this Service service, string owner)
    {
        using var admin = service.AsAdmin();
        return service.As((await admin.MakeKeyAsync(new { owner })).Key);
    }

    public static StringContent Json(object body) => new(JsonSerializer.Serialize(body), Encoding.UTF8, "application/json");

    /// <summary>Checks that a request without a valid credential was refused, and that no browser would prompt for a password.</summary>
    public static async Task UnauthenticatedAsync(this HttpResponseMessage response)
    {
        await response.RefusedAsync(401, "unauthenticated");
        Assert.Equal("Bearer", response.Headers.WwwAuthenticate.ToString());
    }

    public static async Task<HttpStatusCode> StatusAsync(this HttpClient http, string path)
    {
        using var response = await http.GetAsync(path);
        return response.StatusCode;
    }
}

/// <summary>A service that requires credentials, on SQLite and the disk.</summary>
public sealed class GuardedEmbeddedPair : EmbeddedPair
{
    protected override (string Key, string Value)[] Settings => [AccessWords.AdminSetting];
}

/// <summary>A service that requires credentials, on MongoDB and S3.</summary>
public sealed class GuardedClusterPair : ClusterPair
{
    protected override (string Key, string Value)[] Settings => [AccessWords.AdminSetting];
}
