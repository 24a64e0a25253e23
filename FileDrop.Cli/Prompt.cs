using System.Text;

namespace FileDrop.Cli;

/// <summary>Reads answers of a person, or of a program through standard input.</summary>
internal static class Prompt
{
    /// <summary>Reads a line; null at the end of the input.</summary>
    public static Task<string?> ReadLineAsync(Surroundings world, CancellationToken cancellation) =>
        // A terminal's read cannot be ended, so Ctrl+C leaves it behind.
        Task.Run(
            () =>
            {
                using var reader = new StreamReader(world.OpenInput(), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), leaveOpen: true);
                return reader.ReadLine();
            },
            cancellation).WaitAsync(cancellation);

    /// <summary>Reads a secret: from a terminal without showing it, else the first line of standard input.</summary>
    public static async Task<string?> ReadSecretAsync(Surroundings world, string question, CancellationToken cancellation)
    {
        if (!world.IsInputTerminal)
            return (await ReadLineAsync(world, cancellation))?.Trim();
        await world.Error.WriteAsync(question);
        var text = await Task.Run(ReadKeys, cancellation).WaitAsync(cancellation);
        await world.Error.WriteLineAsync();
        return text.Trim();
    }

    private static string ReadKeys()
    {
        var text = new StringBuilder();
        while (Console.ReadKey(intercept: true) is { Key: not ConsoleKey.Enter } key)
        {
            if (key.Key == ConsoleKey.Backspace)
                text.Length = Math.Max(0, text.Length - 1);
            else if (!char.IsControl(key.KeyChar))
                text.Append(key.KeyChar);
        }
        return text.ToString();
    }
}
