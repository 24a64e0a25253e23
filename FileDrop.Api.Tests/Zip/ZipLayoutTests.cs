using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.Runtime.InteropServices;
using FileDrop.Api.Zip;
using Xunit;

namespace FileDrop.Api.Tests.Zip;

/// <summary>The layout of an archive, as the framework's own reader and the bytes of its headers show it.</summary>
public sealed class ZipLayoutTests
{
    private const long Max32 = uint.MaxValue;

    [Fact]
    public async Task A_reader_finds_the_entries_with_their_paths_contents_times_and_permissions()
    {
        var archive = new Archive();
        var outer = archive.Folder("outer");
        archive.Folder("empty", archive.Folder("inner", outer));
        archive.File("ż🎉.txt", "hello"u8.ToArray(), outer);
        archive.File("nothing", []);
        using var file = new MemoryStream(await archive.BytesAsync());
        Assert.Equal(archive.Layout.Length, file.Length);

        await using var zip = new ZipArchive(file);
        Assert.Equal(
            ["outer/", "outer/inner/", "outer/inner/empty/", "outer/ż🎉.txt", "nothing"], zip.Entries.Select(entry => entry.FullName));
        Assert.Equal([0, 0, 0, 5, 0], zip.Entries.Select(entry => entry.Length));
        Assert.Equal([0, 0, 0, 0x3610A686u, 0], zip.Entries.Select(entry => entry.Crc32));
        Assert.All(zip.Entries, entry => Assert.Equal(Archive.Time.DateTime.AddSeconds(-1), entry.LastWriteTime.DateTime));
        Assert.All(zip.Entries.Take(3), entry => Assert.Equal((Convert.ToInt32("40755", 8) << 16) | 0x10, entry.ExternalAttributes));
        Assert.All(zip.Entries.Skip(3), entry => Assert.Equal(Convert.ToInt32("100644", 8) << 16, entry.ExternalAttributes));
        using var reader = new StreamReader(await zip.Entries[3].OpenAsync());
        Assert.Equal("hello", await reader.ReadToEndAsync());
    }

    [Fact]
    public async Task An_archive_of_nothing_is_the_end_alone()
    {
        var archive = new Archive();
        Assert.Equal(22, archive.Layout.Length);
        using var file = new MemoryStream(await archive.BytesAsync());
        await using var zip = new ZipArchive(file);
        Assert.Empty(zip.Entries);
    }

