using FileDrop.Api.Catalog;
using Xunit;

namespace FileDrop.Api.Tests.Files;

/// <summary>Walks through a list that changes meanwhile, and through one that is longer than a request examines.</summary>
public abstract class ListWalkTests(Pair pair)
{
    private const int Examined = ListQuery.MaxExamined;

    [Theory]
    [InlineData("desc", "")]
    [InlineData("asc", "")]
    [InlineData("desc", "&name=f")]
    [InlineData("asc", "&name=f")]
    public async Task A_walk_by_creation_never_repeats_a_file_and_misses_none_that_existed_throughout(string order, string filter)
    {
        var http = await pair.EmptiedAsync();
        var catalog = pair.Catalog();
        for (var i = 0; i < 40; i++)
            await catalog.SeedAsync($"f{i:00}");
        var all = (await http.PageAsync("/files")).Files;
        var untouched = all.ToDictionary(file => file.Id);
        var random = new Random(7);
        var pages = await http.WalkAsync($"/files?limit=3&order={order}{filter}", async page =>
        {
            // Delete at the edge of the page, where a walk by offset, or by a search for its last file, would go wrong.
            var victims = new[] { page.Files[^1].Id, all[random.Next(all.Count)].Id, all[random.Next(all.Count)].Id };
            await catalog.DeleteAsync("local", Guid.Parse(victims[0]), null, permanent: true, default);
            await catalog.DeleteAsync("local", Guid.Parse(victims[1]), null, permanent: true, default);
            await catalog.ChangeAsync("local", Guid.Parse(victims[2]), new MetadataChange($"f renamed {random.Next()}", null), default);
            untouched.Remove(victims[0]);
            untouched.Remove(victims[1]);
            await catalog.SeedAsync("f new");
        });
        var visited = pages.Files().Ids().ToList();
        Assert.Equal(visited.Distinct(), visited);
        Assert.True(pages.Count > 5 && untouched.Count > 5, "the walk was long enough to mean something");
        Assert.Empty(untouched.Keys.Except(visited));
    }

    [Theory, MemberData(nameof(ListWords.Orders), MemberType = typeof(ListWords))]
    public async Task A_walk_by_a_changing_key_ends_and_visits_every_unchanged_file(string sort, string order)
    {
        var http = await pair.EmptiedAsync();
        var catalog = pair.Catalog();
        for (var i = 0; i < 20; i++)
            await catalog.SeedAsync($"{i % 10}", size: i % 4);
        var all = (await http.PageAsync("/files?order=asc")).Files;
        var (restless, calm) = (all.Take(8).Ids().ToList(), all.Skip(8).Ids().ToHashSet());
        var step = 0;
        var pages = await http.WalkAsync($"/files?limit=2&sort={sort}&order={order}", async _ =>
        {
            if (step < restless.Count)
                await catalog.ChangeAsync("local", Guid.Parse(restless[step]), new MetadataChange($"{9 - step}", null), default);
            step++;
        });
        var visited = pages.Files().Ids().ToList();
        Assert.Empty(calm.Except(visited));
        Assert.Equal(visited.Where(calm.Contains).Distinct(), visited.Where(calm.Contains));
    }

    [Fact]
    [ClusterAtNight]
    public async Task A_filtered_walk_over_more_files_than_a_request_examines_has_short_pages_and_ends_complete()
    {
        // Use separate stores, so that no other test must remove this many files.
        await using var stores = await pair.MakeStoresAsync();
        await using var service = await Service.StartAsync(stores);
        var (http, catalog) = (service.Http, service.Catalog());
        var rare = new Dictionary<string, string> { ["rare"] = "yes" };
        var wanted = new List<string> { await catalog.SeedAsync("the oldest", 1, rare), await catalog.SeedAsync("The oldest", 1, rare) };
        foreach (var some in Enumerable.Range(0, Examined + 500).Chunk(250))
            await Task.WhenAll(some.Select(i => catalog.SeedAsync($"bulk {i % 3}", i % 2)));
        wanted.Add(await catalog.SeedAsync("a newest", 1, rare));

        foreach (var (sort, order) in ListWords.Orders.Select(row => row.Data))
        {
            var found = await http.WalkAsync($"/files?tag=rare:yes&sort={sort}&order={order}");
            Assert.Equal(wanted.Order(StringComparer.Ordinal), found.Files().Ids().Order(StringComparer.Ordinal));
            Assert.Equal(found.Files().Sorted(sort, order), found.Files());
            Assert.Equal(2, found.Count);

            var none = await http.WalkAsync($"/files?name=nothing%20has%20this&sort={sort}&order={order}");
            Assert.Empty(none.Files());
            Assert.Equal(2, none.Count);
        }

        var one = await http.WalkAsync("/files?tag=rare:yes&limit=1");
        Assert.Equal(wanted.Order(StringComparer.Ordinal), one.Files().Ids().Order(StringComparer.Ordinal));
        Assert.All(one, page => Assert.InRange(page.Files.Count, 0, 1));

        var many = await http.WalkAsync("/files?name=bulk&sort=file_size&order=asc");
        Assert.Equal(Examined + 500, many.Files().Ids().Distinct().Count());
        Assert.Equal(Examined + 500, many.Files().Count);
        Assert.Equal(Examined + 503, (await http.WalkAsync("/files?sort=file_name")).Files().Ids().Distinct().Count());
    }
}

public sealed class ListWalkOnEmbeddedTests(EmbeddedPair pair) : ListWalkTests(pair), IClassFixture<EmbeddedPair>;

public sealed class ListWalkOnClusterTests(ClusterPair pair) : ListWalkTests(pair), IClassFixture<ClusterPair>;
