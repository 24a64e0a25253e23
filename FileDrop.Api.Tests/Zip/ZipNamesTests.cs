using System.Text;
using System.Text.RegularExpressions;
using CsCheck;
using FileDrop.Api.Tests.Files;
using FileDrop.Api.Text;
using FileDrop.Api.Zip;
using Xunit;

namespace FileDrop.Api.Tests.Zip;

/// <summary>Names in an archive: safe on every system, and different from all others of their folder.</summary>
public sealed partial class ZipNamesTests
{
    /// <summary>Names of few letters, which are likely to be unsafe or to collide; also some that are not text.</summary>
    private static readonly Gen<string> s_name = Gen.Frequency(
        (6, Gen.OneOf("a", "A", "é", "e\u0301", "ß", "ss", "\u1E9E", "ǰ", "j\u030C", "ı", "İ", "🎉", "中", "_")),
        (4, Gen.OneOf(".", "..", " ", "/", "\\", ":", "?", "\n", "\u0085", "\uFFFE")),
        (4, Gen.OneOf("CON", "nul", "com1", "LPT³", ".txt", ".TXT", " (2)", " (3)")),
        (2, Generators.Rune.Select(rune => rune.ToString())),
        (1, Gen.Char.Select(unit => unit.ToString())),
        (1, Gen.Select(Gen.OneOf("x", "中", "🎉"), Gen.Int[240, 255], Generators.OfLength))).Array[0, 4].Select(string.Concat);

    [Theory]
    [InlineData("report.pdf", "report.pdf")]
    [InlineData("a<b>c:d\"e|f?g*h.txt", "a_b_c_d_e_f_g_h.txt")]
    [InlineData("..\\..\\etc/passwd", ".._.._etc_passwd")]
    [InlineData("/etc", "_etc")]
    [InlineData("C:\\Windows", "C__Windows")]
    [InlineData("tab\tand\nline", "tab_and_line")]
    [InlineData("dots. . ", "dots____")]
    [InlineData("", "_")]
    [InlineData(" ", "_")]
    [InlineData(".", "_")]
    [InlineData("..", "__")]
    [InlineData("con", "_con")]
    [InlineData("NUL.txt", "_NUL.txt")]
    [InlineData("Com1.tar.gz", "_Com1.tar.gz")]
    [InlineData("LPT9 .txt", "_LPT9 .txt")]
    [InlineData("com³", "_com³")]
    [InlineData("CONIN$", "_CONIN$")]
    [InlineData("aux.", "_aux_")]
    [InlineData("console.txt", "console.txt")]
    [InlineData("COM10", "COM10")]
    [InlineData("com", "com")]
    [InlineData(".gitignore", ".gitignore")]
    [InlineData(" first", " first")]
    [InlineData("-rf", "-rf")]
    [InlineData("🎉 שלום é ż.txt", "🎉 שלום é ż.txt")]
    public void A_name_keeps_all_characters_that_Windows_allows(string name, string safe) => Assert.Equal(safe, ZipNames.Safe(name));

    [Fact]
    public void Characters_that_are_no_text_are_replaced()
    {
        Assert.Equal("______", ZipNames.Safe("\0\u001F\u007F\u009F\uFFFE\uD83C"));
        Assert.Equal("_🎉_", ZipNames.Safe("\uDF89🎉\uD83C"));
    }

    [Fact]
    public void Any_text_becomes_a_safe_name() => s_name.Sample(name =>
    {
        var safe = ZipNames.Safe(name);
        AssertSafe(safe);
        Assert.Equal(safe, ZipNames.Safe(safe));
    }, iter: 20_000);

    [Theory]
    [InlineData("a.txt|A.TXT|a.txt", "a.txt|A (2).TXT|a (3).txt")]
    [InlineData("a (2).txt|a.txt|a.txt", "a (2).txt|a.txt|a (3).txt")]
    [InlineData("a?b|a*b|a_b", "a_b|a_b (2)|a_b (3)")]
    [InlineData("\u00E9|e\u0301", "\u00E9|e\u0301 (2)")]
    [InlineData("\u01F0|J\u030C", "\u01F0|J\u030C (2)")]
    [InlineData("Straße|STRASSE", "Straße|STRASSE (2)")]
    [InlineData("CON|_con", "_CON|_con (2)")]
    [InlineData("a.tar.gz|a.tar.gz", "a.tar.gz|a.tar (2).gz")]
    [InlineData(".env|.env", ".env|.env (2)")]
    [InlineData("Dr. No|Dr. No", "Dr. No|Dr. No (2)")]
    [InlineData("..|..|.", "__|__ (2)|_")]
    public void A_name_that_another_entry_of_the_folder_has_gets_a_number(string names, string taken) =>
        Assert.Equal(taken.Split('|'), TakeAll(names.Split('|').Select(name => (0, name, false))));

