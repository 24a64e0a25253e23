using System.Text.Json;
using FileDrop.Api.Access;
using FileDrop.Api.Blobs;
using FileDrop.Api.Catalog;
using Microsoft.Data.Sqlite;

namespace FileDrop.Api.Maintenance;

/// <summary>What the program does instead of serving: <c>check</c>, <c>export</c>, <c>import</c> and <c>keys</c>.</summary>
/// <remarks>
/// They work on the stores that the configuration names, all but the import beside a running service. Exit codes: 0 all
/// is well, 1 there are findings or failures, 2 it could not run.
/// </remarks>
internal static class Command
{
    private const string Usage = """
        usage:  (no command)                           run the service
                check [--repair] [--hash] [--json]    compare the catalog and the blob store
                export FOLDER|-                        write a backup into a folder, or as a tar archive to standard output
                import FOLDER|-                        bring a backup in; the service must not be running
                keys create [--name NAME] [--owner OWNER] [--scopes read,write,delete,admin] [--days DAYS]
                                                       make an API key; the first one has all scopes, others have all but admin
                keys list                              show the API keys, without their secrets
                keys revoke ID                         refuse an API key from now on
        Settings follow as --FileDrop:DataDirectory=PATH, or come from the environment.
        """;

    private const int Clean = 0, Findings = 1, CouldNotRun = Start.CouldNotStart;

    private static readonly string[] Names = ["check", "export", "import", "keys create", "keys list", "keys revoke"];
    private static readonly string[] Help = ["help", "--help", "-h", "-?"];

    /// <summary>A running sweeper may need this much more than its interval.</summary>
    private static readonly TimeSpan SweepersMargin = TimeSpan.FromSeconds(30);

    /// <summary>Whether these are the arguments of a command, right or mistyped: a word that is neither a setting nor its value never starts the service.</summary>
    public static bool IsOne(string[] args) => FindFirstWord(args) < args.Length;

    /// <summary>Where the settings end that stand before a command: <c>--key=value</c>, or <c>--key value</c>.</summary>
    private static int FindFirstWord(string[] args)
    {
        var at = 0;
        while (at < args.Length)
        {
            if (args[at].Contains('=', StringComparison.Ordinal))
                at++;
            else if (args[at].StartsWith("--", StringComparison.Ordinal) && !Help.Contains(args[at], StringComparer.Ordinal) && at + 1 < args.Length)
                at += 2;
            else
                break;
        }
        return at;
    }

