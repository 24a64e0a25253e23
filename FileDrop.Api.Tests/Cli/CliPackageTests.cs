using FileDrop.Api.Tests.Changes;
using FileDrop.Cli;
using Xunit;

namespace FileDrop.Api.Tests.Cli;

/// <summary>The package of the tool.</summary>
public sealed class CliPackageTests(FeedEmbeddedPair pair) : IClassFixture<FeedEmbeddedPair>
{
    [Fact]
    [Trait("Run", "nightly")]
    public async Task The_tool_is_installed_from_its_package_in_a_clean_home_without_a_network()
    {
        using var home = await CliHome.MakeAsync(pair.Service, "package");
        home.Write("a.txt", "a");
        var (exit, output) = await Shell.RunAsync(
            """
            set -e
            dotnet pack "$1/FileDrop.Cli" -o "$2/packages" -v q --nologo -p:PackageVersion=9.9.9 -p:RunAnalyzers=false
            export HOME="$3" DOTNET_CLI_HOME="$3" NUGET_PACKAGES="$3/nuget" DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
            mkdir -p "$3" && cd "$2"
            printf '<configuration><packageSources><clear /></packageSources></configuration>' > nuget.config
            dotnet tool install FileDrop.Cli --tool-path "$3/tools" --source "$2/packages" --configfile nuget.config
            export FILEDROP_ADDRESS="$4" FILEDROP_KEY="$5"
            "$3/tools/filedrop" put a.txt fd:/in/
            "$3/tools/filedrop" ls -r fd:/
            "$3/tools/filedrop" --version
            """,
            Repository.Root, home.Work, home.Home, $"{pair.Service.Address}", home.Variables[Profile.KeyVariable] ?? "");
        Assert.True(exit == 0, output);
        Assert.Contains("Uploaded fd:/in/a.txt\nin/\nin/a.txt\n9.9.9", output, StringComparison.Ordinal);
    }
}