    [Fact]
    public void A_folder_has_no_extension_and_shares_the_names_of_files() =>
        Assert.Equal(["v1.2", "v1.2 (2)", "V1 (2).2"], TakeAll([(0, "v1.2", false), (0, "v1.2", true), (0, "V1.2", false)]));

    [Fact]
    public void Names_of_different_folders_may_be_the_same() =>
        Assert.Equal(["a", "a", "a (2)"], TakeAll([(-1, "a", false), (0, "a", false), (0, "a", false)]));

    [Theory]
    [InlineData("x")]
    [InlineData("中")]
    [InlineData("🎉")]
    public void A_number_makes_no_name_longer_than_file_systems_take(string letter)
    {
        var name = Generators.OfLength(letter, 251) + ".txt";
        var taken = TakeAll([(0, name, false), (0, name, false)]);
        Assert.Equal(name, taken[0]);
        Assert.EndsWith(" (2).txt", taken[1], StringComparison.Ordinal);
        Assert.StartsWith(letter + letter, taken[1], StringComparison.Ordinal);
        AssertSafe(taken[1]);
    }

    [Fact]
    public void No_two_names_of_a_folder_are_the_same_on_any_system_and_later_names_change_no_earlier_ones() =>
        Gen.Select(s_name, Gen.Int[0, 1], Gen.Bool).Array[1, 30].Sample(entries =>
        {
            var names = TakeAll(entries.Select(entry => (entry.Item2, entry.Item1, entry.Item3)));
            Assert.All(names, AssertSafe);
            Assert.Equal(names[..^1], TakeAll(entries[..^1].Select(entry => (entry.Item2, entry.Item1, entry.Item3))));
            foreach (var folder in names.Zip(entries).GroupBy(pair => pair.Second.Item2, pair => pair.First))
            {
                foreach (var form in new[] { NormalizationForm.FormC, NormalizationForm.FormD })
                {
                    Assert.Distinct(folder.Select(name => name.Normalize(form)), StringComparer.OrdinalIgnoreCase);
                    Assert.Distinct(folder.Select(name => name.Normalize(form).ToLowerInvariant()), StringComparer.OrdinalIgnoreCase);
                }
            }
        }, iter: 3_000);

    [Fact]
    public void Thousands_of_names_that_collide_cost_no_more_than_others()
    {
        // All of them are cut to the same beginning before they are numbered, and their numbers are taken from each other.
        const int Count = 5_000;
        var names = Enumerable.Range(0, 2 * Count)
            .Select(i => (0, new string(i < Count ? 'x' : 'X', 246) + $"{i % Count:d5}.txt", false)).ToList();
        var before = GC.GetAllocatedBytesForCurrentThread();
        var taken = TakeAll(names);
        var each = (GC.GetAllocatedBytesForCurrentThread() - before) / names.Count;
        Assert.Distinct(taken);
        Assert.True(each < 10_000, $"{each} bytes for each name");
    }

    private static string[] TakeAll(IEnumerable<(int Folder, string Name, bool IsFolder)> entries)
    {
        var names = new ZipNames();
        return [.. entries.Select(entry => names.Take(entry.Folder, entry.Name, entry.IsFolder))];
    }

    private static void AssertSafe(string name)
    {
        Assert.InRange(Encoding.UTF8.GetByteCount(name), 1, 255);
        Assert.True(UnicodeText.IsWellFormed(name), name);
        Assert.DoesNotMatch(Forbidden(), name);
        Assert.DoesNotMatch(Device(), name);
    }

    [GeneratedRegex("""[<>:"|?*\\/\x00-\x1F\x7F-\x9F]|[. ]\z""", RegexOptions.None, 1000)]
    private static partial Regex Forbidden();

    [GeneratedRegex(@"\A(CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|CLOCK\$|(COM|LPT)[0-9¹²³]) *(\.|\z)", RegexOptions.IgnoreCase, 1000)]
    private static partial Regex Device();
}
