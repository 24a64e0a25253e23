using System.Text.Json;
using System.Text.Json.Serialization;

namespace FileDrop.Cli;

/// <summary>The address of a service, and a key for it.</summary>
/// <param name="Address">The address: http or https.</param>
/// <param name="Key">An API key or an access token; null for a service that needs none.</param>
internal sealed record Profile(Uri Address, string? Key)
{
    /// <summary>The variable that names the address. It wins over the file.</summary>
    public const string AddressVariable = "FILEDROP_ADDRESS";

    /// <summary>The variable that has the key. It wins over the file.</summary>
    public const string KeyVariable = "FILEDROP_KEY";

    /// <summary>The file that <c>filedrop login</c> writes.</summary>
    public static string FileOf(Surroundings world) => Path.Combine(world.ConfigFolder, "profile.json");

    /// <summary>Finds the profile: from the environment, else from the file.</summary>
    /// <exception cref="ToolException">There is none, or it is not readable.</exception>
    /// <remarks>The file's key is only sent to the file's address: another service must not learn it.</remarks>
    public static Profile Find(Surroundings world)
    {
        var (address, key) = (world.Variable(AddressVariable), world.Variable(KeyVariable));
        var chosen = address is { Length: > 0 } ? ParseAddress(address) : null;
        var stored = chosen is null || key is null ? Read(world) : null;
        var found = chosen ?? stored?.Address ?? throw new ToolException(
            ExitCode.Usage, $"No service is known. Run 'filedrop login ADDRESS', or set {AddressVariable}.");
        return new Profile(found, key is not null ? (key.Length > 0 ? key : null) : found == stored?.Address ? stored.Key : null);
    }

    /// <summary>Stores the profile. Only its user can read the file.</summary>
    public void Write(Surroundings world)
    {
        var file = FileOf(world);
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(world.ConfigFolder);
        else
            Directory.CreateDirectory(world.ConfigFolder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        PrivateFile.Write(file, JsonSerializer.SerializeToUtf8Bytes(new StoredProfile(Address.ToString(), Key), ProfileJson.Default.StoredProfile));
    }

    /// <summary>Reads an address as a person types it: without a scheme it is https, on this machine http.</summary>
    /// <exception cref="ToolException">It is not an address.</exception>
    public static Uri ParseAddress(string text)
    {
        var whole = text.Contains("://", StringComparison.Ordinal) ? text : $"{(IsThisMachine(text) ? "http" : "https")}://{text}";
        if (!Uri.TryCreate(whole, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https") || address.UserInfo.Length > 0
            || address.PathAndQuery is not "/" || address.Fragment.Length > 0)
        {
            throw new ToolException(ExitCode.Usage, $"'{text}' is not an address of a service. Write it like https://files.example.com.");
        }
        return address;
    }

    private static bool IsThisMachine(string text) =>
        Uri.TryCreate($"http://{text}", UriKind.Absolute, out var address) && address.IsLoopback;

    private static Profile? Read(Surroundings world)
    {
        var file = FileOf(world);
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(file), ProfileJson.Default.StoredProfile) is { Address: { } address } stored
                ? new Profile(ParseAddress(address), stored.Key)
                : null;
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (JsonException)
        {
            throw new ToolException(ExitCode.Usage, $"{file} is damaged. Run 'filedrop login' again.");
        }
    }
}

/// <summary>The file's content.</summary>
internal sealed record StoredProfile(string? Address, string? Key);

/// <summary>The file's JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(StoredProfile))]
internal sealed partial class ProfileJson : JsonSerializerContext;
