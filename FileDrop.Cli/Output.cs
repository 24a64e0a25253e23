using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Spectre.Console;

namespace FileDrop.Cli;

/// <summary>
/// Everything that a command says. Results go to standard output: lines for a person, or one JSON object a line. Errors, notes and progress go to standard error.
/// Many threads may speak at once.
/// </summary>
internal sealed class Output
{
    private static readonly JsonSerializerOptions s_json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly Lock _speaking = new();
    private readonly Surroundings _world;
    private readonly Lazy<IAnsiConsole> _results;
    private readonly Lazy<IAnsiConsole> _screen;

    /// <param name="world">The streams.</param>
    /// <param name="isJson">Whether results are JSON objects.</param>
    /// <param name="isQuiet">Whether only results that were asked for, and errors, are said.</param>
    public Output(Surroundings world, bool isJson = false, bool isQuiet = false)
    {
        (_world, IsJson, IsQuiet) = (world, isJson, isQuiet);
        _results = new Lazy<IAnsiConsole>(() => Console(world.Output, world.IsOutputTerminal));
        _screen = new Lazy<IAnsiConsole>(() => Console(world.Error, world.IsErrorTerminal));
    }

    /// <summary>Whether results are JSON objects, one a line.</summary>
    public bool IsJson { get; }

    /// <summary>Whether there are no notes, no progress, and no lines about things that were done.</summary>
    public bool IsQuiet { get; }

    /// <summary>Whether results are read by a person at a terminal.</summary>
    public bool IsForPerson => _world.IsOutputTerminal && !IsJson;

    /// <summary>Whether progress is drawn: only for a person at a terminal.</summary>
    public bool ShowsProgress => _world.IsErrorTerminal && !IsJson && !IsQuiet;

    /// <summary>The terminal on which progress is drawn. Its width is in columns.</summary>
    public IAnsiConsole Screen => _screen.Value;

    /// <summary>The width of the terminal for results, in columns; a very large one if it is none.</summary>
    public int Width => IsForPerson ? _results.Value.Profile.Width : int.MaxValue;

    /// <summary>Says a result that the user has asked for.</summary>
    /// <param name="json">The result for a program.</param>
    /// <param name="line">The result for a person.</param>
    /// <param name="style">The style of the line on a terminal.</param>
    public void Item(JsonObject json, string line, Style? style = null)
    {
        if (IsJson)
            Write(_world.Output, json.ToJsonString(s_json));
        else if (IsForPerson && style is not null)
            Draw(_results.Value, line, style.Value);
        else
            Write(_world.Output, line, _world.IsOutputTerminal);
    }

    /// <summary>Says that something was done, unless the command is to be quiet.</summary>
    /// <inheritdoc cref="Item"/>
    public void Done(JsonObject json, string line)
    {
        if (IsQuiet)
            return;
        // On a terminal, a row of progress may be below the line.
        if (ShowsProgress && IsForPerson)
            Tell(line, Style.Plain);
        else
            Item(json, line);
    }

    /// <summary>Says something beside the results: to a person, unless the command is to be quiet.</summary>
    public void Note(string sentence)
    {
        if (!IsQuiet && !IsJson)
            Tell(sentence, Style.Plain);
    }

    /// <summary>Says what went wrong.</summary>
    public void Error(string sentence) => Tell($"filedrop: {sentence}", new Style(Color.Red));

    private void Tell(string sentence, Style style)
    {
        // Through the console that draws progress, which then makes room for the line.
        if (_world.IsErrorTerminal)
            Draw(Screen, sentence, style);
        else
            Write(_world.Error, sentence);
    }

    private void Draw(IAnsiConsole console, string line, Style style)
    {
        lock (_speaking)
            console.Write(new Paragraph($"{Printable(line)}\n", style));
    }

    private void Write(TextWriter writer, string line, bool isTerminal = false)
    {
        lock (_speaking)
            writer.Write((isTerminal ? Printable(line) : line) + "\n");
    }

    /// <summary>A name may have control characters, which would command the terminal.</summary>
    private static string Printable(string line) =>
        line.Any(char.IsControl) ? string.Concat(line.Select(each => char.IsControl(each) && each != '\n' ? '?' : each)) : line;

    private static IAnsiConsole Console(TextWriter writer, bool isTerminal) => AnsiConsole.Create(new AnsiConsoleSettings
    {
        Out = new AnsiConsoleOutput(writer),
        Ansi = isTerminal ? AnsiSupport.Detect : AnsiSupport.No,
        Interactive = isTerminal ? InteractionSupport.Yes : InteractionSupport.No,
    });
}
