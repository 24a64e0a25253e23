using Xunit;

namespace FileDrop.Api.Tests.Maintenance;

/// <summary>The service as it was before its documents had a revision, built from the repository's history.</summary>
public sealed class ReleaseBefore : IAsyncLifetime
{
    /// <summary>The last commit whose changes on MongoDB neither set nor test <c>rev</c>.</summary>
    private const string Commit = "62c6985";

    private readonly string _folder = Directory.CreateTempSubdirectory("filedrop-before-").FullName;
    private string? _missing;

    /// <summary>The program.</summary>
    public string Program
    {
        get
        {
            Assert.SkipWhen(_missing is not null, _missing ?? "");
            return Path.Combine(_folder, "out", "FileDrop.Api.dll");
        }
    }

    public async ValueTask InitializeAsync()
    {
        var (exit, output) = await Shell.RunAsync(
            """
            cd "$1" && git cat-file -e "$2" || exit 77
            git archive "$2" | tar -x -C "$3" && cd "$3" && dotnet build FileDrop.Api -o "$3/out"
            """,
            Repository.Root, Commit, _folder);
        _missing = exit == 77 ? "The repository's history is not here." : null;
        Assert.True(exit is 0 or 77, output);
    }

    public ValueTask DisposeAsync()
    {
        Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }
}
