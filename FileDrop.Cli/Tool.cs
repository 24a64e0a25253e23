using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using FileDrop.Cli.Access;
using FileDrop.Cli.Changes;
using FileDrop.Cli.Completion;
using FileDrop.Cli.Files;
using FileDrop.Cli.Shares;
using FileDrop.Cli.Syncing;
using FileDrop.Cli.Transfers;

namespace FileDrop.Cli;

/// <summary>The command line's entry: a table of contents.</summary>
internal static class Tool
{
    /// <summary>Runs one command and returns its exit code.</summary>
    public static Task<int> Main(string[] args) => RunAsync(args, Surroundings.OfProcess(), patience: TimeSpan.FromSeconds(5));

    /// <summary>Runs one command within some surroundings.</summary>
    /// <param name="args">The command line without the program's name.</param>
    /// <param name="world">The streams, the environment, the current folder.</param>
    /// <param name="patience">How long a command may take to end after Ctrl+C; null leaves signals alone.</param>
    /// <param name="cancellation">Ends the command like Ctrl+C.</param>
    public static async Task<int> RunAsync(
        IReadOnlyList<string> args, Surroundings world, TimeSpan? patience = null, CancellationToken cancellation = default)
    {
        var configuration = new InvocationConfiguration { Output = world.Output, Error = world.Error, ProcessTerminationTimeout = patience };
        var parsed = Root(world).Parse(args);
        if (parsed.Action is not ParseErrorAction mistake)
            return await parsed.InvokeAsync(configuration, cancellation);
        mistake.ShowHelp = false;
        await parsed.InvokeAsync(configuration, cancellation);
        await world.Error.WriteLineAsync($"'{Path(parsed.CommandResult)} --help' shows how.");
        return (int)ExitCode.Usage;
    }

    /// <summary>The words that lead to a command.</summary>
    private static string Path(SymbolResult command) =>
        command.Parent is CommandResult parent ? $"{Path(parent)} {((CommandResult)command).Command.Name}" : "filedrop";

    /// <summary>All commands.</summary>
    public static RootCommand Root(Surroundings world)
    {
        var root = new RootCommand(
            """
            Files on a FileDrop service: upload, download, list, share, follow changes, and keep a folder in sync.

              filedrop login https://files.example.com       once; the key is asked for
              filedrop put -r photos fd:/2026/               a folder with everything in it
              filedrop ls 'fd:/2026/**/*.jpg'                wildcards
              filedrop get fd:/2026/photos/beach.jpg         into the current folder
              filedrop share fd:/2026/photos --expires 7d    a link for people without an account

            Paths at the service begin with fd:, all others are files of this machine.
            """);
        CommonOptions.AddTo(root);
        foreach (var help in root.Options.OfType<HelpOption>())
            help.Action = new ShortHelp(help.Action as HelpAction ?? new HelpAction());
        root.Add(LoginCommand.Login(world));
        root.Add(LoginCommand.Logout(world));
        root.Add(ListCommand.Create(world));
        root.Add(PutCommand.Create(world));
        root.Add(GetCommand.Create(world));
        root.Add(RemoveCommand.Create(world));
        root.Add(MoveCommand.Create(world));
        root.Add(CopyCommand.Create(world));
        root.Add(MakeFolderCommand.Create(world));
        root.Add(ShareCommand.Create(world));
        root.Add(RequestCommand.Create(world));
        root.Add(TrashCommand.Create(world));
        root.Add(VersionsCommand.Create(world));
        root.Add(TailCommand.Create(world));
        root.Add(SyncCommand.Create(world));
        root.Add(CompletionCommand.Create(world));
        return root;
    }
    /// <summary>Shows a command's whole description in its own help, and its first line in the list of commands.</summary>
    private sealed class ShortHelp(HelpAction help) : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            foreach (var command in parseResult.CommandResult.Command.Subcommands)
                command.Description = command.Description?.Split('\n')[0];
            return help.Invoke(parseResult);
        }
    }
}
