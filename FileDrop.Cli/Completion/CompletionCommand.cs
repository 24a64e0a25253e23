using System.CommandLine;

namespace FileDrop.Cli.Completion;

/// <summary><c>filedrop completion</c>.</summary>
internal static class CompletionCommand
{
    public static Command Create(Surroundings world)
    {
        var command = new Command(
            "completion",
            """
            Print a script that completes commands, options and paths at the service with Tab.

              bash   filedrop completion bash > ~/.local/share/bash-completion/completions/filedrop
              zsh    filedrop completion zsh > ~/.zfunc/_filedrop       (a folder of $fpath)
              fish   filedrop completion fish > ~/.config/fish/completions/filedrop.fish
              pwsh   filedrop completion pwsh >> $PROFILE
            """);
        foreach (var (shell, script) in Scripts.All)
        {
            var one = new Command(shell, $"The script for {shell}.");
            one.SetAction(_ => world.Output.Write(script));
            command.Add(one);
        }
        return command;
    }
}
