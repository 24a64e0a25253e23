using System.Text.RegularExpressions;
using Xunit;

namespace FileDrop.Api.Tests;

/// <summary>The documents of the repository.</summary>
public sealed partial class DocumentTests
{
    [Fact]
    public void Every_link_of_a_document_leads_to_a_file_and_a_heading()
    {
        string[] documents =
        [
            .. Directory.GetFiles(Repository.Root, "*.md"),
            .. Directory.GetFiles(Path.Combine(Repository.Root, "docs"), "*.md", SearchOption.AllDirectories),
        ];
        var links = documents.SelectMany(document => Link().Matches(Prose(document)).Select(link => (Document: document, Link: link.Groups["to"].Value))).ToList();
        Assert.NotEmpty(links);
        Assert.All(links, link => Assert.True(Leads(link.Document, link.Link), $"{link.Document} links to {link.Link}."));
    }

    private static bool Leads(string document, string link)
    {
        var parts = link.Split('#', 2);
        var target = parts[0].Length == 0 ? document : Path.GetFullPath(Path.Combine(document, "..", parts[0]));
        return Path.Exists(target) && (parts.Length == 1 || Heading().Matches(Prose(target)).Any(heading => Anchor(heading.Groups["text"].Value) == parts[1]));
    }

    /// <summary>A heading's anchor, as GitHub and GitLab make it.</summary>
    private static string Anchor(string heading) =>
        string.Concat(heading.ToLowerInvariant().Where(each => char.IsLetterOrDigit(each) || each is ' ' or '-' or '_')).Replace(' ', '-');

    private static string Prose(string document) => CodeBlock().Replace(File.ReadAllText(document), "");

    [GeneratedRegex(@"\]\((?!https?:)(?<to>[^)\s]+)\)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Link();

    [GeneratedRegex("^#+ (?<text>.*)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Heading();

    [GeneratedRegex("```.*?```", RegexOptions.Singleline, 1000)]
    private static partial Regex CodeBlock();
}
