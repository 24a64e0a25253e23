using System.IO.Hashing;
using System.Text;

namespace FileDrop.Api.Zip;

/// <summary>The content of a file in an archive.</summary>
/// <param name="Size">In bytes.</param>
/// <param name="Crc32">The CRC-32 of its bytes (APPNOTE 4.4.7).</param>
/// <param name="Id">Names the bytes for the archive's tag: two contents with one id have the same bytes.</param>
internal readonly record struct ZipContent(long Size, uint Crc32, Guid Id);

/// <summary>A file or a folder in an archive.</summary>
/// <param name="Folder">The index of its folder among the entries, which comes before it; <see cref="Top"/> for none.</param>
/// <param name="Name">Any text; <see cref="ZipNames"/> makes a name of it that no other entry of the folder has.</param>
/// <param name="ModifiedAt">Any time; the archive keeps whole seconds.</param>
/// <param name="Content">The content of a file; null for a folder.</param>
internal readonly record struct ZipEntry(int Folder, string Name, DateTimeOffset ModifiedAt, ZipContent? Content = null)
{
    /// <summary>The folder of entries at the top of the archive.</summary>
    public const int Top = -1;
}

/// <summary>
/// The layout of a zip archive of stored files (PKWARE APPNOTE 6.3.10): the position of every byte, without any content. The same entries
/// always give the same bytes.
/// </summary>
/// <remarks>
/// <para>The archive is a sequence of records (APPNOTE 4.3.6). For n entries, the first n are local file headers, each followed by its
/// content. The next n are central directory headers. The last record is the end, with the zip64 end if that is needed.</para>
/// <para>A row has the entry's own name and the index of its folder, not its path. It takes about 70 bytes and the name.</para>
/// </remarks>
internal sealed partial class ZipLayout
{
    /// <summary>
    /// A part of the tag. Raise it with every change of the records, so that no download continues with the bytes of another release.
    /// </summary>
    private const byte Format = 1;

    /// <summary>Values that mean "see the zip64 field" (APPNOTE 4.4.1.4).</summary>
    private const int Max16 = ushort.MaxValue;
    private const long Max32 = uint.MaxValue;

    /// <summary>The sizes of records, extra fields and the extended timestamp without what has a length of its own.</summary>
    private const int LocalSize = 30, DirectorySize = 46, EndSize = 22, Zip64EndSize = 56, Zip64LocatorSize = 20;
    private const int ExtraSize = 4, TimeSize = 5;

    private readonly Row[] _rows;
    private readonly long _directory;
    private readonly long _end;

    /// <summary>Computes the layout of an archive.</summary>
    /// <param name="entries">The entries in the archive's order, each folder before the entries in it.</param>
    /// <exception cref="ArgumentException">
    /// An entry comes before its folder, a size is negative, or a header would have more than 65,535 bytes (APPNOTE 4.4.10).
    /// </exception>
    public ZipLayout(IEnumerable<ZipEntry> entries)
    {
        ArgumentNullException.ThrowIfNull(entries);
        var (rows, names, tag, offset, directory) = (new List<Row>(), new ZipNames(), new XxHash128(), 0L, 0L);
        tag.Append([Format]);
        foreach (var entry in entries)
        {
            var (content, isFolder) = (entry.Content ?? default, entry.Content is null);
            if (content.Size < 0)
                throw new ArgumentException($"The size of entry {rows.Count} is negative: {content.Size}.", nameof(entries));
            var before = 0;
            if (entry.Folder != ZipEntry.Top)
            {
                if (entry.Folder < 0 || entry.Folder >= rows.Count || !rows[entry.Folder].IsFolder)
                    throw new ArgumentException($"Entry {rows.Count} comes without its folder, {entry.Folder}.", nameof(entries));
                before = rows[entry.Folder].PathLength;
            }
            var name = Encoding.UTF8.GetBytes(names.Take(entry.Folder, entry.Name, isFolder));
            var length = before + name.Length + (isFolder ? 1 : 0);
            var row = new Row(
                name, entry.Folder, isFolder, length, entry.ModifiedAt.ToUnixTimeSeconds(), content.Size, content.Crc32, offset, directory);
            if (row.DirectoryHeaderSize > Max16)
                throw new ArgumentException($"The path of entry {rows.Count} is too long: {length} bytes.", nameof(entries));
            offset = checked(offset + row.LocalHeaderSize + row.Size);
            directory += row.DirectoryHeaderSize;
            rows.Add(row);
            Append(tag, row, content.Id);
        }
        _rows = [.. rows];
        (_directory, _end) = (offset, offset + directory);
        Length = _end + EndRecordSize;
        Tag = Convert.ToHexStringLower(tag.GetCurrentHash());
    }

