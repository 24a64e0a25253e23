using System.Buffers.Binary;

namespace FileDrop.Api.Zip;

/// <content>The records: every byte of an archive that is not content.</content>
internal sealed partial class ZipLayout
{
    private static readonly long s_firstDosTime = new DateTimeOffset(1980, 1, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeSeconds();
    private static readonly long s_lastDosTime = new DateTimeOffset(2107, 12, 31, 23, 59, 58, TimeSpan.Zero).ToUnixTimeSeconds();

    /// <summary>Writes a record to the beginning of a buffer.</summary>
    public void Write(int record, Span<byte> buffer)
    {
        var fields = new Fields(buffer);
        if (record < Count)
            WriteLocalHeader(ref fields, record);
        else if (record < 2 * Count)
            WriteDirectoryHeader(ref fields, record - Count);
        else
            WriteEnd(ref fields);
    }

    /// <summary>APPNOTE 4.3.7.</summary>
    private void WriteLocalHeader(ref Fields fields, int index)
    {
        ref readonly var row = ref _rows[index];
        fields.Add32(0x04034b50);
        AddCommon(ref fields, row, row.IsLarge, row.LocalExtraSize);
        AddPath(ref fields, index);
        AddExtra(ref fields, row, withOffset: false);
    }

    /// <summary>APPNOTE 4.3.12.</summary>
    private void WriteDirectoryHeader(ref Fields fields, int index)
    {
        ref readonly var row = ref _rows[index];
        fields.Add32(0x02014b50);
        // Version made by: 3 for Unix, whose permissions follow (4.4.2).
        fields.Add16((3 << 8) | 45);
        AddCommon(ref fields, row, row.IsLarge || row.IsFar, row.DirectoryExtraSize);
        // No comment, first disk, no internal attributes.
        fields.Add16(0);
        fields.Add16(0);
        fields.Add16(0);
        // External attributes (4.4.15): the mode above (0o40755, 0o100644), MS-DOS's bit of a folder below.
        fields.Add32(row.IsFolder ? (0x41EDL << 16) | 0x10 : 0x81A4L << 16);
        fields.Add32(Math.Min(row.Offset, Max32));
        AddPath(ref fields, index);
        AddExtra(ref fields, row, withOffset: true);
    }

    /// <summary>APPNOTE 4.3.14 to 4.3.16.</summary>
    private void WriteEnd(ref Fields fields)
    {
        var size = _end - _directory;
        if (HasZip64End)
        {
            fields.Add32(0x06064b50);
            fields.Add64(Zip64EndSize - 12);
            fields.Add16((3 << 8) | 45);
            fields.Add16(45);
            fields.Add32(0);
            fields.Add32(0);
            fields.Add64(Count);
            fields.Add64(Count);
            fields.Add64(size);
            fields.Add64(_directory);

            fields.Add32(0x07064b50);
            fields.Add32(0);
            fields.Add64(_end);
            fields.Add32(1);
        }
        fields.Add32(0x06054b50);
        fields.Add16(0);
        fields.Add16(0);
        fields.Add16(Math.Min(Count, Max16));
        fields.Add16(Math.Min(Count, Max16));
        fields.Add32(Math.Min(size, Max32));
        fields.Add32(Math.Min(_directory, Max32));
        fields.Add16(0);
    }

    /// <summary>The fields that both headers of an entry have, in the same order.</summary>
    private static void AddCommon(ref Fields fields, in Row row, bool isZip64, int extraSize)
    {
        // 4.5 for zip64, otherwise 2.0 for folders (4.4.3.2).
        fields.Add16(isZip64 ? 45 : 20);
        // Bit 11: the name is UTF-8 (4.4.4, appendix D). Bit 3 is not set, so size and CRC-32 are here and not behind the content.
        fields.Add16(1 << 11);
        // Stored (4.4.5).
        fields.Add16(0);
        fields.Add32(DosTime(row.Time));
        fields.Add32(row.Crc32);
        fields.Add32(Math.Min(row.Size, Max32));
        fields.Add32(Math.Min(row.Size, Max32));
        fields.Add16(row.PathLength);
        fields.Add16(extraSize);
    }

    /// <summary>The path: names with <c>/</c> between them, and behind a folder (APPNOTE 4.4.17).</summary>
    private void AddPath(ref Fields fields, int index)
    {
        var path = fields.Take(_rows[index].PathLength);
        for (var i = index; i != ZipEntry.Top; i = _rows[i].Folder)
        {
            ref readonly var row = ref _rows[i];
            if (row.IsFolder)
            {
                path[^1] = (byte)'/';
                path = path[..^1];
            }
            row.Name.CopyTo(path[^row.Name.Length..]);
            path = path[..^row.Name.Length];
        }
    }

    /// <summary>
    /// Adds zip64's field (APPNOTE 4.5.3), and Info-ZIP's extended timestamp with the time of the last change (listed in APPNOTE 4.6.1).
    /// </summary>
    private static void AddExtra(ref Fields fields, in Row row, bool withOffset)
    {
        var isFar = withOffset && row.IsFar;
        if (row.IsLarge || isFar)
        {
            fields.Add16(0x0001);
            fields.Add16((row.IsLarge ? 16 : 0) + (isFar ? 8 : 0));
            if (row.IsLarge)
            {
                fields.Add64(row.Size);
                fields.Add64(row.Size);
            }
            if (isFar)
                fields.Add64(row.Offset);
        }
        if (row.HasUnixTime)
        {
            fields.Add16(0x5455);
            fields.Add16(TimeSize);
            fields.Take(1)[0] = 1;
            fields.Add32(row.Time);
        }
    }

    /// <summary>Date and time of MS-DOS in UTC, which knows no zones: 1980 to 2107, in steps of 2 s (APPNOTE 4.4.6).</summary>
    private static uint DosTime(long seconds)
    {
        var time = DateTimeOffset.FromUnixTimeSeconds(Math.Clamp(seconds, s_firstDosTime, s_lastDosTime));
        var date = ((time.Year - 1980) << 9) | (time.Month << 5) | time.Day;
        return ((uint)date << 16) | (uint)((time.Hour << 11) | (time.Minute << 5) | (time.Second / 2));
    }

    /// <summary>Writes numbers one behind the other, little-endian.</summary>
    private ref struct Fields(Span<byte> buffer)
    {
        private Span<byte> _rest = buffer;

        public Span<byte> Take(int count)
        {
            var taken = _rest[..count];
            _rest = _rest[count..];
            return taken;
        }

        public void Add16(int value) => BinaryPrimitives.WriteUInt16LittleEndian(Take(2), (ushort)value);

        public void Add32(long value) => BinaryPrimitives.WriteUInt32LittleEndian(Take(4), unchecked((uint)value));

        public void Add64(long value) => BinaryPrimitives.WriteInt64LittleEndian(Take(8), value);
    }
}
