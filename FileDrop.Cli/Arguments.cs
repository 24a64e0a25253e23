using System.CommandLine;
using System.Globalization;
using FileDrop.Cli.Completion;
using FileDrop.Client;

namespace FileDrop.Cli;

/// <summary>Arguments and options that several commands have.</summary>
internal static class Arguments
{
    /// <summary>Paths at the service.</summary>
    public static Argument<string[]> Paths(Surroundings world, string description, ArgumentArity? arity = null) =>
        Remote(new Argument<string[]>("PATH") { Description = description, HelpName = "PATH", Arity = arity ?? ArgumentArity.OneOrMore }, world);

    /// <summary>One path at the service.</summary>
    public static Argument<string> Path(Surroundings world, string description) => Remote(new Argument<string>("PATH") { Description = description, HelpName = "PATH" }, world);

    /// <summary>The action if a name is taken.</summary>
    public static Option<OnConflict> Conflict(string description) => new("--on-conflict")
    {
        Description = description,
        HelpName = "fail|rename|replace",
        CustomParser = result => Enum.TryParse<OnConflict>(result.Tokens[0].Value, ignoreCase: true, out var choice) && Enum.IsDefined(choice)
            && !char.IsAsciiDigit(result.Tokens[0].Value[0])
                ? choice
                : Refuse(result, "--on-conflict is fail, rename or replace."),
        CompletionSources = { "fail", "rename", "replace" },
    };

    /// <summary>How many files are transferred at once.</summary>
    public static Option<int> Parallel()
    {
        var option = new Option<int>("--parallel") { Description = "Files at once, 1 to 64.", HelpName = "N", DefaultValueFactory = _ => 4 };
        option.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && (!int.TryParse(token.Value, CultureInfo.InvariantCulture, out var number) || number is < 1 or > 64))
                result.AddError("--parallel is a number from 1 to 64.");
        });
        return option;
    }

    /// <summary>Whether folders are taken with everything in them.</summary>
    public static Option<bool> Recursive(string description) => new("--recursive", "-r") { Description = description };

    /// <summary>A yes that is given beforehand.</summary>
    public static Option<bool> Yes() => new("--yes", "-y") { Description = "Do not ask." };

    private static Argument<T> Remote<T>(Argument<T> argument, Surroundings world)
    {
        argument.CompletionSources.Add(context => RemoteNames.Complete(context, world));
        return argument;
    }

    private static OnConflict Refuse(System.CommandLine.Parsing.ArgumentResult result, string error)
    {
        result.AddError(error);
        return OnConflict.Fail;
    }
}
