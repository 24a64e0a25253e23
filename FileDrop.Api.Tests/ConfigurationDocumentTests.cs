using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Text;
using System.Xml.Linq;
using FileDrop.Api.Settings;
using FileDrop.Api.Text;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace FileDrop.Api.Tests;

/// <summary>
/// docs/configuration.md lists the settings as described in the comments of their members. With FILEDROP_TEST_WRITE=docs the table is written instead of
/// compared.
/// </summary>
public sealed class ConfigurationDocumentTests
{
    private const string Begin = "<!-- The table is made from the code's comments: FILEDROP_TEST_WRITE=docs dotnet test FileDrop.Api.Tests --filter ConfigurationDocument -->\n";
    private const string End = "<!-- End of the table. -->\n";

    private static readonly (long Size, string Unit)[] Sizes = [(1L << 40, "TiB"), (1L << 30, "GiB"), (1L << 20, "MiB"), (1L << 10, "KiB")];

    private static readonly string DocumentPath = Path.Combine(Repository.Root, "docs", "configuration.md");

    private readonly Dictionary<string, XElement> _comments = XDocument.Load(Path.Combine(AppContext.BaseDirectory, "FileDrop.Api.xml")).Descendants("member")
        .ToDictionary(member => member.Attribute("name")?.Value ?? "", StringComparer.Ordinal);

    [Fact]
    public async Task The_document_lists_every_setting_with_the_comment_in_the_code()
    {
        var document = await File.ReadAllTextAsync(DocumentPath);
        var (begin, end) = (document.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length, document.IndexOf(End, StringComparison.Ordinal));
        Assert.True(begin >= Begin.Length && end >= begin, "The document must contain the table's marks.");
        var table = $"| Key | Default | Meaning |\n|---|---|---|\n{string.Concat(Rows().Select(row => $"| {row.Keys} | {row.Default} | {row.Meaning} |\n"))}";
        if (Environment.GetEnvironmentVariable("FILEDROP_TEST_WRITE") == "docs")
            await File.WriteAllTextAsync(DocumentPath, document[..begin] + table + document[end..]);
        else
            Assert.Equal(table, document[begin..end]);
    }

    [Fact]
    public void Exactly_the_settings_that_are_read_have_a_comment()
    {
        var reader = new SettingsReader(new ConfigurationBuilder().Build());
        FileDropOptions.Read(reader, "/");
        Assert.Equal(
            reader.Known.Select(key => key.TrimEnd(':')).Order(StringComparer.Ordinal),
            Rows().SelectMany(row => row.Keys.Split(", ")).Select(key => key.Trim('`')).Where(key => key.StartsWith("FileDrop:", StringComparison.Ordinal))
                .Select(key => key["FileDrop:".Length..]).Select(key => key.Split(":{owner}")[0]).Distinct().Order(StringComparer.Ordinal));
    }

    private IEnumerable<(string Keys, string Default, string Meaning)> Rows() => RowsOf(typeof(FileDropOptions), "FileDrop:");

    /// <summary>A member is a setting if its comment begins with a key. If its type has such members, these are settings below it.</summary>
    private IEnumerable<(string Keys, string Default, string Meaning)> RowsOf(Type type, string prefix)
    {
        var options = Activator.CreateInstance(type);
        foreach (var member in type.GetProperties(BindingFlags.Public | BindingFlags.Instance).OrderBy(member => member.MetadataToken))
        {
            if (BelowOf(member.PropertyType) is { } below)
            {
                foreach (var row in RowsOf(member.PropertyType, below))
                    yield return row;
                continue;
            }
            if (!_comments.TryGetValue($"P:{type.FullName}.{member.Name}", out var comment) || comment.Element("summary") is not { } summary)
                continue;
            var preset = comment.Element("value") is { } value ? Markdown(value) : Preset(member.GetValue(options));
            foreach (var paragraph in summary.Elements("para").DefaultIfEmpty(summary))
            {
                if (Markdown(paragraph).Split(": ", 2) is [['`', ..] keys, var meaning])
                    yield return (string.Join(", ", keys.Split(", ").Select(key => Full(key, prefix))), preset, char.ToUpperInvariant(meaning[0]) + meaning[1..]);
            }
        }
    }

    private static string Full(string key, string prefix) => key.StartsWith("`ConnectionStrings:", StringComparison.Ordinal) ? key : $"`{prefix}{key.Trim('`')}`";

    /// <summary>The prefix of the keys of a type that has its own settings.</summary>
    private static string? BelowOf(Type type) => type == typeof(AccessOptions) ? "FileDrop:Access:"
        : type == typeof(OidcOptions) ? "FileDrop:Access:Oidc:"
        : type == typeof(LimitOptions) ? "FileDrop:Limits:"
        : type == typeof(AuditOptions) ? "FileDrop:Audit:"
        : type == typeof(DavOptions) ? "FileDrop:Dav:"
        : type == typeof(TransportOptions) ? "FileDrop:"
        : null;

    private static string Preset(object? value) => value switch
    {
        null or ICollection { Count: 0 } => "none",
        bool flag => flag ? "`true`" : "`false`",
        TimeSpan time => $"`{Duration.Format(time)}`",
        int or long => Number(Convert.ToInt64(value, CultureInfo.InvariantCulture)),
        _ => $"`{value}`",
    };

    private static string Number(long value) => Array.Find(Sizes, size => value >= size.Size && value % size.Size == 0) is { Unit: { } unit } size
        ? string.Create(CultureInfo.InvariantCulture, $"`{value}` ({value / size.Size} {unit})")
        : string.Create(CultureInfo.InvariantCulture, $"`{value}`");

    private static string Markdown(XElement text)
    {
        var written = new StringBuilder();
        foreach (var node in text.Nodes())
        {
            written.Append(node switch
            {
                XElement { Name.LocalName: "c" } code => $"`{code.Value}`",
                XElement { Name.LocalName: "a" } link => $"[{link.Value}]({link.Attribute("href")?.Value})",
                XText plain => plain.Value,
                _ => throw new NotSupportedException($"The table has no form for {node}."),
            });
        }
        return string.Join(' ', written.ToString().Split([' ', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries)).Replace("|", "\\|", StringComparison.Ordinal);
    }
}
