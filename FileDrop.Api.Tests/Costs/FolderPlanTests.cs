using System.Collections.Concurrent;
using System.Reflection;
using FileDrop.Api.Catalog;
using FileDrop.Api.Catalog.Mongo;
using FileDrop.Api.Catalog.Sqlite;
using MongoDB.Bson;
using MongoDB.Driver;
using MongoDB.Driver.Core.Events;
using Xunit;
using static FileDrop.Api.Tests.Catalog.Documents;

namespace FileDrop.Api.Tests.Costs;

/// <summary>A page of a folder is read in order from one index between two edges, and sorts nothing. So its cost does not depend on the folder's size.</summary>
public sealed class FolderPlanTests
{
    private static readonly Guid s_folder = Guid.CreateVersion7();
    private static readonly FileSort[] s_sorts = [FileSort.CreatedAt, FileSort.UpdatedAt, FileSort.FileName, FileSort.FileSize];
    private static readonly bool[] s_orders = [false, true];

    /// <summary>Pages of a folder in each sort and order, the first one and one from the middle.</summary>
    private static IEnumerable<ListQuery> Queries =>
        from sort in s_sorts
        from isDescending in s_orders
        from after in new[] { null, new ListPosition(sort == FileSort.FileName ? 0 : 5, sort == FileSort.FileName ? "M" : null, Guid.CreateVersion7()) }
        select new ListQuery(Owner, InTrash: false, sort, isDescending, 100, after, new ListFilter()) { Folder = s_folder };

    [Fact]
    public void SQLite_walks_along_one_index_of_the_folder()
    {
        var directory = Directory.CreateTempSubdirectory("filedrop-test-");
        try
        {
            using var session = new SqliteSession(Path.Combine(directory.FullName, "catalog.db"), readOnly: false, isMapped: false);
            SqliteSchema.Migrate(session);
            var known = Statements(session).ToHashSet();
            foreach (var query in Queries)
            {
                SqliteListing.Read(session, query);
                SqliteListing.ReadFolders(session, query.Sort == FileSort.FileSize ? query with { Sort = FileSort.FileName } : query);
            }
            var lists = Statements(session).Except(known).ToList();
            // Folders have no size. A page from the middle has the same text as the first one.
            Assert.Equal((4 + 3) * 2, lists.Count);
            foreach (var sql in lists)
            {
                using var plan = session.Query($"EXPLAIN QUERY PLAN {sql}", Owner, 0L, Array.Empty<byte>(), 1L, Array.Empty<byte>(), 100L, Array.Empty<byte>());
                List<string> steps = [];
                while (plan.Read())
                    steps.Add(plan.GetString(3));
                Assert.Matches(@"^SEARCH f USING INDEX \w+ \(owner=\? AND parent=\? AND \(?\w+.*[<>].*\)$", Assert.Single(steps));
            }
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task MongoDB_walks_along_one_index_of_the_folder()
    {
        await using var stores = await ClusterStores.MakeAsync();
        var (url, sent) = (new MongoUrl(stores.MongoDb), new ConcurrentQueue<BsonDocument>());
        var settings = MongoClientSettings.FromUrl(url);
        settings.ClusterConfigurator = cluster => cluster.Subscribe<CommandStartedEvent>(started =>
        {
            if (started.CommandName == "find")
                sent.Enqueue(new BsonDocument(started.Command.Elements));
        });
        using var client = new MongoClient(settings);
        var database = client.GetDatabase(url.DatabaseName);
        await MongoSchema.CreateIndexesAsync(database, default);
        var (files, folders) = (database.GetCollection<BsonDocument>(MongoSchema.Files), database.GetCollection<BsonDocument>(MongoFolders.Folders));
        foreach (var query in Queries)
        {
            await new MongoListing<CatalogFile>(MongoList<CatalogFile>.OfFiles(files, query), query, default).ReadAsync();
            if (query.Sort != FileSort.FileSize)
                await new MongoListing<CatalogFolder>(MongoFolders.List(folders, query), query, default).ReadAsync();
        }
        // A first page is one range of the index, another page is two.
        Assert.Equal((4 + 3) * 2 * 3, sent.Count);
        foreach (var find in sent)
        {
            foreach (var field in new[] { "lsid", "$db", "$clusterTime", "$readPreference", "readConcern" })
                find.Remove(field);
            var explained = await database.RunCommandAsync<BsonDocument>(new BsonDocument { { "explain", find }, { "verbosity", "queryPlanner" } });
            var plan = explained["queryPlanner"]["winningPlan"].AsBsonDocument;
            var stages = Stages(plan).ToList();
            Assert.True(stages.Exists(stage => stage["stage"] == "IXSCAN" && stage["indexName"] == find["hint"]), $"{find} is planned as {plan}");
            Assert.DoesNotContain(stages, stage => stage["stage"] == "SORT" || stage["stage"] == "COLLSCAN");
        }
    }

    /// <summary>A plan's stages, each of which reads from another one.</summary>
    private static IEnumerable<BsonDocument> Stages(BsonDocument plan) => plan.TryGetValue("inputStage", out var input)
        ? Stages(input.AsBsonDocument).Prepend(plan)
        : [plan];

    /// <summary>The texts of the statements that a session has prepared.</summary>
    private static IEnumerable<string> Statements(SqliteSession session) =>
        (typeof(SqliteSession).GetField("_statements", BindingFlags.NonPublic | BindingFlags.Instance)?.GetValue(session)
            as System.Collections.IDictionary ?? throw new InvalidOperationException("The session keeps no statements.")).Keys.Cast<string>().ToList();
}
