using System.ComponentModel;
using System.Diagnostics;
using Xunit;

namespace FileDrop.Api.Tests;

/// <summary>A copy of one of the tests' folders with a package.json, with its packages from npm.</summary>
internal sealed class NpmFolder : IDisposable
{
    private readonly string _path = Directory.CreateTempSubdirectory("filedrop-npm-").FullName;
    private string? _missing;

    /// <summary>Makes the copy and installs the packages. <see cref="Path"/> reports a failure, because a fixture cannot skip its tests.</summary>
    /// <param name="name">The folder, below that of the tests.</param>
    public static async Task<NpmFolder> InstallAsync(string name)
    {
        var folder = new NpmFolder();
        foreach (var file in Directory.EnumerateFiles(System.IO.Path.Combine(AppContext.BaseDirectory, name)))
            File.Copy(file, System.IO.Path.Combine(folder._path, System.IO.Path.GetFileName(file)));
        try
        {
            var (exit, output) = await folder.NpmAsync("ci", "--no-audit", "--no-fund", "--loglevel=error");
            folder._missing = exit == 0 ? null : $"npm could not install the packages of {name}: {output}";
        }
        catch (Win32Exception)
        {
            folder._missing = $"Node.js with npm is not installed, which brings the packages of {name}.";
        }
        return folder;
    }

    /// <summary>The path of the copy; skips the test, with the reason, if the packages are not available.</summary>
    public string Path
    {
        get
        {
            Assert.SkipWhen(_missing is not null, _missing ?? "");
            return _path;
        }
    }

    /// <summary>Runs a script of its package.json, which must succeed; does nothing if the packages are not available.</summary>
    public async Task RunAsync(string script, params string[] arguments)
    {
        if (_missing is not null)
            return;
        var (exit, output) = await NpmAsync(["run", script, "--", .. arguments]);
        Assert.True(exit == 0, output);
    }

    public void Dispose() => Directory.Delete(_path, recursive: true);

    private async Task<(int Exit, string Output)> NpmAsync(params string[] arguments)
    {
        using var npm = new Process
        {
            StartInfo = new ProcessStartInfo("npm", arguments)
            {
                WorkingDirectory = _path,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            },
        };
        npm.Start();
        var output = await Task.WhenAll(npm.StandardOutput.ReadToEndAsync(), npm.StandardError.ReadToEndAsync());
        await npm.WaitForExitAsync();
        return (npm.ExitCode, string.Concat(output));
    }
}
