using System.Formats.Tar;
using System.Text.Json.Nodes;
using FileDrop.Api.Blobs;
using FileDrop.Api.Catalog;
using FileDrop.Api.Commands;
using Microsoft.Extensions.DependencyInjection;

namespace FileDrop.Api.Tests.Attacks;

/// <summary>A backup in its own folder, written and read by the commands' code over a service's stores.</summary>
internal sealed class Backups : IDisposable
{
    public string Folder { get; } = Directory.CreateTempSubdirectory("filedrop-attacks-").FullName;

    /// <summary>The messages of the last import.</summary>
    public List<string> Messages { get; } = [];

    public static async Task<Backups> ExportAsync(Service service)
    {
        var backup = new Backups();
        await using var target = new BackupFolder(backup.Folder);
        await new Export(Catalog(service), Folders(service), Shares(service), Blobs(service), target, TimeProvider.System, backup.Messages.Add).RunAsync(default);
        return backup;
    }

    public async Task<ImportResult> ImportAsync(Service service)
    {
        Messages.Clear();
        return await new Import(Catalog(service), Folders(service), Shares(service), Blobs(service), Messages.Add).RunAsync(Folder, default);
    }

    public async Task<ImportResult> ImportAsync(Service service, Stream archive)
    {
        Messages.Clear();
        archive.Position = 0;
        return await new Import(Catalog(service), Folders(service), Shares(service), Blobs(service), Messages.Add).RunAsync(archive, default);
    }

    /// <summary>Makes an archive of the backup, with its entries in this order.</summary>
    public async Task<MemoryStream> ArchiveAsync(Func<IEnumerable<string>, IEnumerable<string>> order)
    {
        var archive = new MemoryStream();
        await using (var writer = new TarWriter(archive, TarEntryFormat.Pax, leaveOpen: true))
        {
            foreach (var path in order(Directory.EnumerateFiles(Folder, "*", SearchOption.AllDirectories)))
                await writer.WriteEntryAsync(path, "./" + Path.GetRelativePath(Folder, path));
        }
        return archive;
    }

    public string Document(string file) => Path.Combine(Folder, Backup.PathOfDocument(Guid.Parse(file)));

    /// <summary>The contents in the backup, of one file or of all.</summary>
    public IEnumerable<string> Contents(string file = "*") => Directory.EnumerateDirectories(Path.Combine(Folder, "files"), file, SearchOption.AllDirectories)
        .SelectMany(Directory.EnumerateFiles).Where(path => !path.EndsWith(".json", StringComparison.Ordinal)).Distinct();

    /// <summary>Changes a file's document.</summary>
    public async Task ChangeAsync(string file, Action<JsonNode> change)
    {
        var json = JsonNode.Parse(await File.ReadAllTextAsync(Document(file))) ?? throw new InvalidOperationException("There is no document.");
        change(json);
        await File.WriteAllTextAsync(Document(file), json.ToJsonString());
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    public static FileCatalog Catalog(Service service) => service.Services.GetRequiredService<FileCatalog>();

    public static FolderCatalog Folders(Service service) => service.Services.GetRequiredService<FolderCatalog>();

    public static IShareCatalog Shares(Service service) => service.Services.GetRequiredService<IShareCatalog>();

    /// <summary>A check of a service's stores.</summary>
    public static Check Check(Service service, CheckOptions options, Action<Finding> report)
    {
        var (catalog, folders) = (Catalog(service), Folders(service));
        var reserve = service.Services.GetRequiredService<IReserve>();
        return new Check(
            catalog, catalog, new FolderCheck(catalog, folders, folders, reserve, options, report), Shares(service), Blobs(service),
            service.Services.GetRequiredService<IDamageNotes>(), reserve, options, report);
    }

    public static IBlobStore Blobs(Service service) => service.Services.GetRequiredService<IBlobStore>();
}
