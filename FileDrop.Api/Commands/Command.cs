using System.Text.Json;
using FileDrop.Api.Blobs;
using FileDrop.Api.Catalog;
using FileDrop.Api.Maintenance;
using FileDrop.Api.Settings;
using FileDrop.Api.Storage;
using FileDrop.Api.Text;
using Microsoft.Data.Sqlite;

namespace FileDrop.Api.Commands;

/// <summary>Runs the commands <c>check</c>, <c>export</c>, <c>import</c> and <c>keys</c> instead of the service.</summary>
/// <remarks>
/// Commands work on the configured stores. All except the import may run beside a running service. Exit codes: 0 success, 1 findings or failures, 2 the command
/// could not run.
/// </remarks>
/// <param name="addStores">Adds the stores that the settings choose, exclusively or not.</param>
internal sealed class Command(Action<IServiceCollection, FileDropOptions, bool> addStores)
{
    private const string Usage = """
        usage:  (no command)                           run the service
                check [--repair] [--hash] [--json]    compare the catalog and the blob store
                export FOLDER|-                        write a backup to a folder, or as a tar archive to standard output
                import FOLDER|-                        import a backup; stop the service first
                keys create [--name NAME] [--owner OWNER] [--scopes read,write,delete,share,admin] [--days DAYS]
                                                       create an API key; by default the first gets all scopes, later ones all except admin
                keys list                              list the API keys, without their secrets
                keys revoke ID                         revoke an API key
        Append settings as --FileDrop:DataDirectory=PATH, or set them in the environment.
        """;

    private const int Clean = 0, Findings = 1, CouldNotRun = ConfigurationException.ExitCode;

    private static readonly string[] Names = ["check", "export", "import", "keys create", "keys list", "keys revoke"];
    private static readonly string[] Help = ["help", "--help", "-h", "-?"];

    /// <summary>The time that a running sweeper may need in addition to its interval.</summary>
    private static readonly TimeSpan SweepersMargin = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Whether the arguments contain a command, even a mistyped one. A word that is neither a setting nor its value never starts the service.
    /// </summary>
    public static bool IsOne(string[] args) => FindFirstWord(args) < args.Length;

