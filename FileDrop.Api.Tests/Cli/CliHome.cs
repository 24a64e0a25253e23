using System.Text;
using System.Text.Json;
using FileDrop.Api.Tests.Access;
using FileDrop.Cli;

namespace FileDrop.Api.Tests.Cli;

/// <summary>A person with a home folder, an owner's key, and the command line, which runs in this process.</summary>
internal sealed class CliHome : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Dictionary<string, string?> _variables;

    private CliHome(Uri address, string? key)
    {
        Home = Path.Combine(_folder.Path, "home");
        Work = Directory.CreateDirectory(Path.Combine(_folder.Path, "work")).FullName;
        _variables = new() { ["HOME"] = Home, [Profile.AddressVariable] = address.ToString(), [Profile.KeyVariable] = key };
    }

    /// <summary>The home folder, which does not exist at first.</summary>
    public string Home { get; }

    /// <summary>The current folder.</summary>
    public string Work { get; }

    /// <summary>The environment.</summary>
    public IReadOnlyDictionary<string, string?> Variables => _variables;

    /// <summary>A person with files of their own.</summary>
    public static async Task<CliHome> MakeAsync(Service service, string owner, Uri? address = null)
    {
        using var admin = service.AsAdmin();
        return new CliHome(address ?? service.Address, (await admin.MakeKeyAsync(new { owner })).Key);
    }

    /// <summary>Whether two contents are equal; quicker than xunit's comparison.</summary>
    public static bool IsSame(byte[] first, byte[] second) => first.AsSpan().SequenceEqual(second);

    public void Set(string variable, string? value) => _variables[variable] = value;

    /// <summary>Writes a file into the current folder.</summary>
    public string Write(string name, byte[] content)
    {
        var path = Path.Combine(Work, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path) ?? ".");
        File.WriteAllBytes(path, content);
        return path;
    }

    public string Write(string name, string content) => Write(name, Encoding.UTF8.GetBytes(content));

    public string Read(string name) => File.ReadAllText(Path.Combine(Work, name));

    /// <summary>Runs the tool.</summary>
    public Task<CliResult> RunAsync(params string[] args) => RunAsync(args, input: null);

    /// <summary>Runs the tool with an input; cancels it like Ctrl+C.</summary>
    public async Task<CliResult> RunAsync(string[] args, byte[]? input, bool isTerminal = false, CancellationToken cancellation = default)
    {
        using StringWriter output = new(), error = new();
        using var bytes = new MemoryStream();
        var world = new Surroundings
        {
            Output = output,
            Error = error,
            OpenInput = () => new MemoryStream(input ?? []),
            OpenOutput = () => bytes,
            Variable = name => _variables.GetValueOrDefault(name),
            Folder = Work,
            IsOutputTerminal = isTerminal,
            IsErrorTerminal = isTerminal,
        };
        var exit = await Tool.RunAsync(args, world, patience: null, cancellation);
        return new CliResult((ExitCode)exit, $"{output}", $"{error}", bytes.ToArray());
    }

    public void Dispose() => _folder.Dispose();
}

/// <summary>The end of one run.</summary>
internal sealed record CliResult(ExitCode Exit, string Output, string Error, byte[] Bytes)
{
    /// <summary>The lines of the output.</summary>
    public string[] Lines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The lines of the output as JSON objects.</summary>
    public JsonElement[] Json => [.. Lines.Select(line => JsonDocument.Parse(line).RootElement)];

    /// <summary>Checks that the command was done, and that it complained of nothing.</summary>
    public CliResult Succeeded()
    {
        Xunit.Assert.Equal((ExitCode.Done, ""), (Exit, Error));
        return this;
    }

    /// <summary>Checks how the command failed.</summary>
    public CliResult Failed(ExitCode exit, string words)
    {
        Xunit.Assert.Equal(exit, Exit);
        Xunit.Assert.Contains(words, Error, StringComparison.Ordinal);
        return this;
    }
}
