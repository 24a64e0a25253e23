using System.Text.RegularExpressions;
using Xunit;

namespace FileDrop.Api.Tests;

/// <summary>The commands of README, docs/api.md, docs/folders.md and docs/changes.md do what these pages say if they are pasted one after the other.</summary>
public sealed partial class ReadmeTests
{
    [Fact]
    public Task The_commands_of_README_can_be_pasted_one_after_the_other() => PasteAsync(
        "README.md", "## The five APIs", "## Promises",
        "It has two lines.", "'notes.txt' was updated.", "[{\"file_id\":", "\"version\":2", "'notes.txt' was deleted.");

    [Fact]
    public Task The_commands_of_the_tour_can_be_pasted_one_after_the_other() => PasteAsync(
        "docs/api.md", "## A tour", "## Large files",
        "\"file_name\":\"sample.txt\"", "It has two lines.", "206 Partial Content", "'notes.txt' was updated.", "\"code\":\"precondition_failed\"",
        "\"version\":3", "\"file_name\":\"raw.txt\"", "\"file_name\":\"copy.txt\"", "[{\"file_id\":", "'notes.txt' was deleted.", "\"code\":\"file_not_found\"");

    [Fact]
    public Task The_commands_about_folders_can_be_pasted_one_after_the_other() => PasteAsync(
        "docs/folders.md", "## A tour", "## Names",
        "\"kind\":\"folder\"", "\"path\":\"/Photos/2026\"", "'Last year' was updated.", "'Last year' was deleted.", "\"purge_at\"", "'Last year' was restored.");

    [Fact]
    public Task The_commands_about_changes_can_be_pasted_one_after_the_other() => PasteAsync(
        "docs/changes.md", "| Request", "## Streams", "\"changes\":[", "\"cursor\":\"", "\"has_more\":false");

    [Fact]
    public async Task README_names_a_raw_upload_and_says_how_long_the_first_run_takes()
    {
        var readme = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "README.md"));
        Assert.Contains("/files/upload?file_name=", readme, StringComparison.Ordinal);
        Assert.Contains("The first run restores packages and builds, which takes", readme, StringComparison.Ordinal);
    }

    private static async Task PasteAsync(string document, string from, string to, params string[] answers)
    {
        Assert.SkipUnless((await Shell.RunAsync("command -v curl && command -v bash")).Exit == 0, "curl or bash is missing.");
        var page = await File.ReadAllTextAsync(Path.Combine(Repository.Root, document));
        var section = page[page.IndexOf(from, StringComparison.Ordinal)..page.IndexOf(to, StringComparison.Ordinal)];
        var commands = string.Concat(CommandBlock().Matches(section).Select(block => block.Groups["commands"].Value));
        await using var stores = new EmbeddedStores();
        await using var service = await Service.StartAsync(stores, ("FileDrop:Trash:Retention", "30d"));
        var script = commands.Replace("http://localhost:5080", service.Address.ToString().TrimEnd('/'), StringComparison.Ordinal);
        var (_, output) = await Shell.RunAsync("cd \"$1\" && bash -euo pipefail -c \"$2\" 2>/dev/null", Repository.Root, script);
        Assert.All(answers, answer => Assert.Contains(answer, output, StringComparison.Ordinal));
    }

    [GeneratedRegex("```bash\n(?<commands>.*?)```", RegexOptions.Singleline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex CommandBlock();
}
