using System.IO.Hashing;
using FileDrop.Api.Catalog;
using FileDrop.Api.Tests.Attacks;
using Microsoft.Data.Sqlite;
using MongoDB.Bson;
using MongoDB.Driver;
using Xunit;

namespace FileDrop.Api.Tests.Contents;

/// <summary>The CRC-32 of contents as the catalog has them, and stores without any.</summary>
internal static class Crcs
{
    private static readonly string[] Fields = ["crc32", "crc32_at"];

    /// <summary>A file's contents, newest first.</summary>
    public static async Task<IReadOnlyList<FileContent>> ContentsAsync(Service service, string file) =>
        Assert.Single(await Backups.Catalog(service).FindDocumentsAsync([Guid.Parse(file)], default)).Contents;

    /// <summary>Checks that each content has the CRC-32 of its bytes, which are given newest first.</summary>
    public static async Task AreOfAsync(Service service, string file, params byte[][] newestFirst) =>
        Assert.Equal(newestFirst.Select(bytes => (uint?)Crc32.HashToUInt32(bytes)), (await ContentsAsync(service, file)).Select(content => content.Crc32));

    /// <summary>Waits until each content has a CRC-32, and checks them.</summary>
    public static async Task BecomeAsync(Service service, string file, params byte[][] newestFirst)
    {
        await Service.UntilAsync(
            "each content has a CRC-32", async () => (await ContentsAsync(service, file)).All(content => content.Crc32 is not null));
        await AreOfAsync(service, file, newestFirst);
    }

    /// <summary>Removes each CRC-32 from stores without a running service, as if an earlier release had written all data.</summary>
    public static async Task ForgetAsync(Stores stores)
    {
        if (stores is EmbeddedStores embedded)
        {
            await using var catalog = new SqliteConnection($"Data Source={Path.Combine(embedded.Directory, "catalog.db")};Pooling=False");
            await catalog.OpenAsync();
            await using var change = catalog.CreateCommand();
            change.CommandText = "UPDATE files SET crc32 = NULL; UPDATE contents SET crc32 = NULL; UPDATE uploads SET crc32 = NULL";
            await change.ExecuteNonQueryAsync();
            return;
        }
        var cluster = (ClusterStores)stores;
        using var client = new MongoClient(cluster.MongoDb);
        var files = client.GetDatabase(cluster.Name).GetCollection<BsonDocument>("files");
        foreach (var file in await files.Find(new BsonDocument()).ToListAsync())
        {
            BsonValue[] parts = [.. file["versions"].AsBsonArray, file.GetValue("content", BsonNull.Value), file.GetValue("upload", BsonNull.Value)];
            foreach (var part in parts.OfType<BsonDocument>())
            {
                foreach (var field in Fields)
                    part.Remove(field);
            }
            await files.ReplaceOneAsync(new BsonDocument("_id", file["_id"]), file);
        }
    }
}
