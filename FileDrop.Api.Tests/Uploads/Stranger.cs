using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Xunit;

namespace FileDrop.Api.Tests.Uploads;

/// <summary>tus-js-client in Node.js from npm, as a foreign client.</summary>
public sealed class Stranger : IAsyncLifetime
{
    private NpmFolder? _folder;

    public async ValueTask InitializeAsync() => _folder = await NpmFolder.InstallAsync("Uploads/stranger");

    public ValueTask DisposeAsync()
    {
        _folder?.Dispose();
        return ValueTask.CompletedTask;
    }

    private string Folder => _folder?.Path ?? throw new InvalidOperationException("The client was not installed.");

    /// <summary>Makes a file for the client.</summary>
    internal async Task<string> FileAsync(Generated content)
    {
        var path = Path.Combine(Folder, Guid.NewGuid().ToString("N"));
        await content.SaveAsync(path);
        return path;
    }

    /// <summary>Begins an upload of a file.</summary>
    internal StrangersUpload Start(string file, object options) => new(Folder, file, JsonSerializer.Serialize(options));
}

/// <summary>One run of the client, with its output.</summary>
internal sealed class StrangersUpload : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _lines = new();

    public StrangersUpload(string folder, string file, string options)
    {
        _process = new Process
        {
            StartInfo = new ProcessStartInfo("node", ["upload.mjs", file, options])
            {
                WorkingDirectory = folder,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            },
        };
        _process.OutputDataReceived += (_, line) => _lines.Enqueue(line.Data ?? "");
        _process.ErrorDataReceived += (_, line) => _lines.Enqueue(line.Data ?? "");
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public string Output => string.Join('\n', _lines.Where(line => !line.StartsWith("sent", StringComparison.Ordinal)));

    /// <summary>Whether the client resumes an upload that it remembers.</summary>
    public bool Resumes => Said("resumes") is not null;

    /// <summary>Waits until the client has sent this many bytes.</summary>
    public Task SentAsync(long bytes) => Service.UntilAsync($"the client has sent {bytes} bytes", () => Task.FromResult(
        _process.HasExited || (_lines.LastOrDefault(line => line.StartsWith("sent", StringComparison.Ordinal)) is { } line
            && long.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture) >= bytes)), 120);

    /// <summary>The URL of the upload.</summary>
    public async Task<string> UrlAsync()
    {
        await Service.UntilAsync("the client knows the upload's URL", () => Task.FromResult(Said("url") is not null), 60);
        return Said("url") ?? "";
    }

    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>Waits until the client succeeds.</summary>
    /// <returns>The upload's id.</returns>
    public async Task<string> DoneAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(Patience);
        Assert.True(_process.ExitCode == 0 && Said("done") is not null, Output);
        return TusClient.Id(Said("done") ?? "");
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.Dispose();
    }

    private string? Said(string word) => _lines.LastOrDefault(line => line.StartsWith(word + " ", StringComparison.Ordinal))?.Split(' ', 2)[1];
}
