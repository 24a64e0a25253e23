using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.IO.Hashing;
using System.Text;
using FileDrop.Api.Catalog;
using FileDrop.Api.Catalog.Sqlite;

namespace FileDrop.Api.Tests.Page;

/// <summary>Small files of the kinds that the page shows, and large lists.</summary>
internal static class Samples
{
    /// <summary>A picture with a colour gradient.</summary>
    public static byte[] Png(int width, int height)
    {
        using var pixels = new MemoryStream();
        using (var zip = new ZLibStream(pixels, CompressionLevel.Fastest, leaveOpen: true))
        {
            for (var y = 0; y < height; y++)
            {
                zip.WriteByte(0);
                for (var x = 0; x < width; x++)
                    zip.Write([(byte)(250 - (140 * y / height)), (byte)(170 - (60 * x / width)), (byte)(120 + (110 * y / height))]);
            }
        }
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        (header[8], header[9]) = (8, 2);
        return [0x89, .. "PNG\r\n"u8, 0x1a, (byte)'\n', .. Chunk("IHDR", header), .. Chunk("IDAT", pixels.ToArray()), .. Chunk("IEND", [])];
    }

    /// <summary>A tone of this many seconds.</summary>
    public static byte[] Wav(int seconds)
    {
        const int Rate = 8000;
        var sound = new byte[44 + (seconds * Rate)];
        "RIFF"u8.CopyTo(sound);
        BinaryPrimitives.WriteInt32LittleEndian(sound.AsSpan(4), sound.Length - 8);
        "WAVEfmt "u8.CopyTo(sound.AsSpan(8));
        BinaryPrimitives.WriteInt32LittleEndian(sound.AsSpan(16), 16);
        BinaryPrimitives.WriteInt16LittleEndian(sound.AsSpan(20), 1);
        BinaryPrimitives.WriteInt16LittleEndian(sound.AsSpan(22), 1);
        BinaryPrimitives.WriteInt32LittleEndian(sound.AsSpan(24), Rate);
        BinaryPrimitives.WriteInt32LittleEndian(sound.AsSpan(28), Rate);
        BinaryPrimitives.WriteInt16LittleEndian(sound.AsSpan(32), 1);
        BinaryPrimitives.WriteInt16LittleEndian(sound.AsSpan(34), 8);
        "data"u8.CopyTo(sound.AsSpan(36));
        BinaryPrimitives.WriteInt32LittleEndian(sound.AsSpan(40), seconds * Rate);
        for (var i = 44; i < sound.Length; i++)
            sound[i] = (byte)(128 + (60 * Math.Sin(i / 6.0)));
        return sound;
    }

    /// <summary>A PDF of one page with one line.</summary>
    public static byte[] Pdf(string line)
    {
        var text = $"BT /F 22 Tf 40 320 Td ({line}) Tj ET";
        string[] objects =
        [
            "<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 400]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>",
            $"<</Length {text.Length}>>stream\n{text}\nendstream", "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        ];
        var (file, places) = (new StringBuilder("%PDF-1.4\n"), new StringBuilder());
        for (var i = 0; i < objects.Length; i++)
        {
            places.Append(CultureInfo.InvariantCulture, $"{file.Length:D10} 00000 n \n");
            file.Append(CultureInfo.InvariantCulture, $"{i + 1} 0 obj{objects[i]}endobj\n");
        }
        var place = file.Length;
        file.Append(CultureInfo.InvariantCulture, $"xref\n0 6\n0000000000 65535 f \n{places}trailer<</Size 6/Root 1 0 R>>");
        file.Append(CultureInfo.InvariantCulture, $"startxref\n{place}\n%%EOF");
        return Encoding.ASCII.GetBytes(file.ToString());
    }

    /// <summary>Adds this many files to the root of an embedded catalog that no service has open; the newest has the highest number.</summary>
    public static void Fill(EmbeddedStores stores, int count)
    {
        using var session = new SqliteSession(Path.Combine(stores.Directory, "catalog.db"), readOnly: false, isMapped: false);
        session.ExecuteScript("PRAGMA synchronous = OFF;");
        SqliteSchema.Migrate(session);
        session.Execute("BEGIN IMMEDIATE");
        for (var number = 0; number < count; number++)
        {
            var created = DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_000 + (number * 30_000L));
            var digest = number.ToString("x64", CultureInfo.InvariantCulture);
            var content = new FileContent(Guid.CreateVersion7(created), number, "application/pdf", digest, 0, 1, created);
            var name = string.Create(CultureInfo.InvariantCulture, $"Report {number:D6}.pdf");
            var file = new CatalogFile(Guid.CreateVersion7(created), "local", name, new Dictionary<string, string>(), 1, created, created, content)
            {
                Place = new Place(Place.Root, 0, null),
            };
            SqliteSaves.Insert(session, FileDocument.Imported(new CatalogDocument(file.Owner, file.Id, file, [content], [], [])), created);
        }
        session.Execute("COMMIT");
    }

    private static byte[] Chunk(string type, byte[] data)
    {
        var chunk = new byte[12 + data.Length];
        BinaryPrimitives.WriteInt32BigEndian(chunk, data.Length);
        Encoding.ASCII.GetBytes(type, chunk.AsSpan(4));
        data.CopyTo(chunk.AsSpan(8));
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(8 + data.Length), Crc32.HashToUInt32(chunk.AsSpan(4, 4 + data.Length)));
        return chunk;
    }
}
