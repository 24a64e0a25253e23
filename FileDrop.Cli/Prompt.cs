using System.Text;

namespace FileDrop.Cli;

/// <summary>Reads answers of a person, or of a program through standard input.</summary>
internal static class Prompt
{
    /// <summary>Reads a line; null at the end of the input.</summary>
    public static string? ReadLine(Surroundings world)
    {
        using var reader = new StreamReader(world.OpenInput(), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), leaveOpen: true);
        return reader.ReadLine();
    }

    /// <summary>Reads a secret: from a terminal without showing it, else the first line of standard input.</summary>
    public static string? ReadSecret(Surroundings world, string question)
    {
        if (!world.IsInputTerminal)
            return ReadLine(world)?.Trim();
        world.Error.Write(question);
        var text = new StringBuilder();
        while (Console.ReadKey(intercept: true) is { Key: not ConsoleKey.Enter } key)
        {
            if (key.Key == ConsoleKey.Backspace)
                text.Length = Math.Max(0, text.Length - 1);
            else if (!char.IsControl(key.KeyChar))
                text.Append(key.KeyChar);
        }
        world.Error.WriteLine();
        return text.ToString().Trim();
    }
}
