using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Data.Sqlite;

namespace FileDrop.Api.Catalog.Sqlite;

/// <summary>The role of a row of <c>blobs</c>, which only ever moves down this list.</summary>
internal enum BlobRole
{
    Intent = 0,

    /// <summary>At least one row of <c>contents</c> names it.</summary>
    Content = 1,
    Garbage = 2,
}

/// <summary>Converts between the columns of <see cref="SqliteSchema"/> and the catalog's types.</summary>
internal static partial class SqliteRows
{
    /// <summary>The columns of a file, live or in the trash, in the order in which <see cref="ReadFile"/> reads them.</summary>
    public const string FileColumns =
        "f.id, f.owner, f.name, f.tags, f.version, f.created_at, f.updated_at, "
        + "f.blob, f.size, f.type, f.sha256, f.xxh3, f.content_version, f.content_at, f.crc32, f.deleted_at, f.due, "
        + "f.parent, f.place, f.claim, f.modified_at, f.expires_at, f.dav";

    /// <summary>The number of columns in <see cref="FileColumns"/>.</summary>
    public const int FileColumnCount = 23;

    /// <summary>The columns of a content, in the order in which <see cref="ReadContent"/> reads them.</summary>
    public const string ContentColumns = "c.blob, c.size, c.type, c.sha256, c.xxh3, c.version, c.created_at, c.crc32";

    public static byte[] Bytes(Guid id) => id.ToByteArray(bigEndian: true);

    public static Guid Id(SqliteDataReader row, int column) => new(row.GetFieldValue<byte[]>(column), bigEndian: true);

    public static Guid? IdOrNull(SqliteDataReader row, int column) => row.IsDBNull(column) ? null : Id(row, column);

    public static byte[]? Bytes(Guid? id) => id is { } some ? Bytes(some) : null;

    public static long? NumberOrNull(SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.GetInt64(column);

    public static string? TextOrNull(SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    public static CatalogFile ReadFile(SqliteDataReader row) => new(
        Id(row, 0),
        row.GetString(1),
        row.GetString(2),
        Tags(row.GetString(3)),
        row.GetInt64(4),
        Time(row.GetInt64(5)),
        Time(row.GetInt64(6)),
        ReadContent(row, 7),
        TimeOrNull(row, 15),
        TimeOrNull(row, 16))
    {
        Place = ReadPlace(row, 17),
        ModifiedAt = TimeOrNull(row, 20),
        ExpiresAt = TimeOrNull(row, 21),
        Dav = DavState.OfJson(TextOrNull(row, 22)),
    };

    /// <summary>Reads the columns <c>parent</c>, <c>place</c> and <c>claim</c>.</summary>
    public static Place ReadPlace(SqliteDataReader row, int column) => row.IsDBNull(column) && row.GetInt64(column + 1) == 0
        ? Place.Loose
        : new Place(IdOrNull(row, column), row.GetInt64(column + 1), IdOrNull(row, column + 2));

    public static FileContent ReadContent(SqliteDataReader row, int column) => new(
        Id(row, column),
        row.GetInt64(column + 1),
        row.GetString(column + 2),
        Convert.ToHexStringLower(row.GetFieldValue<byte[]>(column + 3)),
        row.GetInt64(column + 4),
        row.GetInt64(column + 5),
        Time(row.GetInt64(column + 6)),
        (uint?)NumberOrNull(row, column + 7));

    /// <summary>Writes tags as a JSON object, which SQLite's JSON functions read too.</summary>
    public static string Json(IReadOnlyDictionary<string, string> tags) =>
        tags.Count == 0 ? "{}" : JsonSerializer.Serialize(tags, Context.Relaxed.IReadOnlyDictionaryStringString);

    public static string Json(CatalogFile file) => JsonSerializer.Serialize(file, Context.Relaxed.CatalogFile);

    public static CatalogFile? FileOf(string json) => JsonSerializer.Deserialize(json, Context.Relaxed.CatalogFile);

    public static IReadOnlyDictionary<string, string> Tags(string json) => json is "{}"
        ? FileDocument.NoTags
        : JsonSerializer.Deserialize(json, Context.Relaxed.IReadOnlyDictionaryStringString) ?? FileDocument.NoTags;

    public static DateTimeOffset? TimeOrNull(SqliteDataReader row, int column) =>
        NumberOrNull(row, column) is { } milliseconds ? Time(milliseconds) : null;

    public static long? Milliseconds(DateTimeOffset? time) => time?.ToUnixTimeMilliseconds();

    public static DateTimeOffset Time(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);

    [JsonSerializable(typeof(CatalogFile))]
    [JsonSerializable(typeof(IReadOnlyDictionary<string, string>))]
    private sealed partial class Context : JsonSerializerContext
    {
        /// <summary>Escapes only what JSON must escape: the text is stored, never sent to a browser.</summary>
        public static Context Relaxed { get; } = new(new JsonSerializerOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
    }
}