    [Theory]
    [InlineData(Max32 - 1, false)]
    [InlineData(Max32, true)]
    [InlineData(Max32 + 1, true)]
    [InlineData(20L << 40, true)]
    public async Task A_size_of_4_GiB_or_more_is_in_zip64_fields(long size, bool isZip64)
    {
        var archive = new Archive();
        archive.File("large", size, 7, Archive.FillSparse);
        var header = await archive.BytesAsync(0, archive.Layout.ContentOf(0).Start);
        Assert.Equal(isZip64 ? 45 : 20, BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(4)));
        Assert.Equal(7u, BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(14)));
        var size32 = isZip64 ? uint.MaxValue : (uint)size;
        Assert.Equal([size32, size32], MemoryMarshal.Cast<byte, uint>(header.AsSpan(18, 8)));
        var extra = Extra(header, 30 + "large".Length);
        Assert.Equal(isZip64, extra.TryGetValue(1, out var sizes));
        if (isZip64)
            Assert.Equal([size, size], MemoryMarshal.Cast<byte, long>(sizes));

        await using var zip = new ZipArchive(new ArchiveFile(archive));
        Assert.Equal((size, size, 7u), (zip.Entries[0].Length, zip.Entries[0].CompressedLength, zip.Entries[0].Crc32));
    }

    [Theory]
    [InlineData(Max32 - 1)]
    [InlineData(Max32)]
    [InlineData(Max32 + 1)]
    [InlineData(30L << 40)]
    public async Task An_entry_behind_4_GiB_is_found(long offset)
    {
        var small = new Archive();
        small.File("before", 0, 0, Archive.FillSparse);
        var first = small.Layout.ContentOf(0).Start + (offset > 2 * Max32 ? 20 : 0);
        var archive = new Archive();
        archive.File("before", offset - first, 0, Archive.FillSparse);
        archive.File("behind", "far away"u8.ToArray());
        Assert.Equal(offset, archive.Layout.StartOf(1));
        var header = await archive.BytesAsync(archive.Layout.StartOf(3), archive.Layout.StartOf(4));
        var isZip64 = offset >= Max32;
        Assert.Equal(isZip64 ? uint.MaxValue : (uint)offset, BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(42)));
        Assert.Equal(isZip64, Extra(header, 46 + "behind".Length).TryGetValue(1, out var zip64));
        Assert.True(!isZip64 || BinaryPrimitives.ReadInt64LittleEndian(zip64) == offset);

        await using var zip = new ZipArchive(new ArchiveFile(archive));
        using var reader = new StreamReader(await zip.Entries[1].OpenAsync());
        Assert.Equal("far away", await reader.ReadToEndAsync());
    }

    [Theory]
    [InlineData(65_534, false)]
    [InlineData(65_535, true)]
    [InlineData(70_000, true)]
    public async Task An_archive_has_any_number_of_entries(int count, bool isZip64)
    {
        var archive = new Archive();
        for (var i = 0; i < count; i++)
            archive.File($"{i}", []);
        var bytes = await archive.BytesAsync();
        Assert.Equal(archive.Layout.Length, bytes.Length);
        // The zip64 locator is before the end.
        Assert.Equal(isZip64, bytes.AsSpan(bytes.Length - 22 - 20).StartsWith("PK\u0006\u0007"u8));
        await using var zip = new ZipArchive(new MemoryStream(bytes));
        Assert.Equal(Enumerable.Range(0, count), zip.Entries.Select(entry => int.Parse(entry.FullName, CultureInfo.InvariantCulture)));
    }

    [Theory]
    [InlineData("0001-01-01T00:00:00Z", "1980-01-01T00:00:00", false)]
    [InlineData("1969-12-31T23:59:59.9Z", "1980-01-01T00:00:00", false)]
    [InlineData("1970-01-01T00:00:00Z", "1980-01-01T00:00:00", true)]
    [InlineData("1980-01-01T00:00:03Z", "1980-01-01T00:00:02", true)]
    [InlineData("2026-11-30T12:34:57.9+02:00", "2026-11-30T10:34:56", true)]
    [InlineData("2038-01-19T03:14:07Z", "2038-01-19T03:14:06", true)]
    [InlineData("2038-01-19T03:14:08Z", "2038-01-19T03:14:08", false)]
    [InlineData("2107-12-31T23:59:59Z", "2107-12-31T23:59:58", false)]
    [InlineData("9999-12-31T23:59:59Z", "2107-12-31T23:59:58", false)]
    public async Task A_time_is_in_the_fields_that_can_hold_it(string sent, string dos, bool isUnix)
    {
        var time = DateTimeOffset.Parse(sent, CultureInfo.InvariantCulture);
        var archive = new Archive();
        archive.File("a", [], time: time);
        var bytes = await archive.BytesAsync();
        await using var zip = new ZipArchive(new MemoryStream(bytes));
        Assert.Equal(DateTime.Parse(dos, CultureInfo.InvariantCulture), zip.Entries[0].LastWriteTime.DateTime);
        foreach (var at in new[] { 31, (int)archive.Layout.StartOf(1) + 47 })
        {
            Assert.Equal(isUnix, Extra(bytes, at).TryGetValue(0x5455, out var unix));
            if (unix is null)
                continue;
            Assert.Equal((5, 1), (unix.Length, unix[0]));
            Assert.Equal(time.ToUnixTimeSeconds(), BinaryPrimitives.ReadInt32LittleEndian(unix.AsSpan(1)));
        }
    }

    [Fact]
    public void An_entry_needs_its_folder_before_it()
    {
        var file = new ZipEntry(0, "a", Archive.Time, new ZipContent(0, 0, default));
        Assert.Throws<ArgumentException>(() => new ZipLayout([file]));
        Assert.Throws<ArgumentException>(() => new ZipLayout([file with { Folder = ZipEntry.Top }, file]));
        Assert.Throws<ArgumentException>(() => new ZipLayout([file with { Folder = -2 }]));
        Assert.Throws<ArgumentException>(() => new ZipLayout([file with { Folder = -1, Content = new ZipContent(-1, 0, default) }]));
        Assert.Equal(2, new ZipLayout([new ZipEntry(ZipEntry.Top, "folder", Archive.Time), file]).Count);
    }

    [Fact]
    public void A_path_that_fits_into_no_header_is_refused()
    {
        var name = new string('x', 255);
        Assert.Equal(255, new ZipLayout(Deep(255)).Count);
        Assert.Throws<ArgumentException>(() => new ZipLayout(Deep(256)));

        IEnumerable<ZipEntry> Deep(int depth) => Enumerable.Range(-1, depth).Select(folder => new ZipEntry(folder, name, Archive.Time));
    }

    [Fact]
    public void Any_change_of_the_entries_changes_the_tag()
    {
        var content = new ZipContent(5, 7, Guid.NewGuid());
        ZipEntry[] entries =
        [
            new(ZipEntry.Top, "folder", Archive.Time),
            new(0, "a.txt", Archive.Time, content),
            new(ZipEntry.Top, "b.txt", Archive.Time, content),
        ];
        ZipEntry[] With(int at, Func<ZipEntry, ZipEntry> change) => [.. entries.Select((entry, i) => i == at ? change(entry) : entry)];
        ZipEntry[][] others =
        [
            entries[..2], [entries[0], entries[2], entries[1]],
            With(0, entry => entry with { Name = "Folder" }),
            With(1, entry => entry with { Name = "a_txt" }),
            With(2, entry => entry with { Folder = 0 }),
            With(1, entry => entry with { ModifiedAt = Archive.Time.AddSeconds(1) }),
            With(1, entry => entry with { Content = null }),
            With(1, entry => entry with { Content = content with { Size = 6 } }),
            With(1, entry => entry with { Content = content with { Crc32 = 8 } }),
            With(1, entry => entry with { Content = content with { Id = Guid.NewGuid() } }),
        ];
        var tag = new ZipLayout(entries).Tag;
        Assert.Equal(tag, new ZipLayout([.. entries]).Tag);
        Assert.Matches("^[0-9a-f]{32}$", tag);
        Assert.Distinct(others.Select(other => new ZipLayout(other).Tag).Append(tag));
    }

    [Fact]
    public void A_layout_of_100_000_entries_takes_some_tens_of_megabytes()
    {
        const int Folders = 1_000, Count = 100_000;
        var entries = Enumerable.Range(0, Count).Select(i => i < Folders
            ? new ZipEntry(i % 10 == 0 ? ZipEntry.Top : i - 1, $"folder with a usual name {i}", Archive.Time)
            : new ZipEntry(i % Folders, $"file with a usual name {i}.jpeg", Archive.Time, new ZipContent(i, 0, Guid.NewGuid()))).ToList();
        var before = GC.GetAllocatedBytesForCurrentThread();
        var layout = new ZipLayout(entries);
        // A layout cannot keep more than was allocated for it. Most of that is garbage.
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal(Count, layout.Count);
        Assert.True(allocated < 75_000_000, $"{allocated} bytes");
    }

    /// <summary>The extra fields of a header that begins with its name at a position.</summary>
    private static Dictionary<int, byte[]> Extra(byte[] bytes, int at)
    {
        var fields = new Dictionary<int, byte[]>();
        for (var rest = bytes.AsSpan(at); rest.Length >= 4 && !rest.StartsWith("PK"u8);)
        {
            var length = BinaryPrimitives.ReadUInt16LittleEndian(rest[2..]);
            fields.Add(BinaryPrimitives.ReadUInt16LittleEndian(rest), rest.Slice(4, length).ToArray());
            rest = rest[(4 + length)..];
        }
        return fields;
    }
}
