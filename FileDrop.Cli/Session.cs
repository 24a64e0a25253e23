using System.CommandLine;
using FileDrop.Client;

namespace FileDrop.Cli;

/// <summary>One run of a command: the service, and everything that the command says.</summary>
internal sealed class Session : IDisposable
{
    private Session(Surroundings world, Output output, Profile profile)
    {
        (World, Output, Address) = (world, output, profile.Address);
        Client = FileDropClient.Create(profile.Address, profile.Key);
    }

    /// <summary>Streams, environment, current folder.</summary>
    public Surroundings World { get; }

    /// <summary>Results, errors and progress.</summary>
    public Output Output { get; }

    /// <summary>The service's address.</summary>
    public Uri Address { get; }

    /// <summary>The service.</summary>
    public FileDropClient Client { get; }

    /// <summary>Makes a command's action: opens the service of the profile, and turns failures into sentences and exit codes.</summary>
    /// <param name="command">The command.</param>
    /// <param name="world">The world around the run.</param>
    /// <param name="act">Does the command's work. Ctrl+C and SIGTERM cancel it.</param>
    public static void Use(Command command, Surroundings world, Func<Session, ParseResult, CancellationToken, Task<ExitCode>> act) =>
        command.SetAction((parse, cancellation) => RunAsync(
            world, parse,
            async output =>
            {
                using var session = new Session(world, output, Profile.Find(world));
                try
                {
                    return await act(session, parse, cancellation);
                }
                catch (Exception failure) when (ToolException.Explain(failure, session.Address, cancellation) is { } known)
                {
                    return Say(output, known);
                }
            },
            cancellation));

    /// <summary>Does work that may fail, without a service: says the failure, and returns its exit code.</summary>
    public static async Task<int> RunAsync(Surroundings world, ParseResult parse, Func<Output, Task<ExitCode>> act, CancellationToken cancellation)
    {
        var output = new Output(world, parse.GetValue<bool>(CommonOptions.Json), parse.GetValue<bool>(CommonOptions.Quiet));
        try
        {
            return (int)await act(output);
        }
        catch (Exception failure) when (ToolException.Explain(failure, address: null, cancellation) is { } known)
        {
            return (int)Say(output, known);
        }
    }

    /// <summary>Asks a person for a yes. Without one at a terminal, the command needs <c>--yes</c>.</summary>
    /// <param name="question">The question.</param>
    /// <param name="isYes">Whether the user has said yes already.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="ToolException">Nobody can answer, or the answer is no.</exception>
    public async Task ConfirmAsync(string question, bool isYes, CancellationToken cancellation)
    {
        if (isYes)
            return;
        if (!World.IsInputTerminal || !World.IsErrorTerminal)
            throw new ToolException(ExitCode.Usage, "This cannot be undone, and nobody can be asked here. Add --yes.");
        await World.Error.WriteAsync($"{question} [y/N] ");
        if ((await Prompt.ReadLineAsync(World, cancellation))?.Trim().ToUpperInvariant() is not ("Y" or "YES"))
            throw new ToolException(ExitCode.Canceled, "Nothing was done.");
    }

    public void Dispose() => Client.Dispose();

    private static ExitCode Say(Output output, ToolException known)
    {
        output.Error(known.Message);
        return known.Code;
    }
}