    /// <summary>Runs the command.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        var first = FindFirstWord(args);
        var words = args[first..].Where(arg => !arg.Contains('=', StringComparison.Ordinal)).ToList();
        if (!Names.Contains(words[0] is "keys" ? string.Join(' ', words.Take(2)) : words[0], StringComparer.Ordinal))
            return await SayUsageAsync(words);
        var builder = WebApplication.CreateBuilder([.. args[..first], .. args[first..].Where(arg => arg.Contains('=', StringComparison.Ordinal))]);
        var options = FileDropOptions.Read(builder.Configuration, builder.Environment.ContentRootPath);
        foreach (var ignored in options.Ignored)
            await Console.Error.WriteLineAsync(ignored);
        using var stop = new CancellationTokenSource();
        Console.CancelKeyPress += (_, pressed) =>
        {
            pressed.Cancel = true;
            stop.Cancel();
        };
        try
        {
            return words switch
            {
                ["check", .. var flags] when flags.All(flag => flag is "--repair" or "--hash" or "--json") => await WithStoresAsync(options,
                    alone: false, stores => CheckAsync(stores, options, [.. flags], stop.Token), stop.Token),
                ["export", var target] => await WithStoresAsync(options,
                    alone: false, stores => ExportAsync(stores.Catalog, stores.Blobs, target, stop.Token), stop.Token),
                ["import", var source] => await WithStoresAsync(options,
                    alone: true, stores => ImportAsync(stores.Catalog, stores.Blobs, source, stop.Token), stop.Token),
                ["keys", .. var rest] => await KeysAsync(options, [.. rest], stop.Token) switch
                {
                    true => Clean,
                    false => Findings,
                    null => await SayUsageAsync(words),
                },
                _ => await SayUsageAsync(words),
            };
        }
        catch (Exception failure) when (failure is StorageException or IOException or UnauthorizedAccessException or InvalidOperationException or JsonException
            or SqliteException)
        {
            await Console.Error.WriteLineAsync($"{words[0]} could not run to its end. {Failure.Tell(failure)}");
            return CouldNotRun;
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync($"{words[0]} was stopped.");
            return CouldNotRun;
        }
    }

    private static async Task<int> SayUsageAsync(List<string> words)
    {
        if (Help.Contains(words[0], StringComparer.Ordinal))
        {
            await Console.Out.WriteLineAsync(Usage);
            return Clean;
        }
        var said = string.Join(' ', words);
        await Console.Error.WriteLineAsync(words is [['-', '-', ..]] ? $"{said} has no value: write {said}=VALUE."
            : words[0] is ['-', ..] ? $"There is no option {words[0]}."
            : $"There is no command \"{said}\"; the nearest one is \"{Spelling.Nearest(string.Join(' ', words.Take(2)), Names)}\".");
        await Console.Error.WriteLineAsync(Usage);
        return CouldNotRun;
    }

    /// <param name="options">Names the stores.</param>
    /// <param name="alone">Whether a running service would be in the way.</param>
    /// <param name="work">What is done with them.</param>
    /// <param name="cancellation">Ends the start.</param>
    private static async Task<int> WithStoresAsync(
        FileDropOptions options, bool alone, Func<Opened, Task<int>> work, CancellationToken cancellation)
    {
        await using var provider = Stores(options, alone);
        var stores = new Opened(provider.GetRequiredService<IDocumentCatalog>(), provider.GetRequiredService<ISweepCatalog>(),
            provider.GetRequiredService<IBlobStore>(), provider.GetRequiredService<IDamageNotes>(), provider.GetRequiredService<IReserve>());
        var catalog = provider.GetRequiredService<ICatalog>();
        await stores.Reserve.FreeAsync(() => Task.WhenAll(catalog.StartAsync(cancellation), stores.Blobs.StartAsync(cancellation)));
        return await work(stores);
    }

    private static async Task<bool?> KeysAsync(FileDropOptions options, string[] words, CancellationToken cancellation)
    {
        await using var provider = Stores(options, alone: false);
        var (catalog, reserve) = (provider.GetRequiredService<ICatalog>(), provider.GetRequiredService<IReserve>());
        await reserve.FreeAsync(() => catalog.StartAsync(cancellation));
        var command = new KeysCommand(provider.GetRequiredService<IKeyCatalog>(), TimeProvider.System);
        // A key must be revocable on a full disk; nothing is printed before it is.
        return words is ["revoke", ..] ? await reserve.FreeAsync(() => command.RunAsync(words, cancellation)) : await command.RunAsync(words, cancellation);
    }

    private static ServiceProvider Stores(FileDropOptions options, bool alone)
    {
        var services = new ServiceCollection();
        services.AddSingleton(TimeProvider.System);
        services.AddStores(options, alone);
        return services.BuildServiceProvider();
    }

    private static async Task<int> CheckAsync(Opened stores, FileDropOptions options, HashSet<string> flags, CancellationToken cancellation)
    {
        var json = flags.Contains("--json");
        var how = new CheckOptions(flags.Contains("--repair"), flags.Contains("--hash"), options.SweepInterval + SweepersMargin);
        var summary = await new Check(stores.Catalog, stores.Sweep, stores.Blobs, stores.Notes, stores.Reserve, how, finding => Console.Out.WriteLine(json
            ? JsonSerializer.Serialize(finding, MaintenanceJson.Default.Finding)
            : $"{finding.Kind}: {(finding.Owner is { } owner ? $"owner {owner}" : $"file {finding.FileId}, blob {finding.BlobId}")}"
              + $"{(finding.Version is { } version ? $", version {version}" : "")}. "
              + $"{finding.Detail}{(finding.Repaired ? " Repaired." : "")}")).RunAsync(cancellation);
        await Console.Out.WriteLineAsync(json
            ? JsonSerializer.Serialize(summary, MaintenanceJson.Default.CheckSummary)
            : $"{summary.Documents} documents, {summary.Blobs} blobs, {summary.Findings} findings.");
        return summary.Findings == 0 ? Clean : Findings;
    }

    private static async Task<int> ExportAsync(IDocumentCatalog catalog, IBlobStore blobs, string target, CancellationToken cancellation)
    {
        await using var output = target is "-" ? Console.OpenStandardOutput() : Stream.Null;
        await using BackupTarget backup = target is "-" ? new BackupArchive(output) : new BackupFolder(Path.GetFullPath(target));
        var (manifest, failed) = await new Export(catalog, blobs, backup, TimeProvider.System, Console.Error.WriteLine).RunAsync(cancellation);
        await Console.Error.WriteLineAsync($"{manifest.Files} files with {manifest.Contents} contents of {manifest.Bytes} bytes are in the backup.");
        return failed == 0 ? Clean : Findings;
    }

    private static async Task<int> ImportAsync(IDocumentCatalog catalog, IBlobStore blobs, string source, CancellationToken cancellation)
    {
        var import = new Import(catalog, blobs, Console.Error.WriteLine);
        await using var input = source is "-" ? Console.OpenStandardInput() : Stream.Null;
        var result = source is "-" ? await import.RunAsync(input, cancellation) : await import.RunAsync(Path.GetFullPath(source), cancellation);
        await Console.Error.WriteLineAsync(
            $"{result.Imported} files were imported, {result.Present} were there already, {result.Failed} could not be imported.");
        if (result.Mended > 0)
            await Console.Error.WriteLineAsync($"{result.Mended} contents that were missing or damaged here were mended.");
        if (!result.Complete)
            await Console.Error.WriteLineAsync("The backup is not complete: its manifest is missing, or tells of more files.");
        return result is { Failed: 0, Complaints: 0, Complete: true } ? Clean : Findings;
    }

    /// <summary>The stores that the configuration names.</summary>
    private sealed record Opened(IDocumentCatalog Catalog, ISweepCatalog Sweep, IBlobStore Blobs, IDamageNotes Notes, IReserve Reserve);
}
