using System.Text.RegularExpressions;
using CsCheck;
using FileDrop.Api.Http;
using Xunit;

namespace FileDrop.Api.Tests.Files;

/// <summary>Reads a download's Content-Disposition by its two specifications, without the service's code.</summary>
internal static class DispositionWords
{
    private const string Field = @"^(attachment|inline); filename=""(?<plain>[ !#-$&-\[\]-~]*)""; "
        + @"filename\*=UTF-8''(?<extended>([A-Za-z0-9!#$&+.^_`|~-]|%[0-9A-F]{2})*)$";

    /// <summary>The value of <c>filename*</c> (RFC 8187).</summary>
    public static string Extended(string field) => Uri.UnescapeDataString(Groups(field)["extended"].Value);

    /// <summary>The value of <c>filename</c>, a quoted string without escapes.</summary>
    public static string Plain(string field) => Groups(field)["plain"].Value;

    /// <summary>The name for old clients, in which each character that they might misread is an underscore.</summary>
    public static string InAscii(string name) =>
        string.Concat(name.EnumerateRunes().Select(rune => rune.Value is < ' ' or >= 0x7f or '"' or '\\' or '%' ? "_" : rune.ToString()));

    private static GroupCollection Groups(string field)
    {
        var match = Regex.Match(field, Field, RegexOptions.ExplicitCapture);
        Assert.True(match.Success, $"RFC 6266: {field}");
        return match.Groups;
    }
}

public sealed class ContentDispositionPropertyTests
{
    private static readonly string[] s_spaces = ["", " ", "  "];
    private static readonly bool[] s_both = [false, true];

    private static readonly Gen<string> s_text = Gen.OneOf(
        "form-data", "attachment", "filename", "filename*", "name", "=", ";", "\"", "\\",
        "UTF-8''", "%", "%41", "%C5%BC", "%FF", " ", "x", "ż", ",", "'")
        .Array[0, 14].Select(string.Concat);

    [Fact]
    public void What_is_formatted_is_read_back() => Gen.Select(Generators.Name, Gen.Bool).Sample((name, inline) =>
    {
        var field = ContentDisposition.Format(inline, name);
        Assert.Equal(new ContentDisposition(inline ? "inline" : "attachment", null, name), ContentDisposition.Parse(field, inForm: false));
        Assert.Equal(new ContentDisposition(inline ? "inline" : "attachment", null, name), ContentDisposition.Parse(field, inForm: true));
        Assert.Equal(name, DispositionWords.Extended(field));
        Assert.Equal(DispositionWords.InAscii(name), DispositionWords.Plain(field));
    }, iter: 5_000, print: sample => Generators.Escaped(sample.Item1));

    [Fact]
    public void The_plain_name_of_a_form_is_read_back_with_the_escapes_of_browsers() => Generators.Name.Sample(name =>
    {
        if (name.Contains('%', StringComparison.Ordinal))
            return;
        var field = $"form-data; name=\"fi%22le\"; filename=\"{name.Replace("\"", "%22", StringComparison.Ordinal)}\"";
        Assert.Equal(new ContentDisposition("form-data", "fi\"le", name), ContentDisposition.Parse(field, inForm: true));
    }, iter: 5_000, print: Generators.Escaped);

    [Fact]
    public void A_quoted_name_is_read_back_with_the_escapes_of_HTTP() => Generators.Name.Sample(name =>
    {
        var quoted = name.Replace("\\", @"\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);
        foreach (var space in s_spaces)
        {
            var field = $"ATTACHMENT{space};{space}FileName{space}={space}\"{quoted}\"{space};x=y";
            Assert.Equal(new ContentDisposition("attachment", null, name), ContentDisposition.Parse(field, inForm: false));
        }
    }, iter: 5_000, print: Generators.Escaped);

    [Fact]
    public void Any_text_is_read_or_refused_and_never_throws() => s_text.Sample(text =>
    {
        foreach (var inForm in s_both)
        {
            if (ContentDisposition.Parse(text, inForm) is { } read)
                Assert.Equal(read.Type.Trim().ToLowerInvariant(), read.Type);
        }
    }, iter: 20_000);

    [Theory]
    [InlineData("attachment; filename*=UTF-8''%C5%BC.txt; filename=\"z.txt\"", "ż.txt")]
    [InlineData("attachment; filename=\"z.txt\"; filename*=utf-8'pl'%c5%bc.txt", "ż.txt")]
    [InlineData("attachment; filename=z.txt", "z.txt")]
    [InlineData("attachment; filename=\"z.txt\"; filename*=ISO-8859-1''%FF", "z.txt")]
    [InlineData("attachment; filename=\"z.txt\"; filename*=UTF-8''%FF", "z.txt")]
    [InlineData("attachment; filename=\"z.txt\"; filename*=UTF-8''%C", "z.txt")]
    [InlineData("attachment; filename=\"z.txt\"; filename*=UTF-8''%", "z.txt")]
    [InlineData("attachment; filename=\"z.txt\"; filename*=UTF-8''%+1", "z.txt")]
    [InlineData("attachment; filename=\"a\"; filename=\"b\"", "a")]
    [InlineData("attachment; filename=\"C:\\dir\\z.txt\"", "C:\\dir\\z.txt")]
    [InlineData("attachment; filename=\"a\\\"b\\\\c\"", "a\"b\\c")]
    [InlineData("attachment; filename=\"a;b=c\"; size=3", "a;b=c")]
    [InlineData("attachment; filename=\"\"", "")]
    [InlineData("attachment;", null)]
    [InlineData("attachment", null)]
    [InlineData("attachment; name=\"x\"", null)]
    public void The_extended_name_wins_if_it_is_readable(string field, string? name)
    {
        var disposition = ContentDisposition.Parse(field, inForm: false);
        Assert.NotNull(disposition);
        Assert.Equal(name, disposition.FileName);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ; filename=x")]
    [InlineData("attachment; filename=\"x")]
    [InlineData("attachment; filename=\"x\\")]
    [InlineData("attachment; filename=\"x\"y")]
    [InlineData("attachment; filename")]
    public void A_field_that_is_malformed_is_refused(string field) => Assert.Null(ContentDisposition.Parse(field, inForm: true));
}
