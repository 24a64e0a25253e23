using System.Text;
using FileDrop.Api.Tests.Files;
using FileDrop.Api.Zip;
using Xunit;

namespace FileDrop.Api.Tests.Zip;

/// <summary>Archives as other programs read them.</summary>
public sealed class ZipReaderTests : IDisposable
{
    /// <summary>Times are to be right in any zone.</summary>
    private const string Settings = "export LC_ALL=C.UTF-8 TZ=America/New_York; ";

    /// <summary>Programs: the package on Debian, and scripts that check the archive $1, list its paths, and extract it into the folder $2.</summary>
    private static readonly Dictionary<string, (string Package, string Check, string List, string Extract)> s_readers = new()
    {
        ["unzip"] = ("unzip", "unzip -tqq \"$1\"", "unzip -Z1 \"$1\"", "unzip -qq \"$1\" -d \"$2\""),
        ["7z"] = ("p7zip-full", "7z t \"$1\"", "7z l -ba -slt \"$1\" | sed -n 's/^Path = //p'", "7z x -o\"$2\" \"$1\""),
        ["bsdtar"] = ("libarchive-tools", "bsdtar -xOf \"$1\" >/dev/null", "bsdtar -tf \"$1\"", "bsdtar -xf \"$1\" -C \"$2\""),
        ["python3"] = (
            "python3",
            Python("sys.exit(zip.testzip())"), Python("print('\\n'.join(zip.namelist()))"), Python("zip.extractall(sys.argv[2])")),
    };

    /// <summary>Names that stay as they are.</summary>
    private static readonly string[] s_odd =
    [
        "🎉👩‍👩‍👧 party.txt", "שלום עולם.txt", "مرحبا.txt", "\u202Egpj.exe", "e\u0301 is two.txt", "żółć.txt", "中文.txt", "%41 $HOME 'x' `y` #;&",
        Generators.OfLength("x", 255), Generators.OfLength("中", 255), Generators.OfLength("🎉", 255),
    ];

    private readonly string _folder = Directory.CreateTempSubdirectory("filedrop-zip-").FullName;

    public static TheoryData<string> Readers => [.. s_readers.Keys];

    [Theory]
    [MemberData(nameof(Readers))]
    public async Task Every_reader_extracts_all_names_contents_and_times(string reader)
    {
        var expected = new Dictionary<string, (byte[]? Bytes, DateTimeOffset Time)>(StringComparer.Ordinal);
        var archive = new Archive();
        Add(ZipEntry.Top, "a.txt", "a.txt", "hello"u8.ToArray());
        Add(ZipEntry.Top, "empty", "empty", []);
        Add(ZipEntry.Top, "megabyte", "megabyte", Requests.Bytes(1 << 20));
        Add(ZipEntry.Top, "A.TXT", "A (2).TXT", [1]);
        Add(ZipEntry.Top, "..", "__", [2]);
        Add(ZipEntry.Top, "../../etc/passwd", ".._.._etc_passwd", [3]);
        Add(ZipEntry.Top, "C:\\Windows\\con.txt", "C__Windows_con.txt", [4]);
        Add(ZipEntry.Top, "con.txt", "_con.txt", [5]);
        Add(ZipEntry.Top, "-rf *", "-rf _", [6]);
        Add(ZipEntry.Top, "dot.", "dot_", [7]);
        Add(ZipEntry.Top, "line\nbreak", "line_break", [8]);
        Add(ZipEntry.Top, "later", "later", [9], new DateTimeOffset(2037, 1, 2, 3, 4, 5, TimeSpan.Zero));
        var odd = archive.Folder("📁 names");
        expected["📁 names/"] = default;
        foreach (var name in s_odd)
            Add(odd, name, $"📁 names/{name}", Encoding.UTF8.GetBytes(name));
        var inner = archive.Folder("inner", archive.Folder("outer"));
        archive.Folder("empty", inner);
        foreach (var path in (string[])["outer/", "outer/inner/", "outer/inner/empty/"])
            expected[path] = default;
        Add(inner, "deep.bin", "outer/inner/deep.bin", Requests.Bytes(300));
        var (file, target) = (Path.Combine(_folder, "a.zip"), Directory.CreateDirectory(Path.Combine(_folder, "extracted")).FullName);
        await archive.SaveAsync(file);

        await RunAsync(reader, s_readers[reader].Check, file);
        await RunAsync(reader, s_readers[reader].Extract, file, target);
        // bsdtar composes letters.
        var found = Directory.EnumerateFileSystemEntries(target, "*", SearchOption.AllDirectories)
            .ToDictionary(path => (Path.GetRelativePath(target, path) + (Directory.Exists(path) ? "/" : "")).Normalize());
        Assert.Equal(expected.Keys.Select(path => path.Normalize()).ToHashSet(), found.Keys.ToHashSet());
        foreach (var (path, (bytes, time)) in expected.Where(entry => entry.Value.Bytes is not null))
        {
            var extracted = found[path.Normalize()];
            Assert.Equal(bytes, await File.ReadAllBytesAsync(extracted));
            // Python's extractall sets no times.
            if (reader != "python3")
                Assert.Equal(time.UtcDateTime, File.GetLastWriteTimeUtc(extracted));
        }

        void Add(int folder, string name, string path, byte[] bytes, DateTimeOffset? time = null)
        {
            archive.File(name, bytes, folder, time);
            expected[path] = (bytes, time ?? Archive.Time);
        }
    }

    [Theory]
    [MemberData(nameof(Readers))]
    public async Task Every_reader_reads_70_000_entries(string reader)
    {
        var archive = new Archive();
        var folder = archive.Folder("many");
        for (var i = 1; i < 70_000; i++)
            archive.File($"{i}", [(byte)i], folder);
        var file = Path.Combine(_folder, "many.zip");
        await archive.SaveAsync(file);
        await RunAsync(reader, s_readers[reader].Check, file);
        var paths = (await RunAsync(reader, s_readers[reader].List, file)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(70_000, paths.Length);
        Assert.Equal("many/69999", paths[^1]);
    }

    [Theory]
    [MemberData(nameof(Readers))]
    [Trait("Run", "nightly")]
    public async Task Every_reader_reads_a_file_of_more_than_4_GiB_and_one_behind_it(string reader)
    {
        const long Size = (4L << 30) + 123;
        var archive = new Archive();
        archive.File("before", Requests.Bytes(100));
        archive.File("large", Size, Archive.Crc(Size, Archive.FillSparse), Archive.FillSparse);
        archive.File("behind", Requests.Bytes(100));
        var file = Path.Combine(_folder, "large.zip");
        await archive.SaveAsync(file);
        Assert.Equal(archive.Layout.Length, new FileInfo(file).Length);
        await RunAsync(reader, s_readers[reader].Check, file);
        Assert.Equal("before\nlarge\nbehind\n", await RunAsync(reader, s_readers[reader].List, file));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static string Python(string statement) =>
        $"python3 -c \"import sys, zipfile; zip = zipfile.ZipFile(sys.argv[1]); {statement}\" \"$@\"";

    /// <summary>Runs a reader's script; skips the test if the reader is not installed.</summary>
    private static async Task<string> RunAsync(string reader, string script, params string[] arguments)
    {
        var (missing, _) = await Shell.RunAsync("command -v \"$1\"", reader);
        Assert.SkipWhen(missing != 0, $"There is no {reader} here (Debian: apt-get install {s_readers[reader].Package}).");
        var (exit, output) = await Shell.RunAsync(Settings + script, arguments);
        Assert.True(exit == 0, output);
        return output;
    }
}
