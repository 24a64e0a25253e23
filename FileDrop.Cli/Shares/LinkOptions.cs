using System.CommandLine;
using FileDrop.Client;

namespace FileDrop.Cli.Shares;

/// <summary>The options of every new link.</summary>
internal sealed class LinkOptions
{
    private readonly Option<string> _expires = new("--expires") { Description = "When the link ends: 12h, 7d, 2026-12-24. Default: never.", HelpName = "WHEN" };

    // Not as a value: other users of the machine can read command lines.
    private readonly Option<bool> _password = new("--password") { Description = "Protect the link by a password of 8 to 256 characters. It is asked for, or read from standard input." };

    private readonly Option<string> _note = new("--note") { Description = "Words for the people who have the link.", HelpName = "TEXT" };

    public void AddTo(Command command)
    {
        command.Add(_expires);
        command.Add(_password);
        command.Add(_note);
    }

    /// <summary>Adds the options to the settings of a share.</summary>
    public async Task<ShareSettings> ReadAsync(ParseResult parse, Surroundings world, ShareSettings settings, CancellationToken cancellation) => settings with
    {
        ExpiresAt = parse.GetValue(_expires) is { } when ? Words.Moment(when, DateTimeOffset.UtcNow) : null,
        Password = parse.GetValue(_password) ? await AskAsync(world, cancellation) : null,
        Note = parse.GetValue(_note),
    };

    private static async Task<string> AskAsync(Surroundings world, CancellationToken cancellation) =>
        await Prompt.ReadSecretAsync(world, "Password for the link: ", cancellation) is { Length: >= 8 and <= 256 } password
            ? password
            : throw new ToolException(ExitCode.Usage, "A password has 8 to 256 characters. No link was made.");
}