    /// <summary>Finds the end of the settings before a command: <c>--key=value</c> or <c>--key value</c>.</summary>
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
    public async Task<int> RunAsync(string[] args)
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
                    alone: false, stores => ExportAsync(stores, target, stop.Token), stop.Token),
                ["import", var source] => await WithStoresAsync(options,
                    alone: true, stores => ImportAsync(stores, source, stop.Token), stop.Token),
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
            await Console.Error.WriteLineAsync(UnicodeText.Escape($"{words[0]} could not finish. {Failure.Tell(failure)}"));
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
            : words[0] is ['-', ..] ? $"{words[0]} is not an option."
            : $"\"{said}\" is not a command; the nearest one is \"{Spelling.Nearest(string.Join(' ', words.Take(2)), Names)}\".");
        await Console.Error.WriteLineAsync(Usage);
        return CouldNotRun;
    }

    /// <param name="options">The configuration of the stores.</param>
    /// <param name="alone">Whether the command needs the stores exclusively, without a running service.</param>
    /// <param name="work">The work to do with the stores.</param>
    /// <param name="cancellation">Ends the start.</param>
    private async Task<int> WithStoresAsync(
        FileDropOptions options, bool alone, Func<Opened, Task<int>> work, CancellationToken cancellation)
    {
        await using var provider = Stores(options, alone);
        var stores = new Opened(provider.GetRequiredService<IDocumentCatalog>(), provider.GetRequiredService<ISweepCatalog>(),
            provider.GetRequiredService<IFolderDocumentCatalog>(), provider.GetRequiredService<IFolderSweepCatalog>(),
            provider.GetRequiredService<IShareCatalog>(), provider.GetRequiredService<IBlobStore>(), provider.GetRequiredService<IDamageNotes>(), provider.GetRequiredService<IReserve>());
        var catalog = provider.GetRequiredService<ICatalog>();
        await stores.Reserve.FreeAsync(() => Task.WhenAll(catalog.StartAsync(cancellation), stores.Blobs.StartAsync(cancellation)));
        return await work(stores);
    }

    private async Task<bool?> KeysAsync(FileDropOptions options, string[] words, CancellationToken cancellation)
    {
        await using var provider = Stores(options, alone: false);
        var (catalog, reserve) = (provider.GetRequiredService<ICatalog>(), provider.GetRequiredService<IReserve>());
        await reserve.FreeAsync(() => catalog.StartAsync(cancellation));
        var command = new KeysCommand(provider.GetRequiredService<IKeyCatalog>(), TimeProvider.System);
        // Revoke from the reserve, because a key must be revocable on a full disk. Nothing is printed before the revocation.
        return words is ["revoke", ..] ? await reserve.FreeAsync(() => command.RunAsync(words, cancellation)) : await command.RunAsync(words, cancellation);
    }

    private ServiceProvider Stores(FileDropOptions options, bool alone)
    {
        var services = new ServiceCollection();
        services.AddSingleton(TimeProvider.System);
        addStores(services, options, alone);
        return services.BuildServiceProvider();
    }

    private static async Task<int> CheckAsync(Opened stores, FileDropOptions options, HashSet<string> flags, CancellationToken cancellation)
    {
        var json = flags.Contains("--json");
        var how = new CheckOptions(flags.Contains("--repair"), flags.Contains("--hash"), options.SweepInterval + SweepersMargin) { Lease = options.Lease };
        var folders = new FolderCheck(stores.Catalog, stores.Folders, stores.FolderSweep, stores.Reserve, how, Report);
        var summary = await new Check(stores.Catalog, stores.Sweep, folders, stores.Shares, stores.Blobs, stores.Notes, stores.Reserve, how, Report).RunAsync(cancellation);
        await Console.Out.WriteLineAsync(json
            ? JsonSerializer.Serialize(summary, MaintenanceJson.Default.CheckSummary)
            : $"{summary.Documents} documents, {summary.Folders} folders, {summary.Blobs} blobs, {summary.Findings} findings.");
        return summary.Findings == 0 ? Clean : Findings;

        void Report(Finding finding) =>
            Console.Out.WriteLine(json ? JsonSerializer.Serialize(finding, MaintenanceJson.Default.Finding) : Tell(finding));
    }

    /// <summary>A finding as one line for a terminal. Its owner comes from outside.</summary>
    internal static string Tell(Finding finding) => UnicodeText.Escape(
        $"{finding.Kind}: {Subject(finding)}{(finding.Version is { } version ? $", version {version}" : "")}. "
        + $"{finding.Detail}{(finding.Repaired ? " Repaired." : "")}");

    private static string Subject(Finding finding) => finding switch
    {
        { FileId: var file, FolderId: { } folder } when file != Guid.Empty => $"file {file} in folder {folder}",
        { FolderId: { } folder } => $"folder {folder}",
        { Kind: FindingKind.ShareUnreadable } => $"share {finding.FileId}",
        { Owner: { } owner } => $"owner {owner}",
        _ => $"file {finding.FileId}, blob {finding.BlobId}",
    };

    private static async Task<int> ExportAsync(Opened stores, string target, CancellationToken cancellation)
    {
        await using var output = target is "-" ? Console.OpenStandardOutput() : Stream.Null;
        await using BackupTarget backup = target is "-" ? new BackupArchive(output) : new BackupFolder(Path.GetFullPath(target));
        var (manifest, failed) = await new Export(stores.Catalog, stores.Folders, stores.Shares, stores.Blobs, backup, TimeProvider.System, Console.Error.WriteLine).RunAsync(cancellation);
        await Console.Error.WriteLineAsync(
            $"{manifest.Files} files with {manifest.Contents} contents of {manifest.Bytes} bytes, in {manifest.Folders} folders, are in the backup, and {manifest.Shares} shares.");
        return failed == 0 ? Clean : Findings;
    }

    private static async Task<int> ImportAsync(Opened stores, string source, CancellationToken cancellation)
    {
        var import = new Import(stores.Catalog, stores.Folders, stores.Shares, stores.Blobs, Console.Error.WriteLine);
        await using var input = source is "-" ? Console.OpenStandardInput() : Stream.Null;
        var result = source is "-" ? await import.RunAsync(input, cancellation) : await import.RunAsync(Path.GetFullPath(source), cancellation);
        await Console.Error.WriteLineAsync(
            $"{result.Imported} files were imported, {result.Present} were there already, {result.Failed} could not be imported.");
        if (result.Folders + result.FoldersFailed > 0)
            await Console.Error.WriteLineAsync($"{result.Folders} folders were imported, {result.FoldersFailed} could not be imported.");
        if (result.Shares + result.SharesFailed > 0)
            await Console.Error.WriteLineAsync($"{result.Shares} shares were imported, {result.SharesFailed} could not be imported.");
        if (result.Mended > 0)
            await Console.Error.WriteLineAsync($"{result.Mended} missing or damaged contents were mended.");
        if (!result.Complete)
            await Console.Error.WriteLineAsync("The backup is incomplete: its manifest is missing or lists more files, folders or shares.");
        return result is { Failed: 0, FoldersFailed: 0, SharesFailed: 0, Complaints: 0, Complete: true } ? Clean : Findings;
    }

    /// <summary>The configured stores.</summary>
    private sealed record Opened(
        IDocumentCatalog Catalog, ISweepCatalog Sweep, IFolderDocumentCatalog Folders, IFolderSweepCatalog FolderSweep, IShareCatalog Shares, IBlobStore Blobs, IDamageNotes Notes,
        IReserve Reserve);
}