    /// <summary>How many entries the archive has.</summary>
    public int Count => _rows.Length;

    /// <summary>The exact length of the archive, in bytes.</summary>
    public long Length { get; }

    /// <summary>
    /// 32 hexadecimal digits. Archives with the same tag have the same bytes: any other path, order, time, size, CRC-32 or content gives
    /// another tag.
    /// </summary>
    public string Tag { get; }

    /// <summary>The place of an entry's content in the archive, its size and its CRC-32.</summary>
    public (long Start, long Size, uint Crc32) ContentOf(int entry)
    {
        ref readonly var row = ref _rows[entry];
        return (row.Offset + row.LocalHeaderSize, row.Size, row.Crc32);
    }

    /// <summary>The record that a byte of the archive belongs to, or whose content it belongs to.</summary>
    public int RecordAt(long position)
    {
        var (low, high) = (0, 2 * Count);
        while (low < high)
        {
            var middle = low + ((high - low + 1) / 2);
            (low, high) = StartOf(middle) <= position ? (middle, high) : (low, middle - 1);
        }
        return low;
    }

    /// <summary>The position of a record's first byte.</summary>
    public long StartOf(int record) => record < Count ? _rows[record].Offset
        : record < 2 * Count ? _directory + _rows[record - Count].DirectoryOffset
        : _end;

    /// <summary>The size of a record in bytes, without the content behind it.</summary>
    public int SizeOf(int record) => record < Count ? _rows[record].LocalHeaderSize
        : record < 2 * Count ? _rows[record - Count].DirectoryHeaderSize
        : EndRecordSize;

    private bool HasZip64End => Count >= Max16 || _directory >= Max32 || _end - _directory >= Max32;

    private int EndRecordSize => EndSize + (HasZip64End ? Zip64EndSize + Zip64LocatorSize : 0);

    private static void Append(XxHash128 tag, in Row row, Guid content)
    {
        Span<byte> bytes = stackalloc byte[48];
        var fields = new Fields(bytes);
        fields.Add32(row.Folder);
        fields.Add32(row.IsFolder ? 1 : 0);
        fields.Add32(row.Name.Length);
        fields.Add32(row.Crc32);
        fields.Add64(row.Size);
        fields.Add64(row.Time);
        content.TryWriteBytes(fields.Take(16));
        tag.Append(bytes);
        tag.Append(row.Name);
    }

    /// <summary>One entry.</summary>
    /// <param name="Name">Its own name, in UTF-8.</param>
    /// <param name="Folder">The index of its folder, or <see cref="ZipEntry.Top"/>.</param>
    /// <param name="IsFolder">Whether it is a folder.</param>
    /// <param name="PathLength">Bytes in its path, with the <c>/</c> of a folder.</param>
    /// <param name="Time">Its last change, in seconds since 1970 (UTC).</param>
    /// <param name="Size">Bytes in its content.</param>
    /// <param name="Crc32">The CRC-32 of its content.</param>
    /// <param name="Offset">The position of its local header.</param>
    /// <param name="DirectoryOffset">The position of its header in the central directory, from the directory's beginning.</param>
    private readonly record struct Row(
        byte[] Name, int Folder, bool IsFolder, int PathLength, long Time, long Size, uint Crc32, long Offset, long DirectoryOffset)
    {
        public bool IsLarge => Size >= Max32;

        public bool IsFar => Offset >= Max32;

        /// <summary>Whether the time has at most 31 bits. Readers disagree about the sign of 32 bits; beyond, they take MS-DOS's time.</summary>
        public bool HasUnixTime => Time is >= 0 and <= int.MaxValue;

        public int LocalExtraSize => (IsLarge ? ExtraSize + 16 : 0) + (HasUnixTime ? ExtraSize + TimeSize : 0);

        public int DirectoryExtraSize => LocalExtraSize + (IsFar ? (IsLarge ? 0 : ExtraSize) + 8 : 0);

        public int LocalHeaderSize => LocalSize + PathLength + LocalExtraSize;

        public int DirectoryHeaderSize => DirectorySize + PathLength + DirectoryExtraSize;
    }
}
