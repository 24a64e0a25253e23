using System.Security.Cryptography;
using System.Text;
using FileDrop.Client;

namespace FileDrop.Cli.Transfers;

/// <summary>Remembers where an upload was, so that the same command goes on after Ctrl+C, a crash or a power cut.</summary>
/// <remarks>One small file for each upload. Its name is a digest of everything that makes the upload the same one.</remarks>
internal sealed class UploadState
{
    /// <summary>The service gives an upload up after a day by default.</summary>
    private static readonly TimeSpan s_life = TimeSpan.FromDays(14);

    private readonly string _file;

    private UploadState(string file) => _file = file;

    /// <summary>The state of an upload of a local file to a place.</summary>
    /// <param name="session">The service.</param>
    /// <param name="file">The local file. With another size or time, it is another upload.</param>
    /// <param name="place">The path at the service.</param>
    /// <param name="settings">The settings, with which the upload has begun.</param>
    public static UploadState Of(Session session, FileInfo file, RemotePath place, UploadTarget settings)
    {
        var tags = string.Join('\n', (settings.Tags ?? new Dictionary<string, string>(StringComparer.Ordinal)).Select(tag => $"{tag.Key}:{tag.Value}"));
        var what = $"{session.Address}\n{file.FullName}\n{file.Length}\n{file.LastWriteTimeUtc.Ticks}\n{place}\n{settings.OnConflict}\n{settings.Type}\n{tags}";
        var name = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(what)))[..32];
        return new UploadState(Path.Combine(FolderOf(session.World), name));
    }

    /// <summary>Deletes what uploads left that nobody went on with.</summary>
    public static void Clean(Surroundings world)
    {
        var folder = new DirectoryInfo(FolderOf(world));
        if (!folder.Exists)
            return;
        foreach (var old in folder.EnumerateFiles().Where(file => DateTime.UtcNow - file.LastWriteTimeUtc > s_life))
            old.Delete();
    }

    /// <summary>The upload's address at the service; null if none was begun.</summary>
    public string? Read() => File.Exists(_file) ? File.ReadAllText(_file) : null;

    /// <summary>Remembers the address. With it, bytes could be added to the upload, so only the user can read it.</summary>
    public void Write(string upload)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_file) ?? ".");
        PrivateFile.Write(_file, Encoding.UTF8.GetBytes(upload));
    }

    /// <summary>Forgets the upload.</summary>
    public void Drop()
    {
        if (File.Exists(_file))
            File.Delete(_file);
    }

    private static string FolderOf(Surroundings world) => Path.Combine(world.StateFolder, "uploads");
}
