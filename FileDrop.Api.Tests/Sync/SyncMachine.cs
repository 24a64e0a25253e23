using System.Text;
using FileDrop.Api.Tests.Cli;
using FileDrop.Cli;
using FileDrop.Cli.Syncing;
using FileDrop.Client;

namespace FileDrop.Api.Tests.Sync;

/// <summary>A machine on which <c>filedrop sync</c> runs as a process. Its synced folder is the current one.</summary>
internal sealed class SyncMachine : IDisposable
{
    private static readonly EnumerationOptions s_deep = new() { RecurseSubdirectories = true, IgnoreInaccessible = true };

    private SyncMachine(CliHome home, Uri address) => (Home, Client) = (home, FileDropClient.Create(address, home.Variables[Profile.KeyVariable]));

    public CliHome Home { get; }

    public FileDropClient Client { get; }

    /// <summary>How far the machine's clock is wrong. Files that are written here have its times.</summary>
    public TimeSpan Clock { get; private set; }

    public static async Task<SyncMachine> MakeAsync(Service service, string owner) => new(await CliHome.MakeAsync(service, owner), service.Address);

    /// <summary>The library that gives a process another time; null if faketime is not installed.</summary>
    public static string? FakeTime { get; } = Directory.Exists("/usr/lib") ? Directory.EnumerateFiles("/usr/lib", "libfaketime.so.1", s_deep).FirstOrDefault() : null;

    /// <summary>Sets the clock wrong, for processes and for files.</summary>
    public void SetClock(TimeSpan shift)
    {
        Clock = shift;
        Home.Set("LD_PRELOAD", FakeTime);
        Home.Set("FAKETIME", $"{shift.TotalSeconds:+0;-0;+0}");
        // The times of files are true already, and a wrong clock does not change the monotonic one.
        Home.Set("NO_FAKE_STAT", "1");
        Home.Set("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    }

    public string At(string path) => Path.Join(Home.Work, path);

    public void Write(string path, string content)
    {
        Home.Write(path, content);
        File.SetLastWriteTimeUtc(At(path), DateTime.UtcNow + Clock);
    }

    /// <summary>Syncs once.</summary>
    public async Task<(int Exit, string Output)> SyncAsync(params string[] options)
    {
        using var process = ToolProcess.Start(Home, ["sync", ".", "fd:/", .. options]);
        return await process.EndAsync();
    }

    /// <summary>All files with their contents, without the local trash.</summary>
    public SortedDictionary<string, string> Tree() => new(
        Directory.EnumerateFiles(Home.Work, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(Home.Work, path))
            .Where(path => !path.StartsWith(SyncNames.Trash, StringComparison.Ordinal)).ToDictionary(path => path, Home.Read), StringComparer.Ordinal);

    /// <summary>The service's files, each with its version and content.</summary>
    public async Task<SortedDictionary<string, (long Version, string Content)>> RemoteTreeAsync()
    {
        var tree = new SortedDictionary<string, (long, string)>(StringComparer.Ordinal);
        await foreach (var file in Client.ListFilesAsync())
        {
            using var bytes = new MemoryStream();
            await Client.DownloadAsync(file.FileId, bytes);
            tree[((await Client.GetFilePathAsync(file.FileId)).Path ?? "").TrimStart('/')] = (file.Version, Encoding.UTF8.GetString(bytes.ToArray()));
        }
        return tree;
    }

    public void Dispose()
    {
        Client.Dispose();
        Home.Dispose();
    }
}
