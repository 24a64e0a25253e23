using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Data.Sqlite;

namespace FileDrop.Api.Catalog.Sqlite;

/// <summary>What a row of <c>files</c> is at the moment.</summary>
internal enum FileState
{
    Pending = 0,
    Live = 1,
    Tombstone = 2,
}

/// <summary>What a row of <c>blobs</c> is at the moment; it only ever moves down this list.</summary>
internal enum BlobRole
{
    Intent = 0,
    Live = 1,
    Version = 2,
    Garbage = 3,
}

/// <summary>Between the columns of <see cref="SqliteSchema"/> and the catalog's types.</summary>
internal static partial class SqliteRows
{
    /// <summary>The columns of a live file, in the order in which <see cref="ReadFile"/> reads them.</summary>
    public const string FileColumns =
        "f.id, f.owner, f.name, f.tags, f.version, f.created_at, f.updated_at, "
        + "f.blob, f.size, f.type, f.sha256, f.xxh3, f.content_version, f.content_at";

    private static readonly Dictionary<string, string> NoTags = [];

    public static byte[] Bytes(Guid id) => id.ToByteArray(bigEndian: true);

    public static Guid Id(SqliteDataReader row, int column) => new(row.GetFieldValue<byte[]>(column), bigEndian: true);

    public static long? NumberOrNull(SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.GetInt64(column);

    public static CatalogFile ReadFile(SqliteDataReader row) => new(
        Id(row, 0),
        row.GetString(1),
        row.GetString(2),
        Tags(row.GetString(3)),
        row.GetInt64(4),
        Time(row.GetInt64(5)),
        Time(row.GetInt64(6)),
        new FileContent(
            Id(row, 7),
            row.GetInt64(8),
            row.GetString(9),
            Convert.ToHexStringLower(row.GetFieldValue<byte[]>(10)),
            row.GetInt64(11),
            row.GetInt64(12),
            Time(row.GetInt64(13))));

    /// <summary>The tags as a JSON object, for SQLite's JSON functions too.</summary>
    public static string Json(IReadOnlyDictionary<string, string> tags) =>
        tags.Count == 0 ? "{}" : JsonSerializer.Serialize(tags, Context.Relaxed.IReadOnlyDictionaryStringString);

    public static string Json(CatalogFile file) => JsonSerializer.Serialize(file, Context.Relaxed.CatalogFile);

    public static CatalogFile? FileOf(string json) => JsonSerializer.Deserialize(json, Context.Relaxed.CatalogFile);

    private static IReadOnlyDictionary<string, string> Tags(string json) => json is "{}"
        ? NoTags
        : JsonSerializer.Deserialize(json, Context.Relaxed.IReadOnlyDictionaryStringString) ?? NoTags;

    private static DateTimeOffset Time(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);

    [JsonSerializable(typeof(CatalogFile))]
    [JsonSerializable(typeof(IReadOnlyDictionary<string, string>))]
    private sealed partial class Context : JsonSerializerContext
    {
        /// <summary>Escapes only what JSON must escape: the text is stored, never sent to a browser.</summary>
        public static Context Relaxed { get; } = new(new JsonSerializerOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
    }
}
