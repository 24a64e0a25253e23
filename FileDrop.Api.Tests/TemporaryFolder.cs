namespace FileDrop.Api.Tests;

/// <summary>A folder for files of one test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("filedrop-test-").FullName;

    public void Dispose()
    {
        // Try several times, because the browser's last processes may still write.
        for (var tries = 0; Directory.Exists(Path) && tries < 20; tries++)
        {
            try
            {
                Directory.Delete(Path, recursive: true);
            }
            catch (IOException)
            {
                Thread.Sleep(100);
            }
        }
    }
}
