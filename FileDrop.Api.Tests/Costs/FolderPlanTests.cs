using System.Reflection;
using FileDrop.Api.Catalog;
using FileDrop.Api.Catalog.Sqlite;
using Xunit;
using static FileDrop.Api.Tests.Catalog.Documents;

namespace FileDrop.Api.Tests.Costs;

/// <summary>
/// On SQLite, a page of a folder is read in order from one index between two edges, and sorts nothing. So its cost does not depend on the folder's size. On
/// MongoDB each query of a list names its index (<c>hint</c>).
/// </summary>
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
        using var folder = new TemporaryFolder();
        using var session = new SqliteSession(Path.Combine(folder.Path, "catalog.db"), readOnly: false, isMapped: false);
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

    /// <summary>The texts of the statements that a session has prepared.</summary>
    private static IEnumerable<string> Statements(SqliteSession session) =>
        (typeof(SqliteSession).GetField("_statements", BindingFlags.NonPublic | BindingFlags.Instance)?.GetValue(session)
            as System.Collections.IDictionary ?? throw new InvalidOperationException("The session keeps no statements.")).Keys.Cast<string>().ToList();
}
