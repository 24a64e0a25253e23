using System.CommandLine;
using System.Net;
using System.Text.Json.Nodes;
using FileDrop.Client;

namespace FileDrop.Cli.Access;

/// <summary><c>filedrop login</c> and <c>filedrop logout</c>.</summary>
internal static class LoginCommand
{
    public static Command Login(Surroundings world)
    {
        var address = new Argument<string>("ADDRESS") { Description = "The service: https://files.example.com." };
        var command = new Command(
            "login",
            $"""
            Store the address and the key of a service, which every other command uses.

            The key is asked for, or read from standard input: filedrop login ADDRESS < key.txt
            A service without keys needs none: press Enter. The variables {Profile.AddressVariable} and
            {Profile.KeyVariable} win over the stored profile.
            """)
        {
            address,
        };
        command.SetAction((parse, cancellation) => Session.RunAsync(
            world, parse, output => StoreAsync(world, output, Profile.ParseAddress(parse.GetRequiredValue(address)), cancellation), cancellation));
        return command;
    }

    public static Command Logout(Surroundings world)
    {
        var command = new Command("logout", "Delete the stored profile. The key itself stays valid.");
        command.SetAction((parse, cancellation) => Session.RunAsync(
            world, parse,
            output =>
            {
                if (File.Exists(Profile.FileOf(world)))
                    File.Delete(Profile.FileOf(world));
                output.Done(new JsonObject { ["action"] = "logged out" }, "The stored key is deleted.");
                return Task.FromResult(ExitCode.Done);
            },
            cancellation));
        return command;
    }

    private static async Task<ExitCode> StoreAsync(Surroundings world, Output output, Uri address, CancellationToken cancellation)
    {
        var key = await Prompt.ReadSecretAsync(world, $"Key for {address} (Enter for none): ", cancellation);
        var profile = new Profile(address, key is { Length: > 0 } ? key : null);
        using var client = FileDropClient.Create(profile.Address, profile.Key);
        try
        {
            await client.GetFolderAsync(DropFolder.Root, cancellation);
        }
        catch (FileDropException limited) when (limited is { Status: HttpStatusCode.Forbidden, Code: "forbidden" })
        {
            // The service knows the key, which may not read.
        }
        catch (FileDropException refused) when (refused.Status == HttpStatusCode.Unauthorized)
        {
            throw new ToolException(ExitCode.Refused, $"{address} refuses {(profile.Key is null ? "access without a key" : "this key")}. Nothing was stored.");
        }
        catch (Exception failure) when (ToolException.Explain(failure, address, cancellation) is { } known)
        {
            throw new ToolException(known.Code, $"{known.Message} Nothing was stored.");
        }
        profile.Write(world);
        output.Done(new JsonObject { ["action"] = "logged in", ["address"] = address.ToString() }, $"Stored in {Profile.FileOf(world)}. Try: filedrop ls");
        return ExitCode.Done;
    }
}
